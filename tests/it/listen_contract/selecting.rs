//! Which events are shown, how many and for how long, and what is told besides: times, comments, figures.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Listening, listen};
use crate::process::{run, stderr, stdout};
use crate::scripted::Answer::{Close, Hold};
use crate::scripted::{HEAD, Scripted, pieces, stream};

const TYPES: &str = "event: a\ndata: 1\n\ndata: 2\n\nevent: b\ndata: 3\n\nevent: a\ndata: 4\n\n";

/// The data of the events that are shown of these.
fn shown(body: &str, options: &[&str]) -> Vec<String> {
    let server = Scripted::start(vec![Close(stream(body))]);
    let heard = listen(&server, &[&["--no-reconnect"], options].concat());
    assert_eq!(heard.code, Some(0), "{}", heard.stderr);
    heard.data().into_iter().map(str::to_owned).collect()
}

#[test]
fn types_are_chosen_and_left_out_and_only_what_is_shown_counts() {
    assert_eq!(shown(TYPES, &["-e", "a"]), ["1", "4"]);
    assert_eq!(shown(TYPES, &["--event", "message", "-e", "b"]), ["2", "3"]);
    assert_eq!(shown(TYPES, &["--exclude", "a"]), ["2", "3"]);
    assert_eq!(shown(TYPES, &["--exclude", "a", "--exclude", "message"]), ["3"]);
    assert_eq!(shown(TYPES, &["-e", "a", "-e", "b", "--exclude", "a"]), ["3"]);
    assert_eq!(shown(TYPES, &["-n", "2"]), ["1", "2"]);
    assert_eq!(shown(TYPES, &["--exclude", "message", "-n", "2"]), ["1", "3"]);
    assert_eq!(shown(TYPES, &["-e", "A"]), Vec::<String>::new(), "types are compared as they are");
}

#[test]
fn an_event_that_says_so_is_the_end_and_not_shown() {
    let done = "data: 1\n\ndata: [DONE]\n\ndata: 2\n\nevent: end\ndata: 3\n\ndata: 4\n\n";
    assert_eq!(shown(done, &["--until", "[DONE]"]), ["1"]);
    assert_eq!(shown(done, &["--until", "end"]), ["1", "[DONE]", "2"]);
    // All of the text, or nothing.
    let server = Scripted::start(vec![Close(stream(done))]);
    let heard = listen(&server, &["--no-reconnect", "--until", "DONE"]);
    assert_eq!((heard.code, heard.data()), (Some(1), vec!["1", "[DONE]", "2", "3", "4"]));
    assert!(heard.stderr.contains("sse: \"DONE\" did not come"), "{}", heard.stderr);
    assert_eq!(shown(done, &["--until", "end", "--exclude", "end", "-e", "message"]), ["1", "[DONE]", "2"]);
    // The stream need not end, and is not asked for again.
    let server = Scripted::start(vec![Hold(stream(done))]);
    let heard = listen(&server, &["--until", "[DONE]"]);
    assert_eq!((heard.code, heard.data(), heard.waits().len()), (Some(0), vec!["1"], 0));
}

#[test]
fn fewer_events_than_were_asked_for_are_a_failure_and_a_recording_has_what_it_has() {
    for options in [&["--no-reconnect"][..], &["--for", "300ms"]] {
        let server = Scripted::start(vec![Close(stream(TYPES))]);
        let heard = listen(&server, &[&["-n", "9"], options].concat());
        assert_eq!((heard.code, heard.data().len()), (Some(1), 4));
        assert!(heard.stderr.contains("sse: 4 of 9 events came"), "{}", heard.stderr);
    }
    assert_eq!(run(&["listen", "-", "-n", "9", "-o", "data"], TYPES).status.code(), Some(0));
}

#[test]
fn a_time_that_is_over_ends_it_whatever_it_is_waiting_for() {
    let began = Instant::now();
    for script in [vec![Hold(stream("data: 1\n\n"))], vec![Hold(Vec::new())], vec![Close(stream("retry: 60000\n\n"))]] {
        let heard = listen(&Scripted::start(script), &["--for", "150ms"]);
        assert_eq!(heard.code, Some(0), "{}", heard.stderr);
    }
    assert!((Duration::from_millis(450)..Duration::from_secs(15)).contains(&began.elapsed()));
    assert_eq!(listen(&Scripted::start(vec![Hold(Vec::new())]), &["--for", "0s"]).code, Some(0));
}

