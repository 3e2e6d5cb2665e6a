//! What this program's own subscribers look for in their streams: the line that `sse bench` puts into each event. How the
//! stream frames it does not matter, so that thousands of streams can be read at little cost.

use std::io::Write as _;
use std::sync::LazyLock;

use memchr::memmem::Finder;

const MARKER: &[u8] = b"sse-bench.1.";

/// Prepared once: a crowd looks for a million of them in a second.
static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(MARKER));

/// Fields of a mark, each ended by a dot: run, phase, publisher, sequence, intended and actual time.
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
        let _ = write!(out, "sse-bench.1.{:016x}.{phase}.0.{sequence}.{intended}.{intended}.", 0);
        out.resize(end.max(out.len()), b'.');
    }

    fn read([_, phase, _, sequence, intended, _]: [&[u8]; FIELDS]) -> Option<Self> {
        Some(Self { measured: phase == b"m", sequence: number(sequence)?, intended: number(intended)? })
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
        let Some(at) = FINDER.find(bytes) else {
            let kept = bytes.len().min(MARKER.len() - 1);
            return &bytes[bytes.len() - kept..];
        };
        let Some((fields, behind)) = fields(&bytes[at + MARKER.len()..]) else { return &bytes[at..] };
        if let Some(mark) = Mark::read(fields) {
            found(mark);
        }
        bytes = behind;
    }
}

/// The fields that the text begins with, and what is behind them; `None` if it ends before they do.
fn fields(mut text: &[u8]) -> Option<([&[u8]; FIELDS], &[u8])> {
    let mut fields = [&[][..]; FIELDS];
    for field in &mut fields {
        let end = text.iter().position(|byte| *byte == b'.')?;
        (*field, text) = (&text[..end], &text[end + 1..]);
    }
    Some((fields, text))
}

fn number(digits: &[u8]) -> Option<u64> {
    let digit = |byte: &u8| byte.is_ascii_digit().then(|| u64::from(byte - b'0'));
    digits.iter().try_fold(0_u64, |number, byte| number.checked_mul(10)?.checked_add(digit(byte)?))
}
