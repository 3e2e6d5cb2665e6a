//! The conformance suite of the log: every engine keeps the contract of [`sse::store::Log`].

use std::time::{Duration, SystemTime};

use sse::store::{Draft, Filter, Log, Memory, Newest, Place, Retention};
use sse::wire::{Event, EventId};

use crate::process::wait_until;

const ROOMY: Retention = Retention { events: 100_000, bytes: 64 << 20, age: Duration::from_hours(1) };

/// The engines under test; each is made with a retention.
const ENGINES: [fn(Retention) -> Box<dyn Log>; 1] = [|retention| Box::new(Memory::new(retention))];

fn draft(topics: &[&str], id: Option<&str>, data: &str) -> Draft {
    let event = Event { id: id.map(|id| id.parse().unwrap()), data: data.to_owned(), ..Event::default() };
    Draft { topics: topics.iter().map(|topic| topic.parse().unwrap()).collect(), event }
}

fn append(log: &dyn Log, drafts: Vec<Draft>) -> Vec<u64> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(log.append(drafts)).expect("an append").iter().map(|record| record.seq).collect()
}

fn fill(log: &dyn Log, topic: &str, count: u64) {
    append(log, (0..count).map(|n| draft(&[topic], None, &n.to_string())).collect());
}

fn filter(topics: &[&str]) -> Filter {
    let mut filter = Filter::default();
    for topic in topics {
        filter.topics.add(topic).unwrap();
    }
    filter
}

/// Reads to the end, page by page, as a subscriber does.
fn read_all(log: &dyn Log, mut after: u64, filter: &Filter) -> Vec<u64> {
    let mut seqs = Vec::new();
    while after < log.span().last {
        let page = log.read(after, filter);
        assert!(page.through > after, "a page moves the reader on");
        assert!(page.records.iter().all(|record| record.seq > after && record.seq <= page.through));
        seqs.extend(page.records.iter().map(|record| record.seq));
        after = page.through;
    }
    seqs
}

fn id(text: &str) -> EventId {
    text.parse().unwrap()
}

fn each_engine(check: impl Fn(&dyn Log), retention: Retention) {
    for engine in ENGINES {
        check(&*engine(retention));
    }
}

#[test]
fn numbers_begin_at_one_and_have_no_holes() {
    let check = |log: &dyn Log| {
        assert_eq!((log.span().first, log.span().last, log.span().events()), (1, 0, 0));
        assert_eq!(append(log, vec![draft(&["a"], None, "x"), draft(&["b"], None, "y")]), [1, 2]);
        assert_eq!(append(log, vec![draft(&["a"], None, "z")]), [3]);
        assert_eq!(append(log, Vec::new()), [0; 0]);
        assert_eq!((log.span().first, log.span().last), (1, 3));
    };
    each_engine(check, ROOMY);
}

#[test]
fn a_reader_gets_what_it_wants_in_order_over_any_number_of_pages() {
    let check = |log: &dyn Log| {
        for n in 0..10_000_u64 {
            let topic = if n % 100 == 0 { "rare" } else { "common" };
            append(log, vec![draft(&[topic], None, "x")]);
        }
        let rare: Vec<u64> = (1..=10_000).filter(|seq| (seq - 1) % 100 == 0).collect();
        let common: Vec<u64> = (1..=10_000).filter(|seq| (seq - 1) % 100 != 0).collect();
        assert_eq!(read_all(log, 0, &filter(&["rare"])), rare, "by the index");
        assert_eq!(read_all(log, 0, &filter(&["rare", "x/**"])), rare, "by a scan");
        assert_eq!(read_all(log, 0, &filter(&["common"])), common);
        assert_eq!(read_all(log, 5000, &filter(&["rare", "common"])), (5001..=10_000).collect::<Vec<_>>());
        assert_eq!(read_all(log, 0, &filter(&["none"])), [0; 0]);
    };
    each_engine(check, ROOMY);
}

