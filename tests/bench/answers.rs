//! Answers to publishers, taken from what a connection brings. Only as much of them is looked at as says where they end and
//! how many events were taken.

use anyhow::{Context as _, bail, ensure};

/// Headers that an answer may have.
const MAX_HEADERS: usize = 32;

/// What begins the receipt of each event that `sse serve` takes.
const RECEIPT: &[u8] = b"{\"id\":\"";

/// A connection's answers, of which there is one at a time.
#[derive(Debug, Default)]
pub struct Answers {
    held: Vec<u8>,
}

/// A whole answer.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    pub success: bool,
    pub receipts: u64,
}

impl Answers {
    /// Takes what one read brought; returns the answer once it is whole.
    pub fn take(&mut self, bytes: &[u8]) -> anyhow::Result<Option<Answer>> {
        self.held.extend_from_slice(bytes);
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut head = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(start) = head.parse(&self.held)? else { return Ok(None) };
        let body = &self.held[start..];
        let Some(end) = end(head.headers, body)? else { return Ok(None) };
        ensure!(end == body.len(), "an answer is followed by what nobody asked for");
        let success = head.code.is_some_and(|code| (200..300).contains(&code));
        let receipts = memchr::memmem::find_iter(body, RECEIPT).count() as u64;
        self.held.clear();
        Ok(Some(Answer { success, receipts }))
    }
}

impl Answer {
    /// How many events it says were taken, of those in its request. Of a batch some can be refused; other servers than
    /// ours have no batches, and give no receipts.
    pub fn taken(self, events: u64) -> u64 {
        if events == 1 { u64::from(self.success) } else { self.receipts }
    }
}

/// Where the body ends, if all of it is there.
fn end(headers: &[httparse::Header<'_>], body: &[u8]) -> anyhow::Result<Option<usize>> {
    let value = |name| headers.iter().find(|header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value);
    if value("transfer-encoding").is_some() {
        return end_of_chunks(body);
    }
    let length = value("content-length").context("an answer does not say how long it is")?;
    let length = std::str::from_utf8(length)?.parse()?;
    Ok((body.len() >= length).then_some(length))
}

fn end_of_chunks(body: &[u8]) -> anyhow::Result<Option<usize>> {
    let mut at = 0;
    while at < body.len() {
        match httparse::parse_chunk_size(&body[at..]) {
            Ok(httparse::Status::Complete((start, size))) => {
                // A line end follows each chunk, and the last one, which is empty.
                at += start + usize::try_from(size)? + 2;
                if size == 0 {
                    return Ok((at <= body.len()).then_some(at));
                }
            }
            Ok(httparse::Status::Partial) => break,
            Err(_) => bail!("a chunk of an answer has no size"),
        }
    }
    Ok(None)
}
