//! Topics, patterns over them, and the selection that a subscriber makes: names only, no events and no connections.
//!
//! `/` separates the segments of a topic. Used by the store to filter, by the broker to deliver and by the server to
//! parse what a request names.

mod index;
mod keys;
mod native;
mod pattern;
mod selection;

pub use index::Index;
pub use native::Native;
pub use pattern::Pattern;
pub use selection::Selection;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The longest topic or pattern, in bytes of UTF-8.
pub const MAX_BYTES: usize = 1024;

/// A name that events are published to: 1 to [`MAX_BYTES`] bytes of UTF-8 without control characters and without
/// `*`. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Topic(Arc<str>);

impl Topic {
    /// The topic as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Topic {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        check_name(text)?;
        if text.contains('*') {
            return Err(Error::Wildcard);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is no topic, or no pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is empty.
    #[error("a topic cannot be empty")]
    Empty,
    /// It is longer than [`MAX_BYTES`].
    #[error("a topic has at most {MAX_BYTES} bytes, this one has {0}")]
    TooLong(usize),
    /// It holds a control character.
    #[error("a topic cannot hold control characters, this one holds U+{:04X}", u32::from(*.0))]
    ControlCharacter(char),
    /// It begins with `$`.
    #[error("topics that begin with $ are the broker's: there are $all, $user/ID, $session/ID and $presence/TOPIC")]
    Reserved,
    /// It is a pattern where one topic is needed.
    #[error("* is for the patterns of subscribers; an event is published to topics without it")]
    Wildcard,
    /// `*` stands beside other characters.
    #[error("* stands for a whole segment between slashes, so it cannot be a part of one")]
    PartialWildcard,
    /// `**` stands before the end.
    #[error("** stands for any tail, so it can only be the last segment of a pattern")]
    TailNotLast,
}

/// The rules that topics and patterns share.
fn check_name(text: &str) -> Result<(), Error> {
    if text.is_empty() {
        return Err(Error::Empty);
    }
    if text.len() > MAX_BYTES {
        return Err(Error::TooLong(text.len()));
    }
    if text.starts_with(native::SIGN) && Native::of(text).is_none() {
        return Err(Error::Reserved);
    }
    match text.chars().find(|c| c.is_control()) {
        Some(found) => Err(Error::ControlCharacter(found)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_any_text_without_control_characters() {
        for good in [
            "$all",
            "$user/1",
            "$session/a/b",
            "a",
            "a/b",
            "a$",
            "price.eur",
            "räume/3/☃",
            "a b",
            "a//b",
            &"x".repeat(MAX_BYTES),
        ] {
            assert_eq!(good.parse::<Topic>().map(|t| t.to_string()), Ok(good.to_owned()));
        }
    }

    #[test]
    fn what_is_no_topic_is_refused_with_its_reason() {
        assert_eq!("".parse::<Topic>(), Err(Error::Empty));
        assert_eq!("x".repeat(1025).parse::<Topic>(), Err(Error::TooLong(1025)));
        assert_eq!("a\nb".parse::<Topic>(), Err(Error::ControlCharacter('\n')));
        assert_eq!("a\u{85}b".parse::<Topic>(), Err(Error::ControlCharacter('\u{85}')));
        for reserved in ["$", "$al", "$all/x", "$user", "$user/", "$presence/", "$other/x"] {
            assert_eq!(reserved.parse::<Topic>(), Err(Error::Reserved), "{reserved}");
        }
        assert_eq!("a/*".parse::<Topic>(), Err(Error::Wildcard));
        assert_eq!("a*".parse::<Topic>(), Err(Error::Wildcard));
    }
}
