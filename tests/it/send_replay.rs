//! `sse send --replay`: events that were saved are published again, at the distances that they had.

use std::io::{BufRead as _, BufReader, Write as _};
use std::time::{Duration, Instant};

use crate::http::{Stream, post};
use crate::listen::spawn;
use crate::process::{Broker, run, stderr, stdout};
use crate::recording::{on_terminal, recording};
use crate::scripted::{Answer, Scripted, answer};
use crate::send::{published, refused};

/// Publishes what was saved to `a`, and returns type, data and ID of each event that its subscribers get.
fn played(broker: &Broker, saved: &str, options: &[&str]) -> Vec<[String; 3]> {
    let output = run(&[&["send", "--url", &broker.url(""), "a", "--replay", "-"], options].concat(), saved);
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    let mut stream = Stream::open(broker.address, "/events/a?since=earliest", &[]);
    let events = stdout(&output).lines().map(|_| stream.event()).collect::<Vec<_>>();
    let ids: Vec<String> = events.iter().map(|event| event.last_event_id.clone()).collect();
    assert_eq!(stdout(&output), ids.join("\n") + "\n", "the IDs are printed in order");
    events.into_iter().map(|event| [event.event_type, event.data, event.last_event_id]).collect()
}

const SAVED: &str = ":recorded 2026-11-20T12:00:00.123Z\n:at 0\n: connected\nretry: 5000\n\n\
    :at 60000\nid: x-1\nevent: price\ndata: {\"eur\":1}\ndata:  two\n\ndata\n\n:at 60400\nid: x-3\ndata: 3\n\n";

#[test]
fn the_events_of_a_recording_are_published_with_their_types_and_data_at_their_distances() {
    let broker = Broker::start(&[]);
    let began = Instant::now();
    let events = played(&broker, SAVED, &[]);
    assert!(began.elapsed() >= Duration::from_millis(400), "{:?}", began.elapsed());
    let said: Vec<_> = events.iter().map(|[event, data, _]| (event.as_str(), data.as_str())).collect();
    assert_eq!(said, [("price", "{\"eur\":1}\n two"), ("message", ""), ("message", "3")]);
    assert!(events.iter().all(|[_, _, id]| !id.starts_with("x-")), "IDs are given anew: {events:?}");
}

#[test]
fn a_factor_divides_the_distances_and_max_leaves_them_out() {
    let hour = ":recorded 2026-11-20T12:00:00Z\n:at 5\ndata: 1\n\n:at 3600005\ndata: 2\n\n";
    for (speed, at_least) in [("10000", Duration::from_millis(360)), ("max", Duration::ZERO)] {
        let began = Instant::now();
        assert_eq!(played(&Broker::start(&[]), hour, &["--speed", speed]).len(), 2);
        assert!(began.elapsed() >= at_least, "{speed}: {:?}", began.elapsed());
    }
}

#[test]
fn any_saved_stream_can_be_published_again() {
    let broker = Broker::start(&[]);
    for n in 0..3 {
        post(broker.address, &format!("/events/b?event=e{n}"), &format!("{n}\r\n"));
    }
    let saved = run(&["listen", &broker.url("/events/b?since=earliest"), "-o", "raw", "-n", "3"], "");
    let events = played(&broker, &stdout(&saved), &[]);
    let said: Vec<_> = events.iter().map(|[event, data, _]| (event.as_str(), data.as_str())).collect();
    assert_eq!(said, [("e0", "0\n"), ("e1", "1\n"), ("e2", "2\n")]);
}

#[test]
fn ids_are_kept_where_that_is_asked_for_and_those_of_the_event_before_are_no_own_ones() {
    let events = played(&Broker::start(&[]), SAVED, &["--keep-ids", "--speed", "max"]);
    assert_eq!((events[0][2].as_str(), events[2][2].as_str()), ("x-1", "x-3"));
    assert!(events[1][2].ends_with("-2"), "{events:?}");
}

