//! How messages write what comes up in many of them: numbers of things, and texts that may be long. Nothing is escaped
//! here: that is up to who prints it.

use std::fmt::{self, Display, Write as _};

/// A number with its noun, such as `1 event` or `2 events`.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// A text or a value as it is displayed, but no more of it than its first bytes: it may be remote, and of any length.
pub(crate) fn shortened(long: impl Display, most: usize) -> String {
    let mut short = Short { text: String::new(), most };
    if write!(short, "{long}").is_err() {
        short.text.push('…');
    }
    short.text
}

struct Short {
    text: String,
    most: usize,
}

impl fmt::Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.most - self.text.len();
        self.text.push_str(&text[..text.floor_char_boundary(room)]);
        // So that of what is much longer no more than this is written at all.
        if text.len() > room { Err(fmt::Error) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_long_is_shortened_and_between_characters() {
        assert_eq!((shortened("äöü", 6), shortened("", 0)), ("äöü".to_owned(), String::new()));
        assert_eq!(shortened("äöü", 5), "äö…");
        assert_eq!(shortened(format_args!("{}{}", "äö", "ü"), 5), "äö…");
    }
}