#[test]
fn an_event_for_several_topics_is_read_once() {
    let check = |log: &dyn Log| {
        fill(log, "other", 5000);
        append(log, vec![draft(&["a", "b"], None, "x")]);
        fill(log, "other", 5000);
        assert_eq!(read_all(log, 0, &filter(&["a", "b"])), [5001]);
        assert_eq!(read_all(log, 0, &filter(&["*"])).len(), 10_001);
    };
    each_engine(check, ROOMY);
}

#[test]
fn retention_by_count_drops_the_oldest_and_readers_are_told() {
    let check = |log: &dyn Log| {
        fill(log, "a", 250);
        assert_eq!((log.span().first, log.span().events()), (151, 100));
        let page = log.read(10, &filter(&["a"]));
        assert_eq!((page.gap, page.records[0].seq), (Some(150), 151));
        assert_eq!(log.read(150, &filter(&["a"])).gap, None);
    };
    each_engine(check, Retention { events: 100, ..ROOMY });
}

#[test]
fn retention_by_bytes_bounds_what_is_held() {
    let check = |log: &dyn Log| {
        for _ in 0..1000 {
            append(log, vec![draft(&["a"], None, &"x".repeat(1000))]);
            assert!(log.span().bytes <= 100_000);
        }
        assert!(log.span().events() > 50, "{:?}", log.span());
    };
    each_engine(check, Retention { bytes: 100_000, ..ROOMY });
}

#[test]
fn retention_by_age_needs_no_new_event() {
    let check = |log: &dyn Log| {
        fill(log, "a", 10);
        wait_until("all events have expired", || log.span().events() == 0);
        assert_eq!((log.span().first, log.span().last, log.span().bytes), (11, 10, 0));
        assert_eq!(append(log, vec![draft(&["a"], None, "x")]), [11], "numbers go on");
    };
    each_engine(check, Retention { age: Duration::from_millis(20), ..ROOMY });
}

#[test]
fn ids_are_found_be_they_positions_or_given() {
    let check = |log: &dyn Log| {
        append(log, vec![draft(&["a"], Some("mine"), "x"), draft(&["a"], None, "y")]);
        let at = |seq| log.find(&id(&log.epoch().at(seq).to_string()), &filter(&["a"]));
        let find = |text| log.find(&id(text), &filter(&["a"]));
        assert_eq!(find("mine"), Place::After(1));
        assert_eq!((at(0), at(2), at(3)), (Place::After(0), Place::After(2), Place::Unknown));
        assert_eq!((find("rubbish"), find("")), (Place::Unknown, Place::Unknown));
        fill(log, "a", 10);
        assert_eq!((find("mine"), at(1)), (Place::Unknown, Place::Expired), "they go with their event");
    };
    each_engine(check, Retention { events: 10, ..ROOMY });
}

#[test]
fn an_id_that_was_given_twice_is_the_oldest_event_that_is_wanted() {
    let check = |log: &dyn Log| {
        append(log, ["a", "b", "a", "b"].map(|topic| draft(&[topic], Some("1"), "x")).into());
        assert_eq!(log.find(&id("1"), &filter(&["a"])), Place::After(1));
        assert_eq!(log.find(&id("1"), &filter(&["b"])), Place::After(2), "another topic's event is not meant");
        assert_eq!(log.find(&id("1"), &filter(&["*"])), Place::After(1));
        assert_eq!(log.find(&id("1"), &filter(&["c"])), Place::Unknown);
        fill(log, "c", 9);
        assert_eq!(log.find(&id("1"), &filter(&["a"])), Place::After(3), "the first one has gone");
    };
    each_engine(check, Retention { events: 11, ..ROOMY });
}

#[test]
fn a_position_of_another_log_is_recognised() {
    for engine in ENGINES {
        let (log, other) = (engine(ROOMY), engine(ROOMY));
        assert_ne!(log.epoch(), other.epoch());
        fill(&*log, "a", 5);
        let find = || log.find(&other.epoch().at(3).into(), &filter(&["a"]));
        assert_eq!(find(), Place::OtherEpoch);
        append(&*log, vec![draft(&["a"], Some(&other.epoch().at(3).to_string()), "forwarded")]);
        assert_eq!(find(), Place::After(6), "unless an event here has it as its ID");
    }
}

