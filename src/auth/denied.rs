//! Why a token is not accepted: one reason each, which says which check failed and what to do. It says nothing that the
//! token does not say itself.

use std::time::Duration;

/// Why there is no grant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// There is none.
    #[error(
        "no token was sent: send one as `Authorization: Bearer TOKEN`, or a ticket of POST /api/tickets as ?ticket="
    )]
    Missing,
    /// It is longer than any honest one.
    #[error("the token has {0} bytes, and at most {max} are looked at", max = super::jwt::MAX_BYTES)]
    TooLong(usize),
    /// It is no known static token, and has not the form of a JWT.
    #[error("the token is not one that this broker knows, and is no JWT: {0}")]
    Malformed(&'static str),
    /// It has the form of a JWT, and none are accepted.
    #[error("the token is not one that this broker knows; JWTs are not accepted here (--auth jwt)")]
    Unknown,
    /// It is not signed at all.
    #[error("the token is not signed: its algorithm is \"none\"")]
    Unsigned,
    /// Its algorithm is none that is accepted.
    #[error("the token is signed with {found}, and accepted are {accepted}")]
    Algorithm {
        /// What its header says.
        found: String,
        /// What is allowed.
        accepted: String,
    },
    /// No key has the name that it says.
    #[error("the token is signed with the key {0:?} (kid), which is not among the keys of this broker")]
    UnknownKey(String),
    /// There is no key for its algorithm.
    #[error("there is no key here for {0}, with which the token is signed")]
    NoKey(&'static str),
    /// It was not signed with the key that it should have been.
    #[error("the signature of the token is not valid: it was signed with another key, or altered")]
    Signature,
    /// A claim has not the form that it must have.
    #[error("the claim {claim:?} of the token is not {expected}")]
    BadClaim {
        /// Its name.
        claim: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// The claim that holds permissions does not make sense.
    #[error("the claim \"sse\" of the token is not {form}: {0}", form = super::authority::OWN_FORM)]
    BadPermissions(String),
    /// A claim that every token needs is missing.
    #[error("the token has no claim {0:?}, which is required here")]
    ClaimMissing(&'static str),
    /// Its time is over.
    #[error("the token expired {} ago (exp)", rough(*.0))]
    Expired(Duration),
    /// Its time has not come.
    #[error("the token is not valid before {} from now (nbf)", rough(*.0))]
    NotYet(Duration),
    /// It is from somebody else.
    #[error("the token was issued by {found:?} (iss), and accepted are tokens of {accepted}")]
    Issuer {
        /// What it says.
        found: String,
        /// What is allowed.
        accepted: String,
    },
    /// It is for somebody else.
    #[error("the token is for {found} (aud), and this broker accepts tokens for {accepted}")]
    Audience {
        /// What it says.
        found: String,
        /// What is allowed.
        accepted: String,
    },
    /// A ticket that is used up, over or was never given out.
    #[error(
        "the ticket is not valid: each can be used once, within {} of POST /api/tickets, as long as its token is good",
        rough(super::ticket::LIFE)
    )]
    Ticket,
}

impl Denied {
    /// What programs can rely on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "token_missing",
            Self::TooLong(_) | Self::Malformed(_) => "token_malformed",
            Self::Unknown => "token_unknown",
            Self::Unsigned => "token_unsigned",
            Self::Algorithm { .. } => "token_algorithm",
            Self::UnknownKey(_) | Self::NoKey(_) => "token_key_unknown",
            Self::Signature => "token_signature",
            Self::BadClaim { .. } | Self::BadPermissions(_) => "token_claim_invalid",
            Self::ClaimMissing(_) => "token_claim_missing",
            Self::Expired(_) => "token_expired",
            Self::NotYet(_) => "token_not_yet_valid",
            Self::Issuer { .. } => "token_issuer",
            Self::Audience { .. } => "token_audience",
            Self::Ticket => "ticket_invalid",
        }
    }
}

/// A duration for people: its largest unit, rounded down.
fn rough(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (count, unit) = match seconds {
        0..120 => (seconds, "s"),
        120..7200 => (seconds / 60, "min"),
        7200..172_800 => (seconds / 3600, "h"),
        _ => (seconds / 86_400, "days"),
    };
    format!("{count} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_its_largest_unit() {
        let said = |seconds| Denied::Expired(Duration::from_secs(seconds)).to_string();
        assert_eq!(said(119), "the token expired 119 s ago (exp)");
        assert_eq!(said(120), "the token expired 2 min ago (exp)");
        assert_eq!(said(7200), "the token expired 2 h ago (exp)");
        assert_eq!(said(172_800), "the token expired 2 days ago (exp)");
    }
}
