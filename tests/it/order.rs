//! The one promise that matters most: every subscriber sees the same order, no gap, no repeat, over reconnects.

use std::net::SocketAddr;
use std::thread;

use crate::http::{Stream, publish};
use crate::process::Broker;

const PUBLISHERS: usize = 4;
const EVENTS_EACH: usize = 2500;

/// Publishes numbered events, one request each, to topics that both subscribers listen to.
fn publish_all(to: SocketAddr, publisher: usize) {
    for n in 0..EVENTS_EACH {
        let topic = if n % 3 == 0 { "b".to_owned() } else { format!("a/{}", n % 5) };
        publish(to, &topic, &format!("{publisher}:{n}"));
    }
}

/// Reads all events over connections that are cut after a number of events that differs from time to time.
fn read_all(to: SocketAddr, reader: usize) -> Vec<(String, String)> {
    let path = "/events?topic=a/*&topic=b";
    let mut got: Vec<(String, String)> = Vec::new();
    let mut connection = 0;
    let mut stream = Stream::open(to, &format!("{path}&since=earliest"), &[]);
    while got.len() < PUBLISHERS * EVENTS_EACH {
        connection += 1;
        let until = (got.len() + 50 + (reader * 7919 + connection * 104_729) % 700).min(PUBLISHERS * EVENTS_EACH);
        while got.len() < until {
            let event = stream.event();
            assert_eq!(event.event_type, "message", "no gap is told: {}", event.data);
            got.push((event.last_event_id, event.data));
        }
        let (last, _) = got.last().expect("events were read");
        stream = Stream::resume(to, path, last);
    }
    got
}

#[test]
fn two_subscribers_see_ten_thousand_events_of_concurrent_publishers_in_one_order_over_reconnects() {
    let broker = Broker::start(&[]);
    let address = broker.address;
    let (left, right) = thread::scope(|scope| {
        let readers = [1, 2].map(|reader| scope.spawn(move || read_all(address, reader)));
        for publisher in 0..PUBLISHERS {
            scope.spawn(move || publish_all(address, publisher));
        }
        let [left, right] = readers.map(|reader| reader.join().expect("a reader that ends"));
        (left, right)
    });
    assert_eq!(left, right);
    let seqs = left.iter().map(|(id, _)| id.split_once('-').expect("a position").1.parse::<usize>().expect("a number"));
    assert!(seqs.eq(1..=PUBLISHERS * EVENTS_EACH), "the IDs are the log's own order without holes");
    for publisher in 0..PUBLISHERS {
        let prefix = format!("{publisher}:");
        let own = left.iter().filter_map(|(_, data)| data.strip_prefix(&prefix)).map(|n| n.parse::<usize>().unwrap());
        assert!(own.eq(0..EVENTS_EACH), "publisher {publisher}: its events are in the order in which it sent them");
    }
}
