//! What a server says of its own accord between the events that are published: greetings, keep-alives, who comes and goes.
//! Such events are part of its protocol and are not counted as foreign.

use std::borrow::Cow;

use memchr::memmem;
use serde::{Deserialize, Serialize};

/// What the data of such an event is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Aside {
    /// This and nothing else.
    Whole(Cow<'static, str>),
    /// Something with this in it.
    With(Cow<'static, str>),
}

impl Aside {
    /// Whether this is the data of such an event.
    pub(super) fn matches(&self, data: &[u8]) -> bool {
        match self {
            Self::Whole(text) => data == text.as_bytes(),
            Self::With(text) => memmem::find(data, text.as_bytes()).is_some(),
        }
    }
}
