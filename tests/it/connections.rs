//! `/api/connections`: who is connected, over whatever transport, and ending them.

use crate::http::{Stream, get, publish, request};
use crate::process::{Broker, wait_until};
use crate::transports::{Listener, Site};

/// The last word on a stream that somebody has ended.
const KICKED: &str = "event: sse.end\ndata: {\"reason\":\"kicked\"}\n\n";

fn ids(broker: &Broker, query: &str) -> Vec<String> {
    let reply = get(broker.address, &format!("/api/connections{query}"));
    assert_eq!(reply.status, 200, "{reply:?}");
    let listed = reply.json();
    let id = |row: &serde_json::Value| row["id"].as_str().expect("text").to_owned();
    listed["connections"].as_array().expect("a list").iter().map(id).collect()
}

fn id_of(stream: &Stream) -> String {
    stream.head.lines().find_map(|line| line.strip_prefix("sse-connection: ")).expect("an ID").to_owned()
}

#[test]
fn a_connection_is_listed_as_long_as_it_is_open_with_what_it_asked_for() {
    let broker = Broker::start(&[]);
    let stream = Stream::open(broker.address, "/events?topic=b/*&topic=a&event=tick", &[]);
    let listed = get(broker.address, "/api/connections").json();
    let row = &listed["connections"][0];
    assert_eq!(listed.get("next"), None);
    assert_eq!(row["id"], id_of(&stream).as_str());
    assert_eq!((&row["address"], &row["transport"]), (&"127.0.0.1".into(), &"http1".into()));
    assert_eq!((&row["topics"], &row["events"]), (&serde_json::json!(["a", "b/*"]), &serde_json::json!(["tick"])));
    let since: jiff::Timestamp = row["since"].as_str().expect("a time").parse().expect("RFC 3339");
    assert!(since.duration_until(jiff::Timestamp::now()).as_secs() < 60, "{since}");
    let keys: Vec<_> = row.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(keys, ["address", "events", "id", "since", "topics", "transport"], "nobody is asked who they are");
    drop(stream);
    wait_until("it is listed no more", || ids(&broker, "").is_empty());
    let next = Stream::open(broker.address, "/events/a", &[]);
    assert_ne!(id_of(&next), row["id"].as_str().expect("text"), "no ID is given twice");
}

#[test]
fn many_connections_are_listed_a_page_at_a_time_in_the_order_in_which_they_came() {
    let broker = Broker::start(&["--shards", "2"]);
    let mut streams: Vec<Stream> =
        (0..30).map(|n| Stream::open(broker.address, &format!("/events/a/{}", n % 3), &[])).collect();
    let all: Vec<String> = streams.iter().map(id_of).collect();
    streams.remove(4);
    wait_until("one has gone", || ids(&broker, "").len() == 29);
    let left: Vec<String> = all.iter().enumerate().filter(|(n, _)| *n != 4).map(|(_, id)| id.clone()).collect();
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let listed = get(broker.address, &format!("/api/connections?limit=10{after}")).json();
        let rows = listed["connections"].as_array().expect("a list");
        assert!(rows.len() <= 10);
        seen.extend(rows.iter().map(|row| row["id"].as_str().expect("text").to_owned()));
        let Some(next) = listed["next"].as_str() else { break };
        assert_eq!(rows.len(), 10);
        after = format!("&after={next}");
    }
    assert_eq!(seen, left);
    let of_topic: Vec<String> =
        left.iter().filter(|id| (all.iter().position(|of| of == *id)).unwrap() % 3 == 1).cloned().collect();
    assert_eq!(ids(&broker, "?topic=a/1"), of_topic);
    assert_eq!(ids(&broker, "?address=127.0.0.1&limit=1000").len(), 29);
    assert_eq!(ids(&broker, "?address=127.0.0.2"), [""; 0]);
    assert_eq!(ids(&broker, "?user=nobody"), [""; 0]);
}

#[test]
fn what_is_asked_for_wrongly_is_refused_with_what_to_do() {
    let broker = Broker::start(&[]);
    let stream = Stream::open(broker.address, "/events/a", &[]);
    for (method, path, status, code) in [
        ("GET", "/api/connections?limit=0", 400, "bad_parameter"),
        ("GET", "/api/connections?limit=1001", 400, "bad_parameter"),
        ("GET", "/api/connections?after=x", 400, "bad_parameter"),
        ("GET", "/api/connections?address=here", 400, "bad_parameter"),
        ("GET", "/api/connections?topic=a/*", 400, "bad_topic"),
        ("GET", "/api/connections?usr=x", 400, "unknown_parameter"),
        ("GET", "/api/connections?user=x&user=y", 400, "repeated_parameter"),
        ("DELETE", "/api/connections", 400, "no_filter"),
        ("DELETE", "/api/connections?limit=1", 400, "unknown_parameter"),
        ("DELETE", "/api/connections/12345", 404, "no_connection"),
        ("DELETE", "/api/connections/%ff", 404, "no_connection"),
        ("DELETE", "/api/connections/1?x=1", 400, "unknown_parameter"),
        ("GET", "/api/stats?x=1", 400, "unknown_parameter"),
        ("GET", "/api/presence/a?x=1", 400, "unknown_parameter"),
        ("POST", "/api/tickets?x=1", 400, "unknown_parameter"),
        ("POST", "/api/connections", 405, "method_not_allowed"),
    ] {
        let reply = request(broker.address, method, path, &[], b"");
        assert_eq!((reply.status, &reply.json()["code"]), (status, &code.into()), "{method} {path} {reply:?}");
    }
    assert_eq!(ids(&broker, "?topic=a"), [id_of(&stream)], "nobody was ended");
}

