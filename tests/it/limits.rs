//! What the broker bounds: connections, rates, heads of requests, and clients that misbehave.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use crate::http::{Stream, get, post, publish};
use crate::process::{self, Broker, wait_until};

/// A connection on which the test writes what it likes.
fn raw(broker: &Broker, bytes: &str) -> TcpStream {
    let mut connection = TcpStream::connect(broker.address).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    connection.write_all(bytes.as_bytes()).unwrap();
    connection
}

/// Waits until this many streams are open.
fn wait_for_open(broker: &Broker, count: u64) {
    let open = || get(broker.address, "/api/stats").json()["connections"]["open"] == count;
    wait_until(&format!("{count} streams are open"), open);
}

#[test]
fn one_address_cannot_take_all_connections() {
    let broker = Broker::start(&["--max-connections-per-address", "2"]);
    let _streams = [Stream::open(broker.address, "/events/a", &[]), Stream::open(broker.address, "/events/b", &[])];
    let refused = get(broker.address, "/events/a");
    assert_eq!((refused.status, &refused.json()["code"]), (429, &"too_many_connections_of_address".into()));
    assert!(refused.head.contains("retry-after: "), "{}", refused.head);
    assert!(refused.json()["detail"].as_str().unwrap().contains("127.0.0.1"), "{}", refused.body);
}

#[test]
fn one_address_cannot_open_streams_without_end() {
    let broker = Broker::start(&["--max-subscribe-rate", "3"]);
    let refused =
        (0..100).map(|_| raw(&broker, "GET /events/a HTTP/1.1\r\nhost: localhost\r\n\r\n")).find_map(|mut stream| {
            let mut head = [0; 12];
            stream.read_exact(&mut head).unwrap();
            (&head != b"HTTP/1.1 200").then(|| head.to_vec())
        });
    assert_eq!(refused.expect("one of a hundred at once is refused"), b"HTTP/1.1 429");
    assert_eq!(get(broker.address, "/healthz").status, 200, "other requests are not bounded by it");
}

#[test]
fn the_number_of_topics_is_bounded_as_the_operator_says() {
    let broker = Broker::start(&["--max-topics", "2"]);
    assert_eq!(get(broker.address, "/events?topic=a&topic=b&topic=c").json()["code"], "too_many_topics");
    Stream::open(broker.address, "/events?topic=a&topic=b&topic=a", &[]);
}

#[test]
fn the_types_of_events_that_a_stream_asks_for_are_each_taken_once_and_bounded() {
    let broker = Broker::start(&[]);
    let path = |count: usize| {
        let types: Vec<String> = (0..count).rev().map(|n| format!("event=t{n:02}&event=t{n:02}")).collect();
        format!("/events/a?{}", types.join("&"))
    };
    let _stream = Stream::open(broker.address, &path(64), &[]);
    let listed = get(broker.address, "/api/connections").json()["connections"][0]["events"].clone();
    assert_eq!(listed, serde_json::json!((0..64).map(|n| format!("t{n:02}")).collect::<Vec<_>>()));
    let refused = get(broker.address, &path(65));
    assert_eq!((refused.status, &refused.json()["code"]), (400, &"too_many_types".into()));
}

#[test]
fn a_head_that_comes_byte_by_byte_is_cut_and_keeps_nobody_waiting() {
    let broker = Broker::start(&["--header-timeout", "300ms"]);
    let mut dawdlers: Vec<TcpStream> = (0..100).map(|n| raw(&broker, &"GET /events/a HT"[..=n % 15])).collect();
    let mut stream = Stream::open(broker.address, "/events/a", &[]);
    publish(broker.address, "a", "x");
    assert_eq!(stream.event().data, "x");
    for dawdler in &mut dawdlers {
        let mut answer = Vec::new();
        // An end or a reset: it is over in any case. Otherwise the read would time out.
        let ended = dawdler.read_to_end(&mut answer).map_err(|error| error.kind());
        assert!(matches!(ended, Ok(_) | Err(std::io::ErrorKind::ConnectionReset)), "{ended:?}");
    }
}

