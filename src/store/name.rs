//! The names that publishers give for the log alone: they never reach a subscriber.

use std::fmt;
use std::str::FromStr;

/// The longest of them, in bytes of UTF-8.
const MAX_BYTES: usize = 255;

/// Why a text is no such name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it has 1 to {MAX_BYTES} bytes, none of them a control character")]
pub struct NotAName;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NotAName;

            fn from_str(text: &str) -> Result<Self, NotAName> {
                let fits = (1..=MAX_BYTES).contains(&text.len()) && !text.contains(char::is_control);
                if fits { Ok(Self(text.into())) } else { Err(NotAName) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// What an event is the state of: the newest event with a key replaces those before it as the current state of its topic.
    Key
}

name! {
    /// Names one act of publishing, so that it is carried out once however often it is asked for.
    IdempotencyKey
}

impl IdempotencyKey {
    /// The key of one item of a batch that has this key.
    #[must_use]
    pub fn of_item(&self, number: usize) -> Self {
        // No key that a publisher gives has a control character.
        Self(format!("{self}\t{number}").into())
    }
}
