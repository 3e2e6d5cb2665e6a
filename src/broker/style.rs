//! What streams say beside their events: how they show that they live, and what their last words are. Streams of one path
//! may say it otherwise than those of another.

use std::time::Duration;

use super::Farewell;
use crate::wire::encode_comment;

/// A way of saying it.
#[derive(Clone, Debug)]
pub struct Style {
    /// After how long without an event a stream gets a comment.
    pub heartbeat: Duration,
    /// What the comment says.
    pub comment: String,
    /// What is said when the broker stops.
    pub farewell: Farewell,
}

/// The number of a style of the [`super::Policy`]; 0 is that of all streams that are not asked for otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct StyleId(u8);

/// The most styles there can be: a connection keeps its own in a byte.
pub const MOST_STYLES: usize = 256;

impl StyleId {
    /// The style at this place; the first one where there cannot be so many.
    #[must_use]
    pub fn new(place: usize) -> Self {
        Self(u8::try_from(place).unwrap_or_default())
    }

    pub(super) fn place(self) -> usize {
        self.0.into()
    }
}

impl Style {
    /// The comment as it goes over the wire.
    pub(super) fn beat(&self) -> Vec<u8> {
        let mut comment = Vec::new();
        encode_comment(&self.comment, &mut comment);
        comment
    }
}
