//! What the bytes of a stream say that a client does not understand, or not as it was meant: WHATWG HTML §9.2.5 and §9.2.6
//! have it ignore all of that without a word.
//!
//! It counts, and keeps one example of each. What makes sentences of that is `faults`.

use super::arrival::Chunk;
use super::burst::Inside;
use super::field::Unknown;
use super::lines::Lines;
use super::resume::Resume;
use super::utf8::Utf8;
use super::{ENDED, GAP};

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// How often something was seen, and how it looked first.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) times: u64,
    pub(super) first: Vec<u8>,
}

impl Seen {
    fn add(&mut self, example: &[u8]) {
        if self.times == 0 {
            keep(&mut self.first, example);
        }
        self.times += 1;
    }
}

/// What was seen, over all connections.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) events: u64,
    /// Events with an `id` line of their own.
    pub(super) with_id: u64,
    pub(super) byte_order_marks: u64,
    pub(super) utf8: Utf8,
    /// Lines without a known field, and of which kind the first is: the worst kind that there was.
    pub(super) unknown: Seen,
    pub(super) mistake: Option<Unknown>,
    /// Blocks with `event` and without `data`.
    pub(super) without_data: Seen,
    pub(super) nul_ids: Seen,
    pub(super) bad_retries: Seen,
    /// Streams that ended inside an event.
    pub(super) unfinished: Seen,
    /// Connections that the server said it ends.
    pub(super) ended: Seen,
}

/// The fields since the last blank line.
#[derive(Debug, Default)]
struct Block {
    begun: bool,
    data: bool,
    /// Its type and its own ID; empty is none, as for a client.
    event: Vec<u8>,
    id: Vec<u8>,
    /// The beginning of the first `data` line of a [`GAP`] or [`ENDED`] event.
    told: Option<Vec<u8>>,
    /// How long it is, comments before it included.
    length: u64,
}

/// Reads one stream after the other.
#[derive(Debug)]
pub(super) struct Lint {
    pub(super) counts: Counts,
    lines: Lines,
    reading: Reading,
}

/// What is known of the stream that is being read.
#[derive(Debug)]
struct Reading {
    first_line: bool,
    block: Block,
}

impl Lint {
    pub(super) fn new() -> Self {
        let reading = Reading { first_line: true, block: Block::default() };
        Self { counts: Counts::default(), lines: Lines::default(), reading }
    }

    /// Begins the stream of another connection.
    pub(super) fn begin(&mut self) {
        self.counts.utf8.reset();
        self.lines.reset();
        self.reading = Reading { first_line: true, block: Block::default() };
    }

    /// Takes bytes of the stream, and says what is in them.
    pub(super) fn take(&mut self, bytes: &[u8], resume: &mut Resume) -> Chunk {
        let Self { counts, lines, reading } = self;
        let begins_with_line_end = matches!(bytes.first(), Some(b'\r' | b'\n'));
        let (mut events, mut longest) = (0, 0);
        counts.utf8.take(bytes);
        lines.take(bytes, |line, length| {
            if let Some(event) = reading.line(line, length, counts, resume) {
                events += 1;
                longest = longest.max(event);
            }
        });
        counts.events += events;
        Chunk { bytes: bytes.len() as u64, events, longest, inside: self.inside(), begins_with_line_end }
    }

    /// The stream is over by itself: what it was in the middle of is lost.
    pub(super) fn end(&mut self) {
        self.counts.utf8.end();
        let begun = self.lines.begun();
        if begun.first().is_some_and(|first| *first != b':') {
            self.counts.unfinished.add(begun);
        } else if self.reading.block.begun {
            self.counts.unfinished.add(b"");
        }
    }

    fn inside(&self) -> Inside {
        match (self.lines.begun().is_empty(), self.reading.block.begun) {
            (false, _) => Inside::Line,
            (true, true) => Inside::Block,
            (true, false) => Inside::Nothing,
        }
    }
}

