//! The end of a broker: told to all, evenly, bounded, and counted.

use rustix::process::{Signal, kill_process};
use sse::wire::Item;

use crate::http::{Stream, publish};
use crate::process::{Broker, wait_until};

#[test]
fn every_stream_is_told_when_to_come_back_and_not_all_at_the_same_time() {
    let mut broker = Broker::start(&["--shutdown-event", "server_shutdown", "--drain", "200ms"]);
    let mut streams: Vec<Stream> = (0..50).map(|_| Stream::open(broker.address, "/events/a", &[])).collect();
    kill_process(broker.pid(), Signal::TERM).unwrap();
    let mut times = std::collections::HashSet::new();
    for stream in &mut streams {
        let Some(Item::Retry(time)) = stream.next() else { panic!("a reconnection time comes first") };
        assert!((1000..5000).contains(&time.as_millis()), "{time:?}");
        times.insert(time);
        let event = stream.event();
        assert_eq!((event.event_type.as_str(), event.last_event_id.as_str()), ("server_shutdown", ""));
        assert_eq!(stream.next(), None);
        assert!(stream.ended, "the stream ends, it is not cut");
    }
    assert!(times.len() > 10, "they come back at different times: {times:?}");
    assert!(broker.child.wait().unwrap().success());
}

#[test]
fn a_client_that_does_not_read_is_cut_when_the_time_is_over_and_that_is_said() {
    let mut broker = Broker::start_quietly(&["--drain", "300ms"]);
    let _stopped = Stream::open(broker.address, "/events/a", &[]);
    for _ in 0..100 {
        publish(broker.address, "a", &"x".repeat(100 << 10));
    }
    kill_process(broker.pid(), Signal::TERM).unwrap();
    let (status, stderr) = broker.end();
    assert!(status.success() && stderr.contains("cut_streams=1"), "{status} {stderr}");
}

#[test]
fn a_second_signal_ends_at_once() {
    let mut broker = Broker::start_quietly(&["--drain", "1h"]);
    let _stopped = Stream::open(broker.address, "/events/a", &[]);
    for _ in 0..100 {
        publish(broker.address, "a", &"x".repeat(100 << 10));
    }
    kill_process(broker.pid(), Signal::TERM).unwrap();
    // It has to be seen as the second one: the listener is closed once the first one was taken.
    wait_until("the listener is closed", || std::net::TcpStream::connect(broker.address).is_err());
    kill_process(broker.pid(), Signal::INT).unwrap();
    let (_, stderr) = broker.end();
    assert!(stderr.contains("second signal"), "{stderr}");
}
