//! Newline-delimited text from chunks: bounded, whatever comes.

/// A line of the body.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'c> {
    /// Its text, without its end, and its number in the body, from 1.
    Text(&'c [u8], usize),
    /// It is longer than the limit; it was skipped.
    TooLong,
}

/// Cuts chunks into lines. Blank lines are none.
#[derive(Debug)]
pub(super) struct Lines {
    limit: usize,
    /// The beginning of a line whose end has not come yet.
    unfinished: Vec<u8>,
    /// How many lines have ended.
    ended: usize,
    /// The line that is under way went beyond the limit.
    skipping: bool,
}

impl Lines {
    /// Lines of at most `limit` bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, unfinished: Vec::new(), ended: 0, skipping: false }
    }

    /// Takes a chunk and hands out the lines that it completes.
    pub(super) fn take(&mut self, mut chunk: &[u8], mut each: impl FnMut(Line<'_>)) {
        while let Some(end) = memchr::memchr(b'\n', chunk) {
            self.add(&chunk[..end]);
            self.finish(&mut each);
            chunk = &chunk[end + 1..];
        }
        self.add(chunk);
    }

    /// Takes the end of the body, which ends the last line too, and hands that line out if there is one.
    pub(super) fn finish(&mut self, mut each: impl FnMut(Line<'_>)) {
        self.ended += 1;
        if std::mem::take(&mut self.skipping) {
            each(Line::TooLong);
        } else if !self.unfinished.trim_ascii().is_empty() {
            each(Line::Text(&self.unfinished, self.ended));
        }
        self.unfinished.clear();
    }

    /// The bytes of the line whose end has not come.
    pub(super) fn unfinished(&self) -> usize {
        self.unfinished.len()
    }

    fn add(&mut self, part: &[u8]) {
        if self.unfinished.len() + part.len() > self.limit {
            self.skipping = true;
            self.unfinished = Vec::new();
        }
        if !self.skipping {
            self.unfinished.extend_from_slice(part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(limit: usize, chunks: &[&str]) -> Vec<String> {
        let (mut lines, mut found) = (Lines::new(limit), Vec::new());
        let mut each = |line: Line<'_>| match line {
            Line::Text(text, number) => found.push(format!("{number}:{}", String::from_utf8_lossy(text))),
            Line::TooLong => found.push("TOO LONG".to_owned()),
        };
        for chunk in chunks {
            lines.take(chunk.as_bytes(), &mut each);
        }
        lines.finish(&mut each);
        found
    }

    #[test]
    fn lines_come_whole_however_they_are_cut() {
        assert_eq!(lines(9, &["a\nb", "c\n\n \r\n", "d"]), ["1:a", "2:bc", "5:d"]);
    }

    #[test]
    fn a_line_beyond_the_limit_is_skipped_and_the_next_one_is_read() {
        assert_eq!(lines(3, &["abcd\nx\nab", "cd", "efgh\ny"]), ["TOO LONG", "2:x", "TOO LONG", "4:y"]);
        assert_eq!(lines(3, &["abc\n", "abcd"]), ["1:abc", "TOO LONG"]);
    }
}
