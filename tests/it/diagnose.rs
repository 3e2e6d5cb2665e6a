//! `sse listen --diagnose`: what it finds wrong with real streams, and what not.

mod held_back;
pub mod nginx;
mod ticker;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Output};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::http::publish;
use crate::listen::{lines, of_kind, spawn};
use crate::process::{Broker, run, stderr, stdout, wait_until};
use crate::recording::{on_terminal, recording};
use crate::scripted::Answer::{Close, Hold};
use crate::scripted::{Scripted, answer, nobody, stream};

/// A recording with all that can be wrong with one.
const FAULTY: &[u8] = b"\xEF\xBB\xBF: hi\nData: \x1b[31m\xC2\x9b\n\nevent: lonely\n\nid: a\0b\ndata: caf\xE9\n\n\
    retry: 3s\n\nid: 7\ndata: x\n\nid: 7\ndata: y\n\n\
    event: sse.gap\ndata: {\"requested\":\"5\",\"resumed\":\"6\",\"reason\":\"expired\"}\n\ndata: unfinished";

/// What is found in it, the worst first.
const FOUND: [&str; 9] = [
    "problem unknown-field",
    "problem event-without-data",
    "problem unfinished-event",
    "problem invalid-utf8",
    "problem nul-in-id",
    "problem invalid-retry",
    "problem gap",
    "note byte-order-mark",
    "note repeated-ids",
];

/// Starts a diagnosis.
fn watch(url: &str, options: &[&str]) -> Child {
    spawn(&[&["listen", url, "--diagnose"], options].concat())
}

/// Waits for its end.
fn end(diagnosis: Child) -> Output {
    diagnosis.wait_with_output().unwrap()
}

/// Ends it before its time.
fn interrupt(diagnosis: Child) -> Output {
    kill_process(Pid::from_child(&diagnosis), Signal::INT).unwrap();
    end(diagnosis)
}

/// What it found with `-o json`: levels and codes in their order.
fn found(output: &Output) -> Vec<String> {
    let word = |line: &Value, key: &str| line[key].as_str().expect("a word").to_owned();
    let findings = of_kind(&lines(output), "finding");
    findings.iter().map(|line| format!("{} {}", word(line, "level"), word(line, "code"))).collect()
}

/// That it ended with this exit code, and found this.
fn assert_found(output: &Output, code: i32, expected: &[&str]) {
    assert_eq!((found(output), output.status.code()), (expected.iter().map(ToString::to_string).collect(), Some(code)));
}

#[test]
fn a_broker_of_ours_has_nothing_wrong_with_it() {
    let broker = Broker::start(&["--heartbeat", "100ms"]);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("recorded");
    let diagnosis = watch(&broker.url("/events/a"), &["--record", path.to_str().unwrap(), "-o", "json"]);
    let heartbeats = || fs::read_to_string(&path).unwrap_or_default().matches("\n: heartbeat\n").count();
    wait_until("heartbeats have come", || heartbeats() >= 5);
    assert_found(&interrupt(diagnosis), 0, &["note http1"]);

    let broker = Broker::start(&["--tls-self-signed"]);
    let url = format!("https://{}/events/a", broker.address);
    let sent = run(&["send", "-k", "-q", &url, "-l"], "1\n2\n3\n4\n5\n6\n");
    assert!(sent.status.success(), "{}", stderr(&sent));
    let output = end(watch(&format!("{url}?since=earliest"), &["-k", "-n", "6"]));
    let report = stdout(&output);
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""), "{report}");
    assert!(report.starts_with("6 events in "), "{report}");
    let (_, findings) = report.split_once("\n\n").expect("figures first");
    assert_eq!(findings, "nothing wrong found\n", "over HTTP/2 there is not even a note");
}

