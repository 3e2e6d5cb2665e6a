//! `sse bench --workers`: subscribers in processes of their own are counted as exactly as those in one, and none of these
//! processes outlives its run.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::Value;

use crate::authority::Authority;
use crate::bench::{against, assert_clean, count, fails, report, warnings};
use crate::bench_export::assert_help_names_all;
use crate::faulty::{Faulty, Manners};
use crate::process::{self, Broker, wait_until};

/// 1000 events in two seconds, and a second to wait for those that never come.
const RUN: [&str; 8] = ["-r", "500", "-d", "2s", "--warmup", "200ms", "--drain", "1s"];

fn faulty() -> Faulty {
    Faulty::start(Manners { faults: true, ..Manners::default() })
}

fn deliveries(report: &Value) -> [u64; 6] {
    let names = ["expected", "received", "lost", "duplicated", "reordered", "foreign"];
    names.map(|name| count(report, "deliveries", name))
}

/// What the rows of the series have of a count, in all.
fn of_all_rows(report: &Value, name: &str) -> u64 {
    let rows = report["series"]["intervals"].as_array().expect("rows").iter();
    rows.map(|row| row[name].as_u64().expect("a count")).sum()
}

fn assert_shared_out(report: &Value, workers: u64) {
    assert_eq!(report["plan"]["workers"].as_u64(), Some(workers), "{report}");
    assert_eq!(report["environment"]["workers"].as_u64(), Some(workers), "{report}");
    #[cfg(target_os = "linux")]
    assert_eq!(report["resources"]["generator"]["processes"].as_u64(), Some(workers + 1), "{report}");
}

/// A long run with two workers, and their processes.
fn long_run(server: &Faulty, in_group: bool) -> (Child, Vec<Pid>) {
    let mut command = process::sse();
    command.args(["bench", &server.url(), "-c", "4", "--workers", "2", "-r", "500", "-d", "1h", "-o", "json"]);
    if in_group {
        command.process_group(0);
    }
    let run = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("sse starts");
    server.wait_for_measured(100);
    let workers = children(&run);
    assert_eq!(workers.len(), 2);
    (run, workers)
}

fn children(parent: &Child) -> Vec<Pid> {
    let output = Command::new("ps").args(["-A", "-o", "pid=,ppid="]).output().expect("ps runs");
    let parent = parent.id().to_string();
    let pid = |line: &str| {
        let (pid, of) = line.trim().split_once(' ')?;
        (of.trim() == parent).then(|| pid.parse().ok().and_then(Pid::from_raw))?
    };
    process::stdout(&output).lines().filter_map(pid).collect()
}

fn wait_for_end(workers: &[Pid]) {
    for worker in workers {
        let pid = worker.as_raw_nonzero().to_string();
        wait_until("a worker has ended", || {
            let output = Command::new("ps").args(["-o", "stat=", "-p", &pid]).output().expect("ps runs");
            // Who has ended may wait for somebody to notice.
            matches!(process::stdout(&output).chars().next(), None | Some('Z'))
        });
    }
}

#[test]
fn more_subscribers_than_a_process_may_open_files_are_shared_out_and_counted_exactly() {
    let server = faulty();
    let url = server.url();
    let options = [&["bench", &url, "-c", "50", "-o", "json"], &RUN[..]].concat();
    let report = report(&process::run_with_open_files(100, &options));
    let faults = server.faults();
    let expected = [50_000, 49_500, 50 * faults.dropped, 50 * faults.repeated, 50 * faults.swapped, 0];
    assert_eq!(deliveries(&report), expected, "{report}");
    assert_shared_out(&report, 2);
    assert_eq!(report["environment"]["open_files"].as_u64(), Some(100));
    let times =
        ["latency_ms", "server_latency_ms", "last_delivery_ms", "connect_ms", "first_byte_ms", "first_event_ms"];
    assert_eq!(times.map(|time| count(&report, time, "count")), [49_500, 49_500, 990, 50, 50, 50], "{report}");
    assert_eq!([of_all_rows(&report, "received"), of_all_rows(&report, "sent")], [49_500, 1000], "{report}");
    let rows = report["series"]["intervals"].as_array().expect("rows");
    assert_eq!(rows.last().map(|row| &row["lost_so_far"]), Some(&Value::from(50 * faults.dropped)), "{report}");
    assert!(warnings(&report).contains("500 of 50000 deliveries not within 1s"), "{report}");
    assert_help_names_all(&report);
}

