//! From chunks of a body to what they say, with the bytes that said it.

use bytes::{Buf as _, Bytes};

use crate::wire::{Decoder, Item, TooLong};

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
    decoder: Decoder,
    chunk: Bytes,
}

impl Reader {
    /// A reader for one connection's stream, or for a recorded one.
    #[must_use]
    pub fn new(decoder: Decoder) -> Self {
        Self { decoder, chunk: Bytes::new() }
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
        let item = self.decoder.decode(&mut rest)?;
        let taken = self.chunk.len() - rest.len();
        let bytes = self.chunk.slice(..taken);
        self.chunk.advance(taken);
        Ok(Some(Read { bytes, item }))
    }

    /// Whether the stream, if it ends here, ends inside an event, which is then dropped.
    #[must_use]
    pub fn is_inside_event(&self) -> bool {
        self.decoder.is_inside_event()
    }

    /// What a reconnection has to send as `Last-Event-ID`.
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        self.decoder.last_event_id()
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
}