#[test]
fn a_recording_with_many_faults_has_them_all_named() {
    let file = recording(FAULTY);
    let path = file.path().to_str().unwrap();
    let output = run(&["listen", path, "--diagnose", "-o", "json"], "");
    assert_found(&output, 1, &FOUND);
    let findings = of_kind(&lines(&output), "finding");
    assert!(findings.iter().all(|finding| !finding["what"].as_str().unwrap().is_empty()));
    assert!(findings.iter().all(|finding| !finding["fix"].as_str().unwrap().is_empty()));
    let keys: Vec<_> = findings[0].as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["code", "fix", "kind", "level", "what"], "sorted by what reads them here");
    assert!(findings[0]["what"].as_str().unwrap().contains("Data: \u{1b}[31m\u{9b}"), "to a program text is text");
}

#[test]
fn a_report_is_for_a_terminal_of_any_width_and_does_nothing_to_it() {
    let file = recording(FAULTY);
    let path = file.path().to_str().unwrap();
    let output = run(&["listen", path, "--diagnose"], "");
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(1), ""), "all is in the report");
    let report = stdout(&output);
    let titles: Vec<String> = FOUND.iter().map(|found| found.replacen(' ', "  ", 1)).collect();
    let of_report = |report: &str| -> Vec<String> {
        let is_title = |line: &&str| ["problem  ", "note  "].iter().any(|level| line.starts_with(level));
        report.lines().filter(is_title).map(str::to_owned).collect()
    };
    assert_eq!(of_report(&report), titles);
    assert!(report.ends_with("\n\n7 problems\n") && !report.contains(['\x1b', '\u{9b}']), "{report:?}");
    let longest = report.lines().map(|line| line.chars().count()).max().unwrap();
    assert!((70..=80).contains(&longest), "{longest} characters:\n{report}");

    let shown = on_terminal("xterm", 60, &format!("listen {path} --diagnose --color never"));
    assert!(shown.contains("\\x1b[31m\\u{9b}") && !shown.contains(['\x1b', '\u{9b}']), "{shown:?}");
    assert!(shown.lines().all(|line| line.chars().count() <= 60), "{shown}");
    let coloured = on_terminal("xterm", 80, &format!("listen {path} --diagnose"));
    assert!(coloured.contains("mproblem\x1b[0m  unknown-field") && !coloured.contains("\x1b[31m"));
    let json = on_terminal("xterm", 80, &format!("listen {path} --diagnose -o json"));
    assert!(json.contains("\\u001b[31m\\u009b") && !json.contains(['\x1b', '\u{9b}']), "{json:?}");
}

#[test]
fn a_live_stream_with_many_faults_has_them_all_named() {
    let body = "\u{feff}retry: 100\n\nid: 1\ndata: a\n\nid: 2\ndata: b\n\nDATA: c\n\ndata";
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=iso-8859-1\r\nVia: 1.1 somewhere\r\nAge: 12\r\n";
    let whole = || Close(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).into());
    let server = Scripted::start(vec![whole(), whole()]);
    let output = end(watch(&server.url("/"), &["--any-content-type", "-n", "4", "-o", "json"]));
    let expected = [
        "problem content-type",
        "problem charset",
        "problem content-length",
        "problem cached",
        "problem unknown-field",
        "problem unfinished-event",
        "problem resume-ignored",
        "note cache-control",
        "note x-accel-buffering",
        "note http1",
        "note byte-order-mark",
    ];
    assert_found(&output, 1, &expected);
    assert_eq!(server.request().header("accept-encoding"), Some(&b"gzip, deflate, br, zstd"[..]));
    assert_eq!(server.request().header("last-event-id"), Some(&b"2"[..]));
}

#[test]
fn a_resume_that_was_ignored_is_found_and_one_that_was_heeded_is_not() {
    let first = "retry: 100\nid: 1\ndata: a\n\nid: 2\ndata: b\n\n";
    let ignored = Scripted::start(vec![Close(stream(first)), Hold(stream(first))]);
    let output = end(watch(&ignored.url("/"), &["-n", "4", "-o", "json"]));
    assert_found(&output, 1, &["problem resume-ignored", "note http1"]);
    assert!(
        stdout(&output).contains("asked for what follows \\\"2\\\", the server sent \\\"1\\\""),
        "{}",
        stdout(&output)
    );
    assert_eq!(stderr(&output), "sse: the stream ended; reconnecting in 0.1 s\n");

    let heeded = Scripted::start(vec![Close(stream(first)), Hold(stream("id: 3\ndata: c\n\nid: 4\ndata: d\n\n"))]);
    let output = end(watch(&heeded.url("/"), &["-n", "4", "-o", "json"]));
    assert_found(&output, 0, &["note http1"]);
}

