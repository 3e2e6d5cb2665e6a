//! What `sse bench` leaves behind beside its table: the series of a run, and the files that other programs read. Servers
//! with known faults say what has to stand in them.

mod passive;
mod returning;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Output, Stdio};

use base64::Engine as _;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use serde_json::Value;

use crate::bench::{against, count, report};
use crate::faulty::{Faulty, Manners};
use crate::process;

/// The rows of a report's series.
fn rows(report: &Value) -> &[Value] {
    report["series"]["intervals"].as_array().expect("rows")
}

/// The sum of a count over all rows.
fn sum(report: &Value, name: &str) -> u64 {
    rows(report).iter().map(|row| row[name].as_u64().unwrap_or_else(|| panic!("{name} in {row}"))).sum()
}

#[test]
fn the_rows_of_the_series_add_up_to_the_report() {
    let server = Faulty::start(Manners { faults: true, ..Manners::default() });
    let options = ["-c", "7", "--publishers", "2", "--threads", "2", "--drain", "1s"];
    let report = report(&against(&server.url(), &options));
    assert!(rows(&report).len() >= 2, "two seconds of measuring: {report}");
    assert_eq!(sum(&report, "sent"), 1000);
    assert_eq!(sum(&report, "received"), count(&report, "deliveries", "received"));
    let counts = rows(&report).iter().map(|row| row["latency_ms"]["count"].as_u64().expect("a count"));
    assert_eq!(counts.sum::<u64>(), sum(&report, "received"));
    let largest = rows(&report).iter().filter_map(|row| row["latency_ms"]["max"].as_f64()).fold(0.0, f64::max);
    assert_eq!(Some(largest), report["latency_ms"]["max"].as_f64());
    let lost: Vec<u64> = rows(&report).iter().map(|row| row["lost_so_far"].as_u64().expect("a count")).collect();
    assert!(lost.is_sorted() && lost[0] > 0, "the first second has lost some: {lost:?}");
    assert_eq!(lost.last(), Some(&count(&report, "deliveries", "lost")));
    assert!(rows(&report).iter().all(|row| row["connections"] == 7), "{report}");
}

#[test]
fn the_phases_stand_in_their_order_with_the_measurement_at_zero() {
    let server = Faulty::start(Manners::default());
    let report = report(&against(&server.url(), &["-c", "2", "-r", "100", "-d", "1s"]));
    let phases = report["series"]["phases"].as_array().expect("phases");
    let names: Vec<&str> = phases.iter().filter_map(|mark| mark["phase"].as_str()).collect();
    assert_eq!(names, ["connecting", "probing", "warming_up", "measuring", "draining"]);
    let mut times: Vec<f64> = phases.iter().filter_map(|mark| mark["at_s"].as_f64()).collect();
    assert!(times[3].abs() < 1e-9 && times[4] >= 1.0, "{times:?}");
    times.extend(report["series"]["end_s"].as_f64());
    assert!(times.is_sorted() && times.len() == 6, "{times:?}");
}

/// Every key in a JSON value, at any depth.
fn keys(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(fields) => {
            fields.iter().flat_map(|(key, value)| keys(value).into_iter().chain([key.as_str()])).collect()
        }
        Value::Array(items) => items.iter().flat_map(keys).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn the_help_names_every_field_of_the_json_report() {
    let server = Faulty::start(Manners::default());
    let fanout = report(&against(&server.url(), &["-c", "2", "-r", "100", "-d", "1s", "--size", "100..200"]));
    let passive = |name: &str, options: &[&str]| {
        report(&process::run(&[&["bench", name, &server.url(), "-c", "1", "-o", "json"], options].concat(), ""))
    };
    let others = ["idle", "stream"].map(|name| passive(name, &["-d", "100ms"]));
    assert_help_names_all(&Value::from_iter([&[fanout, passive("connect", &[])][..], &others].concat()));
}

/// Holds the help against the keys of a report.
pub(crate) fn assert_help_names_all(report: &Value) {
    let help = process::stdout(&process::run(&["bench", "--help"], ""));
    let (_, fields) = help.split_once("Fields of the JSON report").expect("they have a heading");
    let named = |key: &&str| fields.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == *key);
    let unnamed: Vec<&str> = keys(report).into_iter().filter(|key| !named(key)).collect();
    assert_eq!(unnamed, Vec::<&str>::new());
}