#[test]
fn several_processes_count_what_one_counts() {
    // The server sends everything to everybody: who listens to which topic decides what is foreign.
    let topic = ["--subscribe-header", "X-Topic: {t}", "--publish-header", "X-Topic: {t}"];
    let options = [&["--topics", "2", "--publishers", "3", "-c", "8"], &topic[..]].concat();
    let counted = ["1", "3"].map(|workers| {
        let server = faulty();
        let report =
            report(&against(&server.url(), &[&options[..], &["--workers", workers, "--drain", "1s"]].concat()));
        assert_eq!(server.faults().measured, 1000);
        let times = ["connect_ms", "first_byte_ms", "first_event_ms", "latency_ms", "last_delivery_ms"];
        let times = times.map(|time| count(&report, time, "count"));
        // In which order events of several publishers come is no fault of anybody.
        let [expected, received, lost, duplicated, _, foreign] = deliveries(&report);
        let connections = report["connections"].clone();
        (connections, [expected, received, lost, duplicated, foreign], times, of_all_rows(&report, "received"))
    });
    assert_eq!(counted[0].1, [4000, 3960, 40, 12, 3972]);
    assert_eq!(counted[0], counted[1]);
}

#[test]
fn a_broker_loses_nothing_of_what_it_sends_to_several_processes_by_tls_and_by_http2() {
    let authority = Authority::new();
    drop(authority.issue("127.0.0.1"));
    let (cert, key, ca) = (authority.file("cert.pem"), authority.file("key.pem"), authority.file("ca.pem"));
    let broker = Broker::start(&["--tls-cert", &cert, "--tls-key", &key]);
    let url = format!("https://{}/events/a", broker.address);
    for options in [&[][..], &["--http2", "--streams-per-connection", "2"]] {
        let options = [&["-c", "9", "--workers", "2", "--threads", "3", "--cacert", &ca], options].concat();
        let report = report(&against(&url, &options));
        assert_clean(&report, 9);
        assert_shared_out(&report, 2);
        assert_eq!(count(&report, "plan", "threads"), 4, "each has as many");
        let by_http2 = options.contains(&"--http2");
        // Threads have 3, 2, 2 and 2 streams.
        assert_eq!(count(&report, "tls_ms", "count"), if by_http2 { 5 } else { 9 }, "{report}");
        let most = report["http2"]["most_streams"].as_u64();
        assert_eq!(most, by_http2.then_some(2), "{report}");
    }
}

#[test]
fn every_scenario_has_its_subscribers_in_other_processes_too() {
    let broker = Broker::start(&[]);
    let url = broker.url("/events/a");
    let run = |options: &[&str]| {
        let output =
            process::run(&[&["bench"], options, &[&url, "-c", "6", "--workers", "3", "-o", "json"]].concat(), "");
        let report = report(&output);
        assert_shared_out(&report, 3);
        assert_eq!(count(&report, "connections", "opened"), 6, "{report}");
        report
    };
    let connect = run(&["connect", "--ramp", "5"]);
    assert_eq!(count(&connect, "first_byte_ms", "count"), 6, "{connect}");
    // The last of them is due a second behind the first, whatever process it is in; of each process, 0.2 s.
    assert!(connect["opening"]["took_s"].as_f64().is_some_and(|took| took >= 0.5), "{connect}");
    assert_eq!(count(&run(&["idle", "-d", "1s"]), "traffic", "events"), 0);
    let replay = run(&["replay", "--events", "300", "--publishers", "2"]);
    assert_eq!((count(&replay, "replay", "complete"), deliveries(&replay)[1]), (6, 1800), "{replay}");
    assert_eq!(of_all_rows(&replay, "received"), 1800, "{replay}");
    let storm = run(&["reconnect", "-r", "1000", "-d", "1s", "--warmup", "100ms", "--drop", "50%"]);
    let streams = ["dropped", "back", "away", "gap"].map(|name| count(&storm, "reconnect", name));
    assert_eq!((streams, deliveries(&storm)[..3].to_vec()), ([3, 3, 0, 0], vec![6000, 6000, 0]), "{storm}");
    let recovered = count(&storm, "reconnect", "recovered");
    assert_eq!(count(&storm, "latency_ms", "count") + recovered, 6000, "{storm}");
}

#[test]
fn streams_are_asked_for_again_and_again_by_several_processes() {
    let instead = Some(("200 OK", "text/event-stream", "data: 1\n\ndata: 2\n\n"));
    let server = Faulty::start(Manners { instead, ..Manners::default() });
    let options = ["-c", "2", "--workers", "2", "-d", "1s", "-o", "json"];
    let report = report(&process::run(&[&["bench", "stream", &server.url()], &options[..]].concat(), ""));
    let streams = |name| count(&report, "streams", name);
    assert!(streams("ended") > 2 && streams("failed") == 0, "{report}");
    assert!(count(&report, "traffic", "events") >= 2 * streams("ended"), "{report}");
    assert_eq!(report["streams"]["events_per_stream"]["mean"].as_f64(), Some(2.0));
}

