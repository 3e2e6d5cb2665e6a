//! The broker is killed at random moments and started again on the same directory, again and again: what it acknowledged is
//! there, once, in order, under the ID that it said; and who listens across all of this sees the same.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use fastrand::Rng;
use serde_json::Value;
use sse::wire::{Item, Message};

use crate::history::{is_long, publish_and_kill, replay, seq, serve};
use crate::http::{NDJSON, Stream, publish, try_request};

/// How many publish at once; the first of them in batches.
const PUBLISHERS: usize = 8;

/// The items of a batch at most: more than are read, written and answered in one go.
const BATCH: usize = 200;

/// The data of the event that ends it all.
const END: &str = "end";

/// One who publishes numbers, each once, through all rounds.
struct Publisher {
    name: usize,
    number: u64,
    random: Rng,
    /// The IDs of what was acknowledged, and the data.
    acknowledged: Vec<(String, String)>,
}

impl Publisher {
    fn new(name: usize) -> Self {
        Self { name, number: 0, random: Rng::with_seed(name as u64), acknowledged: Vec::new() }
    }

    /// Something that nobody has published before, of a random length.
    fn payload(&mut self) -> String {
        self.number += 1;
        format!("{}-{} {}", self.name, self.number, "x".repeat(self.random.usize(..1000)))
    }

    /// Publishes until the broker is gone, and tells of everything that was acknowledged.
    fn publish(&mut self, to: SocketAddr, told: &Sender<()>) {
        while let Some(ids) = if self.name == 0 { self.batch(to) } else { self.single(to) } {
            for _ in 0..ids {
                // After the last one that is waited for, nobody listens.
                let _ = told.send(());
            }
        }
    }

    /// Publishes one event; `None` if that was cut.
    fn single(&mut self, to: SocketAddr) -> Option<usize> {
        let payload = self.payload();
        let path = format!("/events/t/{}", self.name);
        let reply = try_request(to, "POST", &path, &[], payload.as_bytes()).ok()?;
        assert_eq!(reply.status, 200, "{reply:?}");
        let receipt: Value = serde_json::from_str(&reply.body).ok()?;
        self.acknowledged.push((receipt["id"].as_str().expect("an ID").to_owned(), payload));
        Some(1)
    }

    /// Publishes a batch. If it was cut, some of it may have been acknowledged.
    fn batch(&mut self, to: SocketAddr) -> Option<usize> {
        let payloads: Vec<String> = (0..self.random.usize(1..=BATCH)).map(|_| self.payload()).collect();
        let line = |data: &String| format!("{{\"topic\":\"t/batch\",\"data\":\"{data}\"}}\n");
        let body = payloads.iter().map(line).collect::<String>();
        let reply = try_request(to, "POST", "/events", &NDJSON, body.as_bytes()).ok()?;
        assert_eq!(reply.status, 200, "{reply:?}");
        let whole = reply.body.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
        let receipts = whole.map(|line| serde_json::from_str::<Value>(line).expect("a result"));
        let id = |receipt: Value| receipt["id"].as_str().expect("an ID").to_owned();
        let before = self.acknowledged.len();
        self.acknowledged.extend(receipts.map(id).zip(payloads));
        Some(self.acknowledged.len() - before)
    }
}

/// Listens to everything, at one broker after the other, until the end comes.
fn follow(brokers: &Receiver<SocketAddr>) -> Vec<Message> {
    let mut seen: Vec<Message> = Vec::new();
    for address in brokers {
        let last = seen.last().map(|event| event.last_event_id.clone());
        let resume = last.as_ref().map(|id| ("last-event-id", id.as_str()));
        let path = if resume.is_some() { "/events?topic=**" } else { "/events?topic=**&since=earliest" };
        let Ok(mut stream) = Stream::try_open(address, path, resume.as_slice()) else { continue };
        while let Some(item) = stream.next() {
            let Item::Event(event) = item else { continue };
            assert_eq!(event.event_type, "message", "no gap is told: {}", event.data);
            seen.push(event);
            if seen.last().is_some_and(|event| event.data == END) {
                return seen;
            }
        }
    }
    panic!("the end has not come");
}

/// What each ID was used for, in all rounds.
#[derive(Default)]
struct Uses(HashMap<String, String>);

impl Uses {
    fn note(&mut self, id: &str, data: &str) {
        let known = self.0.entry(id.to_owned()).or_insert_with(|| data.to_owned());
        assert_eq!(known, data, "{id} is used once");
    }
}

/// Checks what is in the history against all that was ever acknowledged.
fn check(events: &[Message], publishers: &[Publisher], uses: &mut Uses) {
    for (event, number) in events.iter().zip(1..) {
        assert_eq!(seq(&event.last_event_id), number, "in the order of the log, without repeats and without holes");
        uses.note(&event.last_event_id, &event.data);
    }
    for Publisher { name, acknowledged, .. } in publishers {
        for (id, data) in acknowledged {
            uses.note(id, data);
            let place = usize::try_from(seq(id)).expect("few events") - 1;
            assert_eq!(events.get(place).map(|event| &event.data), Some(data), "{id} was acknowledged");
        }
        let number = |event: &Message| {
            let number = event.data.split(' ').next()?.strip_prefix(&format!("{name}-"))?;
            Some(number.parse::<u64>().expect("a number"))
        };
        let numbers: Vec<u64> = events.iter().filter_map(number).collect();
        assert!(
            numbers.is_sorted_by(|one, next| one < next),
            "of publisher {name}: each once, and in order: {numbers:?}"
        );
    }
}

fn kill_again_and_again(durability: &str) {
    let (rounds, retention) = if is_long() { (100, "128MiB") } else { (6, "16MiB") };
    let options = ["--durability", durability, "--retain-bytes", retention, "--retain-events", "1000000"];
    let directory = tempfile::tempdir().unwrap();
    let mut publishers: Vec<Publisher> = (0..PUBLISHERS).map(Publisher::new).collect();
    let (mut random, mut uses) = (Rng::with_seed(7), Uses::default());
    let (brokers, told) = mpsc::channel();
    let follower = thread::spawn(move || follow(&told));
    for _ in 0..rounds {
        let broker = serve(directory.path(), &options);
        brokers.send(broker.address).expect("the follower goes on");
        check(&replay(broker.address), &publishers, &mut uses);
        publish_and_kill(broker, &mut publishers, random.usize(1..600), Publisher::publish);
    }
    let broker = serve(directory.path(), &options);
    brokers.send(broker.address).expect("the follower goes on");
    publish(broker.address, "t/end", END);
    let seen = follower.join().expect("a follower that saw all");
    let events = replay(broker.address);
    check(&events, &publishers, &mut uses);
    assert!(seen == events, "who followed saw what there is: {} events of {}", seen.len(), events.len());
    let acknowledged: usize = publishers.iter().map(|publisher| publisher.acknowledged.len()).sum();
    assert!(acknowledged > rounds * 100, "it was not idle: {acknowledged}");
}

#[test]
fn what_was_acknowledged_survives_kill_9_at_any_moment() {
    kill_again_and_again("commit");
}

#[test]
fn what_was_acknowledged_survives_kill_9_even_if_the_disk_does_not_have_it_yet() {
    kill_again_and_again("interval=1h");
}
