//! The chunked transfer coding, RFC 9112 §7.1: one chunk for all that is sent at once.

use std::sync::Arc;

use bytes::Bytes;

use crate::store::Record;

/// The end of a body.
pub(super) const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// Frames the events, behind what else is to be told, as one chunk. It cannot be empty: that would end the body.
pub(super) fn events(before: &[u8], records: &[Arc<Record>]) -> Bytes {
    let mut chunk = begin(before.len() + records.iter().map(|record| record.frame.len()).sum::<usize>());
    chunk.extend_from_slice(before);
    for record in records {
        chunk.extend_from_slice(&record.frame);
    }
    end(chunk)
}

fn begin(size: usize) -> Vec<u8> {
    let head = format!("{size:x}\r\n");
    let mut chunk = Vec::with_capacity(head.len() + size + 2);
    chunk.extend_from_slice(head.as_bytes());
    chunk
}

fn end(mut chunk: Vec<u8>) -> Bytes {
    chunk.extend_from_slice(b"\r\n");
    chunk.into()
}
