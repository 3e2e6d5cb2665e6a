//! `sse bench replay`: what was published before the subscribers came reaches all of them, or is accounted for, at a broker
//! that replays and at servers that do so wrongly in a known way.

use std::process::{Output, Stdio};

use serde_json::Value;

use crate::bench::{count, fails, report, warnings};
use crate::faulty::{Faulty, Manners, Resumed};
use crate::process::{self, Broker};

fn run(url: &str, options: &[&str]) -> Output {
    process::run(&[&["bench", "replay", url, "-o", "json"], options].concat(), "")
}

/// A server that replays what it has.
fn proper() -> Manners {
    Manners { replays: 1, ..Manners::default() }
}

fn deliveries(report: &Value) -> [u64; 5] {
    ["expected", "received", "lost", "duplicated", "reordered"].map(|name| count(report, "deliveries", name))
}

/// Everybody has all of so many events.
fn assert_complete(output: &Output, subscribers: u64, events: u64) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}{}", process::stderr(output), process::stdout(output));
    let report = report(output);
    assert_eq!(deliveries(&report), [subscribers * events, subscribers * events, 0, 0, 0], "{report}");
    assert_eq!(count(&report, "events", "acknowledged"), events);
    let replay = &report["replay"];
    let counts = [replay["complete"].as_u64(), replay["replay_ms"]["count"].as_u64()];
    assert_eq!((counts, count(&report, "first_event_ms", "count")), ([Some(subscribers); 2], subscribers), "{report}");
    assert_eq!(count(&report, "latency_ms", "count"), 0, "how old an event was is no latency");
    let rows = report["series"]["intervals"].as_array().expect("rows").iter();
    let received: u64 = rows.map(|row| row["received"].as_u64().expect("a count")).sum();
    assert_eq!(received, subscribers * events, "{report}");
    report
}

#[test]
fn a_broker_gives_everybody_all_that_was_published_before() {
    let broker = Broker::start(&[]);
    let options = ["-c", "20", "--events", "500", "--publishers", "3", "--threads", "2"];
    let report = assert_complete(&run(&broker.url("/events/a"), &options), 20, 500);
    let replay = |name: &str| report["replay"][name].as_f64().expect("a number");
    assert!(replay("bytes") >= 20.0 * 500.0 * 200.0, "{report}");
    let near = |one: f64, other: f64| (one / other - 1.0).abs() < 0.01;
    assert!(near(replay("events_per_second") * replay("took_s"), 10_000.0), "{report}");
    assert!(near(replay("bytes_per_second") * replay("took_s"), replay("bytes")), "{report}");
    let longest = report["replay"]["replay_ms"]["max"].as_f64().expect("a time");
    assert!(longest <= replay("took_s") * 1010.0, "{report}");
    let first = report["first_event_ms"]["max"].as_f64().expect("a time");
    assert!(first <= longest * 1.01, "{report}");
    let phases = report["series"]["phases"].as_array().expect("phases").iter();
    let phases: Vec<&str> = phases.filter_map(|mark| mark["phase"].as_str()).collect();
    assert_eq!(phases, ["connecting", "probing", "filling", "measuring"]);
    assert_eq!((&report["plan"]["last_event_id"], &report["plan"]["rate"]), (&true.into(), &0.into()));
}

#[test]
fn a_broker_of_its_own_keeps_as_many_events_as_are_asked_for() {
    // More bytes than it keeps of itself.
    let output = process::run(&["bench", "replay", "-c", "1", "--events", "25000", "--size", "3KiB", "-o", "json"], "");
    assert_complete(&output, 1, 25_000);
    let refused = process::run(&["bench", "replay", "--events", "20000000"], "");
    fails(&refused, 2, &["do not fit into the history of a broker of its own, 1 GiB", "hint: "]);
}

