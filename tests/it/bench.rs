//! `sse bench` against servers that are wrong at known places: its counts are exact, and every bad world ends in a clear
//! sentence with the right exit code. How fast anything was decides nothing here: a run that this machine was too busy
//! for is not valid (exit code 5), and its counts are exact all the same.

use std::net::TcpListener;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::faulty::{Faulty, Manners};
use crate::process;

/// 1000 measured events, after a short warm-up.
const SHORT: [&str; 6] = ["-r", "500", "-d", "2s", "--warmup", "200ms"];

/// A short run, unless the options say how long.
pub(crate) fn against(url: &str, options: &[&str]) -> Output {
    let short = if options.contains(&"-d") { &[] } else { &SHORT[..] };
    let sides = ["--subscribe-url", "--publish-url"].into_iter().filter(|side| !options.contains(side));
    let sides: Vec<&str> = sides.flat_map(|side| [side, url]).collect();
    process::run(&[&["bench", "-o", "json"], &sides[..], short, options].concat(), "")
}

/// The report of a run that had one.
pub(crate) fn report(output: &Output) -> Value {
    let said = process::stderr(output);
    assert!(matches!(output.status.code(), Some(0 | 5 | 130)), "{said}");
    let stdout = process::stdout(output);
    assert_eq!(stdout.lines().count(), 1, "one object: {stdout}");
    serde_json::from_str(&stdout).expect("JSON")
}

pub(crate) fn count(report: &Value, group: &str, name: &str) -> u64 {
    report[group][name].as_u64().unwrap_or_else(|| panic!("{group}.{name} in {report}"))
}

pub(crate) fn warnings(report: &Value) -> String {
    let warnings = report["warnings"].as_array().expect("warnings").iter();
    warnings.map(|warning| warning.as_str().expect("text")).collect::<Vec<_>>().join("\n")
}

/// Nothing lost, nothing twice, nothing out of order: `subscribers` times 1000.
pub(crate) fn assert_clean(report: &Value, subscribers: u64) {
    let deliveries = |name| count(report, "deliveries", name);
    assert_eq!(deliveries("expected"), subscribers * 1000, "{report}");
    assert_eq!(deliveries("received"), subscribers * 1000, "{report}");
    let faults = ["lost", "duplicated", "reordered", "foreign", "lost_before_first"].map(deliveries);
    assert_eq!(faults, [0; 5], "{report}");
    assert_eq!(count(report, "latency_ms", "count"), subscribers * 1000);
    assert_eq!(count(report, "last_delivery_ms", "count"), 1000);
}

pub(crate) fn fails(output: &Output, code: i32, parts: &[&str]) {
    let said = process::stderr(output);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert_eq!(process::stdout(output), "", "no report");
    for part in parts {
        assert!(said.contains(part), "{part:?} in: {said}");
    }
}

#[test]
fn lost_repeated_and_swapped_events_are_counted_exactly() {
    let server = Faulty::start(Manners { faults: true, ..Manners::default() });
    let report = report(&against(&server.url(), &["-c", "7", "--drain", "1s"]));
    let faults = server.faults();
    assert_eq!((faults.measured, faults.dropped, faults.repeated, faults.swapped), (1000, 10, 3, 2));
    let deliveries = |name| count(&report, "deliveries", name);
    assert_eq!(deliveries("lost"), 7 * faults.dropped);
    assert_eq!(deliveries("duplicated"), 7 * faults.repeated);
    assert_eq!(deliveries("reordered"), 7 * faults.swapped);
    assert_eq!((deliveries("expected"), deliveries("received")), (7000, 6930));
    assert_eq!(count(&report, "last_delivery_ms", "count"), 990);
    assert!(warnings(&report).contains("70 of 7000 deliveries not within 1s"), "{report}");
}

#[test]
fn the_faults_of_one_publisher_among_several_on_several_threads_are_counted_too() {
    let server = Faulty::start(Manners { faults: true, chunked: true, ..Manners::default() });
    let report = report(&against(&server.url(), &["-c", "5", "--publishers", "3", "--threads", "2", "--drain", "1s"]));
    let faults = server.faults();
    assert_eq!(count(&report, "events", "acknowledged"), 1000);
    assert_eq!(count(&report, "deliveries", "lost"), 5 * faults.dropped);
    assert_eq!(count(&report, "deliveries", "duplicated"), 5 * faults.repeated);
}

