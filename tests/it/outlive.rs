//! What outlives the events: the current state of topics, and which Idempotency-Key came with which event. The broker is
//! killed while files of the history are begun and dropped.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::mpsc::Sender;

use fastrand::Rng;
use serde_json::Value;

use crate::history::{is_long, log_files, publish_and_kill, serve, state};
use crate::http::try_request;

/// How many publish at once, each to a topic of its own.
const PUBLISHERS: usize = 4;

/// The keys of each topic.
const KEYS: u64 = 5;

/// The size of the data: 35 events fill a file.
const SIZE: usize = 30_000;

/// The history is two files long.
const OPTIONS: [&str; 2] = ["--retain-bytes", "2MiB"];

/// One who says again and again what the state of some keys is, each time under a new Idempotency-Key.
struct Publisher {
    topic: String,
    /// What is published next: all about it follows from its number.
    number: u64,
    /// The IDs of what was acknowledged, by its number.
    ids: BTreeMap<u64, String>,
}

impl Publisher {
    fn new(name: usize) -> Self {
        Self { topic: format!("state/{name}"), number: 0, ids: BTreeMap::new() }
    }

    /// The data of an event: every third one ends the state of its key.
    fn data(number: u64) -> String {
        if number.is_multiple_of(3) { String::new() } else { format!("{number} {}", "x".repeat(SIZE)) }
    }

    /// Publishes an event, maybe again; `None` if that was cut.
    fn post(&self, to: SocketAddr, number: u64) -> Option<String> {
        let path = format!("/events/{}?key={}", self.topic, number % KEYS);
        let key = number.to_string();
        let headers = [("idempotency-key", key.as_str())];
        let reply = try_request(to, "POST", &path, &headers, Self::data(number).as_bytes()).ok()?;
        assert_eq!(reply.status, 200, "{reply:?}");
        let receipt: Value = serde_json::from_str(&reply.body).ok()?;
        Some(receipt["id"].as_str().expect("an ID").to_owned())
    }

    /// Publishes until the broker is gone. What was cut is next.
    fn publish(&mut self, to: SocketAddr, told: &Sender<()>) {
        while let Some(id) = self.post(to, self.number) {
            self.ids.insert(self.number, id);
            self.number += 1;
            // After the last one that is waited for, nobody listens.
            let _ = told.send(());
        }
    }

    /// Publishes again what was cut, and some of what was not.
    fn repeat(&mut self, to: SocketAddr, random: &mut Rng) {
        let id = self.post(to, self.number).expect("an answer");
        self.ids.insert(self.number, id);
        self.number += 1;
        for _ in 0..10 {
            let number = random.u64(..self.number);
            assert_eq!(self.post(to, number).as_ref(), self.ids.get(&number), "number {number} of {}", self.topic);
        }
    }

    /// Checks the state of the topic: of each key the newest event, unless that ended it.
    fn check(&self, at: SocketAddr) {
        let newest = (self.number.saturating_sub(KEYS)..self.number).filter(|number| !number.is_multiple_of(3));
        let expected: Vec<(String, String)> =
            newest.map(|number| (self.ids[&number].clone(), Self::data(number))).collect();
        let found = state(at, &self.topic).into_iter().map(|event| (event.last_event_id, event.data));
        assert!(found.eq(expected.iter().cloned()), "the state of {} after number {}", self.topic, self.number);
    }
}

#[test]
fn the_state_of_keys_and_what_was_published_once_survive_kill_9_while_files_are_dropped() {
    let directory = tempfile::tempdir().unwrap();
    let mut publishers: Vec<Publisher> = (0..PUBLISHERS).map(Publisher::new).collect();
    let mut random = Rng::with_seed(11);
    for _ in 0..if is_long() { 100 } else { 6 } {
        let broker = serve(directory.path(), &OPTIONS);
        for publisher in &mut publishers {
            publisher.repeat(broker.address, &mut random);
            publisher.check(broker.address);
        }
        publish_and_kill(broker, &mut publishers, random.usize(1..300), Publisher::publish);
    }
    let files = log_files(directory.path());
    assert!(!files[0].ends_with("00000000000000000001.log") && files.len() < 6, "files were dropped: {files:?}");
}
