//! The test vectors of `tests/fixtures/event-stream.json`, read once, for the library and for `sse listen FILE`.

use base64::Engine as _;
use serde::Deserialize;

/// A stream, what a client dispatches from it and what it remembers at its end.
#[derive(Debug, Deserialize)]
pub struct Vector {
    pub name: String,
    input: Option<String>,
    input_b64: Option<String>,
    #[serde(default)]
    pub initial_last_event_id: String,
    pub expected: Vec<Expected>,
    #[serde(rename = "final")]
    pub end: End,
    pub comments: Option<Vec<String>>,
    chunks_b64: Option<Vec<String>>,
    pub events_after_chunk: Option<Vec<usize>>,
}

#[derive(Debug, Deserialize, PartialEq, Eq)]
pub struct Expected {
    pub event: String,
    pub data: String,
    pub id: String,
}

#[derive(Debug, Deserialize)]
pub struct End {
    pub last_event_id: String,
    /// Milliseconds; as a JSON number of any size.
    pub retry: Option<Box<serde_json::value::RawValue>>,
}

impl Vector {
    pub fn input(&self) -> Vec<u8> {
        match (&self.input, &self.input_b64) {
            (Some(text), None) => text.clone().into_bytes(),
            (None, Some(base64)) => decode(base64),
            _ => panic!("{}: one of input and input_b64", self.name),
        }
    }

    pub fn chunks(&self) -> Option<Vec<Vec<u8>>> {
        Some(self.chunks_b64.as_ref()?.iter().map(|chunk| decode(chunk)).collect())
    }
}

fn decode(base64: &str) -> Vec<u8> {
    base64::engine::general_purpose::STANDARD.decode(base64).expect("valid base64")
}

/// All vectors; never none.
pub fn all() -> Vec<Vector> {
    let vectors: Vec<Vector> = serde_json::from_str(include_str!("../fixtures/event-stream.json")).expect("vectors");
    assert!(vectors.len() > 100, "the fixture is complete");
    vectors
}
