//! What a diagnosis says, and the words that all its parts share. Remote text in it is cut short, not escaped.

use std::time::Duration;

/// The most of a remote text that is shown, in characters: enough to find it again.
const EXCERPT: usize = 60;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Events are late, lost or misread.
    Problem,
    /// Something to know, or a suspicion that the stream alone cannot settle.
    Note,
}

/// One thing that is wrong, or worth to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// What kind of finding it is, in kebab case: stable, for programs.
    pub code: &'static str,
    /// What was seen, with its figures. It may quote the server, so it has to be escaped for a terminal.
    pub what: String,
    /// What to change, and where.
    pub fix: String,
}

impl Finding {
    pub(super) fn problem(code: &'static str, what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { level: Level::Problem, code, what: what.into(), fix: fix.into() }
    }

    pub(super) fn note(code: &'static str, what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { level: Level::Note, ..Self::problem(code, what, fix) }
    }
}

/// The beginning of a remote text, in quotes.
pub(super) fn excerpt(bytes: &[u8]) -> String {
    // Four bytes are the longest character, so this is never too little.
    let beginning = String::from_utf8_lossy(&bytes[..bytes.len().min(4 * (EXCERPT + 1))]);
    let shown: String = beginning.chars().take(EXCERPT).collect();
    let more = if beginning.chars().nth(EXCERPT).is_some() { "…" } else { "" };
    format!("\"{shown}{more}\"")
}

/// A count with its noun.
pub(super) fn plural(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// A time for people, to two or three digits.
pub(super) fn time(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds < 1.0 => format!("{} ms", time.as_millis()),
        seconds if seconds < 100.0 => format!("{seconds:.1} s"),
        seconds => format!("{seconds:.0} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remote_text_is_cut_short_between_characters() {
        assert_eq!(excerpt(b"Data: 1"), "\"Data: 1\"");
        assert_eq!(excerpt(&"€".repeat(60).into_bytes()), format!("\"{}\"", "€".repeat(60)));
        assert_eq!(excerpt(&"€".repeat(5000).into_bytes()), format!("\"{}…\"", "€".repeat(60)));
    }

    #[test]
    fn times_have_the_digits_that_matter() {
        let shown = [90, 2100, 59_940, 120_400].map(|ms| time(Duration::from_millis(ms)));
        assert_eq!(shown, ["90 ms", "2.1 s", "59.9 s", "120 s"]);
    }
}
