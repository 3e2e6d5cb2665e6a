//! `sse listen` on recorded streams: what it decodes, and what its output formats make of it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::listen::{lines, of_kind, spawn};
use crate::process::{run, sse, stderr, stdout};
use crate::vectors;

/// A file with the bytes, which lives as long as what is returned.
pub fn recording(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

/// What `sse` shows on a terminal.
pub fn on_a_terminal(args: &str) -> String {
    on_terminal("xterm", 80, args)
}

/// What it shows on a terminal of this type and width.
pub fn on_terminal(term: &str, columns: usize, args: &str) -> String {
    let command = format!("stty cols {columns}; exec {} {args}", env!("CARGO_BIN_EXE_sse"));
    let mut script = Command::new("script");
    let script = script.args(["-qec", &command, "/dev/null"]).env("TERM", term).stdin(Stdio::null()).output();
    stdout(&script.expect("script: tests/run installs it"))
}

#[test]
fn every_vector_is_decoded_from_a_file() {
    for vector in vectors::all() {
        let file = recording(&vector.input());
        let path = file.path().to_str().unwrap();
        let initial = vector.initial_last_event_id.as_str();
        let output = run(&["listen", path, "-o", "json", "--lifecycle", "--last-event-id", initial], "");
        assert_eq!(output.status.code(), Some(0), "{}: {}", vector.name, stderr(&output));
        let lines = lines(&output);
        let expected = vector
            .expected
            .iter()
            .map(|event| json!({ "kind": "event", "type": event.event, "data": event.data, "id": event.id }));
        assert_eq!(of_kind(&lines, "event"), expected.collect::<Vec<_>>(), "{}", vector.name);
        if let Some(comments) = &vector.comments {
            let expected = comments.iter().map(|comment| json!({ "kind": "comment", "comment": comment }));
            assert_eq!(of_kind(&lines, "comment"), expected.collect::<Vec<_>>(), "{}", vector.name);
        }
        let raw_retry = vector.end.retry.as_ref().map(|raw| raw.get()).filter(|text| *text != "null");
        let retry = raw_retry.map(|text| text.parse().unwrap_or(u64::MAX));
        assert_eq!(of_kind(&lines, "retry").last().map(|line| line["ms"].as_u64().unwrap()), retry, "{}", vector.name);
    }
}

#[test]
fn raw_output_is_the_stream_byte_for_byte_and_ends_with_the_last_event_that_was_asked_for() {
    let bytes = b"\xEF\xBB\xBF: c\r\ndata: \xff\x1b[1m\r\ndata\r\n\r\rid: 1\n\nda";
    let file = recording(bytes);
    let path = file.path().to_str().unwrap();
    assert_eq!(run(&["listen", path, "-o", "raw"], "").stdout, bytes);
    let file = recording(b"data: 1\n\ndata: 2\n\ndata: 3\n\n");
    let output = run(&["listen", file.path().to_str().unwrap(), "-o", "raw", "-n", "2"], "");
    assert_eq!(stdout(&output), "data: 1\n\ndata: 2\n\n");
}

#[test]
fn pretty_output_indents_json_and_changes_nothing_in_it() {
    let output =
        run(&["listen", "-"], "id: 7\nevent: price\ndata: {\"b\":1.10,\"a\":[]}\n\ndata: plain\ndata: text\n\n");
    assert_eq!(output.status.code(), Some(0));
    let expected = "price  7\n  {\n    \"b\": 1.10,\n    \"a\": []\n  }\nmessage  7\n  plain\n  text\n";
    assert_eq!(stdout(&output), expected);
}

#[test]
fn remote_text_is_escaped_on_a_terminal_and_raw_in_a_pipe() {
    let file = recording(b"data: \x1b]0;title\x07\n\n");
    let path = file.path().to_str().unwrap();
    let piped = run(&["listen", path, "-o", "data"], "");
    assert_eq!(stdout(&piped), "\x1b]0;title\x07\n");
    for format in ["data", "raw", "pretty"] {
        let shown = on_a_terminal(&format!("listen {path} -o {format} --color never"));
        assert!(shown.contains("\\x1b]0;title\\x07") && !shown.contains('\x1b'), "{format}: {shown:?}");
    }
}

#[test]
fn an_event_beyond_the_limit_is_an_error_that_names_it() {
    let output = run(&["listen", "-", "--max-event-size", "1KiB"], &format!("data: {}\n\n", "x".repeat(2000)));
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.contains("longer than the limit of 1024 bytes") && said.contains("--max-event-size"), "{said}");
}

#[test]
fn a_reader_that_goes_is_no_failure() {
    let mut child = spawn(&["listen", "-", "-o", "data"]);
    let (mut input, mut reader) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    input.write_all(b"data: 1\n\n").unwrap();
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert_eq!(line, "1\n", "an event is there before the next one comes");
    drop(reader);
    input.write_all(b"data: 2\n\n").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(said, "");
}

#[test]
fn an_interrupt_ends_it_also_while_nobody_reads_its_output() {
    let mut child = spawn(&["listen", "-", "-o", "data"]);
    let mut input = child.stdin.take().unwrap();
    // More than the pipes and buffers in between can hold, until the write blocks or the process is gone.
    let writer = std::thread::spawn(move || while input.write_all(&b"data: x\n\n".repeat(10_000)).is_ok() {});
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    reader.read_line(&mut String::new()).unwrap();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    writer.join().unwrap();
}

#[test]
fn a_file_that_hides_a_topic_of_its_name_says_so() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("news"), "data: 1\n\n").unwrap();
    let listen = |target: &str| sse().args(["listen", target, "-o", "data"]).current_dir(&directory).output().unwrap();
    let output = listen("news");
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), "1\n"));
    let said = "sse: news is a file here, and is shown; the topic is http://127.0.0.1:8080/events/news\n";
    assert_eq!(stderr(&output), said);
    assert_eq!(stderr(&listen("./news")), "", "a path cannot be mistaken");
}

#[test]
fn a_file_that_is_not_there_is_a_failure_and_not_a_topic() {
    let output = run(&["listen", "./no-such-recording"], "");
    assert_eq!(output.status.code(), Some(1));
    let expected = "sse: cannot open ./no-such-recording: No such file or directory";
    assert!(stderr(&output).starts_with(expected), "{}", stderr(&output));
    let output = run(&["listen", "/"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).starts_with("sse: cannot read /: Is a directory"), "{}", stderr(&output));
}
