//! Many streams read by one client, one after the other, because starting a client for each would take far longer than
//! reading them.

use serde_json::Value;

use super::{Heard, listen};
use crate::scripted::Answer::{Close, Keep};
use crate::scripted::{Request, Scripted, answer, chunked};

/// A stream to read.
pub(super) struct Stream<'s> {
    /// The last event ID that the client has when it connects.
    pub(super) last_event_id: &'s str,
    /// Each piece is a chunk of its own.
    pub(super) pieces: Vec<&'s [u8]>,
}

/// What came of a stream.
pub(super) struct Read {
    pub(super) lines: Vec<Value>,
    /// The request for the stream that follows.
    pub(super) next: Request,
}

impl Read {
    /// The lines of one kind.
    pub(super) fn of_kind(&self, kind: &str) -> Vec<&Value> {
        self.lines.iter().filter(|line| line["kind"] == kind).collect()
    }

    /// What is told of each event.
    pub(super) fn events(&self) -> Vec<[&str; 3]> {
        self.of_kind("event")
            .into_iter()
            .map(|line| ["type", "data", "id"].map(|key| line[key].as_str().expect("text")))
            .collect()
    }
}

/// Reads them all. Before each comes a stream that sets the last event ID, and no server can delay the next: the
/// reconnections follow at once.
pub(super) fn read(streams: &[Stream<'_>]) -> Vec<Read> {
    let mut script = Vec::new();
    for stream in streams {
        let set = format!("id: {}\n\n", stream.last_event_id);
        script.push(Keep(chunked([set.as_bytes()])));
        script.push(Keep(chunked(stream.pieces.iter().copied())));
    }
    script.push(Close(answer("204 No Content", "text/plain", "")));
    let server = Scripted::start(script);
    let heard = listen(&server, &["--retry", "0ms", "--max-backoff", "0ms", "-q"]);
    assert_eq!(heard.code, Some(3), "{heard:?}");
    let mut opened = by_connection(heard).into_iter();
    let mut read = Vec::new();
    server.request();
    for _ in streams {
        opened.next().expect("the stream that sets the ID");
        let lines = opened.next().expect("the stream");
        server.request();
        read.push(Read { lines, next: server.request() });
    }
    read
}

/// The lines of each connection that was open.
fn by_connection(heard: Heard) -> Vec<Vec<Value>> {
    let mut connections: Vec<Vec<Value>> = Vec::new();
    for line in heard.lines {
        if line["kind"] == "open" {
            connections.push(Vec::new());
        }
        connections.last_mut().expect("it opens first").push(line);
    }
    connections
}
