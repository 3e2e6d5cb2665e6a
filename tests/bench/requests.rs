//! Requests that publish, as the bytes that are sent.

use std::io::Write as _;

use crate::load::SIZE;
use crate::marks::Mark;
use crate::server::Server;

/// Publishes one event.
pub fn single(server: &Server, topic: &str, mark: Mark) -> Vec<u8> {
    let mut body = Vec::new();
    mark.write(SIZE, &mut body);
    post(server, &server.publish_path(topic), "text/plain", &body)
}

/// Publishes events to topics as NDJSON.
pub fn batch(server: &Server, events: impl IntoIterator<Item = (String, Mark)>) -> Vec<u8> {
    let mut body = Vec::new();
    for (topic, mark) in events {
        // Writing to a Vec cannot fail.
        let _ = write!(body, "{{\"topic\":\"{topic}\",\"data\":\"");
        mark.write(SIZE, &mut body);
        body.extend_from_slice(b"\"}\n");
    }
    post(server, "/events", "application/x-ndjson", &body)
}

fn post(server: &Server, path: &str, kind: &str, body: &[u8]) -> Vec<u8> {
    let (address, length) = (server.address, body.len());
    let mut request =
        format!("POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n")
            .into_bytes();
    request.extend_from_slice(body);
    request
}
