//! How fast `sse send` publishes many lines, and what it shows meanwhile.

use std::io::Write as _;
use std::time::{Duration, Instant};

use crate::http::Stream;
use crate::listen::spawn;
use crate::process::{Broker, run, stderr, stdout};
use crate::recording::{on_terminal, recording};
use crate::scripted::{Answer, Scripted, answer};
use crate::send::results;

fn items(count: usize) -> String {
    (0..count).map(|n| format!("{{\"topic\":\"a\",\"data\":{n}}}\n")).collect::<Vec<_>>().concat()
}

#[test]
fn no_more_events_go_out_in_a_second_than_were_asked_for() {
    let broker = Broker::start(&[]);
    for (args, stdin, count) in [
        (&["--ndjson", "--rate", "50"][..], items(26), 26),
        (&["a", "--lines", "--rate", "10"], "x\n".repeat(6), 6),
        (&["a", "x", "--repeat", "6", "--rate", "10"], String::new(), 6),
    ] {
        let began = Instant::now();
        let output = run(&[&["send", "--url", &broker.url("")], args].concat(), &stdin);
        assert_eq!((output.status.code(), stdout(&output).lines().count()), (Some(0), count), "{}", stderr(&output));
        assert!(began.elapsed() >= Duration::from_millis(500), "{args:?}: {:?}", began.elapsed());
    }
    let output = run(&["send", "a", "x", "--repeat", "2", "--rate", "1", "--interval", "1s"], "");
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
}

#[test]
fn under_a_rate_batches_are_small_so_that_events_go_out_evenly() {
    let server = Scripted::start((0..3).map(|_| results("200 OK", &[r#"{"id":"1"}"#, r#"{"id":"2"}"#])).collect());
    let output = run(&["send", "--ndjson", "--rate", "20", &server.url("/")], &items(6));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!([(); 3].map(|()| server.request().body).concat(), items(6).as_bytes());
}

#[test]
fn the_order_of_many_batches_is_that_of_the_lines() {
    let broker = Broker::start(&[]);
    let output = run(&["send", "--ndjson", "--url", &broker.url("")], &items(5000));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let expected: Vec<String> = (0..5000).map(|n| n.to_string()).collect();
    assert_eq!(Stream::open(broker.address, "/events/a?since=earliest", &[]).data(5000), expected);
}

#[test]
fn an_answer_is_shown_while_the_next_line_has_not_come() {
    let server = Scripted::start(vec![results("200 OK", &[r#"{"id":"1"}"#])]);
    let mut child = spawn(&["send", "--ndjson", &server.url("/")]);
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"{}\n{").unwrap();
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut [0; 2]).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), stderr(&output).as_str()),
        (Some(1), "sse: line 2: not JSON, from column 1 on\n")
    );
}

#[test]
fn a_file_on_stdin_has_a_progress_line_on_a_terminal_which_goes_in_the_end() {
    let file = recording(b"{}\n");
    let shown = |rest: &str| {
        let body = "{\"title\":\"too odd\"}\n";
        let server = Scripted::start(vec![Answer::Close(answer("200 OK", "application/x-ndjson", body))]);
        on_terminal("xterm", 80, &format!("send --ndjson {} < {} {rest}", server.url("/"), file.path().display()))
    };
    let seen = shown("> /dev/null");
    assert!(seen.contains("0 B of 3 B"), "{seen:?}");
    assert!(seen.contains("sse: line 1: the broker refused: too odd\r\n"), "{seen:?}");
    assert!(seen.ends_with("\x1b[2K"), "it is cleared: {seen:?}");
    for rest in ["", "> /dev/null -q", "> /dev/null 2> /dev/null"] {
        assert!(!shown(rest).contains(" of 3 B"), "{rest}");
    }
}
