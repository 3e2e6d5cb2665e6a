//! Ctrl-C: whatever it interrupts, the end is orderly.

use std::fs;
use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};

use super::Listening;
use crate::listen::ended;
use crate::process::sse;
use crate::scripted::Answer::{Close, Hold, Keep};
use crate::scripted::{Scripted, stream};

#[test]
fn it_ends_with_its_figures_whatever_it_was_waiting_for() {
    let cases = [
        (vec![Hold(stream("data: 1\n\n"))], "event", Signal::INT),
        (vec![Hold(stream("data: 1\n\n"))], "event", Signal::TERM),
        (vec![Close(stream("retry: 60000\n\n"))], "retrying", Signal::INT),
        (vec![Close(stream("retry: 0\n\n")), Hold(Vec::new())], "retrying", Signal::INT),
    ];
    for (script, kind, signal) in cases {
        let server = Scripted::start(script);
        let listening = Listening::start(&server.url("/"), &["--stats"]);
        listening.next(kind);
        listening.signal(signal);
        let heard = listening.end();
        assert_eq!((heard.code, heard.of_kind("stats").len()), (Some(130), 1), "{kind}: {}", heard.stderr);
        assert_eq!(heard.of_kind("stats")[0]["connections"], 1);
    }
}

#[test]
fn it_ends_while_a_file_that_it_needs_does_not_come() {
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("ca.pem");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for arguments in [
        &["listen", "https://example.invalid/", "-o", "json"][..],
        &["listen", "https://example.invalid/", "-o", "json", "--forward-to", "https://example.invalid/"],
        &["send", "https://example.invalid/", "x"],
    ] {
        let mut child = sse().args(arguments).arg("--cacert").arg(&pipe).spawn().unwrap();
        // It opens once the other side has.
        let _pipe = fs::File::options().write(true).open(&pipe).unwrap();
        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        assert_eq!(ended(&mut child).code(), Some(130), "{arguments:?}");
    }
}

#[test]
fn an_event_that_is_being_forwarded_does_not_count_and_those_before_it_do() {
    let directory = tempfile::tempdir().unwrap();
    let [resume, record] = ["id", "recording"].map(|name| directory.path().join(name));
    let source = Scripted::start(vec![Hold(stream("id: 1\ndata: 1\n\nid: 2\ndata: 2\n\nid: 3\ndata: 3\n\n"))]);
    // The second event is taken by a target that never says so.
    let taken = Keep(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec());
    let target = Scripted::start(vec![taken, Hold(Vec::new())]);
    let url = target.url("/");
    let files = ["--resume-file", resume.to_str().unwrap(), "--record", record.to_str().unwrap()];
    let options = [&files[..], &["--stats", "--forward-to", &url]].concat();
    let listening = Listening::start(&source.url("/"), &options);
    assert_eq!([target.request().body, target.request().body], [b"1", b"2"]);
    listening.signal(Signal::INT);
    let heard = listening.end();
    assert_eq!(heard.code, Some(130), "{}", heard.stderr);
    assert_eq!((heard.of_kind("forwarded").len(), &heard.of_kind("stats")[0]["events"]), (1, &2.into()));
    assert_eq!(fs::read_to_string(resume).unwrap(), "1\n");
    assert!(fs::read_to_string(record).unwrap().ends_with("id: 2\ndata: 2\n\n"));
}
