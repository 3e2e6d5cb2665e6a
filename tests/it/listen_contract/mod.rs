//! What is required of a client of event streams: by WHATWG HTML §9.2 and Fetch, by the web-platform-tests under
//! `eventsource/`, and by what the options of `sse listen` promise.
//!
//! Every test drives the real binary against a scripted server. What a stream means byte by byte is in the vectors, which
//! [`decoding`] sends over the network; what depends on the browser around an `EventSource` (origins, workers, its
//! JavaScript interface) has no counterpart here.

mod compression;
mod curl_command;
mod decoding;
mod documents;
mod ending;
mod files;
mod filtering;
mod forwarding;
mod framing;
mod giving_up;
mod idle;
mod ids;
mod interrupting;
mod many;
mod media_types;
mod platform;
mod reconnecting;
mod redirects;
mod requests;
mod selecting;
mod statuses;
mod tls;
mod topics;
mod transport;

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::process::sse;
use crate::scripted::{Request, Scripted};

/// How long a line may take to come before the test has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// The output that these tests read.
const SHOWN: [&str; 3] = ["-o", "json", "--lifecycle"];

/// What a run said.
#[derive(Debug)]
struct Heard {
    code: Option<i32>,
    lines: Vec<Value>,
    stderr: String,
}

impl Heard {
    /// The lines of one kind.
    fn of_kind(&self, kind: &str) -> Vec<&Value> {
        self.lines.iter().filter(|line| line["kind"] == kind).collect()
    }

    /// One key of the lines of one kind, as text.
    fn texts(&self, kind: &str, key: &str) -> Vec<&str> {
        self.of_kind(kind).iter().map(|line| line[key].as_str().expect("text")).collect()
    }

    /// The data of the events.
    fn data(&self) -> Vec<&str> {
        self.texts("event", "data")
    }

    /// The waits before reconnecting, in milliseconds.
    fn waits(&self) -> Vec<u64> {
        self.of_kind("retrying").iter().map(|line| line["in_ms"].as_u64().expect("a number")).collect()
    }
}

/// Listens to the server to the end.
fn listen(server: &Scripted, options: &[&str]) -> Heard {
    listen_to(&server.url("/stream"), options)
}

/// What the next requests resume after.
fn last_event_ids(server: &Scripted, requests: usize) -> Vec<Option<String>> {
    let id = |request: &Request| request.text("last-event-id").map(str::to_owned);
    server.requests(requests).iter().map(id).collect()
}

/// Listens to a target to the end.
fn listen_to(target: &str, options: &[&str]) -> Heard {
    Listening::start(target, options).end()
}

/// An `sse listen` that runs; killed when dropped.
struct Listening {
    child: Child,
    lines: Receiver<Value>,
    stderr: Option<JoinHandle<String>>,
}

impl Listening {
    fn start(target: &str, options: &[&str]) -> Self {
        let mut command = sse();
        command.args(["listen", target]).args(SHOWN).args(options);
        Self::start_as(&mut command)
    }

    fn start_as(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (stdout, mut stderr) = (BufReader::new(child.stdout.take().unwrap()), child.stderr.take().unwrap());
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in stdout.lines() {
                // The test may be over.
                let _ = sender.send(serde_json::from_str(&line.expect("text")).expect("a line of JSON"));
            }
        });
        let stderr = std::thread::spawn(move || {
            let mut said = String::new();
            stderr.read_to_string(&mut said).expect("text");
            said
        });
        Self { child, lines, stderr: Some(stderr) }
    }

    /// Waits for the next line of this kind.
    fn next(&self, kind: &str) -> Value {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("a line of kind {kind} comes"));
            if line["kind"] == kind {
                return line;
            }
        }
    }

    /// The data of the next event.
    fn data(&self) -> String {
        self.next("event")["data"].as_str().expect("text").to_owned()
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it runs");
    }

    /// Waits for its end; returns what it said that has not been taken yet.
    fn end(mut self) -> Heard {
        let mut lines = Vec::new();
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => lines.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end; it said {lines:?}"),
            }
        }
        let code = self.child.wait().unwrap().code();
        let stderr = self.stderr.take().expect("not yet joined").join().unwrap();
        Heard { code, lines, stderr }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