#[test]
fn a_report_says_where_it_was_made_and_keeps_secrets_to_itself() {
    let server = Faulty::start(Manners::default());
    let secret = server.url().replace("http://", "http://me:hunter2@") + "&access_token=hunter2";
    let mut command = process::sse();
    command.args(["bench", "--subscribe-url", &secret, "-c", "2", "-r", "100", "-d", "1s", "-o", "json"]);
    command.env("SSE_BENCH_PUBLISH_URL", &secret);
    let output = command.output().expect("sse runs");
    assert!(!process::stdout(&output).contains("hunter2"), "{}", process::stdout(&output));
    let report = report(&output);
    let (environment, plan) = (&report["environment"], &report["plan"]);
    let shown = environment["command"].as_str().expect("a command line");
    assert!(shown.contains("/topic?x=1&access_token=***' -c 2 -r 100 -d 1s -o json"), "{shown}");
    assert!(
        environment["variables"][0].as_str().is_some_and(|text| text.contains("SSE_BENCH_PUBLISH_URL=http://***@"))
    );
    assert!(plan["publish"].as_str().is_some_and(|url| url.ends_with("/topic?x=1&access_token=***")), "{plan}");
    assert_eq!((&plan["connections"], &plan["deliveries"]), (&Value::from(2), &Value::from(200)));
    for known in ["version", "build", "date", "kernel", "cpus", "open_files"] {
        assert!(!environment[known].is_null(), "{known} in {environment}");
    }
}

#[test]
fn the_text_report_says_where_it_was_made() {
    let server = Faulty::start(Manners::default());
    let output = process::run(&["bench", &server.url(), "-c", "2", "-r", "100", "-d", "1s", "--warmup", "0s"], "");
    let text = process::stdout(&output);
    for part in
        ["command ", " bench ", " -c 2 -r 100 ", "kernel ", "open files ", concat!("sse ", env!("CARGO_PKG_VERSION"))]
    {
        assert!(text.contains(part), "{part:?} in: {text}");
    }
}

/// The files of a run in a directory of their own.
struct Written {
    directory: tempfile::TempDir,
}

const FILES: [&str; 4] = ["report", "hgrm", "hlog", "csv"];

impl Written {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a directory") }
    }

    fn path(&self, format: &str) -> String {
        self.directory.path().join(format!("report.{format}")).display().to_string()
    }

    /// The options that ask for all of them.
    fn options(&self) -> Vec<String> {
        FILES.iter().flat_map(|format| [format!("--{format}"), self.path(format)]).collect()
    }

    fn read(&self, format: &str) -> String {
        std::fs::read_to_string(self.path(format)).unwrap_or_else(|error| panic!("{format}: {error}"))
    }

    fn exists(&self, format: &str) -> bool {
        Path::new(&self.path(format)).exists()
    }
}

/// The rows of a percentile distribution: value in milliseconds, percentile, samples so far.
fn distribution(text: &str) -> Vec<(f64, f64, u64)> {
    let rows = text.lines().skip(2).take_while(|line| !line.starts_with('#'));
    let row = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let number = |at: usize| fields[at].parse().unwrap_or_else(|_| panic!("a number in {line}"));
        (number(0), number(1), fields[2].parse().expect("a count"))
    };
    rows.map(row).collect()
}

/// The histograms of a log, added up by tag.
fn histograms(log: &str) -> BTreeMap<String, Histogram<u64>> {
    let mut sums = BTreeMap::new();
    for entry in IntervalLogIterator::new(log.as_bytes()) {
        let LogEntry::Interval(interval) = entry.expect("a log") else { continue };
        let bytes = base64::engine::general_purpose::STANDARD.decode(interval.encoded_histogram()).expect("base64");
        let histogram: Histogram<u64> = Deserializer::new().deserialize(&mut bytes.as_slice()).expect("a histogram");
        let tag = interval.tag().expect("a tag").as_str().to_owned();
        match sums.get_mut(&tag) {
            None => drop(sums.insert(tag, histogram)),
            Some(sum) => sum.add(histogram).expect("the same bounds"),
        }
    }
    sums
}

/// Whether both are the same to three digits.
fn near(one: f64, other: f64) -> bool {
    (one - other).abs() <= 0.002 * other.abs() + 0.001
}

