//! `sse bench --find-max` and `--find-max-connections` against servers whose limits are known, and `--clamp`. What is asserted
//! of a limit is what no machine can be too busy for: that nothing beyond it is found, and that the ladder leads to what is
//! said.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::bench::{count, fails, report, warnings};
use crate::faulty::{Faulty, Manners};
use crate::process::{self, Broker};

fn search(url: &str, options: &[&str]) -> Output {
    process::run(&[&["bench", url, "-o", "json", "--warmup", "0s"], options].concat(), "")
}

fn steps(report: &Value) -> &[Value] {
    report["search"]["steps"].as_array().expect("steps")
}

fn number(value: &Value, name: &str) -> u64 {
    value[name].as_u64().unwrap_or_else(|| panic!("{name} in {value}"))
}

fn words<'r>(value: &'r Value, name: &str) -> &'r str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} in {value}"))
}

/// Result, and whether it may be more, and what ended the search.
fn found(report: &Value) -> (Option<u64>, bool, &str) {
    let result = &report["search"]["result"];
    (result["value"].as_u64(), result["at_least"] == true, words(result, "limited_by"))
}

#[test]
fn the_highest_rate_that_a_slow_server_holds_is_found() {
    // It takes no more than 250 events per second.
    let server = Faulty::start(Manners { pause: Duration::from_millis(4), ..Manners::default() });
    let lengths = ["--step-duration", "600ms", "-d", "1200ms", "-c", "2"];
    let output = search(
        &server.url(),
        &[&["--find-max", "p50<20ms", "--find-max", "lost<=0", "-r", "50"], &lengths[..]].concat(),
    );
    assert_eq!(output.status.code(), Some(0), "{}", process::stderr(&output));
    let report = report(&output);
    let (value, at_least, limited_by) = found(&report);
    let value = value.expect("something held");
    // Of events at 260 per second for 1.2 s the one in the middle waits for 24 ms.
    assert!((50..260).contains(&value), "{report}");
    assert_eq!((at_least, limited_by), (false, "server"), "{report}");
    let steps = steps(&report);
    assert_eq!((number(&steps[0], "rate"), words(&steps[0], "verdict")), (50, "held"));
    // On a busy machine others may be tried behind it, and not hold.
    let last = steps.iter().rev().find(|step| step["verdict"] == "held").expect("a step that held");
    assert_eq!((number(last, "rate"), words(last, "verdict"), &last["confirms"]), (value, "held", &Value::from(true)));
    assert_eq!(last["duration_s"], 1.2);
    for (at, step) in steps.iter().enumerate().filter(|(_, step)| step["attempt"] == 1 && step["verdict"] != "held") {
        assert_eq!(steps[at + 1]["step"], step["step"], "what does not hold is tried again: {report}");
        assert_eq!(steps[at + 1]["attempt"], 2);
        assert!(!words(step, "why").is_empty(), "{step}");
    }
    let expressions: Vec<&str> =
        last["bounds"].as_array().expect("bounds").iter().map(|it| words(it, "expression")).collect();
    assert_eq!(expressions, ["p50<20ms", "lost<=0"]);
    let missed = words(&report["search"]["result"], "sentence");
    assert!(missed.starts_with(&format!("{value} events per second held p50<20ms and lost<=0; ")), "{missed}");
    assert!(missed.contains(" did not: p50 "), "{missed}");
    assert!(words(&report["environment"], "command").contains("--find-max"), "{report}");
}

/// A port that is free now, as the address of a server that is yet to start.
fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").to_string()
}