#[test]
fn events_are_told_apart_however_they_are_cut() {
    for chunked in [false, true] {
        let server = Faulty::start(Manners { chunked, cut: true, ..Manners::default() });
        let output = against(&server.url(), &["-c", "3"]);
        assert_clean(&report(&output), 3);
    }
}

#[test]
fn a_payload_inside_json_is_found() {
    let server = Faulty::start(Manners { json: true, ..Manners::default() });
    assert_clean(&report(&against(&server.url(), &["-c", "2"])), 2);
}

#[test]
fn a_server_that_sends_its_head_with_the_first_event_is_waited_for() {
    let server = Faulty::start(Manners { late_head: true, ..Manners::default() });
    assert_clean(&report(&against(&server.url(), &["-c", "2"])), 2);
}

#[test]
fn foreign_events_are_counted_apart() {
    let server = Faulty::start(Manners { foreign: true, ..Manners::default() });
    let report = report(&against(&server.url(), &["-c", "2"]));
    assert_eq!(count(&report, "deliveries", "foreign"), 2000);
    assert_eq!(count(&report, "deliveries", "received"), 2000);
    assert_eq!(count(&report, "deliveries", "lost"), 0);
}

#[test]
fn a_server_that_ends_the_connection_after_each_answer_gets_a_new_one_for_each_event() {
    let server = Faulty::start(Manners { one_answer: true, ..Manners::default() });
    let report = report(&against(&server.url(), &["-c", "2"]));
    assert_eq!(count(&report, "events", "acknowledged"), 1000);
    assert_eq!(count(&report, "deliveries", "received"), 2000);
    assert_eq!(count(&report, "deliveries", "lost"), 0);
    assert!(warnings(&report).contains("their order is not defined"), "{report}");
}

#[test]
fn a_stream_that_ends_midway_is_told_and_makes_the_run_invalid() {
    let server = Faulty::start(Manners { ends_one_at: Some(300), ..Manners::default() });
    let output = against(&server.url(), &["-c", "3"]);
    assert_eq!(output.status.code(), Some(5));
    let report = report(&output);
    assert_eq!(count(&report, "connections", "closed"), 1);
    assert_eq!(count(&report, "deliveries", "lost"), 0, "what came after its end was not expected of it");
    assert_eq!(count(&report, "deliveries", "received"), 2300);
    assert_eq!(count(&report, "last_delivery_ms", "count"), 1000);
    assert!(warnings(&report).contains("1 of 3 streams ended before the run did"), "{report}");
}

#[test]
fn streams_that_all_end_at_once_are_told() {
    let instead = Some(("200 OK", "text/event-stream", "data: that is all\n\n"));
    let server = Faulty::start(Manners { instead, ..Manners::default() });
    let output = against(&server.url(), &["-c", "3", "-d", "1h", "--rate", "10"]);
    assert_eq!(output.status.code(), Some(5));
    let report = report(&output);
    assert!(warnings(&report).contains("3 of 3 streams ended before the run did; the first: the server ended"));
    assert_eq!(count(&report, "deliveries", "foreign"), 3);
    assert_eq!(report["latency_ms"]["p50"], Value::Null);
}

#[test]
fn a_publisher_whose_connection_ends_goes_on_with_another() {
    let server = Faulty::start(Manners { answers_each: Some(100), ..Manners::default() });
    let report = report(&against(&server.url(), &["-c", "2"]));
    let measured = server.faults().measured;
    assert_eq!(count(&report, "events", "sent"), 1000);
    assert!(count(&report, "events", "acknowledged") <= measured, "{report}");
    assert_eq!(count(&report, "deliveries", "received"), 2 * measured);
    assert_eq!(count(&report, "deliveries", "lost"), 0, "what was not acknowledged is not lost");
    assert!(warnings(&report).contains("connections of a publisher"), "{report}");
}

