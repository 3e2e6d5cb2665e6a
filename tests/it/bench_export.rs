//! What `sse bench` leaves behind beside its table: the series of a run, and the files that other programs read. Servers
//! with known faults say what has to stand in them.

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
    let report = report(&against(&server.url(), &["-c", "2", "-r", "100", "-d", "1s"]));
    let help = process::stdout(&process::run(&["bench", "--help"], ""));
    let (_, fields) = help.split_once("Fields of the JSON report").expect("they have a heading");
    let named = |key: &&str| fields.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == *key);
    let unnamed: Vec<&str> = keys(&report).into_iter().filter(|key| !named(key)).collect();
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
