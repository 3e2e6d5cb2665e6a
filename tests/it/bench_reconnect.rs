//! `sse bench reconnect`: subscribers that drop their streams come back, and what was due meanwhile is accounted for, at a
//! broker that replays and at servers that do so wrongly in a known way.

use serde_json::Value;

use crate::bench::{against, count, fails, report, warnings};
use crate::faulty::{Faulty, Manners, Resumed, Stall};
use crate::process::{self, Broker};

/// 1000 events in a second, with the storm in the middle of it.
const STORM: [&str; 8] = ["-r", "1000", "-d", "1s", "--warmup", "100ms", "--drain", "1s"];

/// How many events a server takes before it lets a subscriber in that comes back.
const STALL: u64 = 50;

fn storm(url: &str, options: &[&str]) -> Value {
    let output = process::run(&[&["bench", "reconnect", url, "-o", "json"], &STORM[..], options].concat(), "");
    report(&output)
}

fn reconnect(report: &Value, name: &str) -> u64 {
    count(report, "reconnect", name)
}

/// So many streams were dropped, and as many followed.
fn assert_all_back(report: &Value, dropped: u64) {
    let counts = ["dropped", "ended", "back", "away", "failed"].map(|name| reconnect(report, name));
    assert_eq!(counts, [dropped, 0, dropped, 0, 0], "{report}");
    let times = ["reconnect_ms", "next_event_ms"].map(|name| report["reconnect"][name]["count"].as_u64());
    assert_eq!(times, [Some(dropped); 2], "{report}");
    let all = report["reconnect"]["back_all_ms"].as_f64().expect("all were back");
    let longest = report["reconnect"]["reconnect_ms"]["max"].as_f64().expect("they took some time");
    assert!(all * 1.01 >= longest, "{report}");
    // The first stream of each, and no other.
    let opened = count(report, "connections", "opened");
    let first = ["connect_ms", "first_byte_ms", "first_event_ms"].map(|name| count(report, name, "count"));
    assert_eq!((first, count(report, "connections", "closed")), ([opened; 3], 0), "{report}");
}

/// Every delivery has a latency of one of the two kinds.
fn assert_times_add_up(report: &Value) {
    let recovered = report["reconnect"]["recovered_ms"]["count"].as_u64().expect("a count");
    assert_eq!(recovered, reconnect(report, "recovered"));
    assert_eq!(count(report, "latency_ms", "count") + recovered, count(report, "deliveries", "received"), "{report}");
    let rows = report["series"]["intervals"].as_array().expect("rows").iter();
    let received: u64 = rows.map(|row| row["received"].as_u64().expect("a count")).sum();
    assert_eq!(received, count(report, "deliveries", "received"), "{report}");
}

#[test]
fn a_broker_that_replays_loses_nothing_over_a_storm() {
    let broker = Broker::start(&[]);
    let report = storm(&broker.url("/events/a"), &["-c", "100", "--threads", "2", "--publishers", "2"]);
    assert_all_back(&report, 100);
    assert_times_add_up(&report);
    let deliveries = ["expected", "received", "lost", "duplicated"].map(|name| count(&report, "deliveries", name));
    assert_eq!(deliveries, [100_000, 100_000, 0, 0], "{report}");
    assert!(reconnect(&report, "recovered") > 0, "{report}");
    let different = reconnect(&report, "recovered_events");
    assert!((1..=1000).contains(&different) && different <= reconnect(&report, "recovered"), "{report}");
    assert_eq!(reconnect(&report, "gap"), 0);
}

#[test]
fn what_a_server_without_replay_takes_while_subscribers_are_away_is_a_gap() {
    for stall in [Stall::BeforeHead(STALL), Stall::BehindHead(STALL)] {
        let server = Faulty::start(Manners { stalls: Some(stall), ..Manners::default() });
        let report = storm(&server.url(), &["-c", "10", "--publishers", "3"]);
        let Resumed { subscribers, missed } = server.resumed();
        assert_all_back(&report, 10);
        assert_times_add_up(&report);
        assert_eq!(subscribers, 10, "all said what they had last");
        let counts = [reconnect(&report, "gap"), count(&report, "deliveries", "lost")];
        assert_eq!(counts, [missed; 2], "{report}");
        assert!(missed >= 10 * STALL && warnings(&report).contains("never came: a gap"), "{report}");
        let expected = count(&report, "deliveries", "expected");
        assert_eq!((expected, count(&report, "deliveries", "received")), (10_000, 10_000 - missed), "{report}");
    }
}

#[test]
fn what_a_server_replays_twice_is_recovered_once_and_repeated_once() {
    let server = Faulty::start(Manners { replays: 2, stalls: Some(Stall::BeforeHead(STALL)), ..Manners::default() });
    let report = storm(&server.url(), &["-c", "10"]);
    let missed = server.resumed().missed;
    assert_all_back(&report, 10);
    assert_times_add_up(&report);
    let deliveries = ["received", "lost", "duplicated"].map(|name| count(&report, "deliveries", name));
    assert_eq!(deliveries, [10_000, 0, missed], "{report}");
    assert!(missed >= 10 * STALL, "{report}");
    // An event that was due before a stream was open may be taken only behind that, and then comes on it once.
    assert!(reconnect(&report, "recovered") >= missed && reconnect(&report, "gap") == 0, "{report}");
}