#[test]
fn a_time_is_a_place_before_the_first_event_from_then_on() {
    let check = |log: &dyn Log| {
        assert_eq!(log.since(SystemTime::now()), Place::After(0));
        fill(log, "a", 5);
        assert_eq!(log.since(SystemTime::UNIX_EPOCH), Place::After(0));
        assert_eq!(log.since(SystemTime::now() + Duration::from_mins(1)), Place::After(5));
        fill(log, "a", 10);
        assert_eq!(log.since(SystemTime::UNIX_EPOCH), Place::Expired);
    };
    each_engine(check, Retention { events: 10, ..ROOMY });
}

#[test]
fn a_time_after_all_that_was_dropped_is_whole() {
    let check = |log: &dyn Log| {
        fill(log, "a", 15);
        let later = SystemTime::now() + Duration::from_millis(1);
        wait_until("the clock has moved", || SystemTime::now() > later);
        let since = SystemTime::now();
        fill(log, "a", 3);
        assert_eq!(log.since(since), Place::After(15), "nothing from then on is missing");
    };
    each_engine(check, Retention { events: 10, ..ROOMY });
}

#[test]
fn topics_and_ids_count_against_the_bytes_that_are_kept() {
    let check = |log: &dyn Log| {
        let topics: Vec<String> = (0..100).map(|n| format!("{n}{}", "x".repeat(1000))).collect();
        let topics: Vec<&str> = topics.iter().map(String::as_str).collect();
        append(log, vec![draft(&topics, Some(&"i".repeat(1000)), "x")]);
        assert!(log.span().bytes > 102_000, "{:?}", log.span());
    };
    each_engine(check, ROOMY);
}

/// Reads the newest of each topic to the end.
fn read_newest(log: &dyn Log, filter: &Filter, count: usize, until: u64) -> Vec<u64> {
    let (mut seqs, mut after) = (Vec::new(), log.span().first - 1);
    while after < until {
        let page = log.read_newest(after, filter, Newest { count, until });
        assert!(page.through > after && page.through <= until, "a page moves the reader on, and not beyond the end");
        seqs.extend(page.records.iter().map(|record| record.seq));
        after = page.through;
    }
    seqs
}

#[test]
fn the_newest_of_each_topic_come_in_log_order() {
    let check = |log: &dyn Log| {
        for topic in ["a", "b", "a", "c", "b", "a"] {
            append(log, vec![draft(&[topic], None, "x")]);
        }
        append(log, vec![draft(&["a", "b"], None, "x")]);
        let newest = |topics: &[&str], count, until| read_newest(log, &filter(topics), count, until);
        assert_eq!(newest(&["a", "b"], 2, 7), [5, 6, 7]);
        assert_eq!(newest(&["**"], 1, 7), [4, 7]);
        assert_eq!(newest(&["a"], 2, 4), [1, 3], "what came later is not counted");
        assert_eq!(newest(&["none"], 5, 7), [0; 0]);
        fill(log, "d", 10_000);
        assert_eq!(newest(&["a", "b"], 2, 10_007), [5, 6, 7], "over several pages");
        assert_eq!(newest(&["*"], 2, 10_007), [4, 5, 6, 7, 10_006, 10_007]);
    };
    each_engine(check, ROOMY);
}

#[test]
fn of_a_type_the_newest_of_that_type_are_meant() {
    let check = |log: &dyn Log| {
        for (n, name) in ["up", "down", "up", "down", "down"].iter().enumerate() {
            let mut draft = draft(&["a"], None, &n.to_string());
            draft.event.name = Some(name.parse().unwrap());
            append(log, vec![draft]);
        }
        let wanted = Filter { names: vec!["up".parse().unwrap()], ..filter(&["a"]) };
        assert_eq!(read_newest(log, &wanted, 1, 5), [3]);
        assert_eq!(read_newest(log, &wanted, 9, 5), [1, 3]);
    };
    each_engine(check, ROOMY);
}
