//! What `sse bench` says to continuous integration: thresholds, the report of an earlier run, several runs in a row. A
//! run that this machine was too busy for ends with exit code 5 whatever it showed: a threshold that is met is told by
//! the report, one that is missed by both.

use std::process::{Output, Stdio};

use serde_json::Value;

use crate::bench::{against, count, fails, report, warnings};
use crate::faulty::{Faulty, Manners};
use crate::process;

/// 100 measured events in a second.
const SECOND: [&str; 8] = ["-c", "2", "-r", "100", "-d", "1s", "--warmup", "0s"];

fn run(server: &Faulty, options: &[&str]) -> Output {
    against(&server.url(), &[&SECOND[..], options].concat())
}

/// The same with the report for people.
fn told(server: &Faulty, options: &[&str]) -> (Option<i32>, String) {
    let url = server.url();
    let output = process::run(&[&["bench", &url], &SECOND[..], options].concat(), "");
    (output.status.code(), process::stdout(&output))
}

fn is_met(judged: &Value) -> bool {
    judged["met"].as_bool().unwrap_or_else(|| panic!("met in {judged}"))
}

#[test]
fn each_threshold_says_what_there_was_and_whether_it_is_met() {
    let server = Faulty::start(Manners::default());
    let output = run(&server, &["--fail-if", "lost>0", "--fail-if", "p50>0us", "--fail-if", "p99.9>1s"]);
    assert_eq!(output.status.code(), Some(5));
    let report = report(&output);
    let [lost, median, tail] = report["thresholds"].as_array().expect("thresholds").as_slice() else {
        panic!("three: {report}")
    };
    assert_eq!((&lost["expression"], &lost["value"], is_met(lost)), (&Value::from("lost>0"), &Value::from(0.0), true));
    assert_eq!((&median["value"], is_met(median)), (&report["latency_ms"]["p50"], false));
    assert_eq!((&tail["value"], is_met(tail)), (&Value::Null, false));
    assert!(tail["missed"].as_str().is_some_and(|said| said.contains("rests on 100 samples")), "{tail}");
}

#[test]
fn a_scenario_is_judged_by_its_own_times() {
    let server = Faulty::start(Manners::default());
    let arguments = ["bench", "connect", &server.url(), "-c", "25", "-o", "json"];
    let thresholds = ["--fail-if", "first-byte.max>0us", "--fail-if", "connect.p50>60s"];
    let output = process::run(&[&arguments[..], &thresholds].concat(), "");
    assert_eq!(output.status.code(), Some(5));
    let report = report(&output);
    let judged = &report["thresholds"];
    assert_eq!((&judged[0]["value"], is_met(&judged[0])), (&report["first_byte_ms"]["max"], false));
    assert_eq!((&judged[1]["value"], is_met(&judged[1])), (&report["connect_ms"]["p50"], true));

    let several = process::run(&[&arguments[..5], &["--runs", "2"]].concat(), "");
    let text = process::stdout(&several);
    assert!(text.contains("\nconnect.p50  ") && text.contains("\ncounts\nrefused  "), "{text}");
}

#[test]
fn a_missed_threshold_is_a_line_below_the_report() {
    let server = Faulty::start(Manners { faults: true, ..Manners::default() });
    let (code, text) = told(&server, &["--drain", "500ms", "--fail-if", "lost>0.1%", "--fail-if", "max>9s"]);
    assert_eq!(code, Some(5));
    let missed: Vec<&str> = text.lines().filter(|line| line.starts_with("threshold missed: ")).collect();
    assert_eq!(missed.len(), 1, "{text}");
    assert!(missed[0].starts_with("threshold missed: lost ") && missed[0].ends_with(" % > 0.1 %"), "{text}");
}

#[test]
fn wrong_options_are_refused_before_anything_runs() {
    let server = Faulty::start(Manners::default());
    let refused = |options: &[&str], parts: &[&str]| fails(&run(&server, options), 2, parts);
    refused(&["--fail-if", "p95>5ms"], &["no figure `p95`", "known are p50, p90, p99, p99.9 and max", "unsent"]);
    refused(&["--fail-if", "p99>5"], &["`5` is no time", "50ms"]);
    refused(&["--fail-if", "max>1h"], &["`1h` is no time"]);
    refused(&["--fail-if", "p99"], &["such as `p99>50ms`"]);
    refused(&["--fail-if", "tls.max>1ms"], &["the times of tls are those of an https URL"]);
    refused(&["--find-max", "tls.max<1ms"], &["the times of tls are those of an https URL"]);
    refused(&["--regression", "10"], &["give it as 10%"]);
    refused(&["--regression", "10%"], &["--regression means nothing without --baseline"]);
    refused(&["--csv", "-"], &["stdout is for the report itself"]);
    refused(&["--runs", "0"], &["1..=100"]);
    refused(&["--runs", "2", "--csv", "never.csv"], &["--runs asks for several", "-o json"]);
    refused(&["--baseline", "/no/such/file"], &["cannot read the baseline /no/such/file", "--save-baseline"]);
    refused(&["--baseline", file!()], &["it is no report of `sse bench -o json`", "--save-baseline"]);
    assert_eq!(server.faults().measured, 0);
}