#[test]
fn the_files_of_a_run_read_back_say_what_its_report_says() {
    let server = Faulty::start(Manners { faults: true, ..Manners::default() });
    let files = Written::new();
    let options = files.options();
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let report =
        report(&against(&server.url(), &[&["-c", "3", "--threads", "2", "--drain", "1s"], &options[..]].concat()));
    let received = count(&report, "deliveries", "received");
    let figure = |group: &str, name: &str| report[group][name].as_f64().expect("a figure");

    let rows = distribution(&files.read("hgrm"));
    let (value, percentile, total) = rows[rows.len() - 1];
    assert!(near(value, figure("latency_ms", "max")) && near(percentile, 1.0) && total == received, "{rows:?}");
    let at = |quantile: f64| rows.iter().find(|(_, percentile, _)| *percentile >= quantile).expect("a row").0;
    assert!(near(at(0.5), figure("latency_ms", "p50")), "{rows:?}");

    let sums = histograms(&files.read("hlog"));
    let events = count(&report, "events", "sent");
    for (tag, group, samples) in [
        ("latency", "latency_ms", received),
        ("server-latency", "server_latency_ms", received),
        ("send-delay", "send_delay_ms", events),
        ("last-delivery", "last_delivery_ms", 990),
        ("connect", "connect_ms", 3),
        ("first-byte", "first_byte_ms", 3),
        ("first-event", "first_event_ms", 3),
    ] {
        let histogram = &sums[tag];
        assert_eq!(histogram.len(), samples, "{tag}");
        for (name, quantile) in [("p50", 0.5), ("p99", 0.99), ("max", 1.0)] {
            // Three connections have no median, and 990 events no p99.
            if report[group][name].is_null() && name != "max" {
                assert!(samples < 1000, "{group} {name}: {report}");
                continue;
            }
            let milliseconds =
                std::time::Duration::from_nanos(histogram.value_at_quantile(quantile)).as_secs_f64() * 1e3;
            assert!(near(milliseconds, figure(group, name)), "{tag} {name}: {milliseconds} in {report}");
        }
    }

    let csv = files.read("csv");
    let mut lines = csv.split_terminator("\r\n").map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().expect("a header");
    let column = |name: &str| header.iter().position(|column| *column == name).expect("a column");
    let lines: Vec<_> = lines.collect();
    assert_eq!(lines.len(), report["series"]["intervals"].as_array().map_or(0, Vec::len));
    let sum = lines.iter().map(|line| line[column("received")].parse::<u64>().expect("a count")).sum::<u64>();
    assert_eq!(sum, received);
    let lost = lines[lines.len() - 1][column("lost_so_far")].parse();
    assert_eq!(lost, Ok(count(&report, "deliveries", "lost")));
}

fn fails(output: &Output, code: i32, parts: &[&str]) {
    let said = process::stderr(output);
    assert_eq!(output.status.code(), Some(code), "{said}");
    for part in parts {
        assert!(said.contains(part), "{part:?} in: {said}");
    }
}

#[test]
fn a_file_that_cannot_be_written_is_told_before_anything_is_measured() {
    let server = Faulty::start(Manners::default());
    for format in FILES {
        let path = "/no/such/directory/report";
        let output = against(&server.url(), &["-c", "1", "-d", "1h", &format!("--{format}"), path]);
        fails(&output, 1, &["cannot write /no/such/directory/report: ", "hint: nothing was measured"]);
    }
    let files = Written::new();
    let both = files.path("csv");
    let output = against(&server.url(), &["-c", "1", "-d", "1h", "--csv", &both, "--hlog", &both]);
    fails(&output, 2, &["is to be two files at once", "hint: give each"]);
    assert!(!files.exists("csv"), "what was made for nothing is gone");
    assert_eq!(server.faults().measured, 0);
}

#[test]
fn a_run_without_a_report_leaves_files_as_they_were() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let files = Written::new();
    std::fs::write(files.path("csv"), "the last one").expect("a file");
    let (csv, hlog) = (files.path("csv"), files.path("hlog"));
    let output = against(&format!("http://{address}/"), &["-c", "1", "--csv", &csv, "--hlog", &hlog]);
    fails(&output, 1, &["connection refused"]);
    assert_eq!(files.read("csv"), "the last one");
    assert!(!files.exists("hlog"));
}

#[test]
fn a_report_that_is_shorter_than_the_last_one_replaces_all_of_it() {
    let server = Faulty::start(Manners::default());
    let files = Written::new();
    std::fs::write(files.path("csv"), "~".repeat(100_000)).expect("a file");
    against(&server.url(), &["-c", "1", "-r", "50", "-d", "1s", "--csv", &files.path("csv")]);
    let text = files.read("csv");
    assert!(text.starts_with("at_s,") && text.ends_with("\r\n") && !text.contains('~'), "{text}");
}

