//! A JWT in its compact form (RFC 7519 §3, RFC 7515 §7.1), taken apart: its header, its claims, and what was signed.

use std::fmt;
use std::str::FromStr;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};

use super::{Claims, Denied};

/// The longest token that is looked at, in bytes: as long as the head of a request may be with most servers.
pub(super) const MAX_BYTES: usize = 8 << 10;

/// A token that has the form of a JWT. Nothing of it has been verified.
#[derive(Debug)]
pub(super) struct Jwt<'t> {
    pub(super) header: Header,
    pub(super) claims: Claims,
    /// Header and claims as they were signed.
    pub(super) signed: &'t str,
    /// The signature, in base64url.
    pub(super) signature: &'t str,
}

/// The part of a header that matters (RFC 7515 §4.1).
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Header {
    pub(super) alg: String,
    #[serde(default)]
    pub(super) kid: Option<String>,
    /// Whether it says what a recipient must understand, which is nothing here; `null` is no way to say so either.
    #[serde(default, deserialize_with = "is_there")]
    crit: bool,
}

/// A signature algorithm (RFC 7518 §3.1, RFC 8037 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// HMAC with SHA-256.
    Hs256,
    /// HMAC with SHA-384.
    Hs384,
    /// HMAC with SHA-512.
    Hs512,
    /// RSA, PKCS 1, with SHA-256.
    Rs256,
    /// RSA, PKCS 1, with SHA-384.
    Rs384,
    /// RSA, PKCS 1, with SHA-512.
    Rs512,
    /// RSA, PSS, with SHA-256.
    Ps256,
    /// RSA, PSS, with SHA-384.
    Ps384,
    /// RSA, PSS, with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// Ed25519.
    EdDsa,
}

/// Says that a text names no algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("give one of HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA")]
pub struct NotAnAlgorithm;

impl Algorithm {
    /// All there are.
    pub const ALL: [Self; 12] = [
        Self::Hs256,
        Self::Hs384,
        Self::Hs512,
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
    ];

    /// Its registered name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Algorithm {
    type Err = NotAnAlgorithm;

    fn from_str(text: &str) -> Result<Self, NotAnAlgorithm> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == text).ok_or(NotAnAlgorithm)
    }
}

impl<'t> Jwt<'t> {
    /// Takes a token apart.
    ///
    /// # Errors
    /// [`Denied::TooLong`], [`Denied::Malformed`].
    pub(super) fn parse(token: &'t str) -> Result<Self, Denied> {
        if token.len() > MAX_BYTES {
            return Err(Denied::TooLong(token.len()));
        }
        let parts = Denied::Malformed("that has three parts with dots between them");
        let (signed, signature) = token.rsplit_once('.').ok_or(parts.clone())?;
        let (header, claims) = signed.split_once('.').filter(|(_, claims)| !claims.contains('.')).ok_or(parts)?;
        let header = decode(header).and_then(|json| serde_json::from_slice::<Header>(&json).ok());
        let header = header.ok_or(Denied::Malformed("its first part is no header, which is base64url of JSON"))?;
        if header.crit {
            return Err(Denied::Malformed("its header has \"crit\", and no extension is known here"));
        }
        let claims = decode(claims).and_then(|json| Claims::parse(&json));
        let claims = claims.ok_or(Denied::Malformed("its second part are no claims, which is base64url of JSON"))?;
        Ok(Self { header, claims, signed, signature })
    }
}

fn is_there<'de, D: Deserializer<'de>>(value: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(value).map(|_| true)
}

fn decode(part: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(part).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str, claims: &str) -> String {
        let encode = |json: &str| BASE64_URL_SAFE_NO_PAD.encode(json);
        format!("{}.{}.c2ln", encode(header), encode(claims))
    }

    #[test]
    fn a_token_is_taken_apart() {
        let text = token(r#"{"alg":"HS256","typ":"JWT","kid":"k"}"#, r#"{"sub":"u"}"#);
        let jwt = Jwt::parse(&text).expect("a token");
        assert_eq!((jwt.header.alg.as_str(), jwt.header.kid.as_deref()), ("HS256", Some("k")));
        assert_eq!((jwt.claims.text("sub"), jwt.signature), (Some("u"), "c2ln"));
        assert_eq!(format!("{}.c2ln", jwt.signed), text);
    }

    #[test]
    fn what_is_no_token_is_said_to_be_none() {
        let (header, claims) = (r#"{"alg":"HS256"}"#, "{}");
        let malformed = ["", "a", "a.b", "a.b.c", "a.b.c.d", "..", &token("[]", claims), &token(header, "1")];
        for text in malformed {
            assert!(matches!(Jwt::parse(text), Err(Denied::Malformed(_))), "{text}");
        }
        for crit in ["[\"x\"]", "[]", "null", "false"] {
            let header = format!("{{\"alg\":\"HS256\",\"crit\":{crit}}}");
            assert!(matches!(Jwt::parse(&token(&header, claims)), Err(Denied::Malformed(_))), "{crit}");
        }
        assert!(matches!(Jwt::parse(&"x".repeat(MAX_BYTES + 1)), Err(Denied::TooLong(_))));
    }

    #[test]
    fn an_algorithm_is_known_by_its_registered_name() {
        for algorithm in Algorithm::ALL {
            assert_eq!(algorithm.name().parse(), Ok(algorithm));
        }
        assert_eq!("none".parse::<Algorithm>(), Err(NotAnAlgorithm));
        assert_eq!("hs256".parse::<Algorithm>(), Err(NotAnAlgorithm));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,200}", header in ".{0,40}", claims in ".{0,40}") {
            let _ = Jwt::parse(&text);
            let _ = Jwt::parse(&token(&header, &claims));
        }
    }
}
