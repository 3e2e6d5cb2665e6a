//! Bytes to events, however they are cut into chunks: WHATWG HTML §9.2.5 and §9.2.6.
//!
//! The cost is linear in the bytes: a line is searched once and copied at most once, even if it arrives in thousands of
//! chunks. An event is there at the byte that completes it: a CR is not held back to see whether LF follows.

use std::time::Duration;

use memchr::memchr2;

use super::Message;
use super::block::{Block, Notice};

/// What a stream says, in the order in which it says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A complete event.
    Event(Message),
    /// A comment line without its colon; a space after the colon is part of it.
    Comment(String),
    /// A new reconnection time, valid from here on, whether or not an event follows.
    Retry(Duration),
}

/// A line or an event is longer than the decoder's limit. The stream cannot be read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event is longer than the limit of {limit} bytes")]
pub struct TooLong {
    /// The limit in bytes.
    pub limit: usize,
}

/// A decoder for one connection's stream.
#[derive(Debug)]
pub struct Decoder {
    limit: usize,
    /// The beginning of a line whose end has not been seen.
    line: Vec<u8>,
    /// The last byte was CR: an LF that follows belongs to it.
    after_cr: bool,
    /// No line has ended yet, so a byte order mark may stand in front.
    first_line: bool,
    block: Block,
    last_event_id: String,
}

impl Decoder {
    /// The default limit for one event: 64 MiB.
    pub const DEFAULT_LIMIT: usize = 64 << 20;

    /// A decoder for the stream of a first connection, with the default limit.
    #[must_use]
    pub fn new() -> Self {
        Self::resuming_from(String::new())
    }

    /// A decoder for the stream of a reconnection: events without an ID of their own carry `last_event_id` on.
    #[must_use]
    pub fn resuming_from(last_event_id: String) -> Self {
        Self {
            limit: Self::DEFAULT_LIMIT,
            line: Vec::new(),
            after_cr: false,
            first_line: true,
            block: Block::resuming_from(last_event_id.clone()),
            last_event_id,
        }
    }

    /// Sets how many bytes an event, or a single line, may have before [`Decoder::decode`] gives up on the stream.
    #[must_use]
    pub fn with_limit(self, bytes: usize) -> Self {
        Self { limit: bytes, ..self }
    }

    /// What a reconnection has to send as `Last-Event-ID`; empty if it has to send none.
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    /// Whether the stream, if it ends here, ends inside an event: after a field of it, or in a line that is no comment.
    /// WHATWG HTML §9.2.6 discards such an event.
    #[must_use]
    pub fn is_inside_event(&self) -> bool {
        let in_field = self.line.first().is_some_and(|first| *first != b':');
        in_field || self.block.is_begun(&self.last_event_id)
    }

    /// Takes bytes off the front of `input` up to the next item; `None` means that all of it was taken and more is
    /// needed. An unfinished event at the end of a stream is dropped with the decoder, as the standard says.
    ///
    /// # Errors
    /// [`TooLong`] if a line or an event goes beyond the limit; the rest of the stream is then without meaning.
    pub fn decode(&mut self, input: &mut &[u8]) -> Result<Option<Item>, TooLong> {
        Ok(self.advance(input)?.map(|notice| match notice {
            Notice::Event => Item::Event(self.block.message(&self.last_event_id)),
            Notice::Comment(text) => Item::Comment(text),
            Notice::Retry(milliseconds) => Item::Retry(Duration::from_millis(milliseconds)),
        }))
    }

    /// Takes all of `input`, and hands over the data of each event that it completes: bytes as they came, without a
    /// [`Message`] around them, for readers of very many events. Everything else is as with [`Decoder::decode`].
    ///
    /// # Errors
    /// [`TooLong`] as there.
    pub fn decode_data(&mut self, mut input: &[u8], mut take: impl FnMut(&[u8])) -> Result<(), TooLong> {
        while let Some(notice) = self.advance(&mut input)? {
            if matches!(notice, Notice::Event) {
                take(self.block.data());
                self.block.clear();
            }
        }
        Ok(())
    }

    fn advance(&mut self, input: &mut &[u8]) -> Result<Option<Notice>, TooLong> {
        loop {
            if self.after_cr && !input.is_empty() {
                self.after_cr = false;
                *input = input.strip_prefix(b"\n").unwrap_or(input);
            }
            let Some(end) = memchr2(b'\r', b'\n', input) else {
                self.line.extend_from_slice(input);
                *input = &[];
                self.within_limit(self.line.len())?;
                return Ok(None);
            };
            let (head, rest) = input.split_at(end);
            self.after_cr = rest[0] == b'\r';
            *input = &rest[1..];
            self.within_limit(self.line.len() + head.len())?;
            if let Some(notice) = self.end_line(head) {
                return Ok(Some(notice));
            }
        }
    }

    fn within_limit(&self, line: usize) -> Result<(), TooLong> {
        if line + self.block.size() > self.limit { Err(TooLong { limit: self.limit }) } else { Ok(()) }
    }

    /// Takes the last part of a line. A line that came in one chunk is read where it lies.
    fn end_line(&mut self, tail: &[u8]) -> Option<Notice> {
        if self.line.is_empty() {
            return self.take_line(tail);
        }
        let mut line = std::mem::take(&mut self.line);
        line.extend_from_slice(tail);
        let notice = self.take_line(&line);
        line.clear();
        self.line = line;
        notice
    }

    fn take_line(&mut self, mut line: &[u8]) -> Option<Notice> {
        if std::mem::take(&mut self.first_line) {
            line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        }
        if line.is_empty() {
            return self.block.dispatch(&mut self.last_event_id);
        }
        self.block.take_line(line)
    }
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_unfinished_from_its_first_byte_to_its_blank_line() {
        let inside = |stream: &str| {
            let (mut decoder, mut rest) = (Decoder::resuming_from("7".to_owned()), stream.as_bytes());
            while decoder.decode(&mut rest).expect("within the limit").is_some() {}
            decoder.is_inside_event()
        };
        for unfinished in ["d", "data", "data: 1\n", "data\n", "event: x\n", "id: 8\r\n", "data: 1\n\nda", "id\n"] {
            assert!(inside(unfinished), "{unfinished:?}");
        }
        for finished in ["", "data: 1\n\n", "data: 1\r\n\r", ": hi", ": hi\n", "retry: 1\n", "id: 8\n\n", "\n"] {
            assert!(!inside(finished), "{finished:?}");
        }
    }
}
