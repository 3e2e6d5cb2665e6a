//! The files of the scenarios that publish nothing: they show the main times of each, and what came on the streams.

use std::process::Output;

use serde_json::Value;

use super::{Written, distribution, histograms, near};
use crate::bench::{count, report};
use crate::faulty::{Faulty, Manners};
use crate::process::{self, Broker};
use crate::scripted::Answer::{Close, Hold};
use crate::scripted::{Scripted, stream};

pub(super) fn run(name: &str, url: &str, options: &[&str], files: &Written) -> Output {
    let written = files.options();
    let written: Vec<&str> = written.iter().map(String::as_str).collect();
    process::run(&[&["bench", name, url, "-o", "json"], options, &written[..]].concat(), "")
}

/// The lines of a table of comma-separated values, each field with the name of its column.
pub(super) struct Table {
    header: Vec<String>,
    lines: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn read(files: &Written) -> Self {
        let csv = files.read("csv");
        let mut lines = csv.split_terminator("\r\n").map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        let header = lines.next().expect("a header");
        let lines: Vec<Vec<String>> = lines.collect();
        assert!(lines.iter().all(|line| line.len() == header.len()), "{csv}");
        Self { header, lines }
    }

    pub(super) fn column(&self, name: &str) -> Vec<&str> {
        let at = self.header.iter().position(|column| column == name).expect("a column");
        self.lines.iter().map(|line| line[at].as_str()).collect()
    }

    pub(super) fn sum(&self, name: &str) -> u64 {
        self.column(name).iter().map(|field| field.parse::<u64>().expect("a count")).sum()
    }
}

/// Holds the percentile distribution against the times of a report.
pub(super) fn assert_distribution(files: &Written, times: &Value, name: &str) {
    let text = files.read("hgrm");
    let rows = distribution(&text);
    let (largest, _, total) = rows[rows.len() - 1];
    assert_eq!(Some(total), times["count"].as_u64(), "{text}");
    assert!(near(largest, times["max"].as_f64().expect("a time")), "{text}");
    assert!(text.contains(&format!("#[Times   = {name}, in milliseconds]\n")), "{text}");
}

/// The tags of the log, each with how many samples it has in all.
pub(super) fn tags(files: &Written) -> Vec<(String, u64)> {
    histograms(&files.read("hlog")).into_iter().map(|(tag, histogram)| (tag, histogram.len())).collect()
}

#[test]
fn the_files_of_streams_have_their_first_events_their_gaps_and_what_came() {
    let script = vec![
        Close(stream(": hi\n\ndata: a\n\ndata: b\n\ndata: [DONE]\n\n")),
        Hold(stream("data: a\n\ndata: [DONE]\n\n")),
        Close(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 9\r\n\r\nbusy <b>!".to_vec()),
        Hold(stream("data: a\n\n")),
    ];
    let (server, files) = (Scripted::start(script), Written::new());
    let options = ["-c", "1", "-d", "2s", "--until", "[DONE]", "--fail-if", "failed>50%", "--fail-if", "failed>0"];
    let report = report(&run("stream", &server.url("/"), &options, &files));
    assert_eq!(count(&report, "first_event_ms", "count"), 3, "{report}");
    assert_distribution(&files, &report["first_event_ms"], "first-event of sse bench stream");
    let expected = [("connect", 4), ("event-gap", 3), ("first-byte", 3), ("first-event", 3), ("stream", 2)];
    assert_eq!(tags(&files), expected.map(|(tag, count)| (tag.to_owned(), count)));

    let table = Table::read(&files);
    assert!(table.column("time").iter().all(|time| *time == "first-event"));
    for (column, group, name) in [
        ("bytes", "traffic", "bytes"),
        ("comments", "traffic", "comments"),
        ("events", "traffic", "events"),
        ("streams_ended", "streams", "ended"),
        ("streams_failed", "streams", "failed"),
    ] {
        assert_eq!(table.sum(column), count(&report, group, name), "{column}: {report}");
    }
    let largest = table.column("max_ms").iter().filter_map(|field| field.parse::<f64>().ok()).fold(0.0, f64::max);
    assert!(near(largest, report["first_event_ms"]["max"].as_f64().expect("a time")), "{report}");

    let page = files.read("report");
    for part in [
        "<h1>1 subscriber, one stream after the other for 2 s</h1>",
        "First event by percentile",
        "Event gap by percentile",
        "status 503: busy &lt;b&gt;!",
        "✕</span> Missed</strong> failed 1 &gt; 0.",
        "failed&gt;50%",
    ] {
        assert!(page.contains(part), "{part:?}");
    }
    assert!(!page.contains("latency"), "nothing was published");
}

#[test]
fn the_files_of_connections_have_what_it_took_to_open_them() {
    let (server, files) = (Faulty::start(Manners::default()), Written::new());
    let report = report(&run("connect", &server.url(), &["-c", "45", "--ramp", "30", "--threads", "2"], &files));
    assert_distribution(&files, &report["first_byte_ms"], "first-byte of sse bench connect");
    assert_eq!(tags(&files), [("connect".to_owned(), 45), ("first-byte".to_owned(), 45)]);
    let table = Table::read(&files);
    assert!(table.lines.len() >= 2, "the last is begun after 1467 ms: {report}");
    assert_eq!(table.column("connections").last(), Some(&"45"));
    assert!(table.column("time").iter().all(|time| *time == "first-byte"));
    let rows = report["series"]["intervals"].as_array().expect("rows");
    let opened: u64 = rows.iter().filter_map(|row| row["first_byte_ms"]["count"].as_u64()).sum();
    assert_eq!(opened, 45, "{report}");
    assert!(files.read("report").contains("<h1>45 connections, opened at 30 per second</h1>"));
}

#[test]
fn connections_that_are_all_open_at_once_are_in_the_files_too() {
    let (server, files) = (Faulty::start(Manners::default()), Written::new());
    let report = report(&run("connect", &server.url(), &["-c", "3"], &files));
    assert_eq!(tags(&files), [("connect".to_owned(), 3), ("first-byte".to_owned(), 3)], "{report}");
    assert_eq!(Table::read(&files).column("connections"), ["3"], "{report}");
}

#[test]
fn the_files_of_idle_streams_have_what_came_while_they_were_held() {
    let (broker, files) = (Broker::start(&["--heartbeat", "100ms"]), Written::new());
    let report = report(&run("idle", &broker.url("/events/x"), &["-c", "5", "-d", "2s"], &files));
    assert_distribution(&files, &report["first_byte_ms"], "first-byte of sse bench idle");
    assert_eq!(tags(&files), [("connect".to_owned(), 5), ("first-byte".to_owned(), 5)]);
    let table = Table::read(&files);
    let (held, all) = (table.sum("comments"), count(&report, "traffic", "comments"));
    assert!(held > 0 && held <= all, "{held} of {all}: each stream begins with one: {report}");
    assert!(table.sum("bytes") > held && table.sum("events") == 0, "{report}");
    let page = files.read("report");
    assert!(page.contains(&format!("<dt>heartbeats</dt><dd><strong>{held}</strong>")), "{held} of {all}");
    assert!(page.contains("Comments (heartbeats, mostly) per second") && page.contains("5 connections, idle for 2 s"));
}