#[test]
fn slow_readers_stay_with_the_run_and_have_their_account() {
    let server = faulty();
    let options = ["-c", "6", "--slow", "50%", "--slow-rate", "10MiB", "--workers", "3", "--drain", "1s"];
    let report = report(&against(&server.url(), &options));
    assert_eq!((deliveries(&report)[..3].to_vec(), count(&report, "slow", "opened")), (vec![3000, 2970, 30], 3));
    assert_shared_out(&report, 3);
}

#[test]
fn what_subscribers_are_told_in_another_process_is_quoted() {
    let server = Faulty::start(Manners { room_for: Some(3), ..Manners::default() });
    let report = report(&against(&server.url(), &["-c", "5", "--workers", "2"]));
    assert_eq!(count(&report, "connections", "refused"), 2);
    assert!(warnings(&report).contains("2 of 5 subscribers without a stream; the first: status 429: come back later"));
    let instead = Some(("503 Service Unavailable", "text/plain", "closed"));
    let server = Faulty::start(Manners { instead, ..Manners::default() });
    fails(&against(&server.url(), &["-c", "3", "--workers", "2"]), 3, &["no subscriber could", "status 503: closed"]);
    fails(
        &against("http://127.0.0.1:1/", &["-c", "3", "--workers", "2"]),
        1,
        &["connection refused", "hint: does the"],
    );
}

#[test]
fn a_worker_that_is_killed_ends_the_run_and_the_others() {
    let server = Faulty::start(Manners::default());
    let (run, workers) = long_run(&server, false);
    kill_process(workers[1], Signal::KILL).expect("it runs");
    let output = run.wait_with_output().expect("sse ends");
    fails(&output, 1, &["worker process", "of 2 ended before the run did: signal: 9"]);
    wait_for_end(&workers);
}

#[test]
fn ctrl_c_in_the_terminal_ends_the_run_and_no_delivery_is_missing() {
    let server = Faulty::start(Manners::default());
    let (run, workers) = long_run(&server, true);
    kill_process_group(Pid::from_child(&run), Signal::INT).expect("it runs");
    let output = run.wait_with_output().expect("sse ends");
    assert_eq!(output.status.code(), Some(130));
    let report = report(&output);
    let sent = count(&report, "events", "sent");
    assert_eq!(deliveries(&report)[..3], [4 * sent, 4 * sent, 0], "{report}");
    wait_for_end(&workers);
}

#[test]
fn a_run_that_is_killed_leaves_no_worker_behind() {
    let server = Faulty::start(Manners::default());
    let (mut run, workers) = long_run(&server, false);
    run.kill().expect("it runs");
    run.wait().expect("an end");
    wait_for_end(&workers);
}

#[test]
fn a_dry_run_shows_the_processes_and_what_each_needs() {
    let dry_run = |options: &[&str]| process::run_with_open_files(100, &[&["bench", "--dry-run"], options].concat());
    let url = "http://127.0.0.1:1/";
    let text = process::stdout(&dry_run(&[url, "-c", "50"]));
    let parts = ["2 in 2 worker processes", "89 of 100 at most, in each of 2 workers and in this process"];
    for part in parts {
        assert!(text.contains(part), "{part:?} in: {text}");
    }
    assert!(!process::stdout(&dry_run(&[url, "-c", "19"])).contains("worker"));
    let json: Value = serde_json::from_str(&process::stdout(&dry_run(&[url, "-c", "50", "-o", "json"]))).expect("JSON");
    assert_eq!((&json["plan"]["workers"], &json["needs"]["open_files"]), (&Value::from(2), &Value::from(89)));
    let clamped = process::stdout(&dry_run(&[url, "-c", "100", "--workers", "2", "--clamp"]));
    assert!(clamped.contains("72 of 100 asked for") && clamped.contains("2 worker processes"), "{clamped}");
}

#[test]
fn what_fits_into_no_number_of_processes_is_refused_with_what_helps() {
    let run = |options: &[&str]| -> Output { process::run_with_open_files(100, &[&["bench"], options].concat()) };
    let url = "http://127.0.0.1:1/";
    let two = ["each of 2 worker processes may open 100 files", "use -c 72 at most", "or more --workers"];
    fails(&run(&[url, "-c", "73", "--workers", "2"]), 2, &two);
    fails(&run(&[url, "-c", "20", "--workers", "1"]), 2, &["this process may open 100 files", "use -c 19 at most"]);
    fails(&run(&["-c", "20"]), 2, &["this process may open 100 files, and so may the broker", "use -c 19 at most"]);
    fails(&run(&[url, "--workers", "0"]), 2, &["0 is not in 1..=100"]);
}

#[test]
fn a_worker_that_nobody_has_started_for_a_run_says_so() {
    let output = process::run(&["bench-worker"], "What am I to do?");
    assert_eq!(output.status.code(), Some(2));
    assert!(process::stderr(&output).contains("is for `sse bench` to start"), "{}", process::stderr(&output));
    assert!(!process::stdout(&process::run(&["bench", "--help"], "")).contains("bench-worker"));
}
