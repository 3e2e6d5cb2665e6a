//! `sse bench` and the server under test as a process: what it uses is in the report, its children counted, and one that
//! was started for a run is gone when the run is, however that ends.

use std::net::TcpListener;
use std::process::{Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::bench::{count, fails, report};
use crate::process::{self, Broker};

const SHORT: [&str; 10] = ["-c", "20", "-r", "100", "-d", "1s", "--warmup", "100ms", "-o", "json"];

/// A port that is free now, as the address of a server that is yet to start.
fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").to_string()
}

/// The command line of a broker for the shell.
fn serve(address: &str) -> String {
    format!("{} --quiet serve --listen {address}", env!("CARGO_BIN_EXE_sse"))
}

fn bench(target: &str, options: &[&str]) -> Output {
    process::run(&[&["bench", target], options, &SHORT[..]].concat(), "")
}

fn topic(address: &str) -> String {
    format!("http://{address}/events/bench")
}

fn figure(report: &Value, path: &str) -> f64 {
    report.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("{path} in {report}"))
}

/// What has to hold of the cost of any server that was measured.
fn assert_watched(report: &Value) {
    assert!(figure(report, "/resources/server/cpu_s") >= 0.0);
    assert!(figure(report, "/resources/server/cpus") < 64.0);
    assert!(figure(report, "/resources/server/cpu_s_per_million") >= 0.0);
    let memory = |name: &str| figure(report, &format!("/resources/server/memory/{name}"));
    let looks = ["before_bytes", "open_bytes", "end_bytes"].map(memory);
    assert!(looks.iter().all(|look| *look > 1_000_000.0 && *look <= memory("peak_bytes")), "{report}");
    let rows = report["series"]["intervals"].as_array().expect("rows");
    assert!(rows.iter().any(|row| row["server"]["memory_bytes"].as_u64() > Some(1_000_000)), "{report}");
    assert!(figure(report, "/resources/generator/memory/end_bytes") > 1_000_000.0);
    assert!(figure(report, "/resources/tcp_memory/peak_bytes") >= 0.0);
}

fn is_there(pid: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
    // What nobody waits for stays in the list, and is gone all the same.
    status.is_ok_and(|line| !line.rsplit_once(')').expect("a name").1.starts_with(" Z"))
}

#[test]
fn what_a_server_that_runs_already_uses_is_in_the_report() {
    let broker = Broker::start(&[]);
    let pid = broker.pid().as_raw_nonzero().to_string();
    let report = report(&bench(&broker.url("/events/bench"), &["--server-pid", &pid]));
    assert_watched(&report);
    assert_eq!(report["resources"]["server"]["processes"], 1);
    assert_eq!(report["deliveries"]["received"], 2000);
    let (end, now) = (count(&report["resources"]["server"], "memory", "end_bytes"), broker.resident_kib() * 1024);
    assert!(end < 2 * now && now < 2 * end, "{now} now: {report}");
}

#[test]
fn the_processor_time_is_that_which_the_kernel_counts_for_the_server() {
    let address = free_address();
    // A child that is always busy: close to one processor, however busy the machine is.
    let command = format!("while :; do :; done & exec {}", serve(&address));
    let report = report(&bench(&topic(&address), &["--spawn", &command]));
    assert_watched(&report);
    assert_eq!(report["resources"]["server"]["processes"], 2, "{report}");
    assert!(figure(&report, "/resources/server/cpus") > 0.05, "{report}");
}

#[test]
fn a_broker_of_its_own_is_watched_and_the_table_says_what_it_used() {
    let output = process::run(&["bench", "-c", "5", "-r", "50", "-d", "1s", "--warmup", "0s"], "");
    let text = process::stdout(&output);
    for part in ["server      1 process, ", " of processor time", "its memory", "generator   1 process, ", "TCP memory"]
    {
        assert!(text.contains(part), "{part:?} in: {text}");
    }
}

#[test]
fn a_server_that_a_shell_starts_is_counted_and_gone_after_the_run() {
    let directory = tempfile::tempdir().expect("a directory");
    let (address, pid_file) = (free_address(), directory.path().join("pid"));
    let command = format!("{} & echo $! >{}; wait", serve(&address), pid_file.display());
    let report = report(&bench(&topic(&address), &["--spawn", &command]));
    assert_watched(&report);
    assert_eq!(report["resources"]["server"]["processes"], 2, "the shell and the broker: {report}");
    assert!(!is_there(&std::fs::read_to_string(pid_file).expect("a pid")));
}

#[test]
fn a_server_that_ends_early_is_told_with_its_status_and_its_last_words() {
    let command = "echo first; echo 'no such configuration' >&2; exit 3";
    let output = bench(&topic(&free_address()), &["--spawn", command]);
    fails(
        &output,
        1,
        &["the server ended before it listened at 127.0.0.1:", "exit status: 3", "no such configuration"],
    );
}

