//! `sse serve`, `sse send` and `sse listen` with each other.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Output, Stdio};

use serde_json::Value;

use crate::process::{Broker, run, sse, stderr, stdout};

/// A `sse listen -o json --lifecycle` on the broker, which is connected; killed when dropped.
struct Listener {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Listener {
    fn start(broker: &Broker, target: &str) -> Self {
        let args = ["listen", target, "-o", "json", "--lifecycle", "--url", &broker.url("")];
        let mut child = sse().args(args).stdout(Stdio::piped()).spawn().unwrap();
        let mut listener = Self { lines: BufReader::new(child.stdout.take().unwrap()).lines(), child };
        assert_eq!(listener.next("open")["status"], 200);
        listener
    }

    /// The next line of this kind.
    fn next(&mut self, kind: &str) -> Value {
        loop {
            let line = self.lines.next().expect("a line comes").unwrap();
            let line: Value = serde_json::from_str(&line).unwrap();
            if line["kind"] == kind {
                return line;
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn send(broker: &Broker, args: &[&str], stdin: &str) -> Output {
    run(&[&["send", "--url", &broker.url("")], args].concat(), stdin)
}

#[test]
fn what_is_sent_is_heard_with_the_id_that_was_printed() {
    let broker = Broker::start(&[]);
    let mut listener = Listener::start(&broker, "rooms/*");
    let id = stdout(&send(&broker, &["rooms/räume 7", "-e", "a b", "--retry", "2s", "one\r\ntwo"], ""));
    assert_eq!(listener.next("retry")["ms"], 2000);
    let event = listener.next("event");
    assert_eq!((&event["type"], &event["data"]), (&"a b".into(), &"one\ntwo".into()));
    assert_eq!(event["id"], id.trim_end());
    assert_eq!(stdout(&send(&broker, &["rooms/8", "--id", "ä & 1", "x"], "")), "ä & 1\n");
    assert_eq!(listener.next("event")["id"], "ä & 1");
}

#[test]
fn lines_and_publish_objects_are_heard_in_their_order() {
    let broker = Broker::start(&[]);
    let mut listener = Listener::start(&broker, "**");
    let output = send(&broker, &["log", "--lines"], "one\ntwo\n");
    assert_eq!((output.status.code(), stdout(&output).lines().count()), (Some(0), 2));
    let objects = concat!(
        "{\"topic\":\"a\",\"data\":{\"n\":1.10}}\n",
        "{\"topic\":\"a/*\",\"data\":\"nowhere\"}\n",
        "{\"topic\":\n",
        "{\"topics\":[\"a\",\"b\"],\"data\":\"last\"}\n"
    );
    let output = send(&broker, &["--ndjson"], objects);
    assert_eq!((output.status.code(), stdout(&output).lines().count()), (Some(3), 2), "{}", stderr(&output));
    let said = stderr(&output);
    assert!(said.contains("sse: line 2: the broker refused: ") && said.contains("sse: line 3: not JSON"), "{said}");
    let heard: Vec<_> = (0..4).map(|_| listener.next("event")["data"].as_str().unwrap().to_owned()).collect();
    assert_eq!(heard, ["one", "two", "{\"n\":1.10}", "last"]);
}

#[test]
fn the_refusals_of_the_broker_are_told_in_its_words() {
    let broker = Broker::start(&["--max-event-size", "1KiB"]);
    let long = "x".repeat(2000);
    for (args, words) in [(["a/*", "x"], "patterns"), (["$other", "x"], "begin with $"), (["a", &long], "larger than")]
    {
        let output = send(&broker, &args, "");
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
        assert!(stderr(&output).starts_with("sse: the broker refused: ") && stderr(&output).contains(words));
    }
    let output = run(&["listen", "a/**/b", "--url", &broker.url("")], "");
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("HTTP/1.1 400 Bad Request") && stderr(&output).contains("last segment"));
}

#[test]
fn an_id_that_the_broker_does_not_know_is_answered_with_a_gap() {
    let broker = Broker::start(&[]);
    let args = ["listen", "a", "--url", &broker.url(""), "--last-event-id", "elsewhere-7", "-n", "1", "-o", "json"];
    let event: Value = serde_json::from_str(stdout(&run(&args, "")).trim_end()).unwrap();
    assert_eq!((&event["type"], &event["id"]), (&"sse.gap".into(), &"elsewhere-7".into()));
}