impl Reading {
    /// Takes one line; if that completes an event, returns how long it is.
    fn line(&mut self, mut line: &[u8], length: usize, counts: &mut Counts, resume: &mut Resume) -> Option<u64> {
        self.block.length += length as u64 + 1;
        if std::mem::take(&mut self.first_line)
            && let Some(after) = line.strip_prefix(BYTE_ORDER_MARK)
        {
            counts.byte_order_marks += 1;
            line = after;
        }
        if line.is_empty() {
            return self.dispatch(counts, resume);
        }
        let (name, value) = split(line);
        let block = &mut self.block;
        match name {
            b"" => return None,
            b"data" => {
                block.data = true;
                if block.is_told() && block.told.is_none() {
                    block.told = Some(value.to_vec());
                }
            }
            b"event" => keep(&mut block.event, value),
            b"id" if value.contains(&0) => counts.nul_ids.add(value),
            b"id" => keep(&mut block.id, value),
            b"retry" => {
                if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
                    counts.bad_retries.add(value);
                }
                // It holds from its own line on, and waits for no blank line.
                return None;
            }
            _ => {
                unknown(line, block.data, counts);
                return None;
            }
        }
        block.begun = true;
        None
    }

    /// Takes the blank line that ends a block.
    fn dispatch(&mut self, counts: &mut Counts, resume: &mut Resume) -> Option<u64> {
        let block = &mut self.block;
        if !block.data && !block.event.is_empty() {
            counts.without_data.add(&block.event);
        }
        match &block.told {
            Some(gap) if block.event == GAP.as_bytes() => resume.gap(gap),
            Some(end) => counts.ended.add(end),
            None => {}
        }
        if block.data && !block.id.is_empty() {
            counts.with_id += 1;
            resume.event(&block.id);
        }
        let completed = block.data.then_some(block.length);
        block.clear();
        completed
    }
}

impl Block {
    /// Whether it is a word of the broker itself.
    fn is_told(&self) -> bool {
        [GAP, ENDED].iter().any(|name| name.as_bytes() == self.event)
    }

    fn clear(&mut self) {
        (self.begun, self.data, self.length) = (false, false, 0);
        self.event.clear();
        self.id.clear();
        self.told = None;
    }
}

/// Counts a line without a known field; the example is of the worst kind.
fn unknown(line: &[u8], after_data: bool, counts: &mut Counts) {
    let kind = Unknown::of(line, after_data);
    counts.unknown.add(line);
    if counts.mistake.is_none_or(|worst| kind < worst) {
        counts.mistake = Some(kind);
        keep(&mut counts.unknown.first, line);
    }
}

/// Field name and value: the first colon separates them, one space after it is dropped.
fn split(line: &[u8]) -> (&[u8], &[u8]) {
    let Some(colon) = memchr::memchr(b':', line) else {
        return (line, b"");
    };
    let value = &line[colon + 1..];
    (&line[..colon], value.strip_prefix(b" ").unwrap_or(value))
}

/// Replaces what was kept by a part of a line, which [`Lines`] has bounded.
fn keep(kept: &mut Vec<u8>, text: &[u8]) {
    kept.clear();
    kept.extend_from_slice(text);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::{Decoder, Item};

    fn decoded(stream: &[u8]) -> u64 {
        let (mut decoder, mut rest, mut events) = (Decoder::new(), stream, 0);
        while let Some(item) = decoder.decode(&mut rest).expect("within the limit") {
            events += u64::from(matches!(item, Item::Event(_)));
        }
        events
    }

    proptest! {
        #[test]
        fn the_events_are_those_of_the_decoder(
            parts in prop::collection::vec(prop::sample::select(vec![
                "data", "data:", "data: 1", "id: 1", "event: x", "retry: x", "\n", "\r", "\n\n", "\r\n", ": c", "Data", "\u{feff}", " ",
            ]), 0..40),
            size in 1_usize..9,
        ) {
            let stream = parts.concat();
            let (mut lint, mut resume) = (Lint::new(), Resume::default());
            let events: u64 = stream.as_bytes().chunks(size).map(|chunk| lint.take(chunk, &mut resume).events).sum();
            prop_assert_eq!(events, decoded(stream.as_bytes()));
        }
    }
}