#[test]
fn a_head_beyond_the_limit_is_refused() {
    let broker = Broker::start(&["--max-header-size", "8KiB"]);
    let mut connection =
        raw(&broker, &format!("GET / HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n", "y".repeat(20_000)));
    let mut head = [0; 12];
    connection.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 431");
}

#[test]
fn what_a_subscriber_sends_behind_its_request_is_dropped() {
    let broker = Broker::start(&[]);
    let pipelined = "GET /events/a HTTP/1.1\r\nhost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let mut connection = raw(&broker, pipelined);
    wait_for_open(&broker, 1);
    connection.write_all(b"and more").unwrap();
    publish(broker.address, "a", "the only event");
    let mut read = String::new();
    while !read.contains("the only event") {
        let mut part = [0; 1024];
        let count = connection.read(&mut part).unwrap();
        read += std::str::from_utf8(&part[..count]).unwrap();
    }
    assert_eq!(read.matches("HTTP/1.1").count(), 1, "the second request is not answered: {read}");
}

#[test]
fn a_subscriber_that_sends_without_end_is_cut_and_counted() {
    let broker = Broker::start(&[]);
    let mut connection = raw(&broker, "GET /events/a HTTP/1.1\r\nhost: localhost\r\n\r\n");
    wait_for_open(&broker, 1);
    while connection.write_all(&vec![b'x'; 1 << 16]).is_ok() {}
    wait_for_open(&broker, 0);
    assert!(get(broker.address, "/metrics").body.contains("sse_connections_closed_total{reason=\"chatter\"} 1"));
}

#[test]
fn a_subscriber_that_closes_or_half_closes_is_noticed_at_once() {
    let broker = Broker::start(&[]);
    let closing = Stream::open(broker.address, "/events/a", &[]);
    let half_closing = raw(&broker, "GET /events/a HTTP/1.1\r\nhost: localhost\r\n\r\n");
    wait_for_open(&broker, 2);
    drop(closing);
    wait_for_open(&broker, 1);
    half_closing.shutdown(Shutdown::Write).unwrap();
    wait_for_open(&broker, 0);
}

#[test]
fn with_no_descriptor_left_new_connections_are_refused_and_old_ones_live_on() {
    let broker = Broker::start_with_open_files(100, &[]);
    let mut first = Stream::open(broker.address, "/events/a", &[]);
    let mut others = Vec::new();
    let refused = loop {
        let mut connection = raw(&broker, "GET /events/a HTTP/1.1\r\nhost: localhost\r\n\r\n");
        let mut answer = [0; 4096];
        let count = connection.read(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer[..count]).into_owned();
        if !answer.starts_with("HTTP/1.1 200") {
            break answer;
        }
        others.push(connection);
        assert!(others.len() < 100, "the limit is met");
    };
    assert!(refused.starts_with("HTTP/1.1 503") && refused.contains("retry-after"), "{refused}");
    drop(others);
    wait_until("there is room again", || post(broker.address, "/events/a", "still here").status == 200);
    assert_eq!(first.event().data, "still here");
}

#[test]
fn a_limit_of_open_files_that_leaves_no_room_is_said_at_the_start() {
    let refused = process::run_with_open_files(60, &["serve", "--listen", "127.0.0.1:0"]);
    let said = process::stderr(&refused);
    assert!(refused.status.code() == Some(1) && said.contains("60 open files") && said.contains("ulimit"), "{said}");
}

/// The head of newline-delimited JSON that comes in chunks.
const LINES: &str = "POST /events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-ndjson\r\n\
                     transfer-encoding: chunked\r\n\r\n";

/// Everything that comes until the connection ends.
fn rest(mut connection: &TcpStream) -> String {
    let mut rest = String::new();
    connection.read_to_string(&mut rest).unwrap();
    rest
}

