//! From chunks of a body to what they say, with the bytes that said it.

use bytes::{Buf as _, Bytes};

use crate::wire::{Decoder, Item, Message, TooLong};

/// A piece of a stream: bytes as they came and, where these bytes complete one, the item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The bytes since the last piece. All pieces together are the stream.
    pub bytes: Bytes,
    /// What they complete; `None` where more is needed.
    pub item: Option<Item>,
}

/// Decodes one stream: give it a chunk, take what it says until there is nothing more, and so on.
#[derive(Debug)]
pub struct Reader {
    decoding: Decoding,
    chunk: Bytes,
}

#[derive(Debug)]
enum Decoding {
    Events(Box<Decoder>),
    Lines(Lines),
}

impl Reader {
    /// A reader for one connection's stream, or for a recorded one.
    #[must_use]
    pub fn new(decoder: Decoder) -> Self {
        Self { decoding: Decoding::Events(Box::new(decoder)), chunk: Bytes::new() }
    }

    /// A reader for lines, such as those of NDJSON: each that is not blank is an event of at most `limit` bytes.
    #[must_use]
    pub fn of_lines(limit: usize) -> Self {
        Self { decoding: Decoding::Lines(Lines { limit, line: Vec::new() }), chunk: Bytes::new() }
    }

    /// Adds the next bytes of the stream. All pieces of the chunk before have to be taken first: see [`Reader::next`].
    pub fn feed(&mut self, chunk: Bytes) {
        debug_assert!(self.chunk.is_empty(), "the chunk before is taken");
        self.chunk = chunk;
    }

    /// Takes the next piece; `None` means that another chunk is needed.
    ///
    /// # Errors
    /// [`TooLong`] if an event goes beyond the limit of the decoder.
    #[expect(clippy::should_implement_trait, reason = "unlike an iterator it goes on after `None`")]
    pub fn next(&mut self) -> Result<Option<Read>, TooLong> {
        if self.chunk.is_empty() {
            return Ok(None);
        }
        let mut rest = &self.chunk[..];
        let item = match &mut self.decoding {
            Decoding::Events(decoder) => decoder.decode(&mut rest)?,
            Decoding::Lines(lines) => lines.decode(&mut rest)?,
        };
        let taken = self.chunk.len() - rest.len();
        let bytes = self.chunk.slice(..taken);
        self.chunk.advance(taken);
        Ok(Some(Read { bytes, item }))
    }

    /// Whether it takes each line for an event.
    pub(super) fn reads_lines(&self) -> bool {
        matches!(self.decoding, Decoding::Lines(_))
    }

    /// Whether the stream, if it ends here, ends inside an event, which is then dropped.
    #[must_use]
    pub fn is_inside_event(&self) -> bool {
        match &self.decoding {
            Decoding::Events(decoder) => decoder.is_inside_event(),
            Decoding::Lines(lines) => !lines.line.is_empty(),
        }
    }

    /// What a reconnection has to send as `Last-Event-ID`; `None` for lines, which have no IDs.
    #[must_use]
    pub fn last_event_id(&self) -> Option<&str> {
        match &self.decoding {
            Decoding::Events(decoder) => Some(decoder.last_event_id()),
            Decoding::Lines(_) => None,
        }
    }
}

/// Lines as events without a type or an ID.
#[derive(Debug)]
struct Lines {
    limit: usize,
    /// The beginning of a line whose end has not been seen.
    line: Vec<u8>,
}

impl Lines {
    fn decode(&mut self, input: &mut &[u8]) -> Result<Option<Item>, TooLong> {
        let end = memchr::memchr(b'\n', input);
        let (line, rest) = input.split_at(end.map_or(input.len(), |end| end + 1));
        *input = rest;
        if self.line.len() + line.len() > self.limit {
            return Err(TooLong { limit: self.limit });
        }
        self.line.extend_from_slice(line);
        if end.is_none() {
            return Ok(None);
        }
        let line = std::mem::take(&mut self.line);
        let data = String::from_utf8_lossy(line.trim_ascii()).into_owned();
        let event = || Item::Event(Message { event_type: "message".to_owned(), data, last_event_id: String::new() });
        Ok((!line.trim_ascii().is_empty()).then(event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_has_the_bytes_that_completed_it() {
        let mut reader = Reader::new(Decoder::new());
        reader.feed(Bytes::from_static(b": hi\ndata: 1\n\nda"));
        let mut pieces = Vec::new();
        while let Some(read) = reader.next().expect("within the limit") {
            pieces.push((read.bytes, read.item.is_some()));
        }
        let expected: [(&[u8], bool); 3] = [(b": hi\n", true), (b"data: 1\n\n", true), (b"da", false)];
        assert!(pieces.iter().map(|(bytes, item)| (&bytes[..], *item)).eq(expected));
    }

    #[test]
    fn lines_are_events_however_they_are_cut() {
        let mut reader = Reader::of_lines(12);
        let mut data = Vec::new();
        for piece in ["{\"a\"", ":1}\r\n\n", "2\n3"] {
            reader.feed(Bytes::from(piece));
            while let Some(read) = reader.next().expect("within the limit") {
                data.extend(read.item.map(|item| match item {
                    Item::Event(message) => message.data,
                    item => panic!("{item:?}"),
                }));
            }
        }
        assert_eq!((data, reader.is_inside_event()), (vec!["{\"a\":1}".to_owned(), "2".to_owned()], true));
        reader.feed(Bytes::from("4567890123456"));
        assert_eq!(reader.next(), Err(TooLong { limit: 12 }));
    }
}