#[test]
fn a_server_that_ends_in_the_run_is_told_behind_the_report() {
    let address = free_address();
    let command = format!("{} & sleep 2; echo out of order; kill $!; exit 4", serve(&address));
    let output =
        process::run(&["bench", &topic(&address), "-c", "2", "-d", "4s", "--drain", "1s", "--spawn", &command], "");
    let (said, text) = (process::stderr(&output), process::stdout(&output));
    assert_eq!(output.status.code(), Some(1), "{said}");
    for part in ["the server ended before the run was over: exit status: 4", " | out of order"] {
        assert!(said.contains(part), "{part:?} in: {said}");
    }
    assert!(text.contains("had ended when the run was over"), "{text}");
}

#[test]
fn what_a_server_writes_is_shown_when_it_is_asked_for_and_commands_no_terminal() {
    let command = r"printf 'one\n\033[31mtwo\n'; exit 3";
    let said =
        |options: &[&str]| process::stderr(&bench(&topic(&free_address()), &[options, &["--spawn", command]].concat()));
    let shows_line = |text: &str| text.lines().any(|line| line == "one");
    let (quiet, verbose) = (said(&[]), said(&["-v"]));
    assert!(!shows_line(&quiet) && quiet.contains("the server said last: one | "), "{quiet}");
    assert!(shows_line(&verbose), "{verbose}");
    assert!(!quiet.contains('\x1b') && !verbose.contains('\x1b'), "{quiet}{verbose}");
}

#[test]
fn a_server_that_is_there_already_is_not_taken_for_the_one_to_be_started() {
    let broker = Broker::start(&[]);
    let output = bench(&broker.url("/events/bench"), &["--spawn", "sleep 1000"]);
    fails(&output, 2, &["something listens at ", "before --spawn"]);
}

/// Interrupts a run once its server has written its number, and looks what is left.
fn assert_nothing_is_left(address: &str, command: &str, is_ready: impl Fn() -> bool) {
    let directory = tempfile::tempdir().expect("a directory");
    let pid_file = directory.path().join("pid");
    let command = command.replace("PID_FILE", &pid_file.display().to_string());
    let mut bench = process::sse();
    bench.args(["bench", &topic(address), "-c", "2", "-d", "1h", "--spawn", &command]);
    let bench = bench.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("sse starts");
    let written = || std::fs::read_to_string(&pid_file).unwrap_or_default();
    process::wait_until("the server runs", || written().ends_with('\n') && is_ready());
    assert!(is_there(&written()));
    kill_process(Pid::from_child(&bench), Signal::INT).expect("it runs");
    let output = bench.wait_with_output().expect("sse ends");
    assert_eq!(output.status.code(), Some(130), "{}", process::stderr(&output));
    assert!(!is_there(&written()), "process {} is left", written());
}

#[test]
fn ctrl_c_leaves_no_server_behind_not_even_one_that_does_not_listen() {
    assert_nothing_is_left(&free_address(), "sleep 1000 & echo $! >PID_FILE; wait", || true);
}

#[test]
fn ctrl_c_in_a_run_leaves_no_server_behind() {
    let address = free_address();
    let command = format!("{} & echo $! >PID_FILE; wait", serve(&address));
    assert_nothing_is_left(&address, &command, || std::net::TcpStream::connect(&address).is_ok());
}

#[test]
fn a_server_that_does_not_end_when_it_is_asked_is_killed() {
    let command = "trap '' TERM; echo $$ >PID_FILE; while :; do sleep 0.1; done";
    assert_nothing_is_left(&free_address(), command, || true);
}

#[test]
fn server_and_generator_run_where_they_are_pinned_and_the_report_names_it() {
    let report = report(&process::run(&[&["bench", "--pin", "0/0"], &SHORT[..]].concat(), ""));
    let environment = &report["environment"];
    assert_eq!((&environment["pinned_to"], &environment["server_pinned_to"]), (&"0".into(), &"0".into()));
}

#[test]
fn what_cannot_be_watched_started_or_pinned_is_refused_in_a_sentence() {
    let target = topic(&free_address());
    let gone = std::process::Command::new("true").spawn().and_then(|mut child| child.wait().map(|_| child.id()));
    let gone = gone.expect("it runs").to_string();
    let there = std::process::id().to_string();
    let refused: [(&[&str], &str); 6] = [
        (&["bench", &target, "--server-pid", &gone], "there is no process "),
        (&["bench", "--server-pid", &there], "--server-pid needs a target"),
        (&["bench", "--spawn", "true"], "--spawn needs a target"),
        (&["bench", &target, "--pin", "0/0"], "--pin needs --spawn"),
        (&["bench", "--pin", "0/1000"], "there is no processor 1000 for this process"),
        (&["bench", "--pin", "0"], "such as 0/1 or 0-2/3,5"),
    ];
    for (arguments, sentence) in refused {
        fails(&process::run(arguments, ""), 2, &[sentence]);
    }
}