#[test]
fn publishers_that_send_nothing_take_no_place_for_long_and_are_told() {
    let broker = Broker::start(&["--max-requests", "3", "--body-timeout", "500ms"]);
    let silent = [(); 3].map(|()| raw(&broker, LINES));
    for connection in &silent {
        let answer = rest(connection);
        assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("\"code\":\"body_timeout\""), "{answer}");
        assert!(answer.contains("an empty line now and then keeps the request open"), "{answer}");
    }
    assert_eq!(post(broker.address, "/events/a", "x").status, 200, "their places are free");
}

#[test]
fn a_publisher_with_nothing_to_say_keeps_its_request_open_with_empty_lines() {
    let broker = Broker::start(&["--body-timeout", "3s"]);
    let mut alive = raw(&broker, LINES);
    let silent = raw(&broker, LINES);
    silent.set_nonblocking(true).unwrap();
    let is_open = || matches!((&silent).read(&mut [0]), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock);
    while is_open() {
        alive.write_all(b"1\r\n\n\r\n").unwrap();
        std::thread::sleep(Duration::from_millis(20));
    }
    let item = "{\"topic\":\"a\",\"data\":1}\n";
    write!(alive, "{:x}\r\n{item}\r\n0\r\n\r\n", item.len()).unwrap();
    alive.shutdown(Shutdown::Write).unwrap();
    let answer = rest(&alive);
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"topic\":\"a\""), "{answer}");
}

#[test]
fn one_address_cannot_take_all_sockets_with_connections_that_ask_for_nothing() {
    let mut broker = Broker::start_quietly(&["--max-connections-per-address", "1", "--header-timeout", "1m"]);
    let mut stream = Stream::open(broker.address, "/events/a", &[]);
    // The stream is none of them any more.
    let idle: Vec<TcpStream> = (0..65).map(|_| raw(&broker, "")).collect();
    for _ in 0..50 {
        let answer = rest(&raw(&broker, ""));
        let refused =
            answer.starts_with("HTTP/1.1 503 ") && answer.contains("\"code\":\"too_many_sockets_of_address\"");
        assert!(refused && answer.contains("retry-after: "), "{answer}");
    }
    drop(idle);
    let published = || {
        rest(&raw(
            &broker,
            "POST /events/a HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 1\r\n\r\nx",
        ))
    };
    wait_until("there is room again", || published().starts_with("HTTP/1.1 200 "));
    assert_eq!(stream.event().data, "x");
    let metrics = get(broker.address, "/metrics").body;
    assert!(metrics.contains("sse_refusals_total{reason=\"too_many_sockets_of_address\"} 5"), "{metrics}");
    rustix::process::kill_process(broker.pid(), rustix::process::Signal::TERM).unwrap();
    let (_, log) = broker.end();
    assert!((1..=3).contains(&log.matches("refused a connection from 127.0.0.1").count()), "not each time: {log}");
}

#[test]
fn the_bodies_that_are_in_memory_have_a_bound_together() {
    const EACH: usize = 16 << 20;
    let broker = Broker::start(&["--body-timeout", "1m"]);
    let head = format!("POST /events HTTP/1.1\r\nhost: localhost\r\ncontent-length: {EACH}\r\n\r\n[");
    let body = " ".repeat(EACH - 2);
    // All but the last byte of each: for the last one there is no room, whichever that is.
    let waiting = (0..17).map(|_| {
        let mut connection = raw(&broker, &head);
        // It may be refused before it has sent everything.
        let _ = connection.write_all(body.as_bytes());
        connection
    });
    let waiting: Vec<TcpStream> = waiting.collect();
    let refused = || get(broker.address, "/metrics").body.contains("sse_refusals_total{reason=\"too_many_bodies\"} 1");
    wait_until("one is refused", refused);
    drop(waiting);
    let whole = format!("[{body}]");
    wait_until("there is room again", || post(broker.address, "/events", &whole).status == 200);
}
