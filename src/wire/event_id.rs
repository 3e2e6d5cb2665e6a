//! The `id` field of an event.

use std::fmt;
use std::str::FromStr;

use super::{Forbidden, refuse_forbidden};

/// An event ID: any text without CR, LF and NUL, so that it survives the wire unchanged (WHATWG HTML §9.2.6 has a client
/// ignore an `id` with NUL). The empty ID is legal: it resets a client's last event ID.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(Box<str>);

impl EventId {
    /// The ID as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EventId {
    type Err = Forbidden;

    fn from_str(text: &str) -> Result<Self, Forbidden> {
        refuse_forbidden("an event ID", text)?;
        Ok(Self(text.into()))
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