#[test]
fn an_event_that_finds_its_connection_idle_and_closed_goes_out_on_another() {
    let server = Faulty::start(Manners { idle_limit: Some(Duration::from_millis(200)), ..Manners::default() });
    let report = report(&against(&server.url(), &["-c", "2", "-r", "2", "-d", "2s", "--warmup", "0s"]));
    let events = ["sent", "acknowledged"].map(|name| count(&report, "events", name));
    assert_eq!(events, [4, 4], "{report}");
    assert_eq!(count(&report, "deliveries", "received"), 8);
    assert!(!warnings(&report).contains("never answered"), "{report}");
}

#[test]
fn a_percentile_that_too_few_samples_lie_beyond_is_null_in_the_report_too() {
    let server = Faulty::start(Manners::default());
    let report = report(&against(&server.url(), &["-c", "60", "-r", "100", "-d", "1s", "--warmup", "0s"]));
    let known = |name: &str| {
        let is_known = |level: &&str| report[name].get(level).is_some_and(|value| !value.is_null());
        ["p50", "p90", "p99", "p99_9", "max"].into_iter().filter(is_known).collect::<Vec<_>>()
    };
    assert_eq!(known("latency_ms"), ["p50", "p90", "max"], "100 events, however many deliveries: {report}");
    assert_eq!((known("send_delay_ms"), known("connect_ms")), (vec!["p50", "p90", "max"], vec!["p50", "max"]));
    assert!(report["latency_ms"].get("p99_9").is_some_and(Value::is_null), "the field stays: {report}");
}

#[test]
fn a_server_that_takes_events_slowly_is_not_called_a_slow_generator() {
    // 16 connections at once, each held for so long, are 80 events per second; a connection that is read at 25 MB/s is full
    // soon.
    let held = Manners { one_answer: true, pause: Duration::from_millis(200), ..Manners::default() };
    let full = Manners { pause: Duration::from_millis(20), ..Manners::default() };
    for (manners, options) in [(held, ["-r", "200", "--size", "200"]), (full, ["-r", "200", "--size", "512KiB"])] {
        let server = Faulty::start(manners);
        let common = ["-c", "1", "-d", "1s", "--warmup", "0s", "--drain", "10s"];
        let output = against(&server.url(), &[&common[..], &options].concat());
        assert_eq!(output.status.code(), Some(5), "it was another rate");
        let report = report(&output);
        let said = warnings(&report);
        assert!(said.contains("the server did not take what was sent to it for "), "{report}");
        assert!(
            said.contains("at another rate than was asked for") && !said.contains("its own send delay"),
            "{report}"
        );
        let events = |name| count(&report, "events", name);
        assert!(events("waited_ms") > 0 && events("sent") + events("unsent") == 200, "{report}");
        let [answered, sent] = [events("acknowledged") + events("unanswered"), events("sent")];
        assert_eq!((answered, events("refused")), (sent, 0), "{report}");
    }
}

#[test]
fn a_server_that_refuses_most_events_makes_the_run_invalid_in_its_own_words() {
    let server = Faulty::start(Manners { takes: Some(100), ..Manners::default() });
    let output = against(&server.url(), &["-c", "2"]);
    assert_eq!(output.status.code(), Some(5));
    let report = report(&output);
    assert_eq!((report["valid"].as_bool(), count(&report, "events", "acknowledged")), (Some(false), 100));
    assert_eq!(["refused", "unanswered", "unsent"].map(|name| count(&report, "events", name)), [900, 0, 0], "{report}");
    assert_eq!(count(&report, "deliveries", "received"), 200);
    let said = "900 of 1000 events refused; the first with status 429: no publishing here";
    assert!(warnings(&report).contains(said), "{report}");
}

#[test]
fn a_server_that_sends_late_and_loses_nothing_is_waited_for() {
    let server = Faulty::start(Manners { flushes_each: Some(Duration::from_secs(5)), ..Manners::default() });
    let output = against(&server.url(), &["-c", "3", "-r", "1000", "-d", "1s", "--warmup", "0s"]);
    assert_clean(&report(&output), 3);
}

#[test]
fn what_is_missing_at_the_end_of_the_wait_is_lost_and_the_wait_is_named() {
    let server = Faulty::start(Manners { flushes_each: Some(Duration::from_mins(1)), ..Manners::default() });
    let begun = Instant::now();
    let report = report(&against(&server.url(), &["-c", "2", "-r", "100", "-d", "1s", "--drain", "500ms"]));
    assert!(begun.elapsed() < Duration::from_secs(8), "the wait has an end: {:?}", begun.elapsed());
    assert_eq!(count(&report, "deliveries", "lost"), 200, "{report}");
    assert!(warnings(&report).contains("200 of 200 deliveries not within 500ms"), "{report}");
}

