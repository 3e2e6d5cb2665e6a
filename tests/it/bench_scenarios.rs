//! The scenarios of `sse bench` that publish nothing: what they count at servers whose manners are known, and what they
//! refuse to be told.

use std::process::Output;
use std::time::Duration;

use serde_json::Value;

use crate::bench::{count, fails, report, warnings};
use crate::faulty::{Faulty, Manners};
use crate::process;
use crate::scripted::Answer::{Close, Hold};
use crate::scripted::{Scripted, answer, pieces, stream};

fn scenario(name: &str, url: &str, options: &[&str]) -> Output {
    process::run(&[&["bench", name, url, "-o", "json"], options].concat(), "")
}

fn connections(report: &Value) -> [u64; 4] {
    ["asked", "opened", "refused", "closed"].map(|name| count(report, "connections", name))
}

#[test]
fn connect_opens_all_connections_and_says_how_long_that_took() {
    let server = Faulty::start(Manners::default());
    let output = scenario("connect", &server.url(), &["-c", "20", "--ramp", "100"]);
    assert_eq!(output.status.code(), Some(0), "{}", process::stderr(&output));
    let report = report(&output);
    assert_eq!((report["scenario"].as_str(), connections(&report)), (Some("connect"), [20, 20, 0, 0]));
    let opening = |name: &str| report["opening"][name].as_f64().expect("a number");
    // The last one is begun after 190 ms; on a busy machine the first one may be late too.
    assert!(opening("took_s") >= 0.1, "{report}");
    assert!((opening("took_s") * opening("per_second") - 20.0).abs() < 0.5, "{report}");
    for times in ["connect_ms", "first_byte_ms"] {
        assert_eq!(count(&report, times, "count"), 20);
    }
    assert_eq!((server.faults().measured, count(&report, "plan", "rate")), (0, 0), "nothing is published");
}

#[test]
fn a_server_that_takes_seconds_for_its_answer_is_waited_for() {
    let (pieces, answer) = pieces();
    let server = Scripted::start(vec![answer]);
    let url = server.url("/");
    let run = std::thread::spawn(move || scenario("connect", &url, &["-c", "1"]));
    server.request();
    std::thread::sleep(Duration::from_millis(2_500));
    pieces.send(stream("")).expect("it serves");
    let output = run.join().expect("no panic");
    assert_eq!(connections(&report(&output)), [1, 1, 0, 0], "{}", process::stderr(&output));
}

#[test]
fn a_first_request_that_fails_does_not_end_a_run_of_streams() {
    let busy = answer("503 Service Unavailable", "text/plain", "busy");
    let script = vec![Close(busy), Close(stream("data: a\n\n")), Hold(stream("data: b\n\n"))];
    let server = Scripted::start(script);
    let streams = report(&scenario("stream", &server.url("/"), &["-c", "1", "-d", "1500ms"]));
    let counts = ["requests", "ended", "failed"].map(|name| count(&streams, "streams", name));
    assert_eq!(counts, [3, 1, 1], "{streams}");
}

#[test]
fn a_connection_that_is_refused_makes_connect_and_idle_invalid() {
    for (name, options) in [("connect", &["-c", "5"][..]), ("idle", &["-c", "5", "-d", "100ms"])] {
        let server = Faulty::start(Manners { room_for: Some(3), ..Manners::default() });
        let output = scenario(name, &server.url(), options);
        assert_eq!(output.status.code(), Some(5), "{name}");
        let report = report(&output);
        assert_eq!(connections(&report), [5, 3, 2, 0]);
        assert!(warnings(&report).contains("2 of 5 subscribers without a stream"), "{report}");
    }
}

