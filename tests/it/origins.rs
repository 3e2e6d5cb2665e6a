//! Web pages: those from this machine may use the broker by default, foreign ones may not, by whatever kind of request.

use std::io::{Read as _, Write as _};

use crate::http::{Stream, get, request};
use crate::process::{Broker, sse};

const FOREIGN: (&str, &str) = ("origin", "https://evil.example");

#[test]
fn pages_from_loopback_may_read_and_publish() {
    let broker = Broker::start(&[]);
    for origin in ["http://localhost:5173", "http://127.0.0.1:3000", "https://app.localhost", "http://[::1]:8000"] {
        let stream = Stream::open(broker.address, "/events/a", &[("origin", origin)]);
        assert!(stream.head.contains(&format!("access-control-allow-origin: {origin}\r\n")), "{}", stream.head);
        assert_eq!(request(broker.address, "POST", "/events/a", &[("origin", origin)], b"x").status, 200);
    }
}

#[test]
fn a_foreign_page_can_neither_read_nor_publish_even_without_a_preflight() {
    let broker = Broker::start(&[]);
    let read = request(broker.address, "GET", "/events/a", &[FOREIGN], b"");
    let simple = request(broker.address, "POST", "/events/a", &[FOREIGN, ("content-type", "text/plain")], b"x");
    let batch = request(broker.address, "POST", "/events", &[FOREIGN], br#"{"topic":"a","data":1}"#);
    let sandboxed = request(broker.address, "POST", "/events/a", &[("origin", "null")], b"x");
    for reply in [read, simple, batch, sandboxed] {
        assert_eq!((reply.status, &reply.json()["code"]), (403, &"origin_not_allowed".into()));
        assert!(!reply.head.contains("access-control-allow-origin"), "{}", reply.head);
        assert!(reply.json()["detail"].as_str().unwrap().contains("--cors-origin"), "{}", reply.body);
    }
    let stats = get(broker.address, "/api/stats").json();
    assert_eq!((&stats["events"]["published"], &stats["connections"]["opened"]), (&0.into(), &0.into()));
}

#[test]
fn a_foreign_page_cannot_hold_a_connection_by_embedding_a_stream() {
    let broker = Broker::start(&[]);
    let image = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")];
    assert_eq!(request(broker.address, "GET", "/events/a", &image, b"").status, 403);
}

#[test]
fn a_list_replaces_the_default_and_preflights_tell_what_may_be_sent() {
    let broker = Broker::start(&["--cors-origin", "https://app.example.com", "--cors-origin", "null"]);
    let preflight = |origin| {
        let headers = [("origin", origin), ("access-control-request-method", "POST")];
        let headers = [&headers[..], &[("access-control-request-headers", "last-event-id,sse-id")]].concat();
        request(broker.address, "OPTIONS", "/events/a", &headers, b"").head
    };
    for allowed in ["https://app.example.com", "null"] {
        let head = preflight(allowed);
        assert!(head.contains(&format!("access-control-allow-origin: {allowed}\r\n")), "{head}");
        assert!(head.contains("access-control-allow-headers: last-event-id,sse-id"), "{head}");
        assert!(head.contains("access-control-allow-methods: get,post,patch,delete"), "{head}");
        let stream = Stream::open(broker.address, "/events/a", &[("origin", allowed)]);
        let exposed = stream.head.lines().find(|line| line.starts_with("access-control-expose-headers: "));
        assert!(exposed.is_some_and(|names| names.contains("sse-connection")), "{}", stream.head);
    }
    for refused in ["http://localhost:5173", "https://evil.example"] {
        assert!(!preflight(refused).contains("access-control-allow-origin"), "{refused}");
    }
}

#[test]
fn any_origin_may_be_let_in_but_its_cookies_only_where_it_is_named() {
    let broker = Broker::start(&["--cors-origin", "*,https://app.example.com"]);
    let publish = |origin| request(broker.address, "POST", "/events/a", &[("origin", origin)], b"x");
    let credentials = "access-control-allow-credentials: true\r\n";
    assert!(publish(FOREIGN.1).status == 200 && !publish(FOREIGN.1).head.contains(credentials));
    assert!(publish("https://app.example.com").head.contains(credentials));
}

#[test]
fn a_page_may_read_what_an_answer_says_beside_its_body_and_change_connections() {
    let config = crate::auth::Config::of_tenants("cors-origin = [\"https://app.example.com\"]");
    let broker = config.start(&[]);
    let origin = ("origin", "https://app.example.com");
    for method in ["GET", "POST", "PATCH", "DELETE"] {
        let asked = [origin, ("access-control-request-method", method)];
        let reply = request(broker.address, "OPTIONS", "/api/connections/x", &asked, b"");
        assert_eq!(reply.status, 200, "without a token: {reply:?}");
        let methods = reply.head.lines().find_map(|line| line.strip_prefix("access-control-allow-methods: "));
        assert!(methods.expect("methods").contains(&method.to_ascii_lowercase()), "{}", reply.head);
    }
    let exposed = "access-control-expose-headers: idempotent-replayed, ratelimit, ratelimit-policy, retry-after, \
                   sse-connection, www-authenticate\r\n";
    assert!(request(broker.address, "POST", "/events/a", &[origin], b"x").head.contains(exposed));
    assert!(!request(broker.address, "POST", "/events/a", &[], b"x").head.contains("expose"), "only to pages");
}

#[test]
fn a_page_whose_name_was_pointed_here_is_refused_by_that_name() {
    let broker = Broker::start(&["--allow-host", "broker.example.com", "--cors-origin", "https://app.example.com"]);
    let ask = |host: &str| {
        let mut stream = std::net::TcpStream::connect(broker.address).unwrap();
        write!(stream, "GET /healthz HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply
    };
    for ours in
        ["localhost:8080", "127.0.0.1", "[::1]:80", "x.localhost", "sse-1", "broker.example.com", "APP.example.com:443"]
    {
        assert!(ask(ours).starts_with("HTTP/1.1 200"), "{ours}");
    }
    for foreign in ["evil.example", "localhost.evil.example:8080", "broker.example.com.evil.example"] {
        let reply = ask(foreign);
        assert!(reply.starts_with("HTTP/1.1 421") && reply.contains("--allow-host"), "{foreign}: {reply}");
    }
}

#[test]
fn names_that_are_given_hold_wherever_the_broker_listens() {
    let options = ["serve", "--listen", "0.0.0.0:0", "--open", "--cors-origin", "*"];
    for (more, foreign) in [(&[][..], 200), (&["--allow-host", "broker.example.com"], 421)] {
        let broker = Broker::start_as(sse().args(options).args(more));
        let to = std::net::SocketAddr::from(([127, 0, 0, 1], broker.address.port()));
        let ask = |host: &str| {
            let mut stream = std::net::TcpStream::connect(to).unwrap();
            write!(stream, "GET /healthz HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
            let mut reply = String::new();
            stream.read_to_string(&mut reply).unwrap();
            crate::http::status_of(&reply)
        };
        assert_eq!((ask("evil.example"), ask("broker.example.com"), ask("192.0.2.7:80")), (foreign, 200, 200));
    }
}

#[test]
fn the_pages_of_the_broker_itself_may_publish() {
    let broker = Broker::start(&["--allow-host", "broker.example.com", "--cors-origin", "null"]);
    let post = |host: &str, origin: &str| {
        let mut stream = std::net::TcpStream::connect(broker.address).unwrap();
        let head = format!("POST /events/a HTTP/1.1\r\nhost: {host}\r\norigin: {origin}\r\ncontent-length: 1");
        write!(stream, "{head}\r\nconnection: close\r\n\r\nx").unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply
    };
    assert!(post("broker.example.com", "https://broker.example.com").starts_with("HTTP/1.1 200"));
    assert!(post("broker.example.com", "https://evil.example").starts_with("HTTP/1.1 403"));
}
