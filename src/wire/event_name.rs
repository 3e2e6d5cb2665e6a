//! The `event` field of an event.

use std::fmt;
use std::str::FromStr;

use super::{Forbidden, refuse_forbidden};

/// The type of an event that is not of the default type: any text without CR, LF and NUL.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventName(Box<str>);

impl EventName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EventName {
    type Err = Forbidden;

    fn from_str(text: &str) -> Result<Self, Forbidden> {
        refuse_forbidden("an event type", text)?;
        Ok(Self(text.into()))
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
