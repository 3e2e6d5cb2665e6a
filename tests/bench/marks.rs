//! What this program's own subscribers look for in their streams: the line that `sse bench` puts into each event. How the
//! stream frames it does not matter, so that thousands of streams can be read at little cost.

use std::io::Write as _;

const MARKER: &[u8] = b"sse-bench/1 ";

/// Fields of a mark, each ended by a space: run, phase, publisher, sequence, intended and actual time.
const FIELDS: usize = 6;

/// One event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// It counts: it is neither a probe nor for warming up.
    pub measured: bool,
    pub sequence: u64,
    /// When it should have been sent, in nanoseconds of whoever sent it.
    pub intended: u64,
}

/// Finds the marks in a stream.
#[derive(Debug, Default)]
pub struct Marks {
    /// The beginning of a mark that is cut.
    cut: Vec<u8>,
}

impl Mark {
    /// Appends it to `out`, `size` bytes long if that is enough.
    pub fn write(&self, size: usize, out: &mut Vec<u8>) {
        let end = out.len() + size;
        let Self { measured, sequence, intended } = *self;
        let phase = if measured { 'm' } else { 'w' };
        // Writing to a Vec cannot fail.
        let _ = write!(out, "sse-bench/1 {:016x} {phase} 0 {sequence} {intended} {intended} ", 0);
        out.resize(end.max(out.len()), b'.');
    }

    fn read(fields: &[u8]) -> Option<Self> {
        let mut fields = std::str::from_utf8(fields).ok()?.split(' ').skip(1);
        let measured = fields.next()? == "m";
        let sequence = fields.nth(1)?.parse().ok()?;
        Some(Self { measured, sequence, intended: fields.next()?.parse().ok()? })
    }
}

impl Marks {
    /// Takes what one read brought.
    pub fn take(&mut self, bytes: &[u8], mut found: impl FnMut(Mark)) {
        if self.cut.is_empty() {
            let rest = scan(bytes, &mut found);
            self.cut.extend_from_slice(rest);
            return;
        }
        self.cut.extend_from_slice(bytes);
        let joined = std::mem::take(&mut self.cut);
        self.cut = scan(&joined, &mut found).to_vec();
    }
}

/// Hands over the whole marks, and returns what may be the beginning of another.
fn scan<'b>(mut bytes: &'b [u8], found: &mut impl FnMut(Mark)) -> &'b [u8] {
    loop {
        let Some(at) = memchr::memmem::find(bytes, MARKER) else {
            let kept = bytes.len().min(MARKER.len() - 1);
            return &bytes[bytes.len() - kept..];
        };
        let fields = &bytes[at + MARKER.len()..];
        let Some(end) = memchr::memchr_iter(b' ', fields).nth(FIELDS - 1) else { return &bytes[at..] };
        if let Some(mark) = Mark::read(&fields[..end]) {
            found(mark);
        }
        bytes = &fields[end..];
    }
}
