//! Bytes to lines, however they are cut into chunks, and where in an event a chunk ends.
//!
//! Unlike [`crate::wire::Decoder`] this keeps no data: of a line only its beginning, so that memory stays small and a long
//! line costs no copy.

use memchr::memchr2;

/// How much of a line is looked at, in bytes: a field's name, and as much of its value as tells IDs apart.
const KEPT: usize = 1024;

/// The lines of one stream.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The beginning of a line whose end has not been seen.
    begun: Vec<u8>,
    /// The length of that line so far, in bytes.
    length: usize,
    /// The last byte was CR: an LF that follows belongs to it.
    after_cr: bool,
}

impl Lines {
    /// Takes a chunk, and hands over each line that it ends: its beginning, and its length without its end.
    pub(super) fn take(&mut self, mut chunk: &[u8], mut line: impl FnMut(&[u8], usize)) {
        if self.after_cr && !chunk.is_empty() {
            self.after_cr = false;
            chunk = chunk.strip_prefix(b"\n").unwrap_or(chunk);
        }
        while let Some(end) = memchr2(b'\r', b'\n', chunk) {
            let (tail, rest) = chunk.split_at(end);
            if self.length == 0 {
                line(&tail[..end.min(KEPT)], end);
            } else {
                self.add(tail);
                line(&self.begun, self.length);
                self.reset();
            }
            chunk = &rest[1..];
            if rest[0] == b'\r' {
                self.after_cr = chunk.is_empty();
                chunk = chunk.strip_prefix(b"\n").unwrap_or(chunk);
            }
        }
        self.add(chunk);
    }

    /// The beginning of the line that the stream is in, empty if it is in none.
    pub(super) fn begun(&self) -> &[u8] {
        &self.begun
    }

    /// Begins a new stream.
    pub(super) fn reset(&mut self) {
        self.begun.clear();
        self.length = 0;
        self.after_cr = false;
    }

    fn add(&mut self, bytes: &[u8]) {
        let kept = bytes.len().min(KEPT - self.begun.len());
        self.begun.extend_from_slice(&bytes[..kept]);
        self.length += bytes.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_the_same_however_they_are_cut() {
        let stream = b"data: 1\r\n\rdata: 2\n\n\r\n: x\r\r\nlast";
        let expected = ["data: 1", "", "data: 2", "", "", ": x", ""];
        for size in 1..stream.len() {
            let (mut lines, mut found) = (Lines::default(), Vec::new());
            for chunk in stream.chunks(size) {
                lines.take(chunk, |line, length| {
                    assert_eq!(line.len(), length);
                    found.push(String::from_utf8_lossy(line).into_owned());
                });
            }
            assert_eq!(found, expected, "in chunks of {size}");
            assert_eq!(lines.begun(), b"last");
        }
    }

    #[test]
    fn of_a_long_line_the_beginning_is_kept() {
        let (mut lines, mut found) = (Lines::default(), Vec::new());
        for _ in 0..3000 {
            lines.take(b"abc", |_, _| unreachable!("no line ends"));
        }
        assert_eq!(lines.begun().len(), KEPT);
        lines.take(&[&[b'x'; 2000][..], b"\n", &[b'y'; 2000], b"\n"].concat(), |line, length| {
            found.push((line.len(), length));
        });
        assert_eq!(found, [(KEPT, 11_000), (KEPT, 2000)]);
    }
}
