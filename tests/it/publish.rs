//! Publishing: one event per request, what becomes of its fields, and every refusal.

use std::time::Duration;

use sse::wire::Item;

use crate::http::{Stream, get, post, publish, request};
use crate::process::{self, Broker};

#[test]
fn the_body_is_the_data_and_the_answer_is_the_id_that_subscribers_see() {
    let broker = Broker::start(&[]);
    let mut stream = Stream::open(broker.address, "/events/news", &[]);
    let reply = post(broker.address, "/events/news", "hello\nworld");
    assert_eq!((reply.status, &reply.json()["topic"]), (200, &"news".into()));
    let event = stream.event();
    assert_eq!((event.event_type.as_str(), event.data.as_str()), ("message", "hello\nworld"));
    assert_eq!(event.last_event_id, reply.json()["id"]);
}

#[test]
fn fields_come_from_the_query_or_from_headers() {
    let broker = Broker::start(&[]);
    let mut stream = Stream::open(broker.address, "/events/news", &[]);
    post(broker.address, "/events/news?event=price&id=a%2F1&retry=1500", "x");
    assert_eq!(stream.next(), Some(Item::Retry(Duration::from_millis(1500))));
    let event = stream.event();
    assert_eq!((event.event_type.as_str(), event.last_event_id.as_str()), ("price", "a/1"));
    let headers = [("sse-event", "größe"), ("sse-id", "2"), ("sse-retry", "7")];
    assert_eq!(request(broker.address, "POST", "/events/news", &headers, b"y").status, 200);
    assert_eq!(stream.next(), Some(Item::Retry(Duration::from_millis(7))));
    let event = stream.event();
    assert_eq!((event.event_type.as_str(), event.last_event_id.as_str()), ("größe", "2"));
}

#[test]
fn a_topic_is_a_path_with_any_characters() {
    let broker = Broker::start(&[]);
    let mut stream = Stream::open(broker.address, "/events?topic=r%C3%A4ume/3+4", &[]);
    publish(broker.address, "r%C3%A4ume%2F3%204", "open");
    assert_eq!(stream.event().data, "open");
}

#[test]
fn empty_data_is_an_event() {
    let broker = Broker::start(&[]);
    let mut stream = Stream::open(broker.address, "/events/news", &[]);
    publish(broker.address, "news", "");
    assert_eq!(stream.event().data, "");
}

/// Posts, expects to be refused with this status and code, and returns the sentence.
fn refused(broker: &Broker, path: &str, headers: &[(&str, &str)], body: &[u8], with: (u16, &str)) -> String {
    let reply = request(broker.address, "POST", path, headers, body);
    assert!(reply.head.contains("content-type: application/problem+json"), "{}", reply.head);
    let problem = reply.json();
    assert_eq!((reply.status, problem["code"].as_str().unwrap()), with, "{path}: {problem}");
    assert_eq!(problem["status"], with.0);
    problem["detail"].as_str().unwrap().to_owned()
}

#[test]
fn what_is_no_event_is_refused_with_a_sentence() {
    let broker = Broker::start(&["--max-event-size", "1KiB"]);
    let refuse = |path: &str, body: &[u8], with| refused(&broker, path, &[], body, with);
    assert!(refuse("/events/", b"x", (400, "bad_topic")).contains("empty"));
    assert!(refuse("/events/a/*", b"x", (400, "bad_topic")).contains("pattern"));
    assert!(refuse("/events/a%0Ab", b"x", (400, "bad_topic")).contains("U+000A"));
    assert!(refuse("/events/$other", b"x", (400, "bad_topic")).contains("begin with $"));
    refuse(&format!("/events/{}", "x".repeat(1025)), b"x", (400, "bad_topic"));
    refuse("/events/%ff", b"x", (400, "not_utf8"));
    assert!(refuse("/events/a?id=1%0A2", b"x", (400, "bad_field")).contains("line feed"));
    refuse("/events/a?id=", b"x", (400, "bad_field"));
    refuse("/events/a?id=%20x", b"x", (400, "bad_field"));
    refuse("/events/a?id=%07", b"x", (400, "bad_field"));
    refuse("/events/a?event=a%0Db", b"x", (400, "bad_field"));
    refuse("/events/a?event=sse.gap", b"x", (400, "bad_field"));
    refuse("/events/a?retry=2s", b"x", (400, "bad_parameter"));
    refuse("/events/a?id=1&id=2", b"x", (400, "repeated_parameter"));
    assert!(refuse("/events/a?evnt=x", b"x", (400, "unknown_parameter")).contains("evnt"));
    refuse("/events/a", b"\xff", (400, "not_utf8"));
    assert!(refuse("/events/a", &[b'x'; 1025], (413, "event_too_large")).contains("1.0 KiB"));
    refused(&broker, "/events/a", &[("idempotency-key", "")], b"x", (400, "bad_key"));
    refused(&broker, "/events/a?key=", &[], b"x", (400, "bad_key"));
    refused(&broker, "/events/a?ttl=5", &[], b"x", (400, "bad_parameter"));
    refused(&broker, "/events", &[("sse-key", "k")], b"{}", (400, "not_for_batches"));
    refused(&broker, "/events/a?id=1", &[("sse-id", "2")], b"x", (400, "repeated_parameter"));
    assert_eq!(post(broker.address, "/events/a", &"x".repeat(1024)).status, 200, "the limit itself is allowed");
    let stats = get(broker.address, "/api/stats").json();
    assert_eq!((&stats["events"]["published"], &stats["refusals"]), (&1.into(), &22.into()));
}

