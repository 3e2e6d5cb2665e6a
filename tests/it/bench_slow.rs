//! `sse bench --slow`: subscribers that read slowly have an account of their own, and no figure of the others has them in it.

use std::time::Instant;

use serde_json::Value;

use crate::bench::{against, count, fails, report, warnings};
use crate::faulty::{Faulty, Manners};
use crate::process::{self, Broker};

/// 3.2 MiB on each stream: far more than sockets hold.
const LOAD: [&str; 12] = ["-c", "10", "--slow", "20%", "-r", "100", "--size", "8KiB", "-d", "4s", "--warmup", "100ms"];

fn slow(report: &Value, name: &str) -> u64 {
    count(report, "slow", name)
}

/// Eight subscribers have all of the 400 events, whatever the two slow ones do.
fn assert_others_are_clean(report: &Value) {
    let connections = ["asked", "opened", "closed"].map(|name| count(report, "connections", name));
    assert_eq!((connections, slow(report, "subscribers"), slow(report, "opened")), ([8, 8, 0], 2, 2), "{report}");
    let deliveries = ["expected", "received", "lost"].map(|name| count(report, "deliveries", name));
    assert_eq!(deliveries, [3200, 3200, 0], "{report}");
    let times = [("latency_ms", 3200), ("last_delivery_ms", 400), ("connect_ms", 8), ("first_event_ms", 8)];
    for (time, samples) in times {
        assert_eq!(count(report, time, "count"), samples, "{time} in {report}");
    }
    let rows = report["series"]["intervals"].as_array().expect("rows").iter();
    assert_eq!(rows.map(|row| row["received"].as_u64().expect("a count")).sum::<u64>(), 3200, "{report}");
}

#[test]
fn a_server_that_cuts_slow_readers_does_its_job_and_that_is_counted() {
    let broker = Broker::start(&["--slow-consumer", "disconnect", "--tail-bytes", "1MiB"]);
    let report = report(&against(&broker.url("/events/a"), &LOAD));
    assert_others_are_clean(&report);
    assert_eq!([slow(&report, "closed"), slow(&report, "behind"), slow(&report, "lost")], [2, 0, 0], "{report}");
    assert!(!warnings(&report).contains("ended before the run did"), "it is no fault: {report}");
}

#[test]
fn slow_readers_read_no_faster_than_they_are_told_and_what_they_have_not_read_is_not_lost() {
    let begun = Instant::now();
    let output = process::run(&[&["bench", "-o", "json", "--slow-rate", "4KiB"], &LOAD[..]].concat(), "");
    let seconds = begun.elapsed().as_secs() + 1;
    let report = report(&output);
    assert_others_are_clean(&report);
    assert_eq!([slow(&report, "closed"), slow(&report, "lost"), slow(&report, "duplicated")], [0; 3], "{report}");
    assert_eq!(slow(&report, "received") + slow(&report, "behind"), 2 * 400, "{report}");
    assert!(slow(&report, "behind") > 400, "{report}");
    // What came with the head comes beside that; its buffer is small.
    let most = 2 * (seconds * 4096 + 16_384);
    assert!((1..=most).contains(&slow(&report, "bytes")), "{most} at most: {report}");
}

#[test]
fn the_account_of_slow_readers_is_exact() {
    let server = Faulty::start(Manners { faults: true, ..Manners::default() });
    let options = ["-c", "6", "--slow", "50%", "--slow-rate", "10MiB", "--drain", "1s"];
    let report = report(&against(&server.url(), &options));
    let faults = server.faults();
    assert_eq!((faults.measured, faults.dropped, faults.repeated), (1000, 10, 3));
    assert_eq!(slow(&report, "received"), 3 * 990, "{report}");
    // The last event is one of those that are dropped: nothing has overtaken it.
    assert_eq!((slow(&report, "lost"), slow(&report, "behind")), (3 * 9, 3), "{report}");
    assert_eq!((slow(&report, "duplicated"), slow(&report, "closed")), (3 * 3, 0), "{report}");
    let deliveries = ["received", "lost", "duplicated"].map(|name| count(&report, "deliveries", name));
    assert_eq!(deliveries, [3 * 990, 3 * 10, 3 * 3], "those of the others: {report}");
}

#[test]
fn slow_readers_that_keep_up_are_said_and_fewer_than_asked_for_make_the_run_invalid() {
    let server = Faulty::start(Manners { room_for: Some(9), ..Manners::default() });
    let options = ["-c", "10", "--slow", "20%", "-r", "50", "-d", "1s", "--warmup", "0s", "--slow-rate", "1MiB"];
    let output = against(&server.url(), &options);
    assert_eq!(output.status.code(), Some(5));
    let report = report(&output);
    assert_eq!(["subscribers", "opened"].map(|name| slow(&report, name)), [2, 1], "{report}");
    let said = "1 of 2 slow subscribers without a stream; the first: status 429: come back later";
    assert!(warnings(&report).contains(said), "{report}");
    assert!(warnings(&report).contains("1 slow subscriber kept up: a stream brings less than they read"), "{report}");
    assert_eq!(count(&report, "connections", "refused"), 0, "{report}");
}

#[test]
fn slow_readers_have_a_row_of_the_table_and_an_object_of_the_report() {
    let server = Faulty::start(Manners::default());
    let url = server.url();
    let output =
        process::run(&["bench", &url, "-c", "4", "--slow", "25%", "-r", "50", "-d", "1s", "--warmup", "0s"], "");
    let text = process::stdout(&output);
    assert!(text.starts_with("subscribers 3 asked, 3 opened, 0 refused, 0 closed\n"), "{text}");
    assert!(text.contains("\nslow        1 opened, 0 closed, "), "{text}");
    let report = report(&against(&url, &["-c", "4", "--slow", "25%", "-r", "50", "-d", "1s"]));
    let help = process::stdout(&process::run(&["bench", "--help"], ""));
    let (_, fields) = help.split_once("Fields of the JSON report").expect("they have a heading");
    let named = |key: &str| fields.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == key);
    for object in [&report["slow"], &report["plan"]] {
        let unnamed: Vec<&String> = object.as_object().expect("an object").keys().filter(|key| !named(key)).collect();
        assert_eq!(unnamed, Vec::<&String>::new());
    }
}

#[test]
fn what_leaves_nobody_to_measure_or_means_nothing_is_refused() {
    let bench = |options: &[&str]| process::run(&[&["bench"], options].concat(), "");
    fails(&bench(&["--slow", "100%"]), 2, &["makes all of 1000 subscribers slow", "hint: "]);
    fails(&bench(&["-c", "1", "--slow", "1%"]), 2, &["makes all of 1 subscribers slow"]);
    fails(&bench(&["--slow-rate", "1KiB"]), 2, &["--slow <PERCENT>"]);
    fails(&bench(&["--slow", "5%", "--slow-rate", "0"]), 2, &["larger than zero"]);
    fails(&bench(&["reconnect", "--slow", "5%"]), 2, &["--slow means nothing to `sse bench reconnect`"]);
    let said = process::stdout(&bench(&["--dry-run", "-c", "100", "--slow", "5%", "--slow-rate", "2KiB"]));
    assert!(
        said.contains("subscribers     95, connecting as fast as the server answers; and 5 that read 2 KiB per second")
    );
    assert!(said.contains("\nopen files      181 of "), "{said}");
}