#[test]
fn lost_repeated_and_swapped_events_of_a_replay_are_counted_exactly() {
    let server = Faulty::start(Manners { faults: true, chunked: true, ..proper() });
    let output = run(&server.url(), &["-c", "7", "--events", "1000", "--drain", "500ms"]);
    assert_eq!(output.status.code(), Some(0), "what the server did is the result: {}", process::stdout(&output));
    let report = report(&output);
    let faults = server.faults();
    assert_eq!((faults.measured, faults.dropped, faults.repeated, faults.swapped), (1000, 10, 3, 2));
    let lost = 7 * faults.dropped;
    assert_eq!(deliveries(&report), [7000, 7000 - lost, lost, 7 * faults.repeated, 7 * faults.swapped], "{report}");
    assert_eq!((count(&report, "replay", "complete"), server.resumed().subscribers), (0, 7));
    assert!(warnings(&report).contains("70 of 7000 deliveries not within 500ms of anything that did come"), "{report}");
    let rows = report["series"]["intervals"].as_array().expect("rows");
    assert_eq!(rows.last().map(|row| row["lost_so_far"].as_u64()), Some(Some(lost)), "{report}");
}

#[test]
fn only_what_comes_behind_the_last_probe_is_asked_for() {
    let server = Faulty::start(proper());
    let url = server.url();
    assert_complete(&run(&url, &["-c", "3", "--events", "50"]), 3, 50);
    let before = server.resumed();
    assert_eq!(before, Resumed { subscribers: 3, missed: 150 });
    let report = assert_complete(&run(&url, &["-c", "2", "--events", "60"]), 2, 60);
    let again = server.resumed();
    assert_eq!(
        (again.subscribers - before.subscribers, again.missed - before.missed),
        (2, 120),
        "not the 50 of before"
    );
    assert_eq!(count(&report, "deliveries", "foreign"), 0);
}

#[test]
fn events_are_published_at_the_rate_that_is_typed() {
    let server = Faulty::start(proper());
    let report = assert_complete(&run(&server.url(), &["-c", "2", "--events", "40", "-r", "100"]), 2, 40);
    let phases = report["series"]["phases"].as_array().expect("phases");
    let filling = phases.iter().find(|mark| mark["phase"] == "filling").and_then(|mark| mark["at_s"].as_f64());
    assert!(filling.is_some_and(|at| at <= -0.39), "40 events at 100 per second: {report}");
}

#[test]
fn a_server_without_ids_is_told_and_can_be_asked_by_its_url() {
    let server = Faulty::start(Manners { no_ids: true, tells_all: true, ..proper() });
    let output = run(&server.url(), &["-c", "2", "--events", "30"]);
    fails(&output, 3, &["gives its events no IDs", "hint: ", "--no-last-event-id"]);
    assert_eq!(server.faults().measured, 0, "nothing was published in vain");

    let server = Faulty::start(Manners { tells_all: true, ..proper() });
    let report = assert_complete(&run(&server.url(), &["-c", "2", "--events", "30", "--no-last-event-id"]), 2, 30);
    assert_eq!(report["plan"]["last_event_id"], false);
    let broker = Broker::start(&[]);
    let url = broker.url("/events/a?since=earliest");
    let publish = broker.url("/events/a");
    let sides = ["--subscribe-url", &url, "--publish-url", &publish, "--no-last-event-id", "-c", "2", "--events", "30"];
    assert_complete(&process::run(&[&["bench", "replay", "-o", "json"], &sides[..]].concat(), ""), 2, 30);
}

#[test]
fn a_stream_may_end_behind_the_last_event_and_not_before() {
    let server = Faulty::start(Manners { ends_replay: Some(40), ..proper() });
    let report_of = |events| run(&server.url(), &["-c", "3", "--events", events]);
    let whole = assert_complete(&report_of("40"), 3, 40);
    assert_eq!(count(&whole, "connections", "closed"), 0, "{whole}");
    let output = report_of("41");
    assert_eq!(output.status.code(), Some(5));
    let short = report(&output);
    assert_eq!((count(&short, "connections", "closed"), count(&short, "replay", "complete")), (3, 0), "{short}");
    assert!(
        warnings(&short).contains("3 of 3 streams ended before they had brought all; the first: the server"),
        "{short}"
    );
}

#[test]
fn a_server_that_ends_the_connection_after_each_answer_is_filled_too() {
    let server = Faulty::start(Manners { one_answer: true, ..proper() });
    assert_complete(&run(&server.url(), &["-c", "2", "--events", "30"]), 2, 30);
}