#[test]
fn a_dry_run_says_how_many_runs_there_would_be() {
    let text = process::stdout(&process::run(&["bench", "--dry-run", "--runs", "3"], ""));
    assert!(text.contains("\nruns            3 in a row\n"), "{text}");
}

#[test]
fn a_saved_report_is_what_a_later_run_is_compared_with() {
    let server = Faulty::start(Manners::default());
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("baseline.json").display().to_string();
    let first = report(&run(&server, &["--save-baseline", &path]));
    let mut saved: Value = serde_json::from_slice(&std::fs::read(&path).expect("it is there")).expect("JSON");
    assert_eq!(saved, first);

    let same = report(&run(&server, &["--baseline", &path, "--regression", "100000%"]));
    let comparison = &same["baseline"];
    assert!(is_met(comparison), "{comparison}");
    let (median, lost) = (&comparison["figures"][0], &comparison["figures"][4]);
    assert_eq!((&median["now"], &median["baseline"]), (&same["latency_ms"]["p50"], &first["latency_ms"]["p50"]));
    assert_eq!((&median["figure"], &lost["figure"]), (&Value::from("p50"), &Value::from("lost")));

    saved["latency_ms"]["p50"] = Value::from(1e-6);
    saved["plan"]["rate"] = Value::from(7);
    saved["environment"]["cpu"] = Value::from("a \u{1b}[31m one");
    std::fs::write(&path, saved.to_string()).expect("it is written");
    let (code, text) = told(&server, &["--baseline", &path]);
    assert_eq!(code, Some(5));
    for part in
        ["baseline       ratio", "baseline missed: p50 is ", "and 1.10 times is allowed", "another rate: 7, and now"]
    {
        assert!(text.contains(part), "{part:?} in: {text}");
    }
    assert!(text.contains("another CPU: a \\x1b[31m one"), "{text}");
    let output = process::run(&["bench", "connect", "--baseline", &path], "");
    fails(&output, 2, &["the baseline is of `sse bench fanout`, and this is `sse bench connect`"]);
}

#[test]
fn several_runs_each_have_a_report_and_thresholds_are_held_against_the_median() {
    let output = process::run(
        &[&["bench", "-o", "json", "--runs", "3", "--fail-if", "p50>10s", "--fail-if", "max>=0us"], &SECOND[..]]
            .concat(),
        "",
    );
    let report = report(&output);
    let runs = report["runs"].as_array().expect("runs");
    assert_eq!((runs.len(), &report["runs_asked"], &report["interrupted"]), (3, &Value::from(3), &Value::from(false)));
    let mut targets: Vec<&str> = runs.iter().filter_map(|run| run["plan"]["subscribe"].as_str()).collect();
    targets.dedup();
    assert_eq!(targets.len(), 3, "each has a broker of its own: {targets:?}");
    let mut largest: Vec<f64> = runs.iter().filter_map(|run| run["latency_ms"]["max"].as_f64()).collect();
    largest.sort_by(f64::total_cmp);
    let spread = report["spread"].as_array().expect("a spread").iter().find(|row| row["figure"] == "max").expect("max");
    assert_eq!(["min", "median", "max"].map(|name| spread[name].as_f64()), [0, 1, 2].map(|at| Some(largest[at])));
    let (met, missed) = (&report["thresholds"][0], &report["thresholds"][1]);
    assert_eq!((is_met(met), is_met(missed), missed["value"].as_f64()), (true, false, Some(largest[1])));
    let invalid = runs.iter().filter(|run| run["valid"] == false).count();
    assert_eq!((&report["runs_invalid"], &report["valid"]), (&Value::from(invalid), &Value::from(invalid == 0)));
}