#[test]
fn each_event_is_published_while_the_next_has_not_come_with_a_key_of_its_own() {
    let server = Scripted::start(vec![published("1"), refused("400 Bad Request", "too odd"), published("3")]);
    let mut child = spawn(&["send", &server.url("/x"), "--replay", "-", "--idempotency-key", "k", "--key", "s"]);
    let mut input = child.stdin.take().unwrap();
    let mut ids = BufReader::new(child.stdout.take().unwrap()).lines();
    input.write_all(b"event: a b\ndata: 1\n\n").unwrap();
    assert_eq!(ids.next().unwrap().unwrap(), "1");
    input.write_all(b"data: 2\n\ndata: 3\n\n").unwrap();
    drop(input);
    assert_eq!(ids.next().unwrap().unwrap(), "3");
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), stderr(&output).as_str()),
        (Some(3), "sse: event 2: the broker refused: too odd\n")
    );
    let requests = [(); 3].map(|()| server.request());
    assert_eq!(requests[0].line, "POST /x?event=a%20b&key=s HTTP/1.1");
    for (request, key) in requests.iter().zip(["k#1", "k#2", "k#3"]) {
        assert_eq!(request.header("idempotency-key"), Some(key.as_bytes()));
    }
}

#[test]
fn what_is_late_goes_out_at_once_and_more_than_a_second_is_said() {
    let wait = answer("503 Service Unavailable", "text/plain", "not now");
    let wait = String::from_utf8(wait).unwrap().replacen("\r\n", "\r\nRetry-After: 2\r\n", 1);
    let answers = || vec![Answer::Close(wait.clone().into()), published("1"), published("2")];
    let saved = ":at 0\ndata: 1\n\n:at 100\ndata: 2\n\n";
    let server = Scripted::start(answers());
    let output = run(&["send", &server.url("/"), "--replay", "-"], saved);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), "1\n2\n"));
    let said = stderr(&output);
    let late = said.lines().last().unwrap().strip_prefix("sse: publishing was too slow: the last event went out ");
    assert!(late.is_some_and(|late| late.ends_with(" s late")), "{said}");
    let server = Scripted::start(answers());
    let output = run(&["send", &server.url("/"), "--replay", "-", "-q"], saved);
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}

#[test]
fn an_unfinished_event_at_the_end_is_dropped_and_said_and_so_is_that_there_is_none() {
    let output = run(&["send", "a", "--replay", "-"], "data: 1\n");
    let said = "sse: stdin ends inside an event, which is dropped as the standard says\n";
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), said));
    let file = recording(b"{\"no\":\"stream\"}\n");
    let path = file.path().to_str().unwrap();
    let output = run(&["send", "a", "--replay", path], "");
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), format!("sse: {path} holds no event\n")));
}

#[test]
fn a_file_has_a_progress_line_on_a_terminal() {
    let file = recording(b"data: 1\n\n");
    let server = Scripted::start(vec![published("1")]);
    let command = format!("send {} --replay {} > /dev/null", server.url("/"), file.path().display());
    let seen = on_terminal("xterm", 80, &command);
    assert!(seen.contains("0 B of 9 B") && seen.ends_with("\x1b[2K"), "{seen:?}");
}

#[test]
fn a_rate_bounds_how_fast_events_without_times_go_out() {
    let began = Instant::now();
    assert_eq!(played(&Broker::start(&[]), &"data: 1\n\n".repeat(6), &["--rate", "10"]).len(), 6);
    assert!(began.elapsed() >= Duration::from_millis(500), "{:?}", began.elapsed());
}

#[test]
fn a_recording_that_cannot_be_read_and_options_that_make_no_sense_are_refused_with_a_sentence() {
    let cases: [(&[&str], i32, &str); 9] = [
        (&["--replay", "/nowhere"], 1, "sse: cannot open /nowhere: No such file"),
        (&["--replay", "/"], 1, "sse: cannot read /: Is a directory"),
        (&["--replay", "-", "--speed", "0"], 2, "give a number above 0, such as 10 or 0.5, or max"),
        (&["--speed", "2"], 2, "--replay <FILE>"),
        (&["--keep-ids"], 2, "--replay <FILE>"),
        (&["x", "--replay", "-"], 2, "cannot be used with"),
        (&["--replay", "-", "--lines"], 2, "cannot be used with"),
        (&["--replay", "-", "--id", "1"], 2, "cannot be used with"),
        (&["--replay", "-", "-e", "x"], 2, "cannot be used with"),
    ];
    for (args, code, sentence) in cases {
        let output = run(&[&["send", "a"], args].concat(), "");
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(sentence), "{args:?}: {}", stderr(&output));
    }
}