#[test]
fn the_most_subscribers_that_a_server_takes_are_found_with_a_fresh_one_for_each_run() {
    let address = free_address();
    let serve = format!("{} --quiet serve --listen {address} --max-connections 20", env!("CARGO_BIN_EXE_sse"));
    let options = ["--spawn", &serve, "--find-max-connections", "p50<10s", "-c", "15", "-r", "100"];
    let lengths = ["--step-duration", "200ms", "-d", "400ms"];
    let url = format!("http://{address}/events/bench");
    let report = report(&search(&url, &[&options[..], &lengths].concat()));
    assert_eq!(found(&report), (Some(20), false, "server"), "{report}");
    let tried: Vec<u64> = steps(&report).iter().map(|step| number(step, "connections")).collect();
    assert_eq!(tried, [15, 30, 30, 21, 21, 18, 19, 20, 20]);
    let refused = &steps(&report)[1];
    assert_eq!((words(refused, "verdict"), count(refused, "subscribers", "refused")), ("failed", 10));
    assert!(words(refused, "why").starts_with("10 of 30 subscribers without a stream; the first: status 503"));
    assert_eq!(number(&report["plan"], "connections"), 20);
}

#[test]
fn where_the_generator_is_the_limit_the_result_is_a_least_one() {
    // Each publish takes 100 ms on a connection of its own, and 16 are in use at once.
    let manners = Manners { one_answer: true, pause: Duration::from_millis(100), ..Manners::default() };
    let server = Faulty::start(manners);
    let options = ["--find-max", "server.p50<10s", "-r", "40", "--step-duration", "2s", "-d", "2s", "-c", "2"];
    let report = report(&search(&server.url(), &options));
    let (value, at_least, limited_by) = found(&report);
    assert!(value.is_some_and(|value| (40..=160).contains(&value)), "{report}");
    assert_eq!((at_least, limited_by), (true, "generator"), "{report}");
    let sentence = words(&report["search"]["result"], "sentence");
    assert!(sentence.starts_with(&format!("at least {} ", value.unwrap_or_default())), "{sentence}");
    assert!(sentence.contains("the generator was the limit from "), "{sentence}");
    assert!(sentence.contains(" more --threads or --publishers, or another machine"), "{sentence}");
    let limit = steps(&report).iter().find(|step| step["verdict"] == "generator").expect("such a step");
    assert!(words(limit, "why").contains("the generator could not send them; more --publishers may"), "{limit}");
}

#[test]
fn what_holds_not_even_at_the_start_is_no_result() {
    let server = Faulty::start(Manners::default());
    let url = server.url();
    let options =
        ["--find-max", "p50<1us", "--find-max", "last.p99<10s", "-c", "2", "-r", "500", "--step-duration", "500ms"];
    let output = process::run(&[&["bench", &url, "--warmup", "0s", "-d", "1s"], &options[..]].concat(), "");
    assert_eq!(output.status.code(), Some(5));
    let text = process::stdout(&output);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "searched        for the highest rate at which p50<1us and last.p99<10s hold, with 2 subscribers"
    );
    assert_eq!(lines[2], "step         rate       p50       p99  last.p99      lost  verdict");
    let tries: Vec<&str> = lines.iter().copied().filter(|line| line.contains("missed: p50 ")).collect();
    assert!(tries.len() == 2 && tries[0].starts_with("1 ") && tries[1].starts_with("again"), "{text}");
    // A p99 takes 1,000 events, so the steps were longer.
    assert!(lines.iter().any(|line| line.starts_with("environment") || line.starts_with("command")), "{text}");
    let last = lines.last().expect("a result");
    assert!(last.starts_with("nothing held p50<1us and last.p99<10s: not even 500 events per second: p50 "), "{last}");
    assert!(last.ends_with(" >= 0.001 ms; begin with a lower --rate"), "{last}");
    assert!(server.faults().measured >= 2_000, "twice as many as p99 takes");
}

#[test]
fn a_step_whose_events_are_refused_fails_in_the_words_of_the_server_which_are_escaped() {
    let server = Faulty::start(Manners { takes: Some(10), words: Some("no \x1b[31mmore"), ..Manners::default() });
    let url = server.url();
    let options = ["--find-max", "p50<10s", "-c", "2", "-r", "100", "--step-duration", "400ms", "--warmup", "0s"];
    let output = process::run(&[&["bench", &url], &options[..]].concat(), "");
    assert_eq!(output.status.code(), Some(5));
    let (text, said) = (process::stdout(&output), process::stderr(&output));
    let first = "30 of 40 events refused or never answered; the first: status 429: no \\x1b[31mmore";
    // In the second run all are refused, and there is no report.
    let second = "the server does not let us publish: status 429: no \\x1b[31mmore";
    for part in [first, second] {
        assert!(text.contains(&format!("failed: {part}")) && said.contains(part), "{part:?} in: {text}{said}");
    }
    assert!(!text.contains('\x1b') && !said.contains('\x1b'), "{text}{said}");
}

