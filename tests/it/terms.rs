//! What publishers ask of the history for an event: to take it once, for how long, and as the state of a key.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;

use serde_json::Value;

use crate::http::{Reply, Stream, get, post, publish, request};
use crate::process::Broker;

const NDJSON: (&str, &str) = ("content-type", "application/x-ndjson");

fn once(broker: &Broker, path: &str, key: &str, body: &str) -> Reply {
    request(broker.address, "POST", path, &[("idempotency-key", key)], body.as_bytes())
}

fn stored(broker: &Broker) -> Value {
    get(broker.address, "/api/stats").json()["retained"]["events"].clone()
}

#[test]
fn a_request_that_is_sent_again_gets_the_first_answer_and_publishes_nothing() {
    let broker = Broker::start(&[]);
    let first = once(&broker, "/events/a?event=x", "k", "body");
    publish(broker.address, "a", "between");
    let again = once(&broker, "/events/a?event=x", "k", "body");
    assert_eq!((first.status, again.status), (200, 200));
    assert_eq!(first.body, again.body);
    assert!(!first.head.contains("idempotent-replayed") && again.head.contains("idempotent-replayed: true"));
    assert_eq!(stored(&broker), 2);
    let other = once(&broker, "/events/a?event=y", "k", "body");
    assert_eq!((other.status, &other.json()["code"]), (422, &"idempotency_key_reused".into()));
}

#[test]
fn of_a_batch_that_is_sent_again_every_item_counts_by_itself() {
    let broker = Broker::start(&[]);
    let items = |count| (0..count).map(|n| format!("{{\"topic\":\"a\",\"data\":{n}}}\n")).collect::<Vec<_>>().concat();
    let send = |body: &str| {
        let headers = [NDJSON, ("idempotency-key", "k")];
        request(broker.address, "POST", "/events", &headers, body.as_bytes()).lines()
    };
    // The first request broke off after three of its items.
    let (first, whole) = (send(&items(3)), send(&items(5)));
    assert_eq!((&first[..], whole.len()), (&whole[..3], 5));
    assert_eq!(stored(&broker), 5);
    let array = "[{\"topic\":\"b\",\"data\":1},{\"topic\":\"b\",\"data\":1}]";
    let answers = [0, 1].map(|_| once(&broker, "/events", "array", array).body);
    assert_eq!((&answers[0], stored(&broker)), (&answers[1], 7.into()), "two items with the same data are two events");
}

#[test]
fn a_new_subscriber_gets_the_current_state_and_then_what_changes() {
    let broker = Broker::start(&["--retain-events", "5"]);
    for (key, data) in [("cpu", "1"), ("memory", "2"), ("cpu", "3"), ("disk", "4")] {
        post(broker.address, &format!("/events/m/1?key={key}"), data);
    }
    post(broker.address, "/events/m/1?key=disk", "");
    for n in 0..20 {
        publish(broker.address, "m/other", &n.to_string());
    }
    let mut streams = ["/events/m/1", "/events?topic=m/*&last=1", "/events/m/1?since=earliest"]
        .map(|path| Stream::open(broker.address, path, &[]));
    assert_eq!(streams[0].data(2), ["2", "3"]);
    assert_eq!(streams[1].data(3), ["2", "3", "19"]);
    assert_eq!(streams[2].data(2), ["2", "3"]);
    post(broker.address, "/events/m/1?key=cpu", "5");
    assert!(streams.iter_mut().all(|stream| stream.event().data == "5"));
}

#[test]
fn who_resumes_after_the_state_has_missed_nothing() {
    let broker = Broker::start(&["--retain-events", "5"]);
    let id = post(broker.address, "/events/a?key=k", "state").json()["id"].as_str().expect("an ID").to_owned();
    for _ in 0..20 {
        publish(broker.address, "b", "x");
    }
    let mut stream = Stream::resume(broker.address, "/events/a", &id);
    publish(broker.address, "a", "next");
    assert_eq!(stream.event().data, "next", "no gap is told");
}

#[test]
fn an_event_whose_time_is_over_is_for_those_who_listened() {
    let broker = Broker::start(&[]);
    let mut live = Stream::open(broker.address, "/events/a", &[]);
    post(broker.address, "/events/a?ttl=0s", "gone");
    request(broker.address, "POST", "/events/a", &[("sse-ttl", "1h")], b"here");
    let items =
        "[{\"topic\":\"a\",\"data\":\"gone too\",\"ttl\":\"0s\"},{\"topic\":\"a\",\"data\":\"last\",\"key\":\"k\"}]";
    assert_eq!(request(broker.address, "POST", "/events", &[], items.as_bytes()).status, 200);
    assert_eq!(live.data(4), ["gone", "here", "gone too", "last"]);
    let mut late = Stream::open(broker.address, "/events/a?since=earliest", &[]);
    assert_eq!(late.data(2), ["here", "last"]);
}

#[test]
fn state_beyond_its_bound_is_refused_and_the_rest_goes_on() {
    let broker = Broker::start(&["--retain-bytes", "64KiB", "--max-event-size", "32KiB"]);
    let put = |key: u32| post(broker.address, &format!("/events/a?key={key}"), &"x".repeat(20_000));
    assert!((0..3).all(|key| put(key).status == 200));
    let refused = put(5);
    assert_eq!((refused.status, &refused.json()["code"]), (507, &"state_full".into()));
    publish(broker.address, "a", "without a key");
    assert_eq!(put(1).status, 200, "what is there can change");
    assert_eq!(post(broker.address, "/events/a?key=0", "").status, 200);
    assert_eq!(put(5).status, 200);
}

#[test]
fn an_event_for_those_who_listen_now_reaches_them_over_every_transport() {
    let broker = Broker::start(&[]);
    // HTTP/1.0 knows no chunks, so this stream is written by another part of the broker than others.
    let mut old = TcpStream::connect(broker.address).expect("a connection");
    old.write_all(b"GET /events/a HTTP/1.0\r\n\r\n").expect("a request");
    let mut read = BufReader::new(old);
    let mut until = |text: &str| {
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            assert!(read.read_line(&mut line).expect("a line") > 0, "the stream ended before {text}");
        }
    };
    until(": connected");
    post(broker.address, "/events/a?ttl=0s", "now");
    until("data: now");
}
