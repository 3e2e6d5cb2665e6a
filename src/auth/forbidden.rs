//! Why something may not be done with a token that is accepted. It tells the token's own permissions and nothing else, so
//! that nobody learns of other tenants.

use std::fmt;

use super::{Missed, Why};
use crate::topic::Pattern;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// To listen to topics.
    Subscribe,
    /// To publish to one.
    Publish,
    /// To see and to end connections.
    Administer,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Subscribe => "subscribe",
            Self::Publish => "publish",
            Self::Administer => "admin",
        })
    }
}

/// Something may not be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this token may not {}: {reason}", asked(*action, what))]
pub struct Forbidden {
    /// What was asked for.
    pub action: Action,
    /// The topic or pattern; empty where there is none.
    pub what: String,
    reason: Reason,
}

/// What the token lacks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Reason {
    /// It may do that elsewhere.
    #[error("it may with {0}")]
    Elsewhere(String),
    /// The same, where it is for a topic of the broker's own that only looks as if it were meant.
    #[error("it may with {0}, and a * that comes first does not stand for topics that begin with $")]
    ElsewhereThanOwn(String),
    /// A rule would apply if it had a claim.
    #[error("{}", in_words(.0))]
    Claim(Vec<Missed>),
    /// No rule applies to its roles.
    #[error("{}", in_words(.0))]
    Role(Vec<Missed>),
    /// Nothing allows it.
    #[error("no rule and no claim of the token allows it")]
    Nothing,
}

/// How many topics or rules are told of; a token may have many.
const TOLD: usize = 5;

impl Forbidden {
    /// Of a token that may do this with these topics, and got less than it might have from these rules.
    pub(super) fn new(action: Action, what: &str, allowed: &[Pattern], missed: &[Missed]) -> Self {
        let missed = missed.iter().filter(|missed| missed.action == action).cloned();
        let (roles, claims): (Vec<_>, Vec<_>) = missed.partition(|missed| missed.why == Why::Role);
        let reason = if !allowed.is_empty() {
            let shown: Vec<&str> = allowed.iter().take(TOLD).map(Pattern::as_str).collect();
            let shown = shown.join(", ") + if allowed.len() > TOLD { ", …" } else { "" };
            let seems_meant = what.starts_with('$') && allowed.iter().any(|pattern| pattern.as_str().starts_with('*'));
            if seems_meant { Reason::ElsewhereThanOwn(shown) } else { Reason::Elsewhere(shown) }
        } else if !claims.is_empty() {
            Reason::Claim(claims)
        } else if !roles.is_empty() {
            Reason::Role(roles)
        } else {
            Reason::Nothing
        };
        Self { action, what: what.to_owned(), reason }
    }

    /// What programs can rely on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self.reason {
            Reason::Claim(_) => "claim_missing",
            Reason::Role(_) => "role_missing",
            Reason::Elsewhere(_) | Reason::ElsewhereThanOwn(_) | Reason::Nothing => "not_allowed",
        }
    }
}

fn asked(action: Action, what: &str) -> String {
    match action {
        Action::Subscribe => format!("subscribe to {what}"),
        Action::Publish if what.is_empty() => "publish anything".to_owned(),
        Action::Publish => format!("publish to {what}"),
        Action::Administer => "see or change what other clients do".to_owned(),
    }
}

fn in_words(missed: &[Missed]) -> String {
    let shown: Vec<String> = missed.iter().take(TOLD).map(|Missed { rule, why, .. }| said(*rule, why)).collect();
    shown.join("; ")
}

fn said(rule: usize, why: &Why) -> String {
    match rule {
        0 => format!("its own entry {why}"),
        rule => format!("rule {rule} {why}"),
    }
}
