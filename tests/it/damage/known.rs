//! A history of which every event is known, to be compared with what is left of it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use rustix::process::{Signal, kill_process};
use serde_json::Value;
use sse::store::{
    Allowance, Appended, Disk, Draft, Durability, Filter, Log, Missing, Newest, OpenError, Record, Retention, Terms,
};
use sse::wire::{Decoder, Event, Item, Message};

use crate::history::seq;
use crate::http::{Stream, get, publish};
use crate::process::Broker;

/// Events that are published.
const EVENTS: u64 = 300;

/// Events that are retained: so many that the first file goes.
const RETAINED: u64 = 190;

/// The largest data, in bytes: a file has some ninety events.
const LARGEST: usize = 24_000;

/// The options of a broker that retains as much.
const OPTIONS: [&str; 4] = ["--retain-events", "190", "--retain-bytes", "16MiB"];

/// Opens a directory without a broker around it.
pub fn open(directory: &Path) -> Result<Disk, OpenError> {
    open_retaining(directory, Retention { events: RETAINED, bytes: 16 << 20, age: Duration::from_hours(1) })
}

/// The same with another retention.
pub fn open_retaining(directory: &Path, retention: Retention) -> Result<Disk, OpenError> {
    let allowance = Allowance { idempotency_window: Duration::from_mins(5), state_bytes: 1 << 20 };
    Disk::open(directory, retention, allowance, Durability::Interval(Duration::from_hours(1)))
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// Publishes an event.
pub fn append(log: &dyn Log, draft: Draft) -> Arc<Record> {
    match &block_on(async { log.append(vec![draft]).await?.await }).expect("an append")[..] {
        [Appended::New(record)] => Arc::clone(record),
        other => panic!("not appended: {other:?}"),
    }
}

/// Events of all kinds and sizes. Their data tells them apart.
pub fn draft(number: u64, random: &mut Rng) -> Draft {
    let every = |nth: u64| number.is_multiple_of(nth);
    let key = if every(10) { Some(format!("changing{}", number % 3)) } else { None };
    let key = key.or((every(7) && number < 60).then(|| format!("lasting{number}")));
    let name = |text: String| text.parse().unwrap();
    let topics = if every(5) { vec!["a".to_owned(), "b".to_owned()] } else { vec![format!("c/{}", number % 7)] };
    Draft {
        topics: topics.into_iter().map(|topic| topic.parse().unwrap()).collect(),
        event: Event {
            id: every(4).then(|| format!("given-{number}").parse().unwrap()),
            name: every(3).then(|| "price".parse().unwrap()),
            data: format!("{number}\n{}", "x".repeat(random.usize(..LARGEST))),
            ..Event::default()
        },
        terms: Terms {
            key: key.map(|key| key.parse().unwrap()),
            ttl: every(20).then_some(Duration::from_hours(1)),
            idempotency: every(6).then(|| name(format!("once-{number}"))),
        },
    }
}

fn everything() -> Filter {
    let mut filter = Filter::default();
    filter.topics.add("**").unwrap();
    filter
}

/// What is missing of a history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// Events that were retained.
    pub events: u64,
    /// What was kept beyond that: it is not known of what.
    pub state: u64,
}

/// All that was ever published to a history, by number.
#[derive(Clone)]
pub struct Known(Vec<Arc<Record>>);

impl Known {
    /// Makes the history.
    pub fn publish(directory: &Path) -> Self {
        let (log, mut random) = (open(directory).expect("a new directory"), Rng::with_seed(3));
        let records = (1..=EVENTS).map(|number| append(&log, draft(number, &mut random))).collect();
        block_on(log.close());
        Self(records)
    }

    /// Publishes so many that nothing is left of what was retained before, but little more.
    pub fn publish_more(&mut self, directory: &Path) {
        let (log, mut random) = (open(directory).expect("the history"), Rng::with_seed(4));
        let numbers = self.newest() + 1..=self.newest() + RETAINED + 10;
        self.0.extend(numbers.map(|number| append(&log, draft(number, &mut random))));
        block_on(log.close());
    }

    /// The number of the newest event.
    pub fn newest(&self) -> u64 {
        self.0.len() as u64
    }

    /// The number of the oldest event that is retained.
    pub fn oldest(&self) -> u64 {
        self.newest() - RETAINED + 1
    }

    /// An event by its number.
    pub fn record(&self, seq: u64) -> &Arc<Record> {
        &self.0[usize::try_from(seq).unwrap() - 1]
    }

    fn has(&self, found: &Record) -> bool {
        let known = self.record(found.seq);
        Record { appended: known.appended, ..found.clone() } == **known
    }

