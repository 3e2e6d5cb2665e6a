//! Connections that come and go at random while events flow: between its first and its last event, none of them misses one,
//! gets one twice, or gets one out of order; and nothing is left behind when they are gone.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::http::{NDJSON, Stream, get, publish, request};
use crate::process::{Broker, wait_until};

/// A generator of numbers that are the same in every run.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, bound: u64) -> u64 {
        // Knuth's MMIX constants; the high bits are the random ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Opens streams one after the other, reads a number of events from each, and checks that they follow each other.
fn come_and_go(to: SocketAddr, seed: u64, over: &AtomicBool) -> u64 {
    let (mut random, mut read) = (Seeded(seed), 0);
    while !over.load(Ordering::Relaxed) {
        let mut stream = Stream::open(to, "/events?topic=a/*", &[]);
        let mut last: Option<u64> = None;
        for _ in 0..random.below(2000) {
            let event = stream.event();
            assert_eq!(event.event_type, "message", "no gap is told: {}", event.data);
            let seq = event.last_event_id.split_once('-').expect("a position").1.parse().expect("a number");
            assert!(last.is_none_or(|last| seq == last + 1), "{seq} follows {last:?}");
            last = Some(seq);
            read += 1;
            if over.load(Ordering::Relaxed) {
                break;
            }
        }
    }
    read
}

#[test]
fn connections_that_come_and_go_see_what_they_see_whole() {
    let long = std::env::var_os("SSE_TEST_LONG").is_some();
    let (events, readers) = if long { (1_000_000, 1000) } else { (40_000, 50) };
    // All of them: on a busy machine a thousand readers fall far behind, and a gap would be told by right.
    let broker = Broker::start(&["--retain-events", "2000000", "--retain-bytes", "4GiB"]);
    let over = AtomicBool::new(false);
    let (address, over) = (broker.address, &over);
    thread::scope(|scope| {
        let readers: Vec<_> = (0..readers).map(|seed| scope.spawn(move || come_and_go(address, seed, over))).collect();
        for batch in 0..events / 100 {
            let item = |n: u64| format!("{{\"topic\":\"a/{}\",\"data\":{n}}}\n", n % 7);
            let items: Vec<String> = (0..100).map(|n| item(batch * 100 + n)).collect();
            assert_eq!(request(address, "POST", "/events", &NDJSON, items.concat().as_bytes()).status, 200);
        }
        over.store(true, Ordering::Relaxed);
        // One more for each, so that nobody waits for an event that will not come.
        while readers.iter().any(|reader| !reader.is_finished()) {
            request(address, "POST", "/events/a/end", &[], b"end");
        }
        let read: u64 = readers.into_iter().map(|reader| reader.join().expect("a reader that saw all")).sum();
        assert!(read > events, "the readers have read: {read}");
    });
    wait_until("all streams have ended", || get(address, "/api/stats").json()["connections"]["open"] == 0);
}

#[cfg(target_os = "linux")]
#[test]
fn connections_that_have_gone_leave_no_memory_behind() {
    let broker = Broker::start(&["--retain-events", "10", "--tail-bytes", "64KiB"]);
    let round = || {
        let mut streams: Vec<Stream> = (0..500).map(|_| Stream::open(broker.address, "/events/a", &[])).collect();
        let id = publish(broker.address, "a", "x");
        assert!(streams.iter_mut().all(|stream| stream.event().last_event_id == id));
        drop(streams);
        wait_until("all streams have ended", || get(broker.address, "/api/stats").json()["connections"]["open"] == 0);
        broker.resident_kib()
    };
    // The first rounds fill what is kept for later use.
    let before = (0..3).map(|_| round()).max().expect("rounds");
    let after = (0..20).map(|_| round()).min().expect("rounds");
    assert!(after < before + 1024, "{before} KiB before, {after} KiB after 10,000 connections");
}
