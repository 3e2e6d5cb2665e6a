//! `sse bench` against servers of any kind: whatever a stream looks like its events are counted, and what is no server for it
//! is told in a sentence.

use std::io::Write as _;
use std::net::TcpListener;
use std::time::Duration;

use crate::bench::{against, count, fails, report};
use crate::faulty::{Faulty, Manners};

const SECOND: [&str; 6] = ["-r", "200", "-d", "1s", "--warmup", "100ms"];

/// All events arrive, each once, at both subscribers.
fn assert_all_arrive(manners: Manners) {
    let server = Faulty::start(manners);
    let report = report(&against(&server.url(), &[&["-c", "2"], &SECOND[..]].concat()));
    let deliveries = ["expected", "received", "lost", "duplicated", "reordered", "foreign"]
        .map(|name| count(&report, "deliveries", name));
    assert_eq!(deliveries, [400, 400, 0, 0, 0, 0], "{manners:?}: {report}");
}

#[test]
fn events_without_ids_are_told_apart() {
    assert_all_arrive(Manners { no_ids: true, ..Manners::default() });
}

#[test]
fn a_payload_deep_inside_escaped_json_is_found() {
    assert_all_arrive(Manners { nested: true, ..Manners::default() });
    assert_all_arrive(Manners { nested: true, chunked: true, cut: true, no_ids: true, ..Manners::default() });
}

#[test]
fn many_events_in_one_chunk_are_told_apart() {
    let flushes_each = Some(Duration::from_millis(300));
    assert_all_arrive(Manners { flushes_each, chunked: true, ..Manners::default() });
    assert_all_arrive(Manners { flushes_each, chunked: true, cut: true, ..Manners::default() });
}

#[test]
fn what_speaks_another_protocol_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        let mut greeted = Vec::new();
        for connection in listener.incoming() {
            let mut connection = connection.expect("a connection");
            let _ = connection.write_all(b"SSH-2.0-OpenSSH_9.9\r\n");
            greeted.push(connection);
        }
    });
    fails(&against(&url, &["-c", "2"]), 1, &["no subscriber could subscribe", "not HTTP", "hint: does a GET"]);
}

#[test]
fn a_server_that_refuses_everybody_is_told_at_once_however_many_ask() {
    let instead = Some(("429 Too Many Requests", "text/plain", "not today"));
    let server = Faulty::start(Manners { instead, ..Manners::default() });
    fails(&against(&server.url(), &["-c", "500"]), 3, &["no subscriber could subscribe", "status 429: not today"]);
    assert_eq!(server.unmeasured(), 0, "nothing was published for nobody");
    let nobody = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("an address");
    let refused = against(&format!("http://{nobody}/"), &["-c", "500"]);
    fails(&refused, 1, &["no subscriber could subscribe", "connection refused", "hint: does the server run"]);
}

#[test]
fn a_redirection_is_told_with_its_status() {
    let instead = Some(("301 Moved Permanently", "text/plain", "over there"));
    let server = Faulty::start(Manners { instead, ..Manners::default() });
    fails(&against(&server.url(), &["-c", "2"]), 3, &["no subscriber could subscribe", "status 301: over there"]);
}