#[test]
fn ctrl_c_ends_a_search_with_the_ladder_so_far() {
    let server = Faulty::start(Manners::default());
    let url = server.url();
    let mut command = process::sse();
    command.args(["bench", &url, "-o", "json", "--find-max", "p50<10s", "-c", "2", "-r", "100", "--warmup", "0s"]);
    let child = command.args(["--step-duration", "1s"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child = child.expect("sse starts");
    server.wait_for_measured(150);
    kill_process(Pid::from_child(&child), Signal::INT).expect("it runs");
    let output = child.wait_with_output().expect("sse ends");
    assert_eq!(output.status.code(), Some(130), "{}", process::stderr(&output));
    let report = report(&output);
    assert_eq!((found(&report), &report["interrupted"]), ((Some(100), true, "stopped"), &Value::from(true)));
    assert_eq!(steps(&report).len(), 1, "the step under way says nothing: {report}");
}

#[test]
fn a_server_that_is_gone_ends_a_search_and_one_that_never_was_there_is_an_error() {
    let broker = Broker::start(&[]);
    let url = broker.url("/events/bench");
    let mut command = process::sse();
    command.args(["bench", &url, "-o", "json", "--find-max", "p50<10s", "-c", "2", "-r", "50", "--warmup", "0s"]);
    let child = command.args(["--step-duration", "400ms", "-d", "400ms"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = child.spawn().expect("sse starts");
    let mut said = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut line = String::new();
    while !line.starts_with("sse: step 2: 100 events per second") {
        line.clear();
        assert!(said.read_line(&mut line).expect("UTF-8") > 0, "it announces each step");
    }
    broker.kill();
    let rest = std::thread::spawn(move || said.lines().for_each(drop));
    let output = child.wait_with_output().expect("sse ends");
    rest.join().expect("it was read");
    assert_eq!(output.status.code(), Some(0), "something held");
    let report = report(&output);
    assert_eq!(found(&report), (Some(50), true, "no_server"), "{report}");
    let sentence = words(&report["search"]["result"], "sentence");
    assert!(
        sentence.contains("there was no server any more: ") && sentence.contains("connection refused"),
        "{sentence}"
    );
    fails(
        &search(&url, &["--find-max", "p50<10s"]),
        1,
        &["no subscriber could subscribe", "hint: does the server run"],
    );
}

#[test]
fn the_limit_of_open_files_ends_a_search_for_connections() {
    let run = |options: &[&str]| {
        let usual = ["bench", "-o", "json", "--warmup", "0s", "-d", "400ms", "--step-duration", "200ms", "-r", "100"];
        process::run_with_open_files(100, &[&usual[..], options].concat())
    };
    let output = run(&["--find-max-connections", "p50<10s", "-c", "10"]);
    let report = report(&output);
    assert_eq!(found(&report), (Some(19), true, "open_files"), "{report}");
    let tried: Vec<u64> = steps(&report).iter().map(|step| number(step, "connections")).collect();
    assert_eq!(tried, [10, 19, 19]);
    assert!(words(&report["search"]["result"], "sentence").contains("open files ends the search"), "{report}");
    fails(&run(&["--find-max-connections", "p50<10s", "-c", "20"]), 2, &["20 subscribers do not fit", "--clamp"]);
}

#[test]
fn clamp_uses_as_many_subscribers_as_fit_and_says_so() {
    let options = ["bench", "--clamp", "-c", "1000", "-r", "50", "-d", "400ms", "--warmup", "0s"];
    let report = report(&process::run_with_open_files(100, &[&options[..], &["-o", "json"]].concat()));
    let asked = ["connections", "connections_asked"].map(|name| number(&report["plan"], name));
    assert_eq!((asked, count(&report, "connections", "opened")), ([19, 1_000], 19));
    let said = "19 subscribers instead of the 1,000 that were asked for: more do not fit into the 100 files";
    assert!(warnings(&report).contains(said), "{report}");
    let plan = process::stdout(&process::run_with_open_files(100, &[&options[..], &["--dry-run"]].concat()));
    assert!(plan.contains("\nsubscribers     19 of 1,000 asked for, connecting"), "{plan}");
    fails(&process::run_with_open_files(50, &options), 2, &["leaves room for none"]);
    let topics = [&options[..], &["--topics", "20"]].concat();
    fails(
        &process::run_with_open_files(100, &topics),
        2,
        &["--topics 20 with 19 subscribers leaves topics without any"],
    );
    let fits = process::stdout(&process::run(&["bench", "--clamp", "-c", "5", "--dry-run"], ""));
    assert!(fits.contains("\nsubscribers     5, connecting"), "{fits}");
}

#[test]
fn what_does_not_go_with_a_search_is_refused() {
    let refused =
        |options: &[&str], parts: &[&str]| fails(&process::run(&[&["bench"], options].concat(), ""), 2, parts);
    let with = |options: &[&str], part: &str| refused(&[&["--find-max", "p99<1s"], options].concat(), &[part]);
    with(&["--fail-if", "p99>1s"], "--fail-if does not go with --find-max");
    with(&["--runs", "2"], "--runs does not go with --find-max");
    with(&["--save-baseline", "never.json"], "--save-baseline does not go with --find-max");
    with(&["--report", "never.html"], "--report does not go with --find-max");
    with(&["--find-max-connections", "p99<1s"], "cannot be used with");
    with(&["-r", "1000000", "-d", "1h"], "has more than 20,000,000 events");
    refused(&["--find-max", "p99>1s"], &["give what has to hold, with < or <="]);
    refused(&["--find-max", "p95<1s"], &["no figure `p95`"]);
    refused(&["--find-max", "connect.p99<1s", "-c", "10"], &["with 10 subscribers", "takes 1,000"]);
    refused(&["--find-max", "replay.p99<1s"], &["--find-max: replay.p99 is not measured by"]);
    refused(&["--find-max-connections", "p99<1s", "--topics", "500"], &["--topics 500 with 100 subscribers"]);
    refused(&["--step-duration", "1s"], &["--step-duration needs --find-max"]);
    refused(&["idle", "--find-max", "p99<1s"], &["--find-max means nothing to `sse bench idle`"]);
    assert!(!std::path::Path::new("never.json").exists());
}

#[test]
fn a_dry_run_says_what_would_be_searched_for() {
    let text = process::stdout(&process::run(&["bench", "--dry-run", "--find-max-connections", "connect.p90<1s"], ""));
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let said =
        "search for the most subscribers with which connect.p90<1s holds, at 100 events per second; beginning with 100";
    assert!(text.contains(said), "{text}");
}

/// Every key in a JSON value, at any depth.
fn keys(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(fields) => {
            fields.iter().flat_map(|(key, value)| [vec![key.as_str()], keys(value)].concat()).collect()
        }
        Value::Array(items) => items.iter().flat_map(keys).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn the_help_names_every_field_of_a_search() {
    let server = Faulty::start(Manners::default());
    let options = ["--find-max", "p50<1us", "-c", "2", "-r", "100", "--step-duration", "200ms"];
    let report = report(&search(&server.url(), &options));
    let help = process::stdout(&process::run(&["bench", "--help"], ""));
    let (_, fields) = help.split_once("Fields of the JSON report").expect("they have a heading");
    let named = |key: &&str| fields.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == *key);
    let unnamed: Vec<&str> = keys(&report).into_iter().filter(|key| !named(key)).collect();
    assert_eq!(unnamed, Vec::<&str>::new());
}
