//! What is under way when it ends: nothing is lost without a word, and what was shown is kept.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use rustix::process::Signal;
use tempfile::TempDir;

use super::{Listening, listen, listen_to};
use crate::process::{run, stderr, stdout, wait_until};
use crate::recording::{on_a_terminal, recording};
use crate::scripted::Answer::{Close, Hold};
use crate::scripted::{Scripted, pieces, stream};

fn in_directory(name: &str) -> (TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name).display().to_string();
    (directory, path)
}

#[test]
fn a_command_that_goes_on_does_not_keep_the_rest_from_being_written() {
    let (directory, record) = in_directory("recording");
    let resume = directory.path().join("id").display().to_string();
    let server = Scripted::start(vec![Hold(stream("id: 1\ndata: 1\n\nid: 2\ndata: 2\n\n"))]);
    let begun = directory.path().join("begun");
    let command = format!(r#"[ "$SSE_ID" = 1 ] || {{ touch '{}'; sleep 1000; }}"#, begun.display());
    let files = ["--record", &record, "--resume-file", &resume];
    let listening = Listening::start(&server.url("/"), &[&files[..], &["--stats", "--exec", &command]].concat());
    assert_eq!((listening.data(), listening.data()), ("1".into(), "2".into()));
    wait_until("the second command runs", || begun.exists());
    listening.signal(Signal::INT);
    let heard = listening.end();
    assert_eq!((heard.code, heard.of_kind("stats").len()), (Some(130), 1), "{}", heard.stderr);
    assert!(heard.stderr.contains("1 command is still running"), "{}", heard.stderr);
    assert!(fs::read_to_string(record).unwrap().ends_with("id: 2\ndata: 2\n\n"));
    assert_eq!(fs::read_to_string(resume).unwrap(), "1\n", "the second event is not done with");
}

#[test]
fn an_event_that_was_being_forwarded_at_the_end_is_a_failure() {
    let source = Scripted::start(vec![Hold(stream("id: 7\ndata: 1\n\n"))]);
    let target = Scripted::start(vec![Hold(Vec::new())]);
    let heard = listen(&source, &["--forward-to", &target.url("/"), "--for", "300ms"]);
    assert_eq!(heard.code, Some(1));
    assert!(heard.stderr.contains("event 7 was being forwarded"), "{}", heard.stderr);
}

#[test]
fn the_event_that_ends_it_is_done_with() {
    let (_directory, resume) = in_directory("id");
    for options in [&[][..], &["--exec", "true"], &["--exec", "true", "--exec-jobs", "2"]] {
        let server = Scripted::start(vec![Close(stream("id: 1\ndata: 1\n\nid: 2\ndata: end\n\n"))]);
        let heard = listen(&server, &[&["--until", "end", "--resume-file", &resume], options].concat());
        assert_eq!(heard.code, Some(0), "{}", heard.stderr);
        assert_eq!(fs::read_to_string(&resume).unwrap(), "2\n");
        fs::remove_file(&resume).unwrap();
    }
}

#[test]
fn a_file_for_the_id_that_cannot_be_written_is_told_before_anything_is_asked() {
    let (directory, _) = in_directory("");
    fs::create_dir(directory.path().join("id.new")).unwrap();
    let resume = directory.path().join("id").display().to_string();
    let server = Scripted::start(Vec::new());
    let heard = listen(&server, &["--resume-file", &resume]);
    assert_eq!(heard.code, Some(1));
    assert!(heard.stderr.starts_with(&format!("sse: cannot write {resume}: ")), "{}", heard.stderr);
}

#[test]
fn a_file_for_the_id_stays_what_it_is() {
    let (directory, file) = in_directory("id");
    fs::write(&file, "").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let link = directory.path().join("link");
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let server = Scripted::start(vec![Close(stream("id: 5\ndata: 1\n\n"))]);
    assert_eq!(listen(&server, &["-n", "1", "--resume-file", link.to_str().unwrap()]).code, Some(0));
    assert!(link.is_symlink(), "it is the file behind the link that is written");
    assert_eq!(fs::read_to_string(&file).unwrap(), "5\n");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let heard = listen(&server, &["--resume-file", directory.path().to_str().unwrap()]);
    assert_eq!(heard.code, Some(2));
    assert!(heard.stderr.contains("is no file that holds an event ID"), "{}", heard.stderr);
}

#[test]
fn a_recording_tells_when_its_events_came_and_a_plain_stream_does_not() {
    let recorded = ":recorded 2020-01-02T03:04:05.678Z\n:at 0\ndata: 1\n\n:at 5000\ndata: 2\n\n";
    let file = recording(recorded.as_bytes());
    let path = file.path().to_str().unwrap();
    let output = run(&["listen", path, "-f", "{time} {delta} {data}"], "");
    assert_eq!(stdout(&output), "2020-01-02T03:04:05.678Z  1\n2020-01-02T03:04:10.678Z 5.000 2\n");
    let heard = listen_to(path, &["--timestamps", "--delta"]);
    assert_eq!(heard.texts("event", "time"), ["2020-01-02T03:04:05.678Z", "2020-01-02T03:04:10.678Z"]);
    assert_eq!(heard.of_kind("event")[1]["delta_ms"], 5000.0);
    let stats = listen_to(path, &["--stats"]);
    assert_eq!(stats.of_kind("stats")[0]["longest_silence_seconds"], 5.0);
    let plain = run(&["listen", "-", "-f", "[{time}] [{delta}] {data}"], "data: 1\n\ndata: 2\n\n");
    assert_eq!(stdout(&plain), "[] [] 1\n[] [] 2\n");
}

#[test]
fn words_come_after_what_was_shown_before_them() {
    let file = recording(b"data: {\"a\":1}\n\ndata: [2]\n\ndata: {\"a\":3}\n\ndata: lost");
    let shown = on_a_terminal(&format!("listen {} --jq .a", file.path().display()));
    let places = ["1\r\n", "sse: --jq failed", "3\r\n", "sse: the stream ended inside an event"];
    let found: Vec<usize> = places.iter().map(|text| shown.find(text).unwrap_or_else(|| panic!("{shown}"))).collect();
    assert!(found.is_sorted(), "{shown}");
}

#[test]
fn a_character_that_the_network_cuts_is_whole_on_a_terminal() {
    let (writer, answer) = pieces();
    let server = Scripted::start(vec![answer]);
    let url = server.url("/");
    let shown = std::thread::spawn(move || on_a_terminal(&format!("listen {url} -o raw --no-reconnect -q")));
    let stream = stream("data: ä☃\n\n");
    for byte in stream {
        writer.send(vec![byte]).unwrap();
    }
    drop(writer);
    let shown = shown.join().unwrap();
    assert!(shown.contains("data: ä☃") && !shown.contains('\u{fffd}'), "{shown}");
}

#[test]
fn what_a_command_prints_without_a_line_end_stays() {
    let server = Scripted::start(vec![Close(stream("data: 1\n\n"))]);
    let shown = on_a_terminal(&format!("listen {} --no-reconnect --exec 'printf partial'", server.url("/")));
    assert!(shown.contains("partial") && !shown.contains("\x1b[2K"), "{shown:?}");
}

#[test]
fn the_error_of_a_stream_goes_before_what_comes_of_its_end() {
    let (directory, record) = in_directory("recording");
    let server = Scripted::start(vec![Close(Vec::new())]);
    let output = run(&["listen", &server.url("/"), "--record", &record, "--exec", "false"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("did not answer"), "{}", stderr(&output));
    drop(directory);
}