#[test]
fn an_id_that_looks_like_one_of_this_broker_is_refused() {
    let broker = Broker::start(&[]);
    let id = publish(broker.address, "a", "x");
    let guessed = id.replace("-1", "-2");
    refused(&broker, &format!("/events/a?id={guessed}"), &[], b"x", (400, "bad_field"));
    assert_eq!(post(broker.address, "/events/a?id=00000000-2", "x").status, 200, "another broker's ID is just an ID");
}

#[test]
fn unknown_paths_and_methods_are_problems_too() {
    let broker = Broker::start(&[]);
    assert_eq!(get(broker.address, "/nope").json()["code"], "not_found");
    let reply = request(broker.address, "PUT", "/events/a", &[], b"x");
    assert_eq!((reply.status, &reply.json()["code"]), (405, &"method_not_allowed".into()));
    assert!(reply.head.contains("allow: get,head,post"), "{}", reply.head);
}

#[test]
fn health_readiness_and_the_front_page_answer() {
    let broker = Broker::start(&[]);
    assert_eq!(get(broker.address, "/healthz").body, "ok\n");
    assert_eq!(get(broker.address, "/readyz").body, "ready\n");
    assert!(get(broker.address, "/").body.contains("GET  /events/{topic}"));
    let page = request(broker.address, "GET", "/", &[("accept", "text/html")], b"");
    assert!(page.head.contains("content-type: text/html") && page.body.contains("<!doctype html>"));
}

#[test]
fn a_body_that_does_not_come_is_refused_and_not_waited_for() {
    use std::io::{Read as _, Write as _};
    let broker = Broker::start(&["--body-timeout", "100ms"]);
    let mut connection = std::net::TcpStream::connect(broker.address).unwrap();
    write!(connection, "POST /events/a HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\nhalf").unwrap();
    let mut head = [0; 12];
    connection.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 408");
}

#[test]
fn a_port_that_is_taken_and_a_history_too_small_are_said() {
    let broker = Broker::start(&[]);
    let taken = process::run(&["serve", "--listen", &broker.address.to_string()], "");
    assert_eq!(taken.status.code(), Some(1));
    assert!(process::stderr(&taken).contains("hint: another program uses this port"), "{}", process::stderr(&taken));
    let small = process::run(&["serve", "--listen", "127.0.0.1:0", "--retain-bytes", "1KiB"], "");
    assert_eq!(small.status.code(), Some(2));
    assert!(process::stderr(&small).contains("--retain-bytes is smaller"), "{}", process::stderr(&small));
}

#[test]
fn a_publisher_that_half_closes_behind_its_requests_loses_none_of_them() {
    use std::io::{Read as _, Write as _};
    let broker = Broker::start(&[]);
    let mut connection = std::net::TcpStream::connect(broker.address).unwrap();
    let request = "POST /events/a HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\n\r\nx";
    connection.write_all(request.repeat(50).as_bytes()).unwrap();
    connection.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answers = String::new();
    connection.read_to_string(&mut answers).unwrap();
    assert_eq!(answers.matches("HTTP/1.1 200").count(), 50);
    assert_eq!(get(broker.address, "/api/stats").json()["events"]["published"], 50);
}
