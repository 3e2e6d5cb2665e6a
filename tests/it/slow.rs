//! Slow readers: they cost their place in the log, and get every event when they read again, or are cut if that is wanted.

use std::net::SocketAddr;

use crate::http::{Stream, get, post, publish};
use crate::process::{Broker, wait_until};

/// Publishes events of 100 KiB, far more than the sockets of a reader hold, and returns their IDs.
fn flood(to: SocketAddr, count: usize) -> Vec<String> {
    let data = "x".repeat(100 << 10);
    (0..count).map(|_| publish(to, "a", &data)).collect()
}

#[test]
fn readers_that_stop_get_every_event_when_they_read_again_and_hold_up_nobody() {
    let broker = Broker::start(&["--tail-bytes", "1MiB"]);
    let mut stopped: Vec<Stream> = (0..20).map(|_| Stream::open(broker.address, "/events/a", &[])).collect();
    let mut live = Stream::open(broker.address, "/events/a", &[]);
    let mut ids = Vec::new();
    for _ in 0..10 {
        ids.extend(flood(broker.address, 20));
        for id in &ids[ids.len() - 20..] {
            assert_eq!(live.event().last_event_id, *id, "the live reader is not held up");
        }
    }
    // The live one may just have been behind, too.
    let lagging = || get(broker.address, "/metrics").body.contains("sse_lagging_connections 20");
    wait_until("the stopped ones are behind, and only those", lagging);
    for stream in &mut stopped {
        let read: Vec<String> = ids.iter().map(|_| stream.event().last_event_id).collect();
        assert_eq!(read, ids);
    }
}

#[test]
fn with_disconnect_a_reader_behind_the_tail_is_cut_and_resumes_where_it_was() {
    let broker = Broker::start(&["--slow-consumer", "disconnect", "--tail-bytes", "1MiB"]);
    let mut slow = Stream::open(broker.address, "/events/a", &[]);
    let ids = flood(broker.address, 200);
    let mut read = Vec::new();
    while let Some(item) = slow.next() {
        if let sse::wire::Item::Event(event) = item {
            assert_eq!(event.event_type, "message", "it is cut, not told of a gap");
            read.push(event.last_event_id);
        }
    }
    assert!(read.len() < ids.len(), "it was cut before the end");
    let mut again = Stream::resume(broker.address, "/events/a", read.last().expect("it read something"));
    let rest: Vec<String> = ids[read.len()..].iter().map(|_| again.event().last_event_id).collect();
    assert_eq!([read, rest].concat(), ids);
    assert!(get(broker.address, "/metrics").body.contains("sse_connections_closed_total{reason=\"slow\"} 1"));
}

#[test]
fn a_huge_replay_holds_up_nobody() {
    let broker = Broker::start(&[]);
    let ids = flood(broker.address, 300);
    let mut replays: Vec<Stream> =
        (0..10).map(|_| Stream::open(broker.address, "/events/a?since=earliest", &[])).collect();
    let mut live = Stream::open(broker.address, "/events/b", &[]);
    for n in 0..100 {
        post(broker.address, "/events/b", &n.to_string());
        assert_eq!(live.event().data, n.to_string());
    }
    for replay in &mut replays {
        let read: Vec<String> = ids.iter().map(|_| replay.event().last_event_id).collect();
        assert_eq!(read, ids);
    }
}