#[test]
fn a_scenario_without_events_is_held_against_its_own_figures_and_no_others() {
    let refused =
        |arguments: &[&str], said: &str| fails(&process::run(&[&["bench"], arguments].concat(), ""), 2, &[said]);
    refused(&["connect", "--fail-if", "p50>1s"], "--fail-if: p50 is not measured by `sse bench connect`");
    refused(&["idle", "--fail-if", "event-gap.p50>1s"], "event-gap.p50 is not measured by `sse bench idle`");
    refused(&["--fail-if", "failed>0"], "failed is not measured by `sse bench fanout`");
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("baseline.json").display().to_string();
    let connect = |options: &[&str]| process::run(&[&["bench", "connect", "-c", "20"], options].concat(), "");
    let output = connect(&["--runs", "2", "--save-baseline", &path, "--fail-if", "connect.max>=0us"]);
    let text = process::stdout(&output);
    assert_eq!(output.status.code(), Some(5), "{}", process::stderr(&output));
    for part in ["\nconnect.p50 ", "\nfirst-byte.max ", "\nrefused  ", "threshold missed: connect.max "] {
        assert!(text.contains(part), "{part:?} in: {text}");
    }
    assert!(!text.contains("lost") && !text.contains("first-event"), "{text}");
    let report = report(&connect(&["--baseline", &path, "--regression", "100000%", "-o", "json"]));
    assert!(is_met(&report["baseline"]), "{report}");
    assert_eq!(report["baseline"]["figures"][0]["figure"], "connect.p50");
    assert!(!warnings(&report).contains("had ended"), "the broker has not ended early: {report}");
    assert!(report["resources"]["server"]["cpu_s"].is_number(), "{report}");
}

#[test]
fn an_invalid_run_makes_all_of_them_invalid() {
    let server = Faulty::start(Manners { takes: Some(150), ..Manners::default() });
    let (code, text) = told(&server, &["--runs", "2"]);
    assert_eq!(code, Some(5));
    assert!(text.starts_with("runs        2 asked, 2 measured, "), "{text}");
    assert!(text.contains("warning: run 2: 50 of 100 events refused"), "{text}");
    assert!(text.contains("min      median         max\np50  ") && text.contains("\nlost  "), "{text}");
    assert!(text.ends_with("\nnot valid: do not use these figures\n"), "{text}");
}

#[test]
fn a_run_that_fails_leaves_the_reports_of_those_before_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("baseline.json").display().to_string();
    let options = ["--runs", "3", "--save-baseline", &path, "--fail-if", "max>10s"];
    let said = "run 2 of 3: the server does not let us publish: status 429: no publishing here";
    // All of the first run, and nothing of the second.
    let manners = Manners { takes: Some(100), ..Manners::default() };
    let output = run(&Faulty::start(manners), &options);
    assert_eq!(output.status.code(), Some(3), "that of the failure");
    let errors = process::stderr(&output);
    assert!(errors.contains(&format!("sse: {said}")) && errors.contains("hint: an event is published as"), "{errors}");
    let stdout = process::stdout(&output);
    let report: Value = serde_json::from_str(&stdout).expect("JSON");
    let runs = report["runs"].as_array().expect("runs");
    assert_eq!((runs.len(), count(&runs[0], "events", "acknowledged")), (1, 100), "{report}");
    assert_eq!((&report["runs_asked"], &report["interrupted"]), (&Value::from(3), &Value::from(true)));
    assert_eq!((&report["failure"], is_met(&report["thresholds"][0])), (&Value::from(said), true));
    assert_eq!(std::fs::read_to_string(&path).expect("it is there"), stdout, "it can be compared with");

    let (code, text) = told(&Faulty::start(manners), &options);
    assert_eq!(code, Some(3));
    assert!(text.starts_with("runs        3 asked, 1 measured, "), "{text}");
    assert!(text.contains("a run failed: the figures cover") || text.contains("not valid"), "{text}");
    let (code, text) = told(&Faulty::start(Manners { takes: Some(0), ..manners }), &options);
    assert_eq!((code, text.as_str()), (Some(3), ""), "there was none before it");
}

#[test]
fn ctrl_c_lets_the_run_under_way_end_and_begins_no_other() {
    let server = Faulty::start(Manners::default());
    let url = server.url();
    let mut command = process::sse();
    command.args(["bench", &url, "-o", "json", "--runs", "100"]).args(SECOND);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("sse starts");
    server.wait_for_measured(10);
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("it runs");
    let output = child.wait_with_output().expect("sse ends");
    assert_eq!(output.status.code(), Some(130));
    assert!(process::stderr(&output).contains("this run is the last"), "{}", process::stderr(&output));
    let report = report(&output);
    let runs = report["runs"].as_array().expect("runs");
    assert_eq!((runs.len(), &report["interrupted"]), (1, &Value::from(true)));
    assert_eq!((count(&runs[0], "events", "sent"), &runs[0]["interrupted"]), (100, &Value::from(false)));
}