#[test]
fn idle_holds_its_connections_and_counts_what_comes() {
    let instead = Some(("200 OK", "text/event-stream", ": one\n\n: two\n\ndata: unasked\n\n"));
    let server = Faulty::start(Manners { instead, ..Manners::default() });
    let output = scenario("idle", &server.url(), &["-c", "3", "-d", "1h"]);
    assert_eq!(output.status.code(), Some(5), "streams that ended were not held");
    let ended = report(&output);
    assert_eq!(connections(&ended), [3, 3, 0, 3]);
    let traffic = ["bytes", "comments", "events"].map(|name| count(&ended, "traffic", name));
    assert_eq!(traffic, [3 * 29, 6, 3], "{ended}");
    assert!(warnings(&ended).contains("3 events arrived, and this run publishes none"), "{ended}");

    let server = Faulty::start(Manners::default());
    let held = report(&scenario("idle", &server.url(), &["-c", "3", "-d", "1500ms"]));
    assert_eq!((connections(&held), count(&held, "traffic", "bytes")), ([3, 3, 0, 0], 0));
    assert!(held["series"]["end_s"].as_f64().is_some_and(|end| end >= 1.5), "{held}");
    assert_eq!(held["series"]["intervals"][0]["connections"], 3, "{held}");
}

#[test]
fn without_a_target_connect_has_a_broker_of_its_own_and_the_text_says_what_was_opened() {
    let output = process::run(&["bench", "connect", "-c", "10"], "");
    let text = process::stdout(&output);
    assert!(text.starts_with("subscribers 10 asked, 10 opened, 0 refused, 0 closed\nopening     "), "{text}");
    assert!(!text.contains("deliveries") && !text.contains("latency"), "{text}");
}

#[test]
fn what_means_nothing_to_a_scenario_is_refused_when_typed_and_left_alone_in_the_environment() {
    let refused = |arguments: &[&str], parts: &[&str]| {
        let output = process::run(&[&["bench"], arguments].concat(), "");
        fails(&output, 2, parts);
    };
    refused(&["connect", "-r", "5"], &["--rate means nothing to `sse bench connect`"]);
    refused(&["connect", "-d", "5s"], &["--duration means nothing"]);
    refused(&["idle", "--publish-body", "x"], &["--publish-body means nothing to `sse bench idle`"]);
    refused(
        &["conect", "http://localhost:1/"],
        &["\"conect\" is no scenario: there are fanout, reconnect, replay, connect"],
    );
    refused(&["--slow", "10%", "--http2"], &["--http2 cannot be used with --slow"]);
    refused(&["--slow", "10%", "--find-max", "p99<50ms"], &["--slow cannot be used with --find-max"]);
    for scenario in ["reconnect", "replay"] {
        let only_fanout = format!("cannot be used with `sse bench {scenario}`: only `sse bench fanout` has it");
        for option in [["--topics", "2"], ["--find-max", "p99<50ms"], ["--find-max-connections", "p99<50ms"]] {
            refused(&[&[scenario][..], &option].concat(), &[option[0], &only_fanout]);
        }
        refused(&[scenario, "--slow", "10%"], &["--slow means nothing"]);
        refused(&[scenario, "--http2"], &["--http2 cannot be used", "its subscribers speak HTTP/1.1 only"]);
    }
    let mut command = process::sse();
    command.args(["bench", "connect", "-c", "2", "--dry-run"]).env("SSE_BENCH_RATE", "7");
    let said = process::stdout(&command.output().expect("sse runs"));
    assert!(said.starts_with("scenario        connect\n") && !said.contains("drain"), "{said}");
}

#[test]
fn one_stream_at_a_time_is_opened_unless_more_are_asked_for() {
    let subscribers = |arguments: &[&str], environment: &[(&str, &str)]| {
        let mut command = process::sse();
        command.arg("bench").args(arguments).args(["--dry-run", "-o", "json"]).envs(environment.iter().copied());
        let plan: Value = serde_json::from_slice(&command.output().expect("sse runs").stdout).expect("JSON");
        count(&plan, "plan", "connections")
    };
    let stream = ["stream", "http://127.0.0.1:1/"];
    assert_eq!(subscribers(&stream, &[]), 1);
    assert_eq!(subscribers(&[&stream[..], &["-c", "20"]].concat(), &[]), 20);
    assert_eq!(subscribers(&stream, &[("SSE_BENCH_CONNECTIONS", "7")]), 7);
    assert_eq!([subscribers(&[], &[]), subscribers(&["idle"], &[])], [1000; 2]);
}