#[test]
fn events_that_a_broker_no_longer_has_are_a_gap() {
    let broker = Broker::start(&["--retain-events", "2"]);
    let ids: Vec<String> = (1..=5).map(|n| publish(broker.address, "a", &n.to_string())).collect();
    let output = end(watch(&broker.url("/events/a"), &["--last-event-id", &ids[0], "-n", "3"]));
    let report = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{report}");
    assert!(report.contains("\nproblem  gap\n") && report.contains(&format!("after \"{}\"", ids[0])), "{report}");
    assert!(report.contains("`--retain-events`") && report.ends_with("\n1 problem\n"), "{report}");
}

#[test]
fn a_refusal_is_a_finding_and_ends_as_refusals_do() {
    let gone = || Scripted::start(vec![Close(answer("404 Not Found", "text/html; charset=latin1", "<p>\x1b[1mgone"))]);
    let output = end(watch(&gone().url("/"), &[]));
    let (report, said) = (stdout(&output), stderr(&output));
    assert_eq!(output.status.code(), Some(3), "{report}");
    assert!(report.contains("\n\nproblem  status\n  the status is 404, not 200\n"), "{report}");
    assert!(report.ends_with("\n\n1 problem\n"), "{report}");
    assert!(said.starts_with("HTTP/1.1 404 Not Found\n") && said.contains("<p>\\x1b[1mgone"), "{said}");
    assert!(said.contains("\nsse: http://") && said.contains("is not an event stream"), "{said}");
    let output = end(watch(&gone().url("/"), &["-o", "json"]));
    assert_found(&output, 3, &["problem status"]);

    let page = Scripted::start(vec![Close(answer("200 OK", "text/html", "<p>hello"))]);
    let output = end(watch(&page.url("/"), &["-o", "json"]));
    let expected = ["problem content-type", "problem content-length", "note http1"];
    assert_found(&output, 3, &expected);
}

#[test]
fn where_nobody_answers_nothing_is_said_to_be_right() {
    let output = end(watch(&format!("http://{}/", nobody()), &[]));
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), ""));
    assert!(stderr(&output).starts_with("sse: cannot connect to "), "{}", stderr(&output));

    let silent = || Scripted::start(vec![Hold(Vec::new())]);
    let (servers, limits) = ([silent(), silent()], [&["--for", "5s", "-o", "json"][..], &["--for", "200ms"]]);
    let [long, short] = [0, 1].map(|n| watch(&servers[n].url("/"), limits[n]));
    let output = end(long);
    assert_found(&output, 1, &["problem no-answer"]);
    let output = end(short);
    assert_eq!(output.status.code(), Some(1));
    let conclusion = "\n\nthere was no answer to look at; --for watches longer\n";
    assert!(stdout(&output).ends_with(conclusion), "{}", stdout(&output));
}

#[test]
fn an_interrupt_ends_a_diagnosis_with_its_report() {
    let wrong = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n".to_vec();
    for (head, code, conclusion) in [(stream(""), 0, "nothing wrong found\n"), (wrong, 1, "1 problem\n")] {
        let server = Scripted::start(vec![Hold(head)]);
        let mut diagnosis = watch(&server.url("/"), &["--any-content-type", "-v"]);
        let mut said = BufReader::new(diagnosis.stderr.take().unwrap()).lines();
        assert!(said.any(|line| line.unwrap().starts_with("sse: open: ")), "the head has come");
        let output = interrupt(diagnosis);
        assert_eq!(output.status.code(), Some(code), "{}", stdout(&output));
        assert!(stdout(&output).ends_with(conclusion), "{}", stdout(&output));
    }
}
