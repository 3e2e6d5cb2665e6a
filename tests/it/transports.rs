//! The same stream over every transport, as `curl` has it: HTTP/1.0, HTTP/1.1 and HTTP/2, with TLS and without.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Command, Stdio};

use rustix::process::{Pid, Signal};
use serde_json::Value;

use crate::process::Broker;

/// The ways without TLS, and those with it.
const PLAIN: [&[&str]; 3] = [&["--http1.0"], &["--http1.1"], &["--http2-prior-knowledge"]];
const TLS: [&[&str]; 3] = [&["--http1.0", "--no-alpn"], &["--http1.1"], &["--http2"]];

/// A broker that is asked with `curl`.
pub struct Site {
    pub broker: Broker,
    scheme: &'static str,
    ways: [&'static [&'static str]; 3],
}

impl Site {
    /// One without TLS and one with it, both with these options.
    pub fn both(options: &[&str]) -> [Self; 2] {
        let plain = Self { broker: Broker::start(options), scheme: "http", ways: PLAIN };
        let broker = Broker::start(&[options, &["--tls-self-signed"]].concat());
        [plain, Self { broker, scheme: "https", ways: TLS }]
    }

    fn curl(&self, arguments: &[&str], path: &str) -> Child {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--insecure", "--max-time", "60"]).args(arguments);
        curl.arg(format!("{}://{}{path}", self.scheme, self.broker.address)).stdout(Stdio::piped());
        curl.spawn().expect("curl starts: tests/run installs it")
    }

    /// The status and the JSON of an answer.
    pub fn ask(&self, method: &str, path: &str, arguments: &[&str]) -> (u16, Value) {
        let arguments = [&["--request", method, "--write-out", "\n%{http_code}"], arguments].concat();
        let output = self.curl(&arguments, path).wait_with_output().expect("an end");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let (body, status) = text.rsplit_once('\n').expect("a status");
        let body = if body.is_empty() { Value::Null } else { serde_json::from_str(body).expect("JSON") };
        (status.parse().expect("a status"), body)
    }

    /// An answer that is text.
    pub fn text(&self, path: &str) -> String {
        let output = self.curl(&[], path).wait_with_output().expect("an end");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// Opens a stream each way.
    pub fn open_all(&self, path: &str, arguments: &[&str]) -> Vec<Listener> {
        self.open_each(path, arguments).collect()
    }

    /// The same, one after the other.
    pub fn open_each(&self, path: &str, arguments: &[&str]) -> impl Iterator<Item = Listener> {
        self.ways.iter().map(move |way| self.open(way, path, arguments))
    }

    /// Opens a stream one way.
    fn open(&self, way: &[&str], path: &str, arguments: &[&str]) -> Listener {
        let mut child = self.curl(&[&["--no-buffer", "--include"], way, arguments].concat(), path);
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n: connected\n") {
            assert!(lines.read_line(&mut head).expect("text") > 0, "{way:?}: {head}");
        }
        let connection = head.lines().find_map(|line| line.strip_prefix("sse-connection: ")).map(str::to_owned);
        Listener { child, lines, connection: connection.expect("an ID") }
    }
}

/// A stream that is open; killed when dropped.
pub struct Listener {
    child: Child,
    lines: BufReader<ChildStdout>,
    /// The ID that the broker gave it.
    pub connection: String,
}

impl Listener {
    /// What comes until the stream ends, which it has to do well.
    pub fn rest(mut self) -> String {
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).expect("text");
        assert!(self.child.wait().expect("an end").success(), "the stream ends, it is not cut: {rest}");
        rest
    }

    /// Reads nothing from here on, as a program that hangs.
    pub fn stop_reading(&self) {
        rustix::process::kill_process(Pid::from_child(&self.child), Signal::STOP).expect("it runs");
    }

    /// The data of the next events.
    pub fn data(&mut self, count: usize) -> Vec<String> {
        let lines = self.lines.by_ref().lines().map(|line| line.expect("the stream goes on"));
        lines.filter_map(|line| line.strip_prefix("data: ").map(str::to_owned)).take(count).collect()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
