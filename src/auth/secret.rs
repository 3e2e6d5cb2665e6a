//! Static tokens: long random texts of which the configuration holds nothing but a digest, so that whoever reads it cannot
//! use them. They are as random as a key, so a plain hash keeps them as well as a slow one would.

use std::fmt;
use std::str::FromStr;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};

use super::{Allowed, Rule};

/// The SHA-256 of a token, written as `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

/// Says that a text is no digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a digest is sha256: and 64 hexadecimal digits; `sse token hash` makes one")]
pub struct BadDigest;

/// A token that is known beforehand.
#[derive(Clone, Debug)]
pub struct Static {
    /// What it is called where it is mentioned.
    pub name: String,
    /// What it is known by.
    pub digest: Digest,
    /// Whose it is: the user of `$user/…`.
    pub user: Option<String>,
    /// The roles that rules see.
    pub roles: Vec<String>,
    /// What it allows by itself.
    pub allowed: Allowed,
}

/// A token that nobody guesses: 256 random bits, as letters, digits, `-` and `_`; `None` where the system has no randomness.
pub fn random_token() -> Option<String> {
    let mut random = [0; 32];
    aws_lc_rs::rand::fill(&mut random).ok()?;
    Some(BASE64_URL_SAFE_NO_PAD.encode(random))
}

impl Digest {
    /// That of a token.
    #[must_use]
    pub fn of(token: &str) -> Self {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest.as_ref());
        Self(bytes)
    }
}

impl FromStr for Digest {
    type Err = BadDigest;

    fn from_str(text: &str) -> Result<Self, BadDigest> {
        let digits = text.strip_prefix("sha256:").filter(|digits| digits.len() == 64).ok_or(BadDigest)?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).ok().filter(|pair| !pair.starts_with('+')).ok_or(BadDigest)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| BadDigest)?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Static {
    /// What it allows, as the rule that holds for it alone.
    pub(super) fn rule(&self) -> Rule {
        Rule { roles: Vec::new(), claims: Vec::new(), allowed: self.allowed.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_written_as_it_is_read() {
        let digest = Digest::of("abc");
        let text = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest.to_string(), text);
        assert_eq!(text.parse(), Ok(digest));
        for bad in ["", "sha256:", &text[7..], &text[..70], &text.replace('b', "x"), &text.replace("ba", "+a")] {
            assert_eq!(bad.parse::<Digest>(), Err(BadDigest), "{bad}");
        }
    }
}