#[test]
fn a_part_of_the_subscribers_drops_and_the_others_go_on() {
    let server = Faulty::start(Manners { replays: 1, ..Manners::default() });
    let report = storm(&server.url(), &["-c", "10", "--drop", "25%", "--drop-after", "700ms"]);
    assert_all_back(&report, 3);
    assert_eq!((server.resumed().subscribers, count(&report, "deliveries", "lost")), (3, 0), "{report}");
    let plan = &report["plan"];
    assert_eq!((&plan["drop"], &plan["storm_after_s"]), (&3.into(), &0.7.into()), "{plan}");
}

#[test]
fn a_stream_that_the_server_ends_comes_back_as_well() {
    let server = Faulty::start(Manners { ends_one_at: Some(600), replays: 1, ..Manners::default() });
    let report = storm(&server.url(), &["-c", "4", "--drop", "1%"]);
    let counts = ["dropped", "ended", "back", "away", "gap"].map(|name| reconnect(&report, name));
    assert_eq!((counts, count(&report, "deliveries", "lost")), ([1, 1, 2, 0, 0], 0), "{report}");
    assert!(reconnect(&report, "recovered") > 0, "100 ms and more without a stream, at 1000 events per second");
    assert!(
        warnings(&report).contains("1 stream ended that nobody had dropped; the first: the server ended"),
        "{report}"
    );
}

#[test]
fn who_is_not_back_makes_the_run_invalid_and_misses_the_rest() {
    let server = Faulty::start(Manners { room_for: Some(5), replays: 1, ..Manners::default() });
    let output = process::run(
        &[&["bench", "reconnect", &server.url(), "-c", "5", "--drop", "40%", "-o", "json"], &STORM[..]].concat(),
        "",
    );
    assert_eq!(output.status.code(), Some(5));
    let report = report(&output);
    let counts = ["dropped", "back", "away"].map(|name| reconnect(&report, name));
    assert_eq!(counts, [2, 0, 2], "{report}");
    assert_eq!((&report["valid"], &report["reconnect"]["back_all_ms"]), (&false.into(), &Value::Null));
    let failures = &report["reconnect"]["failures"];
    assert_eq!(
        (&failures[0]["reason"], failures.as_array().map(Vec::len)),
        (&"status 429: come back later".into(), Some(1))
    );
    assert_eq!(failures[0]["count"].as_u64(), Some(reconnect(&report, "failed")));
    assert!(reconnect(&report, "failed") > 2, "they try again: {report}");
    let (gap, lost) = (reconnect(&report, "gap"), count(&report, "deliveries", "lost"));
    assert!(gap == lost && gap > 2 * 500, "two thirds of the events for two of them: {report}");
    let said =
        "2 of 5 subscribers not back when the run was over; attempts failed mostly with: status 429: come back later";
    assert!(warnings(&report).contains(said), "{report}");
}

#[test]
fn the_table_shows_the_storm_and_thresholds_know_it() {
    let broker = Broker::start(&[]);
    let (url, storm) =
        (broker.url("/events/a"), ["--drop", "50%", "--fail-if", "reconnect.max>0us", "--fail-if", "gap>0"]);
    let output = process::run(&[&["bench", "reconnect", &url, "-c", "20"], &STORM[..], &storm[..]].concat(), "");
    assert_eq!(output.status.code(), Some(5));
    let text = process::stdout(&output);
    for part in [
        "\nreconnects  10 dropped, 0 ended, 10 back, 0 still away, 0 failed attempts\nwhile away  ",
        " recovered, 0 in a gap\n            all were back ",
        "\nreconnect  ",
        "\nnext event  ",
        "\nrecovered  ",
        "\nthreshold missed: reconnect.max ",
    ] {
        assert!(text.contains(part), "{part:?} in: {text}");
    }
    assert!(!text.contains("missed: gap"), "{text}");
}

#[test]
fn the_help_names_what_a_storm_adds_to_the_report() {
    let server = Faulty::start(Manners { replays: 1, ..Manners::default() });
    let report = storm(&server.url(), &["-c", "2"]);
    let help = process::stdout(&process::run(&["bench", "--help"], ""));
    let (_, fields) = help.split_once("Fields of the JSON report").expect("they have a heading");
    let named = |key: &str| fields.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == key);
    for key in report["reconnect"].as_object().expect("an object").keys() {
        assert!(named(key), "{key}");
    }
    assert!(report["plan"].as_object().expect("an object").keys().all(|key| named(key)), "{report}");
}

#[test]
fn a_dry_run_says_what_the_storm_would_be_and_what_makes_none_is_refused() {
    let run = |options: &[&str]| process::run(&[&["bench", "reconnect"], options].concat(), "");
    let said = process::stdout(&run(&["--dry-run", "-c", "1000", "--drop", "20%", "-d", "9s"]));
    assert!(said.contains("\nstorm           after 3 s 200 drop their connections and come back at once\n"), "{said}");
    assert!(said.contains("\nlocal ports     1,201 of "), "{said}");
    fails(&run(&["--drop-after", "5s", "-d", "5s"]), 2, &["--drop-after has to be shorter than --duration"]);
    fails(&run(&["--drop", "0%"]), 2, &["give it as 1% to 100%"]);
    let fanout = against("http://127.0.0.1:1/", &["--drop", "5%"]);
    fails(&fanout, 2, &["--drop means nothing to `sse bench fanout`"]);
}