#[test]
fn subscribers_that_a_server_has_no_room_for_are_told_and_make_the_run_invalid() {
    let server = Faulty::start(Manners { room_for: Some(3), ..Manners::default() });
    let output = against(&server.url(), &["-c", "5"]);
    assert_eq!(output.status.code(), Some(5));
    let report = report(&output);
    let connections = ["asked", "opened", "refused", "closed"].map(|name| count(&report, "connections", name));
    assert_eq!(connections, [5, 3, 2, 0]);
    assert!(warnings(&report).contains("2 of 5 subscribers without a stream; the first: status 429: come back later"));
}

#[test]
fn a_server_that_refuses_every_subscriber_ends_the_run_with_its_own_words() {
    let instead = Some(("503 Service Unavailable", "text/plain", "closed for\r\nthe season"));
    let server = Faulty::start(Manners { instead, ..Manners::default() });
    let output = against(&server.url(), &["-c", "3"]);
    fails(&output, 3, &["no subscriber could subscribe", "status 503: closed for the season", "hint: "]);
}

#[test]
fn what_is_no_event_stream_is_shown() {
    let instead = Some(("200 OK", "text/html", "<h1>Welcome</h1>"));
    let server = Faulty::start(Manners { instead, ..Manners::default() });
    let output = against(&server.url(), &["-c", "3"]);
    fails(&output, 3, &["no event stream", "\"text/html\"", "<h1>Welcome</h1>"]);
}

#[test]
fn a_server_that_takes_no_events_ends_the_run_early() {
    let server = Faulty::start(Manners { refuses: Some("401 Unauthorized"), ..Manners::default() });
    let output = against(&server.url(), &["-c", "2", "-d", "1h", "--rate", "10"]);
    fails(&output, 3, &["does not let us publish", "status 401: no publishing here"]);
}

#[test]
fn a_server_that_passes_nothing_on_is_found_out_by_the_probes() {
    let server = Faulty::start(Manners { mute: true, ..Manners::default() });
    let output = against(&server.url(), &["-c", "2", "-d", "1h", "--rate", "10"]);
    fails(&output, 1, &["no subscriber received one", "hint: "]);
}

/// Accepts connections, as the kernel does for it, and never says a word.
pub(crate) fn mute_listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    (listener, url)
}

#[test]
fn a_server_that_never_answers_a_publish_is_told_as_such() {
    let subscribed = Faulty::start(Manners::default());
    let (_listener, mute) = mute_listener();
    let output = against(&subscribed.url(), &["-c", "2", "--publish-url", &mute]);
    let said = "accepted the connection and did not answer within 10 s";
    fails(&output, 1, &["cannot publish to", said, "hint: a publish is a POST"]);
}

#[test]
fn a_server_that_never_answers_a_subscriber_is_told_as_such() {
    let published = Faulty::start(Manners::default());
    let (_listener, mute) = mute_listener();
    let output = against(&published.url(), &["-c", "2", "--subscribe-url", &mute]);
    fails(&output, 1, &["no subscriber could subscribe", "did not answer", "hint: does a GET"]);
}

#[test]
fn where_nothing_listens_the_run_fails_with_a_hint() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = against(&format!("http://{address}/"), &["-c", "3"]);
    fails(&output, 1, &["no subscriber could subscribe", "connection refused\n", "hint: does the server run"]);
    let output = process::run(&["bench", "reconnekt", "--url", &format!("http://{address}")], "");
    fails(&output, 1, &["hint: `reconnekt` was taken for a topic of a broker", "fanout, reconnect, replay"]);
}

#[test]
fn without_a_target_a_broker_is_started_for_the_run_and_it_loses_nothing() {
    let options = [&["bench", "-c", "20", "-o", "json", "--publishers", "2", "--threads", "2"], &SHORT[..]].concat();
    let output = process::run(&options, "");
    assert_clean(&report(&output), 20);
}