#[test]
fn what_was_refused_makes_the_run_invalid_and_is_expected_nowhere() {
    let server = Faulty::start(Manners { takes: Some(100), ..proper() });
    let output = run(&server.url(), &["-c", "2", "--events", "300"]);
    assert_eq!(output.status.code(), Some(5));
    let report = report(&output);
    assert_eq!((deliveries(&report), count(&report, "replay", "complete")), ([200, 200, 0, 0, 0], 2), "{report}");
    assert!(warnings(&report).contains("200 of 300 events refused; the first with status 429"), "{report}");
}

#[test]
fn a_run_that_is_stopped_while_it_fills_ends_at_once() {
    let server = Faulty::start(proper());
    let url = server.url();
    let mut command = process::sse();
    command.args(["bench", "replay", &url, "-c", "2", "--events", "100000", "-r", "20", "-o", "json"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("sse starts");
    server.wait_for_measured(3);
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("it runs");
    let output = child.wait_with_output().expect("sse ends");
    assert_eq!(output.status.code(), Some(130), "{}", process::stderr(&output));
    let report = report(&output);
    assert_eq!((&report["interrupted"], count(&report, "deliveries", "lost")), (&true.into(), 0), "{report}");
    assert_eq!(report["valid"], false);
    assert!(warnings(&report).contains("the run ended before anybody had all events"), "{report}");
    assert_eq!(count(&report, "events", "sent"), server.faults().measured);
}

#[test]
fn the_table_shows_the_replay_and_thresholds_know_it() {
    let broker = Broker::start(&[]);
    let (url, thresholds) = (broker.url("/events/a"), ["--fail-if", "replay.max>0us"]);
    let output = process::run(&[&["bench", "replay", &url, "-c", "5", "--events", "50"], &thresholds[..]].concat(), "");
    assert_eq!(output.status.code(), Some(5));
    let text = process::stdout(&output);
    for part in [
        "\nreplay      5 have all, the last one after ",
        " events per second, ",
        "\nfirst event  ",
        "\nreplay  ",
        "\nthreshold missed: replay.max ",
    ] {
        assert!(text.contains(part), "{part:?} in: {text}");
    }
    assert!(!text.contains("latency") && !text.contains("too few to judge"), "{text}");
}

#[test]
fn what_means_nothing_to_a_replay_is_refused_and_a_dry_run_says_what_would_be_done() {
    let bench = |options: &[&str]| process::run(&[&["bench"], options].concat(), "");
    fails(&bench(&["replay", "-d", "5s"]), 2, &["--duration means nothing to `sse bench replay`"]);
    fails(&bench(&["replay", "--warmup", "1s"]), 2, &["--warmup means nothing to `sse bench replay`"]);
    fails(&bench(&["replay", "--fail-if", "p50>1s"]), 2, &["p50 is not measured by `sse bench replay`"]);
    fails(&bench(&["--events", "5"]), 2, &["--events means nothing to `sse bench fanout`"]);
    fails(&bench(&["replay", "--events", "0"]), 2, &["0 is not in 1..="]);
    let said = process::stdout(&bench(&["replay", "--dry-run", "-r", "50", "--events", "100"]));
    assert!(said.contains("\nevents          100 of 200 B each, published first, at 50 per second\n"), "{said}");
    assert!(said.contains("\nfilling         100 events, in 2 s\n"), "{said}");
}

#[test]
fn the_help_names_what_a_replay_adds_to_the_report() {
    let server = Faulty::start(proper());
    let report = assert_complete(&run(&server.url(), &["-c", "2", "--events", "10"]), 2, 10);
    let help = process::stdout(&process::run(&["bench", "--help"], ""));
    let (_, fields) = help.split_once("Fields of the JSON report").expect("they have a heading");
    let named = |key: &str| fields.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == key);
    for object in [&report["replay"], &report["plan"]] {
        let unnamed: Vec<&String> = object.as_object().expect("an object").keys().filter(|key| !named(key)).collect();
        assert_eq!(unnamed, Vec::<&String>::new());
    }
}