    /// Checks what is left in a directory, publishes one more, and checks again: what was published last is where it should
    /// be, and nothing else has changed. Returns what is missing.
    pub fn check(&self, directory: &Path) -> Lost {
        let mut log = open(directory).expect("a history, damaged or not");
        let lost = self.check_log(&log);
        let mut known = self.clone();
        for _ in 0..2 {
            known.0.push(append(&log, draft(known.newest() + 1, &mut Rng::with_seed(1))));
            block_on(log.close());
            log = open(directory).expect("the same history");
            let later = known.check_log(&log);
            assert!(later.events <= lost.events && later.state <= lost.state, "first {lost:?}, later {later:?}");
        }
        lost
    }

    /// Checks all that can be read, and returns what is missing.
    pub fn check_log(&self, log: &dyn Log) -> Lost {
        let (span, filter) = (log.span(), everything());
        assert!(span.first >= self.oldest() && span.last == self.newest(), "{span:?}");
        let (mut at, mut missing) = (span.first - 1, 0);
        while at < span.last {
            let page = log.read(at, &filter);
            if let Some(Missing { through, damaged }) = page.gap {
                assert!(damaged && through > at && page.records.is_empty(), "{page:?}");
                missing += through - at;
                at = through;
            }
            for record in &page.records {
                assert!(record.seq == at + 1 && self.has(record), "after {at} comes {}", record.seq);
                at = record.seq;
            }
            assert_eq!(at, page.through, "what is not there is told");
        }
        let lost = log.damaged().checked_sub(missing).expect("what is missing is counted");
        let (mut after, newest) = (0, Newest { count: 0, until: span.last });
        while after < span.last {
            let page = log.read_newest(after, &filter, newest);
            let told = page.gap == Some(Missing { through: 0, damaged: true });
            assert_eq!(told, after == 0 && lost > 0, "lost state is told");
            assert!(page.records.iter().all(|record| self.has(record)), "state is not altered");
            after = page.through;
        }
        Lost { events: missing + span.first - self.oldest(), state: lost }
    }

    /// The same by a broker, whose subscribers are told.
    pub fn check_served(&self, directory: &Path) -> Lost {
        let data = ["--data", directory.to_str().expect("a path in UTF-8")];
        let mut broker = Broker::start_quietly(&[&data[..], &OPTIONS].concat());
        let retained = get(broker.address, "/api/stats").json()["retained"].clone();
        let (oldest, newest) = (number_in(&retained["oldest"]), number_in(&retained["newest"]));
        assert!(oldest >= self.oldest() && newest == self.newest(), "{retained}");
        let mut stream = Stream::open(broker.address, "/events?topic=**&since=earliest", &[]);
        let lost = self.read_stream(&mut stream, oldest, retained["damaged"].as_u64().expect("a number"));
        let id = publish(broker.address, "a", "new");
        assert_eq!((seq(&id), stream.event().last_event_id), (newest + 1, id), "a new event has a new number");
        drop(stream);
        kill_process(broker.pid(), Signal::TERM).unwrap();
        let (status, said) = broker.end();
        assert!(status.success() && !said.contains("panicked"), "{said}");
        lost
    }

    /// Reads all that is retained, from the oldest on, and returns what is missing, which should be `damaged` in all.
    fn read_stream(&self, stream: &mut Stream, oldest: u64, damaged: u64) -> Lost {
        let (mut state, mut at, mut missing, mut told) = (0, oldest - 1, 0, false);
        while at < self.newest() {
            let event = stream.event();
            if event.event_type == "sse.gap" {
                let gap: Value = serde_json::from_str(&event.data).expect("a gap");
                let [requested, resumed] = ["requested", "resumed"].map(|name| number_in(&gap[name]));
                assert_eq!(gap["reason"], "damaged");
                if (requested, resumed) == (0, 0) {
                    assert!(state == 0 && !told, "lost state is told at the beginning");
                    told = true;
                    continue;
                }
                assert!(requested == at && resumed > at, "{gap}");
                missing += resumed - at;
                at = resumed;
                continue;
            }
            let number: u64 = event.data.lines().next().expect("a number").parse().expect("a number");
            assert!(self.has_message(number, &event), "event {number} is not altered");
            // The stream begins with the state that is older than all else.
            let last = if at < oldest && number < oldest { &mut state } else { &mut at };
            assert!(number == *last + 1 || (number < oldest && number > *last), "after {last} comes {number}");
            *last = number;
        }
        let lost = damaged.checked_sub(missing).expect("what is missing is counted");
        assert_eq!(told, lost > 0, "lost state is told");
        Lost { events: missing + oldest - self.oldest(), state: lost }
    }

    fn has_message(&self, seq: u64, found: &Message) -> bool {
        let mut frame = &self.record(seq).frame[..];
        matches!(Decoder::new().decode(&mut frame), Ok(Some(Item::Event(known))) if known == *found)
    }
}

fn number_in(position: &Value) -> u64 {
    seq(position.as_str().expect("a position"))
}