#[test]
fn stream_opens_one_after_the_other_and_counts_how_each_went() {
    let script = vec![
        Close(stream(": hi\n\ndata: a\n\ndata: b\n\ndata: [DONE]\n\n")),
        Hold(stream("data: a\n\ndata: [DONE]\n\ndata: not read any more\n\n")),
        Close(stream("data: cut short\n\n")),
        Close(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy".to_vec()),
        Hold(stream("data: a\n\n")),
    ];
    let server = Scripted::start(script);
    let body = r#"{"stream":true,"user":{i}}"#;
    let options = ["-c", "1", "-d", "2s", "--request-body", body, "--until", "[DONE]"];
    let output = scenario("stream", &server.url("/v1/chat"), &options);
    assert_eq!(output.status.code(), Some(5), "two requests failed");
    let report = report(&output);
    let streams = ["requests", "ended", "failed", "unfinished"].map(|name| count(&report, "streams", name));
    assert_eq!((streams, connections(&report)), ([5, 2, 2, 1], [1, 1, 0, 0]), "{report}");
    let traffic = ["comments", "events"].map(|name| count(&report, "traffic", name));
    assert_eq!((traffic, count(&report, "first_event_ms", "count")), ([1, 7], 4), "{report}");
    let spread = &report["streams"]["events_per_stream"];
    assert_eq!((&spread["min"], &spread["mean"], &spread["max"]), (&2.into(), &2.5.into(), &3.into()));
    let times = ["gap_ms", "stream_ms"].map(|name| report["streams"][name]["count"].as_u64());
    assert_eq!(times, [Some(3), Some(2)], "{report}");
    let reasons = report["streams"]["failures"].to_string();
    assert!(reasons.contains("status 503: busy") && reasons.contains("without the event of --until"), "{reasons}");
    assert!(warnings(&report).contains("2 of 5 requests failed"), "{report}");
    for request in server.requests(5) {
        assert_eq!(request.line, "POST /v1/chat HTTP/1.1");
        assert_eq!(request.text("content-type"), Some("application/json"));
        assert_eq!(request.body, br#"{"stream":true,"user":0}"#);
    }
}

#[test]
fn a_gap_between_events_is_as_long_as_the_server_waits() {
    let (pieces, answer) = pieces();
    let server = Scripted::start(vec![answer]);
    pieces.send(stream("data: a\n\n")).expect("it serves");
    let url = server.url("/");
    let run = std::thread::spawn(move || scenario("stream", &url, &["-c", "1", "-d", "2s"]));
    server.request();
    std::thread::sleep(Duration::from_millis(300));
    pieces.send(b"data: b\n\n".to_vec()).expect("it serves");
    let report = report(&run.join().expect("it ran"));
    drop(pieces);
    let gap = report["streams"]["gap_ms"]["max"].as_f64().expect("there is one");
    assert!((100.0..1900.0).contains(&gap), "{report}");
    assert_eq!(count(&report, "streams", "unfinished"), 1);
}

#[test]
fn a_stream_that_cannot_be_had_ends_the_run_at_once() {
    let instead = Some(("401 Unauthorized", "text/plain", "who are you?"));
    let server = Faulty::start(Manners { instead, ..Manners::default() });
    let output = scenario("stream", &server.url(), &["-c", "3", "-d", "1h"]);
    fails(&output, 3, &["no subscriber could subscribe", "status 401: who are you?"]);
    fails(&process::run(&["bench", "stream"], ""), 2, &["needs the URL of a stream"]);
    fails(&process::run(&["bench", "idle", "--until", "x"], ""), 2, &["--until means nothing to `sse bench idle`"]);
}
