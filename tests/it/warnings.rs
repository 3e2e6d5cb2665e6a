//! What `sse listen` warns of while it shows a stream: once, on stderr, and only where something is wrong.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Output;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::http::publish;
use crate::listen::{lines, of_kind, spawn};
use crate::process::{Broker, run, stderr, stdout};
use crate::recording::recording;
use crate::scripted::Answer::{Close, Hold};
use crate::scripted::{Scripted, answer, stream};

/// A field that no client knows, and an event.
const FAULTY: &str = "retry: 100\nData: 0\n\nid: 1\ndata: 1\n\n";

const WARNING: &str = " without a field that a client knows, which it ignores: \"Data: 0\" is not in lower case";

/// Listens to the faulty stream over three connections.
fn listen(options: &[&str]) -> Output {
    let server = Scripted::start((0..3).map(|_| Close(stream(FAULTY))).collect());
    run(&[&["listen", &server.url("/"), "-n", "3"], options].concat(), "")
}

#[test]
fn what_is_wrong_with_a_stream_is_said_once_over_its_connections() {
    let output = listen(&["-o", "data"]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), "1\n1\n1\n"));
    let said = stderr(&output);
    let warnings: Vec<&str> = said.lines().filter(|line| !line.contains("reconnecting")).collect();
    let [field, resume] = warnings[..] else { panic!("{said}") };
    assert!(field.starts_with("sse: ") && field.contains(WARNING) && field.contains(": write field names"), "{said}");
    assert!(resume.contains("began with IDs that had come already"), "{said}");
    assert_eq!(stderr(&listen(&["-o", "data", "-q"])), "");
}

#[test]
fn a_warning_is_a_line_of_json_where_what_happens_is_one() {
    let output = listen(&["-o", "json", "--lifecycle"]);
    let warnings = of_kind(&lines(&output), "warning");
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[0]["warning"].as_str().unwrap().contains(WARNING), "{warnings:?}");
    assert!(stderr(&output).contains(WARNING), "on stderr it stands, too");
    assert_eq!(of_kind(&lines(&listen(&["-o", "json"])), "warning"), [""; 0]);
}

#[test]
fn a_warning_comes_while_the_stream_is_silent() {
    let silent = Scripted::start(vec![Hold(stream("Data: \x1b[31m\n\n"))]);
    let unanswered = Scripted::start(vec![Hold(Vec::new())]);
    let mut listening = [&silent, &unanswered].map(|server| spawn(&["listen", &server.url("/")]));
    let said = listening.each_mut().map(|child| {
        let mut line = String::new();
        BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        line
    });
    assert!(said[0].contains("\"Data: \\x1b[31m\" is not in lower case"), "{}", said[0]);
    assert!(said[1].starts_with("sse: no answer for ") && said[1].contains("flush the head at once"), "{}", said[1]);
}

#[test]
fn compression_that_nobody_asked_for_is_warned_of() {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(b"id: 1\ndata: 1\n\n").unwrap();
    let head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n\r\n";
    let answer = [&head[..], &gzip.finish().unwrap()].concat();
    let said = |options: &[&str]| {
        let server = Scripted::start(vec![Close(answer.clone())]);
        stderr(&run(&[&["listen", &server.url("/"), "-n", "1"], options].concat(), ""))
    };
    assert!(said(&[]).starts_with("sse: the answer is compressed (\"gzip\"), although that was not asked for: "));
    assert_eq!(said(&["--compressed"]), "");
}

#[test]
fn a_healthy_stream_is_not_warned_of() {
    let broker = Broker::start(&["--heartbeat", "100ms"]);
    for n in 0..6 {
        publish(broker.address, "a", &n.to_string());
    }
    let output = run(&["listen", &broker.url("/events/a?since=earliest"), "--for", "1500ms", "-o", "data"], "");
    assert_eq!((stdout(&output).as_str(), stderr(&output).as_str()), ("0\n1\n2\n3\n4\n5\n", ""));
    let mut body = "retry: 100\n: hi\n\n".to_owned();
    (0..20).for_each(|n| body += &format!("event: tick\ndata: {n}\ndata: ä\n\n"));
    let server = Scripted::start(vec![Close(stream(&body)), Close(stream(&body))]);
    let output = run(&["listen", &server.url("/"), "-n", "40"], "");
    assert_eq!(stderr(&output), "sse: the stream ended; reconnecting in 0.1 s\n");
}

#[test]
fn the_times_in_a_recording_are_nothing_to_warn_of() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("recorded");
    let path = path.to_str().unwrap();
    let body = ": at 5 o'clock\nretry: 100\n\nid: 1\ndata: 1\n\n";
    let server = Scripted::start(vec![Close(stream(body)), Close(stream("id: 2\ndata: 2\n\n: bye\n"))]);
    let output = run(&["listen", &server.url("/"), "--record", path, "-n", "2", "-q"], "");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let output = run(&["listen", path, "-o", "data"], "");
    assert_eq!((stdout(&output).as_str(), stderr(&output).as_str()), ("1\n2\n", ""));
    // Not even hours of silence, of which nobody knows any more whether they were meant.
    let hours = b":recorded 2026-11-20T12:00:00.000Z\n:at 0\nid: 1\ndata: 1\n\n:at 7200000\nid: 2\ndata: 2\n\n";
    let file = recording(hours);
    let output = run(&["listen", file.path().to_str().unwrap(), "-o", "data"], "");
    assert_eq!((stdout(&output).as_str(), stderr(&output).as_str()), ("1\n2\n", ""));
    let output = run(&["listen", file.path().to_str().unwrap(), "--diagnose"], "");
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).ends_with("\n\nnothing wrong found\n"), "{}", stdout(&output));
}

#[test]
fn what_is_accepted_besides_an_event_stream_has_nothing_of_what_can_be_wrong_with_one() {
    let request = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let server = Scripted::start(vec![Close(answer("200 OK", "application/json", r#"{"id":1,"result":{}}"#))]);
    let output = run(&["listen", &server.url("/"), "-d", request, "--resume-with-get", "-o", "data"], "");
    assert_eq!(stderr(&output), "sse: the answer is application/json, not a stream\n");
    let server = Scripted::start(vec![Close(answer("200 OK", "application/x-ndjson", "{\"a\":1}\n"))]);
    let output = run(&["listen", &server.url("/"), "-H", "Accept: application/x-ndjson", "-n", "1", "-o", "data"], "");
    assert_eq!((stdout(&output).as_str(), stderr(&output).as_str()), ("{\"a\":1}\n", ""));
}
