//! What most people try first: `curl -d` publishes, `curl -N` receives.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::process::{self, Broker};

/// A `curl` that runs; killed when dropped.
struct Curl {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Curl {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--max-time", "60"]).args(arguments).stdout(Stdio::piped());
        let mut child = command.spawn().expect("curl starts: tests/run installs it");
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The first line that comes and begins with `start`, without it.
    fn line(&mut self, start: &str) -> String {
        let mut lines = self.lines.by_ref().map(|line| line.expect("text"));
        lines.find_map(|line| line.strip_prefix(start).map(str::to_owned)).expect("the stream goes on")
    }
}

impl Drop for Curl {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn curl_receives_what_curl_and_sse_send_publish() {
    let broker = Broker::start(&[]);
    let url = broker.url("/events/greetings");
    let mut stream = Curl::start(&["-N", "--include", &url]);
    // The answer begins before there is any event.
    assert_eq!(stream.line("HTTP/1.1 "), "200 OK");

    let answer = Curl::start(&["--data", "hello", &url]).line("");
    let answer: serde_json::Value = serde_json::from_str(&answer).expect("a JSON object");
    assert_eq!(stream.line("id: "), answer["id"].as_str().expect("an id"));
    assert_eq!(stream.line("data: "), "hello");

    let sent = process::run(&["send", "--url", &broker.url(""), "greetings", "hello again"], "");
    assert!(sent.status.success(), "{}", process::stderr(&sent));
    assert_eq!(stream.line("id: "), process::stdout(&sent).trim_end());
    assert_eq!(stream.line("data: "), "hello again");
}