#[test]
fn the_broker_of_a_run_is_the_same_whatever_the_environment_says() {
    let hostile = [
        ("SSE_MAX_CONNECTIONS", "3"),
        ("SSE_MAX_EVENT_SIZE", "1"),
        ("SSE_RETAIN_EVENTS", "1"),
        ("SSE_TLS_SELF_SIGNED", "true"),
        ("SSE_LISTEN", "nowhere:1"),
    ];
    let mut command = process::sse();
    command.args([&["bench", "-c", "10", "-o", "json"], &SHORT[..]].concat()).envs(hostile);
    assert_clean(&report(&command.output().expect("sse runs")), 10);
}

#[test]
fn the_broker_of_a_run_takes_events_of_the_size_that_was_asked_for() {
    let options = ["bench", "-c", "2", "-r", "5", "-d", "1s", "--warmup", "0s", "--size", "2MiB", "-o", "json"];
    let report = report(&process::run(&options, ""));
    assert_eq!(count(&report, "deliveries", "received"), 10, "{report}");
    assert_eq!(count(&report, "deliveries", "lost"), 0);
}

#[test]
fn a_target_that_is_typed_wins_over_urls_of_the_environment() {
    let server = Faulty::start(Manners::default());
    let url = server.url();
    let run = |arguments: &[&str], environment: &[(&str, &str)]| {
        let options = ["-c", "2", "-r", "50", "-d", "1s", "--warmup", "0s", "-o", "json"];
        let mut command = process::sse();
        command.arg("bench").args(arguments).args(options).envs(environment.iter().copied());
        command.output().expect("sse runs")
    };
    let (subscribe, publish) = ("SSE_BENCH_SUBSCRIBE_URL", "SSE_BENCH_PUBLISH_URL");
    let elsewhere = "http://127.0.0.1:1/";
    let arrived = |output: &Output| count(&report(output), "deliveries", "received");
    assert_eq!(arrived(&run(&[&url], &[(subscribe, elsewhere), (publish, elsewhere)])), 100);
    assert_eq!(arrived(&run(&[&url], &[(subscribe, elsewhere)])), 100);
    assert_eq!(arrived(&run(&["--publish-url", &url], &[(subscribe, &url), (publish, elsewhere)])), 100);
    assert_eq!(arrived(&run(&[], &[(subscribe, &url), (publish, &url)])), 100);
    fails(&run(&[], &[(subscribe, &url)]), 2, &["--publish-url"]);
    fails(&run(&[&url, "--subscribe-url", &url], &[]), 2, &["cannot be used with", "--subscribe-url"]);
    fails(&run(&[&url, "--publish-url", &url], &[]), 2, &["cannot be used with", "--publish-url"]);
}

#[test]
fn a_topic_of_a_running_broker_is_a_target() {
    let broker = process::Broker::start(&[]);
    let url = broker.url("");
    let options = [&["bench", "a/b c", "--url", &url, "-c", "3", "-o", "json"], &SHORT[..]].concat();
    let output = process::run(&options, "");
    assert_clean(&report(&output), 3);
}

#[test]
fn a_host_that_does_not_exist_is_named() {
    fails(&against("http://no-such-host.invalid/", &[]), 1, &["no-such-host.invalid"]);
}

#[test]
fn arguments_without_sense_are_usage_errors_that_say_so() {
    for (option, value, part) in [
        ("-c", "0", "0 is not in 1..="),
        ("-r", "0", "0 is not in 1..="),
        ("-d", "0s", "it has to be longer than zero"),
        ("-d", "soon", "500ms"),
        ("--size", "20", "an event needs 96 bytes"),
        ("--publishers", "0", "0 is not in 1..="),
    ] {
        fails(&process::run(&["bench", option, value], ""), 2, &[part]);
    }
    fails(&process::run(&["bench", "--subscribe-url", "http://127.0.0.1:1/"], ""), 2, &["--publish-url"]);
    fails(&against("http://127.0.0.1:1/", &["-r", "1000000", "-d", "1h"]), 2, &["events", "hint: "]);
}

#[test]
fn a_limit_of_open_files_with_room_for_no_subscriber_says_so() {
    let run = |limit| process::run_with_open_files(limit, &["bench", "-c", "100"]);
    fails(&run(50), 2, &["may open 50 files", "leaves room for none", "`nofile` to 181", "ulimit -Hn 181"]);
    fails(&run(100), 2, &["may open 100 files", "`nofile` to 181", "or use -c 19 at most"]);
}

