//! Whether bytes are UTF-8, however they are cut into chunks. WHATWG HTML §9.2.5 decodes a stream as nothing else.

/// A check that goes on over chunks. Every byte is looked at once.
#[derive(Debug, Default)]
pub(super) struct Utf8 {
    /// The beginning of a character that the next chunk has to complete, and how long it is.
    begun: [u8; 4],
    length: usize,
    /// How many sequences were no characters.
    pub(super) invalid: u64,
    /// The bytes of the first of them.
    pub(super) first: Vec<u8>,
}

impl Utf8 {
    /// Takes the next bytes of the stream.
    pub(super) fn take(&mut self, mut chunk: &[u8]) {
        while self.length > 0 && !chunk.is_empty() {
            self.complete(&mut chunk);
        }
        while let Err(error) = std::str::from_utf8(chunk) {
            let rest = &chunk[error.valid_up_to()..];
            let Some(length) = error.error_len() else {
                self.begin(rest);
                return;
            };
            self.refuse(&rest[..length]);
            chunk = &rest[length..];
        }
    }

    /// Begins a new stream, and forgets what was begun of a character: nobody knows how it would have gone on.
    pub(super) fn reset(&mut self) {
        self.length = 0;
    }

    /// The stream is over, or goes on with another character: what was begun is none.
    pub(super) fn end(&mut self) {
        let (begun, length) = (self.begun, std::mem::take(&mut self.length));
        if length > 0 {
            self.refuse(&begun[..length]);
        }
    }

    fn begin(&mut self, bytes: &[u8]) {
        self.begun[..bytes.len()].copy_from_slice(bytes);
        self.length = bytes.len();
    }

    /// Adds one byte to the character that was begun.
    fn complete(&mut self, chunk: &mut &[u8]) {
        self.begun[self.length] = chunk[0];
        match std::str::from_utf8(&self.begun[..=self.length]) {
            Ok(_) => self.length = 0,
            Err(error) if error.error_len().is_none() => self.length += 1,
            // The new byte does not belong to it, and may begin a character of its own.
            Err(_) => return self.end(),
        }
        *chunk = &chunk[1..];
    }

    fn refuse(&mut self, bytes: &[u8]) {
        self.invalid += 1;
        if self.first.is_empty() {
            self.first = bytes.to_vec();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The count for the bytes as a whole, which has to be that for every way to cut them in two or into single bytes.
    fn invalid(bytes: &[u8]) -> u64 {
        let counted = |chunks: &mut dyn Iterator<Item = &[u8]>| {
            let mut utf8 = Utf8::default();
            chunks.for_each(|chunk| utf8.take(chunk));
            utf8.end();
            utf8.invalid
        };
        let whole = counted(&mut std::iter::once(bytes));
        assert_eq!(counted(&mut bytes.chunks(1)), whole, "{bytes:?} byte by byte");
        for (at, _) in bytes.iter().enumerate() {
            assert_eq!(counted(&mut [&bytes[..at], &bytes[at..]].into_iter()), whole, "{bytes:?} cut at {at}");
        }
        whole
    }

    #[test]
    fn characters_that_chunks_cut_are_whole() {
        assert_eq!(invalid("data: a ß € 😀 \u{feff}".as_bytes()), 0);
    }

    #[test]
    fn every_sequence_that_is_no_character_counts_once() {
        assert_eq!(invalid(b"caf\xe9 cr\xe8me"), 2, "ISO 8859-1");
        assert_eq!(invalid(b"\xff\xfe"), 2);
        assert_eq!(invalid(b"\xe2\x82data"), 1, "the first two bytes of a euro sign");
        assert_eq!(invalid(b"\xe2\x82\xe2\x82\xac"), 1, "and a whole one after them");
        assert_eq!(invalid(b"\xf0\x9f\x98"), 1, "cut by the end");
        assert_eq!(invalid(b"\xed\xa0\x80"), 3, "a surrogate");
    }
}