#[test]
fn times_are_told_where_they_are_asked_for() {
    let (bytes, answer) = pieces();
    let server = Scripted::start(vec![answer]);
    let before = jiff::Timestamp::now();
    let listening = Listening::start(&server.url("/"), &["--timestamps", "--delta"]);
    bytes.send(format!("{HEAD}data: 1\n\n").into_bytes()).unwrap();
    let first = listening.next("event");
    std::thread::sleep(Duration::from_millis(50));
    bytes.send(b"data: 2\n\ndata: 3\n\n".to_vec()).unwrap();
    let (second, third) = (listening.next("event"), listening.next("event"));
    let time = |line: &Value| line["time"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    // They are told to the millisecond.
    let before = jiff::Timestamp::from_millisecond(before.as_millisecond()).unwrap();
    assert!(before <= time(&first) && time(&first) < time(&second), "{first} {second}");
    assert_eq!(time(&second), time(&third), "they came together");
    assert!(first["delta_ms"].is_null() && second["delta_ms"].as_f64().unwrap() >= 50.0, "{first} {second}");
    assert_eq!(third["delta_ms"], 0.0);

    let output = run(&["listen", "-", "-o", "json"], "data: 1\n\ndata: 2\n\n");
    assert!(!stdout(&output).contains("time") && !stdout(&output).contains("delta"));
}

#[test]
fn times_stand_before_the_data_where_that_is_all() {
    let server = Scripted::start(vec![Close(stream("data: 1\n\ndata: 2\n\n"))]);
    let output = run(&["listen", &server.url("/"), "-n", "2", "-o", "data", "--timestamps", "--delta"], "");
    let shown = stdout(&output);
    let fields: Vec<Vec<&str>> = shown.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!((fields[0][1], fields[0][2], fields[1][1], fields[1][2]), ("", "1", "0.000", "2"));
    assert!(
        fields.iter().all(|fields| fields[0].ends_with('Z') && fields[0].len() == "2026-11-20T12:00:00.123Z".len())
    );
}

#[test]
fn comments_alone_can_be_shown() {
    let server = Scripted::start(vec![Close(stream(": a\nretry: 1\ndata: 1\n:b \n\n"))]);
    let output = run(&["listen", &server.url("/"), "--no-reconnect", "-o", "json", "--comments"], "");
    let expected = [
        r#"{"kind":"comment","comment":" a"}"#,
        r#"{"kind":"comment","comment":"b "}"#,
        r#"{"kind":"event","type":"message","data":"1","id":""}"#,
    ];
    assert_eq!(stdout(&output).lines().collect::<Vec<_>>(), expected);
}

const COUNTED: [&str; 2] =
    ["data: 1\n\nevent: sse.gap\ndata: {}\n\nevent: sse.end\ndata: {}\n\n", "data: 2\n\nevent: x\ndata: 3\n\n"];

#[test]
fn figures_count_what_came_whether_it_was_shown_or_not_and_however_it_ended() {
    let (bytes, second) = pieces();
    let gone = Close(Vec::from("HTTP/1.1 404 X\r\n\r\n"));
    let server = Scripted::start(vec![Close(stream(COUNTED[0])), second, gone]);
    let listening = Listening::start(&server.url("/"), &["--stats", "--exclude", "x", "--retry", "0ms"]);
    bytes.send(HEAD.into()).unwrap();
    listening.next("event");
    std::thread::sleep(Duration::from_millis(60));
    bytes.send(COUNTED[1].into()).unwrap();
    drop(bytes);
    let heard = listening.end();
    let stats = heard.lines.last().unwrap();
    let figure = |key: &str| stats[key].as_u64().unwrap();
    assert_eq!((heard.code, &stats["kind"]), (Some(3), &"stats".into()));
    assert_eq!((figure("events"), figure("gaps"), figure("bytes")), (3, 1, COUNTED.concat().len() as u64));
    assert_eq!((figure("connections"), figure("reconnects")), (2, 2));
    assert!(
        stats["seconds"].as_f64().unwrap() >= 0.06 && stats["events_per_second"].as_f64().unwrap() > 0.0,
        "{stats}"
    );
    assert!(stats["longest_silence_seconds"].as_f64().unwrap() >= 0.06, "{stats}");
}

#[test]
fn figures_are_a_line_on_stderr_for_people() {
    let server = Scripted::start(COUNTED.map(|body| Close(stream(body))).into());
    let options = ["--stats", "--retry", "0ms", "-n", "5", "-o", "data", "-q"];
    let output = run(&[&["listen", &server.url("/")], &options[..]].concat(), "");
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), "1\n{}\n{}\n2\n3\n"));
    let said = stderr(&output);
    assert!(said.starts_with("sse: 3 events in ") && said.contains(", 1 gap, 1 reconnect, longest silence "), "{said}");
}