#[test]
fn the_json_report_has_its_keys_in_order() {
    let server = Faulty::start(Manners::default());
    let output = against(&server.url(), &["-c", "2"]);
    assert_clean(&report(&output), 2);
    let text = process::stdout(&output);
    let times = r#"{"p50":_,"p90":_,"p99":_,"p99_9":_,"max":_,"count":_}"#;
    let names = ["latency", "last_delivery", "send_delay", "connect", "server_latency", "first_byte", "first_event"];
    let times: String = names.map(|name| format!("\"{name}_ms\":{times},")).concat();
    let expected = format!(
        r#"{{"scenario":"fanout","connections":{{"asked":_,"opened":_,"refused":_,"pending":_,"closed":_}},"events":{{"sent":_,"acknowledged":_,"late":_,"unsent":_,"refused":_,"unanswered":_,"waited_ms":_}},"deliveries":{{"expected":_,"received":_,"lost":_,"duplicated":_,"reordered":_,"foreign":_,"lost_before_first":_,"misrouted":_}},{times}"interrupted":false,"valid":"#
    );
    let shape = without_numbers(&text).replace("null", "_");
    assert!(shape.starts_with(&expected), "{shape}");
    assert!(shape.contains(r#","warnings":["#), "{shape}");
}

/// Each JSON number replaced by an underscore; those in keys stay.
fn without_numbers(text: &str) -> String {
    let mut shape = String::new();
    for c in text.chars() {
        match c {
            '0'..='9' | '.' if shape.ends_with(['_', ':']) && !shape.ends_with("p99_") => {
                if !shape.ends_with('_') {
                    shape.push('_');
                }
            }
            c => shape.push(c),
        }
    }
    shape
}

#[test]
fn the_text_report_is_a_table_that_ends_with_the_verdict() {
    let server = Faulty::start(Manners::default());
    let url = server.url();
    let output = process::run(&["bench", &url, "-c", "2", "-r", "500", "-d", "2s", "--warmup", "0s"], "");
    let text = process::stdout(&output);
    for part in ["subscribers", "2,000 received", "milliseconds", "last delivery", "rest on 1,000 events", "valid"] {
        assert!(text.contains(part), "{part:?} in: {text}");
    }
    assert_eq!(process::stderr(&output), "", "no progress where stderr is no terminal");
}

#[test]
fn an_interrupted_run_reports_what_was_measured_also_where_two_signals_come_at_once() {
    let server = Faulty::start(Manners::default());
    let url = server.url();
    let mut command = process::sse();
    command.args(["bench", &url, "-c", "3", "-r", "500", "-d", "1h", "--warmup", "0s", "-o", "json"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("sse starts");
    server.wait_for_measured(100);
    let pid = rustix::process::Pid::from_child(&child);
    // As `timeout` does, which ends a process and then its group.
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("it runs");
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it runs");
    let output = child.wait_with_output().expect("sse ends");
    assert_eq!(output.status.code(), Some(130));
    let report = report(&output);
    assert_eq!(report["interrupted"], true);
    let sent = count(&report, "events", "sent");
    assert!(sent >= 100 && sent == server.faults().measured, "{report}");
    assert_eq!(count(&report, "deliveries", "received"), 3 * sent);
    assert_eq!(count(&report, "deliveries", "lost"), 0);
}

#[test]
fn subscribers_whose_turn_had_not_come_when_the_run_was_stopped_are_not_refused() {
    let server = Faulty::start(Manners::default());
    let url = server.url();
    let mut command = process::sse();
    command.args(["bench", &url, "-c", "100", "--ramp", "10", "-o", "json"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("sse starts");
    server.wait_for_subscribers(3);
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("it runs");
    let output = child.wait_with_output().expect("sse ends");
    assert_eq!(output.status.code(), Some(130));
    let report = report(&output);
    let connections = ["opened", "refused", "pending"].map(|name| count(&report, "connections", name));
    // The server may have answered what the client has not read yet.
    assert!(connections[0] >= 2 && connections[1] == 0 && connections[0] + connections[2] == 100, "{report}");
}
