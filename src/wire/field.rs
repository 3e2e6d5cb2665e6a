//! The values of the fields `id` and `event`: text that survives the wire unchanged.

use std::fmt;
use std::str::FromStr;

use super::{Forbidden, refuse_forbidden};

macro_rules! field_value {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Box<str>);

        impl $name {
            /// The value as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = Forbidden;

            fn from_str(text: &str) -> Result<Self, Forbidden> {
                refuse_forbidden($what, text)?;
                Ok(Self(text.into()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

field_value! {
    /// An event ID: any text without CR, LF and NUL (WHATWG HTML §9.2.6 has a client ignore an `id` with NUL). The empty ID
    /// is legal: it resets a client's last event ID.
    EventId, "an event ID"
}

field_value! {
    /// The type of an event that is not of the default type: any text without CR, LF and NUL.
    EventName, "an event type"
}
