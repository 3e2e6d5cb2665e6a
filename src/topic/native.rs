//! The topics that have a meaning of their own: they address people instead of a subject, or tell who is there.

use super::{Pattern, Topic};

/// What names of the broker begin with. A star at the beginning of a pattern does not stand for them: who listens to
/// everything does not overhear what is for others.
pub(super) const SIGN: char = '$';

/// The meaning of such a topic, or of a pattern of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Native<'t> {
    /// Every connection hears it.
    All,
    /// The connections of this user hear it.
    User(&'t str),
    /// The connections of this session hear it.
    Session(&'t str),
    /// It tells who comes to this topic, and who goes.
    Presence(&'t str),
}

impl<'t> Native<'t> {
    /// Whether those whom it is for hear it without asking.
    #[must_use]
    pub fn is_unasked(self) -> bool {
        !matches!(self, Self::Presence(_))
    }

    /// What a name means; nothing if it is an ordinary one, or none at all.
    pub(super) fn of(text: &'t str) -> Option<Self> {
        let (kind, rest) = text.strip_prefix(SIGN)?.split_once('/').unwrap_or((&text[1..], ""));
        match (kind, rest) {
            ("all", "") if !text.contains('/') => Some(Self::All),
            (_, "") => None,
            ("user", user) => Some(Self::User(user)),
            ("session", session) => Some(Self::Session(session)),
            ("presence", topic) => Some(Self::Presence(topic)),
            _ => None,
        }
    }
}

impl Topic {
    /// What the topic means, if it is one of the broker's.
    #[must_use]
    pub fn native(&self) -> Option<Native<'_>> {
        Native::of(self.as_str())
    }
}

impl Pattern {
    /// What its topics mean, if they are the broker's.
    #[must_use]
    pub fn native(&self) -> Option<Native<'_>> {
        Native::of(self.as_str())
    }
}
