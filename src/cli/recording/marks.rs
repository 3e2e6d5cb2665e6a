//! The comments of a recording that tell the time, and how those of the stream are kept apart from them: with a backslash
//! before what would look like one, and one more before what has that already.

use std::borrow::Cow;
use std::time::Duration;

use jiff::Timestamp;

const RECORDED: &str = "recorded ";

const AT: &str = "at ";

/// What a comment of a recording says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Comment {
    /// The recording begins, or another part of it, which was made at this time.
    Recorded(Timestamp),
    /// What follows came so long after that.
    At(Duration),
    /// A comment of the stream.
    OfStream(String),
}

impl Comment {
    /// Reads a comment as a decoder gives it.
    pub(super) fn read(mut text: String) -> Self {
        if let Some(time) = text.strip_prefix(AT).and_then(milliseconds) {
            return Self::At(time);
        }
        if let Some(time) = text.strip_prefix(RECORDED).and_then(|time| time.parse().ok()) {
            return Self::Recorded(time);
        }
        if text.starts_with('\\') && looks_like_a_mark(&text) {
            text.remove(0);
        }
        Self::OfStream(text)
    }
}

/// The comment with which a recording begins.
pub(super) fn recorded(now: Timestamp) -> String {
    format!("{RECORDED}{now:.3}")
}

/// The comment before what came so many milliseconds later.
pub(super) fn at(milliseconds: u64) -> String {
    format!("{AT}{milliseconds}")
}

/// A comment of the stream as it is written.
pub(super) fn of_stream(text: &str) -> Cow<'_, str> {
    if looks_like_a_mark(text) { format!("\\{text}").into() } else { text.into() }
}

/// Whether it does so but for backslashes.
fn looks_like_a_mark(text: &str) -> bool {
    let text = text.trim_start_matches('\\');
    text.starts_with(AT) || text.starts_with(RECORDED)
}

/// Digits only.
fn milliseconds(text: &str) -> Option<Duration> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits).map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Comment {
        Comment::read(text.to_owned())
    }

    #[test]
    fn what_only_resembles_a_mark_is_a_comment_of_the_stream() {
        assert_eq!(read("at 1234"), Comment::At(Duration::from_millis(1234)));
        let recorded = Comment::Recorded("2026-11-20T12:00:00.123Z".parse().unwrap());
        assert_eq!(read("recorded 2026-11-20T12:00:00.123Z"), recorded);
        for text in ["at", "at +5", "at -5", "at 5 pm", " at 5", "recorded by hand", "at 18446744073709551616", "\\"] {
            assert_eq!(read(text), Comment::OfStream(text.to_owned()));
        }
    }

    #[test]
    fn comments_of_the_stream_survive_whatever_they_resemble() {
        for text in ["at 5", "\\at 5", "\\\\recorded 2026-11-20T12:00:00Z", "at noon", "\\", " at 5", "", "\\x"] {
            assert_eq!(read(&of_stream(text)), Comment::OfStream(text.to_owned()));
        }
        assert_eq!(of_stream(" keep-alive"), " keep-alive");
    }
}
