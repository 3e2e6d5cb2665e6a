//! `sse send --wait-for-subscribers`: nothing is published before enough connections listen.

use std::io::{BufRead as _, BufReader};

use rustix::process::{Pid, Signal, kill_process};

use crate::http::Stream;
use crate::listen::{ended, spawn};
use crate::process::{Broker, run, stderr, stdout};
use crate::scripted::{Answer, Scripted, answer, nobody};
use crate::send::published;

fn counted(count: u64) -> Answer {
    Answer::Close(answer("200 OK", "application/json", &format!(r#"{{"topic":"a","subscribers":{count}}}"#)))
}

#[test]
fn the_broker_is_asked_until_there_are_enough_and_then_the_event_is_published() {
    let server = Scripted::start(vec![counted(0), counted(1), counted(2), published("1")]);
    let args = ["send", "a/b c", "x", "--wait-for-subscribers", "2", "--bearer", "t", "--url", &server.url("/below")];
    let output = run(&args, "");
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), "1\n"));
    assert_eq!(stderr(&output), "sse: waiting for 2 subscribers of \"a/b c\"\n", "once");
    let requests = [(); 4].map(|()| server.request());
    let lines = requests.each_ref().map(|request| request.line.as_str());
    let asked = "GET /below/api/presence/a/b%20c HTTP/1.1";
    assert_eq!(lines, [asked, asked, asked, "POST /below/events/a/b%20c HTTP/1.1"]);
    assert_eq!(requests[0].header("authorization"), Some(&b"Bearer t"[..]));
}

#[test]
fn where_enough_are_there_nothing_is_said_and_each_topic_needs_its_own() {
    let server = Scripted::start(vec![counted(1), counted(0), counted(1), counted(1), published("1")]);
    let args = ["send", "a", "--topic", "b", "x", "--wait-for-subscribers", "1", "--url", &server.url("")];
    let output = run(&args, "");
    let said = "sse: waiting for 1 subscriber of \"a\" and of \"b\"\n";
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), said));
    let asked = [(); 5].map(|()| server.request().line.split('/').nth(3).unwrap_or("").to_owned());
    assert_eq!(asked, ["a HTTP", "b HTTP", "a HTTP", "b HTTP", ""]);
    let server = Scripted::start(vec![counted(0), counted(5), published("1")]);
    let args = ["send", "a", "x", "-q", "--wait-for-subscribers", "5", "--url", &server.url("")];
    assert_eq!(stderr(&run(&args, "")), "");
}

#[test]
fn whatever_is_published_reaches_those_who_were_waited_for() {
    for (args, stdin) in [(&["1"][..], ""), (&["--lines"], "1\n"), (&["--replay", "-"], "data: 1\n\n")] {
        let broker = Broker::start(&[]);
        let mut first = Stream::open(broker.address, "/events/a", &[]);
        let url = broker.url("");
        let mut child = spawn(&[&["send", "a", "--wait-for-subscribers", "2", "--url", &url], args].concat());
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), stdin.as_bytes()).unwrap();
        let mut said = String::new();
        BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut said).unwrap();
        assert_eq!(said, "sse: waiting for 2 subscribers of \"a\"\n");
        let mut second = Stream::open(broker.address, "/events?topic=*", &[]);
        assert_eq!((first.event().data, second.event().data), ("1".to_owned(), "1".to_owned()), "{args:?}");
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
}

#[test]
fn the_wait_can_be_bounded_and_interrupted() {
    let broker = Broker::start(&[]);
    let _one = Stream::open(broker.address, "/events/a", &[]);
    let url = broker.url("");
    let args = ["send", "a", "x", "--wait-for-subscribers", "2", "--url", &url];
    let output = run(&[&args[..], &["--wait-timeout", "500ms", "-q"]].concat(), "");
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), ""));
    let said = "sse: 2 subscribers of \"a\" did not come within 0.5 s (\"a\" has 1): nothing is published\n";
    assert_eq!(stderr(&output), said);
    let mut child = spawn(&args);
    BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut String::new()).unwrap();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(ended(&mut child).code(), Some(130));
}

#[test]
fn a_server_that_does_not_count_is_an_error_with_a_hint() {
    let problem = r#"{"title":"Not Found","status":404,"detail":"there is nothing at this path"}"#;
    for (bytes, words) in [
        (answer("404 Not Found", "text/html", "<p>nothing"), "answered 404 Not Found"),
        (answer("405 Method Not Allowed", "text/plain", "no"), "answered 405 Method Not Allowed"),
        (answer("404 Not Found", "application/problem+json", problem), "nothing at this path"),
        (answer("200 OK", "application/json", r#"{"id":"1"}"#), "answered 200 OK"),
        (answer("200 OK", "text/html", "<p>welcome"), "which is not the answer of a broker"),
    ] {
        let server = Scripted::start(vec![Answer::Close(bytes)]);
        let output = run(&["send", "a", "x", "--wait-for-subscribers", "1", "--url", &server.url("")], "");
        let said = stderr(&output);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(3), ""), "{said}");
        assert!(said.contains("sse: cannot count the subscribers of \"a\": ") && said.contains(words), "{said}");
        assert!(said.ends_with("such as `sse serve`; is the address right?\n"), "{said}");
    }
}

#[test]
fn without_a_broker_nothing_is_said_of_events_that_may_be_published() {
    let hold = Scripted::start(vec![Answer::Hold(Vec::new())]);
    let gone = format!("http://{}", nobody());
    for (url, words) in [(hold.url(""), " did not answer within 300ms\n"), (gone, ": connection refused\n")] {
        let args = ["--wait-for-subscribers", "1", "--retries", "0", "--timeout", "300ms", "--url", &url];
        let output = run(&[&["send", "a", "x"][..], &args].concat(), "");
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.starts_with("sse: cannot count the subscribers of \"a\": ") && said.contains(words), "{said}");
        assert!(!said.contains("may be published"), "{said}");
    }
}

#[test]
fn waits_that_make_no_sense_are_refused_with_a_sentence() {
    let cases: [(&[&str], &str); 4] = [
        (&["a", "x", "--wait-for-subscribers", "0"], "1 or more"),
        (&["--ndjson", "--wait-for-subscribers", "1"], "cannot be used with"),
        (&["a", "x", "--wait-timeout", "1s"], "--wait-for-subscribers <N>"),
        (&["http://x/events/a", "x", "--wait-for-subscribers", "1"], "hint: give the topic alone"),
    ];
    for (args, sentence) in cases {
        let output = run(&[&["send"], args].concat(), "");
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(sentence), "{args:?}: {}", stderr(&output));
    }
}
