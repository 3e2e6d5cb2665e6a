//! `PATCH /api/connections/{id}`: other topics for a stream that is open, over whatever transport.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::http::{Stream, get, publish, request};
use crate::process::{Broker, wait_until};
use crate::transports::Site;

fn id_of(stream: &Stream) -> String {
    stream.head.lines().find_map(|line| line.strip_prefix("sse-connection: ")).expect("an ID").to_owned()
}

fn patch(broker: &Broker, id: &str, change: &Value) -> (u16, Value) {
    let path = format!("/api/connections/{id}");
    let body = change.to_string();
    let length = body.len().to_string();
    let reply = request(broker.address, "PATCH", &path, &[("content-length", &length)], body.as_bytes());
    (reply.status, reply.json())
}

#[test]
fn a_stream_listens_to_other_topics_from_the_answer_on_over_every_transport() {
    for site in Site::both(&["--shards", "2"]) {
        let change = |id: &str, change: &Value| {
            let (status, row) = site.ask("PATCH", &format!("/api/connections/{id}"), &["--data", &change.to_string()]);
            assert_eq!(status, 200, "{row}");
            row["topics"].clone()
        };
        let publish = |topic: &str, data: &str| {
            assert_eq!(site.ask("POST", &format!("/events/{topic}"), &["--data", data]).0, 200);
        };
        let counted = |topic: &str| site.ask("GET", &format!("/api/presence/{topic}"), &[]).1["subscribers"].clone();
        for mut listener in site.open_each("/events?topic=a&topic=stays", &[]) {
            publish("b", "before");
            assert_eq!(
                change(&listener.connection, &json!({ "subscribe": ["b", "c/*"] })),
                json!(["a", "b", "stays", "c/*"])
            );
            for (topic, data) in [("b", "1"), ("a", "2"), ("c/x", "3")] {
                publish(topic, data);
            }
            assert_eq!(listener.data(3), ["1", "2", "3"]);
            assert_eq!(counted("b"), 1, "presence knows it too");
            let left = change(&listener.connection, &json!({ "unsubscribe": ["a", "c/*", "nothing"] }));
            assert_eq!(left, json!(["b", "stays"]));
            for (topic, data) in [("a", "no"), ("c/x", "no"), ("stays", "4")] {
                publish(topic, data);
            }
            assert_eq!(change(&listener.connection, &json!({ "topics": ["d/**"] })), json!(["d/**"]));
            for (topic, data) in [("stays", "no"), ("d", "5")] {
                publish(topic, data);
            }
            assert_eq!(listener.data(2), ["4", "5"]);
            wait_until("presence knows that it has left", || counted("b") == 0);
        }
    }
}

#[test]
fn broadcasts_and_types_stay_as_they_were() {
    let broker = Broker::start(&[]);
    let mut stream = Stream::open(broker.address, "/events/a?event=tick", &[]);
    assert_eq!(patch(&broker, &id_of(&stream), &json!({ "topics": ["b"] })).0, 200);
    publish(broker.address, "b", "of another type");
    publish(broker.address, "b?event=tick", "1");
    publish(broker.address, "$all?event=tick", "2");
    assert_eq!(stream.data(2), ["1", "2"]);
}

#[test]
fn what_a_change_names_is_counted_as_it_is_written_and_has_a_size() {
    let broker = Broker::start(&["--max-topics", "100"]);
    let stream = Stream::open(broker.address, "/events/a", &[]);
    let refused = |change: Value| {
        let (status, problem) = patch(&broker, &id_of(&stream), &change);
        assert_eq!((status, &problem["code"]), (400, &"too_many_topics".into()), "{problem}");
        problem["detail"].as_str().expect("a sentence").to_owned()
    };
    for list in ["topics", "subscribe", "unsubscribe"] {
        let said = refused(json!({ list: vec!["b"; 101] }));
        assert_eq!(said, "101 topics are named; at most 100 can be");
    }
    let long = |count: u32| (0..count).map(|n| format!("{n:01024}")).collect::<Vec<_>>();
    assert!(refused(json!({ "subscribe": long(64) })).contains("more than 64.0 KiB together"), "with what there is");
    let (status, row) = patch(&broker, &id_of(&stream), &json!({ "topics": long(64) }));
    assert_eq!((status, row["topics"].as_array().map(Vec::len)), (200, Some(64)));
}

/// Publishes to `a` as fast as it can while the stream is changed, and checks that all of them come, each once; of `b` all
/// that is published while it is listened to, and nothing else.
fn change_under_load(broker: &Broker, stream: &mut Stream, changes: usize) {
    let (over, id) = (AtomicBool::new(false), id_of(stream));
    let (over, address) = (&over, broker.address);
    std::thread::scope(|scope| {
        let steady = scope.spawn(move || {
            let mut count = 0;
            while !over.load(Ordering::Relaxed) {
                publish(address, "a", &format!("a{count}"));
                count += 1;
            }
            count
        });
        let changing = scope.spawn(move || {
            for round in 0..changes {
                publish(address, "b", "not for it");
                assert_eq!(patch(broker, &id, &json!({ "subscribe": ["b"] })).0, 200);
                publish(address, "b", &format!("b{round}"));
                assert_eq!(patch(broker, &id, &json!({ "unsubscribe": ["b"] })).0, 200);
            }
            over.store(true, Ordering::Relaxed);
        });
        let (mut next, mut others) = (0, Vec::new());
        while others.len() < changes {
            let data = stream.event().data;
            match data.strip_prefix('a') {
                Some(number) => {
                    assert_eq!(number, next.to_string());
                    next += 1;
                }
                None => others.push(data),
            }
        }
        changing.join().expect("changes");
        let count: usize = steady.join().expect("events");
        let rest: Vec<String> = (next..count).map(|number| format!("a{number}")).collect();
        assert_eq!(stream.data(rest.len()), rest);
        assert_eq!(others, (0..changes).map(|round| format!("b{round}")).collect::<Vec<_>>());
    });
}

