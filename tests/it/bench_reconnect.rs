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

/// All streams ended with the server and came back, and what it acknowledged came everywhere.
fn assert_survives_a_restart(report: &Value, subscribers: u64) {
    let counts = ["dropped", "ended", "back", "away", "gap"].map(|name| reconnect(report, name));
    assert_eq!(counts, [0, subscribers, subscribers, 0, 0], "{report}");
    let [sent, acknowledged] = ["sent", "acknowledged"].map(|name| count(report, "events", name));
    assert!(acknowledged <= sent && acknowledged > 200, "{report}");
    let deliveries = ["lost", "duplicated", "foreign"].map(|name| count(report, "deliveries", name));
    assert_eq!(deliveries, [0; 3], "{report}");
    // One that was taken and whose answer was lost with the server counts where it came.
    assert!(count(report, "deliveries", "received") >= subscribers * acknowledged, "{report}");
    assert_times_add_up(report);
    let [restart, all] = ["restart_ms", "back_all_ms"].map(|name| report["reconnect"][name].as_f64().expect("a time"));
    assert!(restart > 0.0 && restart < all, "{report}");
    assert!(report["resources"]["server"]["cpu_s"].as_f64().is_some_and(|seconds| seconds > 0.0), "{report}");
    assert!(!warnings(report).contains("had ended when the run was over"), "{report}");
}

const RESTART: [&str; 11] =
    ["-c", "20", "-r", "200", "-d", "3s", "--warmup", "100ms", "--restart-server", "-o", "json"];

#[test]
fn a_broker_of_its_own_loses_nothing_over_a_restart() {
    let report = report(&process::run(&[&["bench", "reconnect"], &RESTART[..]].concat(), ""));
    assert_survives_a_restart(&report, 20);
    assert!(reconnect(&report, "recovered") > 0, "who comes back waits for 100 ms and more: {report}");
    let [unsent, planned] = [count(&report, "events", "sent"), count(&report, "plan", "events")];
    if unsent < planned {
        assert!(warnings(&report).contains("the server was stopped on purpose: "), "{report}");
    }
}

/// A port that is free now, as the address of a server that is yet to start.
fn free_address() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").to_string()
}

fn spawned(address: &str, command: &str) -> std::process::Output {
    let target = format!("http://{address}/events/a");
    process::run(&[&["bench", "reconnect", &target, "--spawn", command], &RESTART[..]].concat(), "")
}

#[test]
#[cfg(target_os = "linux")]
fn a_server_of_the_user_is_stopped_and_started_with_its_command() {
    let directory = tempfile::tempdir().expect("a directory");
    let (address, pids) = (free_address(), directory.path().join("pids"));
    let serve = format!("{} --quiet serve --listen {address}", env!("CARGO_BIN_EXE_sse"));
    let command =
        format!("echo $$ >>{}; exec {serve} --data {}", pids.display(), directory.path().join("data").display());
    let report = report(&spawned(&address, &command));
    assert_survives_a_restart(&report, 20);
    let pids = std::fs::read_to_string(pids).expect("it ran");
    assert_eq!(pids.lines().count(), 2, "{pids}");
    assert!(!pids.lines().any(|pid| std::path::Path::new("/proc").join(pid).exists()), "nothing is left: {pids}");
}

#[test]
fn a_server_that_has_forgotten_all_says_so_and_that_is_no_foreign_event() {
    let address = free_address();
    let serve = format!("exec {} --quiet serve --listen {address}", env!("CARGO_BIN_EXE_sse"));
    let report = report(&spawned(&address, &serve));
    let counts = ["ended", "back", "away"].map(|name| reconnect(&report, name));
    assert_eq!((counts, count(&report, "deliveries", "foreign")), ([20, 20, 0], 0), "{report}");
    assert_eq!(reconnect(&report, "gap"), count(&report, "deliveries", "lost"), "{report}");
}

#[test]
fn a_server_that_does_not_start_again_is_told_with_its_last_words() {
    let directory = tempfile::tempdir().expect("a directory");
    let (address, mark) = (free_address(), directory.path().join("mark"));
    let serve = format!("exec {} --quiet serve --listen {address}", env!("CARGO_BIN_EXE_sse"));
    let command = format!("test -e {0} && {{ echo tired; exit 3; }}; touch {0}; {serve}", mark.display());
    let output = spawned(&address, &command);
    fails(&output, 1, &["the server ended before it listened at 127.0.0.1:", "exit status: 3", "said last: tired"]);
    assert_eq!(process::stderr(&output).matches("tired").count(), 1, "{}", process::stderr(&output));
}

#[test]
fn only_what_was_started_here_is_restarted() {
    let server = Faulty::start(Manners::default());
    let run = |options: &[&str]| process::run(&[&["bench"], options].concat(), "");
    let output = run(&["reconnect", &server.url(), "--restart-server"]);
    fails(&output, 2, &["--restart-server needs --spawn, or no target", "hint: --drop"]);
    fails(&run(&["reconnect", "--restart-server", "--drop", "5%"]), 2, &["cannot be used with"]);
    fails(&run(&["--restart-server"]), 2, &["--restart-server means nothing to `sse bench fanout`"]);
    let said = process::stdout(&run(&["reconnect", "--restart-server", "--dry-run"]));
    assert!(said.contains(", with its history on the disk\n"), "{said}");
    assert!(said.contains("\nstorm           after 3.333 s the server is stopped and started again\n"), "{said}");
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
