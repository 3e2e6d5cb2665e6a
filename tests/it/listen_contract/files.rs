//! What is kept in files: `--record` and `--resume-file`.

use std::fs;
use std::path::PathBuf;

use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use super::{Listening, listen, listen_to};
use crate::process::wait_until;
use crate::scripted::Answer::{Close, Hold};
use crate::scripted::{Request, Scripted, stream};

fn directory() -> (TempDir, impl Fn(&str) -> PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_owned();
    (directory, move |name| path.join(name))
}

/// What is told of the stream itself.
fn said(lines: &[Value]) -> Vec<&Value> {
    lines.iter().filter(|line| ["event", "comment", "retry"].iter().any(|kind| line["kind"] == *kind)).collect()
}

#[test]
fn a_recording_says_again_what_the_stream_said() {
    let (_directory, file) = directory();
    let file = file("recording").display().to_string();
    let server = Scripted::start(vec![
        Close(stream(
            "\u{feff}:at 5\r\nid: 1\rdata: 1\n\nretry: 0\n\n: recorded\n:\\at 6\n:recorded 2026-11-20T12:00:00Z\n",
        )),
        Close(stream("event: ü\ndata\ndata: \n\nid: 2\n\ndata: 3\n\nid\ndata: {}\n\nid: \ndata: lost")),
        Hold(stream("data:\u{feff} 4 \n\n")),
    ]);
    let options = ["--record", &file, "-n", "5", "--last-event-id", "0", "--max-backoff", "0ms"];
    let heard = listen(&server, &options);
    assert_eq!((heard.code, heard.data().len()), (Some(0), 5), "{}", heard.stderr);
    let again = listen_to(&file, &["--last-event-id", "0"]);
    assert_eq!((again.code, said(&again.lines)), (Some(0), said(&heard.lines)));
}

#[test]
fn a_file_that_holds_something_is_not_recorded_over() {
    let (_directory, path) = directory();
    let file = path("recording").display().to_string();
    fs::write(&file, "mine").unwrap();
    let server = Scripted::start(vec![Hold(stream("data: 1\n\n"))]);
    let heard = listen(&server, &["--record", &file, "-n", "1"]);
    assert_eq!((heard.code, fs::read_to_string(&file).unwrap().as_str()), (Some(2), "mine"));
    assert!(heard.stderr.contains("exists, and is not empty\nhint: "), "{}", heard.stderr);
    assert!(server.is_done(), "nothing was asked for");
    fs::write(&file, "").unwrap();
    assert_eq!(listen(&server, &["--record", &file, "-n", "1"]).code, Some(0));
    assert_eq!(listen_to(&file, &[]).data(), ["1"]);
}

#[test]
fn what_was_shown_is_recorded_also_when_the_end_is_sudden() {
    let (_directory, path) = directory();
    let file = path("recording").display().to_string();
    let server = Scripted::start(vec![Hold(stream("data: 1\n\ndata: 2\n\n"))]);
    let listening = Listening::start(&server.url("/"), &["--record", &file]);
    assert_eq!((listening.data().as_str(), listening.data().as_str()), ("1", "2"));
    wait_until("it is recorded", || fs::read_to_string(&file).unwrap().ends_with("data: 2\n\n"));
    listening.signal(Signal::KILL);
    drop(listening);
    assert_eq!(listen_to(&file, &[]).data(), ["1", "2"]);
}

fn id(request: &Request) -> Option<&str> {
    request.text("last-event-id")
}

#[test]
fn a_run_resumes_where_the_one_before_was_killed() {
    let (_directory, path) = directory();
    let (file, resume) = (path("id"), path("id").display().to_string());
    let server = Scripted::start(vec![
        Hold(stream("id: ä 1\ndata: 1\n\nid: ä 2\ndata: 2\n\nid: lost\ndata: lost\n")),
        Hold(stream("data: 3\n\nid: 4\n\n")),
        Hold(stream("id\ndata: 5\n\n")),
        Hold(stream("data: 6\n\n")),
    ]);
    let listening = Listening::start(&server.url("/"), &["--resume-file", &resume]);
    assert_eq!((listening.data().as_str(), listening.data().as_str()), ("1", "2"));
    wait_until("the ID is kept", || fs::read_to_string(&file).is_ok_and(|text| text == "ä 2\n"));
    listening.signal(Signal::KILL);
    drop(listening);

    let listening = Listening::start(&server.url("/"), &["--resume-file", &resume]);
    let event = listening.next("event");
    assert_eq!((&event["data"], &event["id"]), (&"3".into(), &"ä 2".into()));
    wait_until("an ID without an event counts too", || fs::read_to_string(&file).is_ok_and(|text| text == "4\n"));
    listening.signal(Signal::KILL);
    drop(listening);

    assert_eq!(listen(&server, &["--resume-file", &resume, "-n", "1"]).data(), ["5"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), "\n");
    assert_eq!(listen(&server, &["--resume-file", &resume, "-n", "1"]).data(), ["6"]);
    assert_eq!(server.requests(4).iter().map(id).collect::<Vec<_>>(), [None, Some("ä 2"), Some("4"), None]);
}

#[test]
fn only_what_was_done_with_counts_and_what_is_not_shown_is() {
    let (_directory, path) = directory();
    let (file, resume) = (path("id"), path("id").display().to_string());
    let events = [1, 2, 3, 4, 5].map(|n| format!("id: {n}\nevent: {n}\ndata: {n}\n\n")).concat();
    let kept = |options: &[&str]| {
        let server = Scripted::start(vec![Close(stream(&events))]);
        let heard = listen(&server, &[&["--resume-file", &resume, "--no-reconnect"], options].concat());
        assert_eq!(heard.code, Some(0), "{}", heard.stderr);
        fs::read_to_string(&file).unwrap()
    };
    assert_eq!(kept(&["-n", "2"]), "2\n", "the others came in the same piece, and will come again");
    assert_eq!(kept(&["-e", "3"]), "5\n");
    assert_eq!(kept(&["--until", "4"]), "4\n");
}

#[test]
fn a_file_that_holds_no_id_is_refused_and_left_as_it_is() {
    let (_directory, path) = directory();
    let (file, resume) = (path("id"), path("id").display().to_string());
    for (rubbish, words) in [
        (&b"one\ntwo\n"[..], "holds no event ID"),
        (b"a\rb", "holds no event ID"),
        (b"a\0b\n", "holds no event ID"),
        (b"\xff\xfe\n", "cannot read"),
    ] {
        fs::write(&file, rubbish).unwrap();
        let heard = listen_to("http://127.0.0.1:1/", &["--resume-file", &resume]);
        assert_eq!((heard.code, fs::read(&file).unwrap().as_slice()), (Some(1), rubbish), "{}", heard.stderr);
        assert!(heard.stderr.contains(words) && heard.stderr.contains(&resume), "{}", heard.stderr);
    }
    let heard = listen_to("http://127.0.0.1:1/", &["--resume-file", &resume, "--last-event-id", "1"]);
    assert_eq!(heard.code, Some(2), "which of them would it be?");
}