#[test]
fn a_connection_that_is_ended_is_told_so_over_every_transport_and_others_stay() {
    for site in Site::both(&[]) {
        let (listeners, others) = (site.open_all("/events/a", &[]), site.open_all("/events/a", &[]));
        for listener in listeners {
            let path = format!("/api/connections/{}", listener.connection);
            assert_eq!(site.ask("DELETE", &path, &[]), (200, serde_json::json!({ "ended": 1 })));
            assert_eq!(listener.rest(), KICKED);
            wait_until("it has gone", || site.ask("DELETE", &path, &[]).0 == 404);
        }
        assert_eq!(site.ask("POST", "/events/a", &["--data", "x"]).0, 200);
        for mut other in others {
            assert_eq!(other.data(1), ["x"]);
        }
        assert_eq!(site.ask("DELETE", "/api/connections?topic=b", &[]), (200, serde_json::json!({ "ended": 0 })));
    }
}

#[test]
fn all_connections_that_are_meant_are_ended_and_counted() {
    let broker = Broker::start(&["--shards", "3"]);
    let mut ended: Vec<Stream> = (0..50).map(|_| Stream::open(broker.address, "/events?topic=a/*", &[])).collect();
    let mut stays = Stream::open(broker.address, "/events/b", &[]);
    let reply = request(broker.address, "DELETE", "/api/connections?topic=a/1&address=127.0.0.1", &[], b"");
    assert_eq!(reply.body, r#"{"ended":50}"#);
    for stream in &mut ended {
        let event = stream.event();
        assert_eq!((event.event_type.as_str(), event.last_event_id.as_str()), ("sse.end", ""));
        assert_eq!((stream.next(), stream.ended), (None, true), "it ends, it is not cut");
    }
    publish(broker.address, "b", "x");
    assert_eq!(stays.data(1), ["x"]);
    let counted = "sse_connections_closed_total{reason=\"kicked\"} 50";
    wait_until("they are counted", || get(broker.address, "/metrics").body.lines().any(|line| line == counted));
}

#[test]
fn a_connection_that_does_not_read_is_ended_without_a_word_over_every_transport() {
    for site in Site::both(&[]) {
        let stopped = site.open_all("/events/a", &[]);
        stopped.iter().for_each(Listener::stop_reading);
        let large = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(large.path(), "x".repeat(900 << 10)).expect("data");
        let data = format!("@{}", large.path().display());
        // More than all buffers between take.
        for _ in 0..40 {
            assert_eq!(site.ask("POST", "/events/a", &["--data-binary", &data]).0, 200);
        }
        assert_eq!(site.ask("DELETE", "/api/connections?topic=a", &[]).1["ended"], 3);
        let listed = || site.ask("GET", "/api/connections", &[]).1["connections"].clone();
        wait_until("they have gone", || listed().as_array().is_some_and(Vec::is_empty));
        let counted = site.text("/metrics");
        assert!(counted.contains("sse_connections_closed_total{reason=\"kicked\"} 3\n"), "{counted}");
    }
}

#[test]
fn listen_says_why_it_was_ended_and_comes_back() {
    let broker = Broker::start(&[]);
    let args = ["listen", &broker.url("/events/a"), "-o", "json", "-n", "2", "--retry", "0ms", "--stats"];
    let listening = crate::listen::spawn(&args);
    wait_until("it listens", || ids(&broker, "").len() == 1);
    let first = ids(&broker, "");
    assert_eq!(request(broker.address, "DELETE", &format!("/api/connections/{}", first[0]), &[], b"").status, 200);
    wait_until("it is back", || ids(&broker, "").iter().any(|id| *id != first[0]));
    publish(broker.address, "a", "x");
    let output = listening.wait_with_output().expect("an end");
    let lines = crate::listen::lines(&output);
    assert_eq!(lines[0]["type"], "sse.end");
    assert_eq!((&lines[1]["data"], &lines[2]["events"]), (&"x".into(), &1.into()), "it is no event of the stream");
    let said = crate::process::stderr(&output);
    assert!(said.starts_with("sse: the server ends this connection: somebody who may do so has ended it\n"), "{said}");
}
