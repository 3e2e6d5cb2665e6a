//! The name of one act of publishing: a broker that has seen it before carries nothing out again.
//!
//! The header is that of draft-ietf-httpapi-idempotency-key-header; its value is sent as it is, without quotes.

use std::str::FromStr;

use reqwest::header::{HeaderName, HeaderValue};

pub(super) const HEADER: HeaderName = HeaderName::from_static("idempotency-key");

/// The longest key that brokers take, in bytes.
const MAX_BYTES: usize = 255;

/// Why a text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an idempotency key has 1 to {MAX_BYTES} bytes, none of them a control character, and no space at its ends")]
pub struct NotAKey;

/// A key, valid by construction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    text: Box<str>,
    header: HeaderValue,
}

impl IdempotencyKey {
    /// A key that nobody has used before.
    #[must_use]
    pub fn random() -> Self {
        let text = format!("{:032x}", fastrand::u128(..));
        let header = HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""));
        Self { text: text.into(), header }
    }

    /// The key of one of the acts that go by this key, told apart by its number.
    ///
    /// # Errors
    /// If the key is too long for that.
    pub fn of_part(&self, separator: char, number: u64) -> Result<Self, NotAKey> {
        format!("{}{separator}{number}", self.text).parse()
    }

    pub(super) fn header(&self) -> HeaderValue {
        self.header.clone()
    }
}

impl FromStr for IdempotencyKey {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let fits = (1..=MAX_BYTES).contains(&text.len()) && !text.contains(char::is_control) && text.trim() == text;
        let header = HeaderValue::from_bytes(text.as_bytes()).ok().filter(|_| fits).ok_or(NotAKey)?;
        Ok(Self { text: text.into(), header })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_broker_would_refuse_is_no_key() {
        let long = "k".repeat(MAX_BYTES);
        assert!("ä b".parse::<IdempotencyKey>().is_ok() && long.parse::<IdempotencyKey>().is_ok());
        for text in ["", " a", "a\n", "a\u{85}", &(long.clone() + "k")] {
            assert_eq!(text.parse::<IdempotencyKey>(), Err(NotAKey), "{text:?}");
        }
        assert_eq!(long.parse().and_then(|key: IdempotencyKey| key.of_part('#', 1)), Err(NotAKey));
        assert_eq!("k".parse().and_then(|key: IdempotencyKey| key.of_part('#', 7)), "k#7".parse());
    }
}