#[test]
fn nothing_of_a_topic_that_stays_is_lost_or_comes_twice_while_others_change() {
    let broker = Broker::start(&["--shards", "2"]);
    let mut stream = Stream::open(broker.address, "/events/a", &[]);
    // One that is never alone in its audience, and one that changes along.
    let _others =
        [Stream::open(broker.address, "/events/a", &[]), Stream::open(broker.address, "/events?topic=a&topic=b", &[])];
    change_under_load(&broker, &mut stream, 30);
}

#[test]
fn who_is_behind_changes_where_it_is() {
    let broker = Broker::start(&[]);
    let mut stream = Stream::open(broker.address, "/events/a", &[]);
    let large = "x".repeat(100 << 10);
    for _ in 0..100 {
        publish(broker.address, "a", &large);
    }
    wait_until("it does not keep up", || get(broker.address, "/metrics").body.contains("sse_lagging_connections 1\n"));
    assert_eq!(patch(&broker, &id_of(&stream), &json!({ "topics": ["a", "b"] })).0, 200);
    publish(broker.address, "b", "new");
    publish(broker.address, "a", "last");
    assert!(stream.data(100).iter().all(|data| *data == large));
    assert_eq!(stream.data(2), ["new", "last"]);
}

#[test]
fn what_makes_no_sense_is_refused_and_changes_nothing() {
    let broker = Broker::start(&["--max-topics", "3"]);
    let stream = Stream::open(broker.address, "/events?topic=a&topic=b", &[]);
    let id = id_of(&stream);
    for (change, status, code) in [
        (json!({}), 400, "bad_json"),
        (json!([["a"]]), 400, "bad_json"),
        (json!({ "topic": "a" }), 400, "bad_json"),
        (json!({ "subscribe": "a" }), 400, "bad_json"),
        (json!({ "topics": ["a"], "subscribe": ["b"] }), 400, "bad_json"),
        (json!({ "topics": [] }), 400, "no_topic"),
        (json!({ "unsubscribe": ["b", "a"] }), 400, "no_topic"),
        (json!({ "subscribe": ["a/**/b"] }), 400, "bad_topic"),
        (json!({ "subscribe": ["$user/anna"] }), 400, "bad_topic"),
        (json!({ "topics": ["$all"] }), 400, "bad_topic"),
        (json!({ "subscribe": ["c", "d"] }), 400, "too_many_topics"),
    ] {
        let (found, said) = patch(&broker, &id, &change);
        assert_eq!((found, &said["code"]), (status, &code.into()), "{change} {said}");
    }
    assert_eq!(patch(&broker, "77", &json!({ "subscribe": ["c"] })).1["code"], "no_connection");
    let path = format!("/api/connections/{id}");
    let long = format!("{{\"subscribe\":[\"{}\"]}}", "x".repeat(1 << 20));
    let length = long.len().to_string();
    let reply = request(broker.address, "PATCH", &path, &[("content-length", &length)], long.as_bytes());
    assert_eq!((reply.status, &reply.json()["code"]), (400, &"bad_json".into()));
    let listed = get(broker.address, "/api/connections").json();
    assert_eq!(listed["connections"][0]["topics"], json!(["a", "b"]));
}

#[test]
fn topics_are_listed_by_name_with_who_listens_and_what_is_kept() {
    let broker = Broker::start(&["--shards", "2"]);
    let _streams =
        ["/events/b", "/events?topic=b&topic=d", "/events?topic=*"].map(|path| Stream::open(broker.address, path, &[]));
    for topic in ["a", "b", "b", "b?key=1", "b?key=2", "x/y"] {
        publish(broker.address, topic, "x");
    }
    let row = |topic: &str, subscribers: u64, retained: u64, state: u64| json!({ "topic": topic, "subscribers": subscribers, "retained": retained, "state": state });
    let all = [row("a", 1, 1, 0), row("b", 3, 4, 2), row("d", 2, 0, 0), row("x/y", 0, 1, 0)];
    assert_eq!(get(broker.address, "/api/topics").json(), json!({ "topics": all }));
    let page = get(broker.address, "/api/topics?limit=2").json();
    assert_eq!(page, json!({ "topics": all[..2], "next": "b" }));
    assert_eq!(get(broker.address, "/api/topics?limit=2&after=b").json(), json!({ "topics": all[2..] }));
    for path in ["/api/topics?limit=0", "/api/topics?limit=1001"] {
        assert_eq!(get(broker.address, path).json()["code"], "bad_parameter");
    }
}
