//! Why a line has no field that a client knows: WHATWG HTML §9.2.6 ignores such a line without a word.

use super::finding::excerpt;

/// The fields that there are.
const FIELDS: [&str; 4] = ["data", "event", "id", "retry"];

/// What went wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unknown {
    /// A byte order mark that does not begin the stream.
    ByteOrderMark,
    /// A field in another case.
    Case,
    /// A field with white space before or after its name.
    Space,
    /// A line of the data above it that has no field of its own.
    Continuation,
    /// JSON, or other text, without a field.
    Bare,
    /// A name that means nothing to a client, and harms none.
    Other,
}

impl Unknown {
    /// Judges a line that is neither blank, nor a comment, nor one of the fields.
    pub(super) fn of(line: &[u8], after_data: bool) -> Self {
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
        let trimmed = name.trim_ascii();
        if name.starts_with("\u{feff}".as_bytes()) {
            return Self::ByteOrderMark;
        }
        if FIELDS.iter().any(|field| field.as_bytes().eq_ignore_ascii_case(trimmed)) {
            return if trimmed.len() == name.len() { Self::Case } else { Self::Space };
        }
        let is_word = name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte));
        match is_word && name.len() < line.len() {
            true => Self::Other,
            false if after_data => Self::Continuation,
            false => Self::Bare,
        }
    }

    /// What the server should do instead.
    pub(super) fn fix(self) -> &'static str {
        match self {
            Self::ByteOrderMark => {
                "write the text without a byte order mark: only one at the very beginning of a stream is skipped"
            }
            Self::Case => "write field names in lower case: data, event, id, retry",
            Self::Space => {
                "write the field name at the beginning of the line with its colon right behind it: `data: …`"
            }
            Self::Continuation => {
                "begin every line of the data with its own `data: `: split the text at its line breaks, or send JSON \
                 without them"
            }
            Self::Bare => "begin every line of the payload with `data: `, and end the event with a blank line",
            Self::Other => "clients know data, event, id and retry only: put the value into the data, as JSON",
        }
    }

    /// What is wrong with the line, in a few words around it.
    pub(super) fn describe(self, line: &[u8]) -> String {
        let line = excerpt(line);
        match self {
            Self::ByteOrderMark => format!("{line} begins with a byte order mark"),
            Self::Case => format!("{line} is not in lower case"),
            Self::Space => format!("{line} has white space around the name of the field"),
            Self::Continuation => format!("{line} stands below data, but has no `data:` of its own"),
            Self::Bare => format!("{line} has no field in front of it"),
            Self::Other => format!("{line} is none of data, event, id and retry"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mistakes_that_servers_make_are_told_apart() {
        let of = |line: &str| Unknown::of(line.as_bytes(), false);
        assert_eq!(of("Data: 1"), Unknown::Case);
        assert_eq!(of("ID: 1"), Unknown::Case);
        assert_eq!(of(" data: 1"), Unknown::Space);
        assert_eq!(of("data : 1"), Unknown::Space);
        assert_eq!(of("\tevent: x"), Unknown::Space);
        assert_eq!(of("{\"a\": 1}"), Unknown::Bare);
        assert_eq!(of("hello"), Unknown::Bare);
        assert_eq!(of("<!DOCTYPE html>"), Unknown::Bare);
        assert_eq!(of("\u{feff}data: 1"), Unknown::ByteOrderMark);
        assert_eq!(of("timestamp: 12"), Unknown::Other);
    }

    #[test]
    fn below_data_a_line_without_a_field_belongs_to_it() {
        let of = |line: &str| Unknown::of(line.as_bytes(), true);
        assert_eq!(of("  \"a\": 1,"), Unknown::Continuation);
        assert_eq!(of("}"), Unknown::Continuation);
        assert_eq!(of("second line"), Unknown::Continuation);
        assert_eq!(of("Event: x"), Unknown::Case);
        assert_eq!(of("trace: 7"), Unknown::Other);
    }
}