#[test]
fn a_run_that_is_interrupted_writes_all_its_files() {
    let server = Faulty::start(Manners::default());
    let files = Written::new();
    let url = server.url();
    let mut command = process::sse();
    command.args(["bench", &url, "-c", "3", "-r", "500", "-d", "1h", "--warmup", "0s", "-o", "json"]);
    command.args(files.options());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("sse starts");
    server.wait_for_measured(700);
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("it runs");
    let output = child.wait_with_output().expect("sse ends");
    assert_eq!(output.status.code(), Some(130));
    let report = report(&output);
    assert_eq!(report["interrupted"], true);
    let received = count(&report, "deliveries", "received");
    assert_eq!(sum(&report, "received"), received);
    assert_eq!(histograms(&files.read("hlog"))["latency"].len(), received);
    assert_eq!(distribution(&files.read("hgrm")).last().map(|(_, _, total)| *total), Some(received));
    assert!(files.read("csv").lines().count() > 2);
    // Whether the figures are good, too, depends on the machine.
    assert!(files.read("report").contains("topped early"));
}

#[test]
fn a_dry_run_says_what_would_be_done_and_connects_to_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).expect("it listens");
    let url = format!("http://{}/a?token=hunter2", listener.local_addr().unwrap());
    let files = Written::new();
    let csv = files.path("csv");
    let options = ["-c", "50", "-r", "20", "-d", "10s", "--warmup", "2s", "--ramp", "10", "--csv", &csv, "--dry-run"];
    let output = process::run(&[&["bench", &url], &options[..]].concat(), "");
    assert_eq!(output.status.code(), Some(0), "{}", process::stderr(&output));
    let text = process::stdout(&output);
    for part in [
        "/a?token=***",
        "connecting      5 s",
        "warming up      2 s: 40 events",
        "measuring       10 s: 200 events, 10,000 deliveries",
        "memory          about ",
        "open files      131 of ",
    ] {
        assert!(text.contains(part), "{part:?} in: {text}");
    }
    assert!(listener.accept().is_err(), "nobody connects");
    assert!(!files.exists("csv"));

    let output = process::run(&["bench", "-c", "50", "-o", "json", "--dry-run"], "");
    let sketch: Value = serde_json::from_str(&process::stdout(&output)).expect("JSON");
    assert_eq!((&sketch["plan"]["connections"], &sketch["needs"]["open_files"]), (&Value::from(50), &Value::from(131)));
}

#[test]
#[cfg(target_os = "linux")]
fn on_loopback_a_dry_run_counts_the_source_addresses_whose_ports_are_enough() {
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").expect("a range");
    let ends: Vec<u64> = range.split_whitespace().map(|end| end.parse().expect("a port")).collect();
    let ports = ends[1] - ends[0] + 1;
    let needs = |url: &str| {
        // More than this process may open files for, maybe: the plan is printed all the same.
        let output = process::run(&["bench", url, "-c", "100000", "-o", "json", "--dry-run"], "");
        let sketch: Value = serde_json::from_str(&process::stdout(&output)).expect("JSON");
        ["local_ports", "source_addresses", "local_ports_available"].map(|name| count(&sketch, "needs", name))
    };
    let addresses = 100_001_u64.div_ceil(ports * 4 / 5);
    assert!(addresses > 1, "this machine has {ports} ports");
    assert_eq!(needs("http://127.0.0.1:1/"), [100_001, addresses, ports * addresses]);
    assert_eq!(needs("http://localhost:1/"), [100_001, addresses, ports * addresses]);
    assert_eq!(needs("http://192.0.2.1/"), [100_001, 1, ports]);
    let text = process::stdout(&process::run(&["bench", "-c", "100000", "--dry-run"], ""));
    assert!(text.contains(&format!(" at {addresses} source addresses\n")), "{text}");
}

#[test]
fn a_dry_run_of_what_cannot_be_done_says_why() {
    let output = process::run_with_open_files(100, &["bench", "-c", "1000", "--dry-run"]);
    fails(&output, 2, &["1000 subscribers do not fit", "hint: "]);
    let text = process::stdout(&output);
    assert!(text.contains("open files      1,081 of 100\n") && text.contains("a broker of its own"), "{text}");
    fails(&process::run(&["bench", "-r", "1000000", "-d", "1h", "--dry-run"], ""), 2, &["can be accounted for"]);
    let by_tls =
        |options: &[&str]| process::run(&[&["bench", "https://localhost/", "--dry-run"], options].concat(), "");
    fails(&by_tls(&["--cacert", "/no/such/file"]), 1, &["cannot read /no/such/file"]);
    assert!(process::stdout(&by_tls(&["-k"])).starts_with("target          https://localhost/\n"));
}
