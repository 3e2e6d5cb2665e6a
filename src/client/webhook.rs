//! A webhook of the Standard Webhooks specification: a POST of JSON with an ID, a time and a signature, repeated until it is
//! taken. What it says is up to the caller.

use std::str::FromStr;
use std::time::{Duration, SystemTime};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::forwarder::{Forwarded, Forwarder, NotForwarded, Refusal};
use super::network::Network;
use super::redirect::Follow;
use super::transport::Transport;

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// What a secret begins with whose bytes are written in base64.
const ENCODED: &str = "whsec_";

/// The shortest secret, in bytes, as the specification has it.
const SHORTEST: usize = 24;

/// What messages are signed with. It is never shown.
#[derive(Clone)]
pub struct Secret(hmac::Key);

/// Why a text is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSecret {
    /// It can be guessed.
    #[error(
        "a secret has at least {SHORTEST} bytes, as openssl rand -base64 32 makes one; write {ENCODED} before base64"
    )]
    Short,
    /// It is said to be base64, and is none.
    #[error("what follows {ENCODED} has to be base64")]
    Encoding,
}

/// Where messages go.
#[derive(Debug)]
pub struct Webhook {
    forwarder: Forwarder,
    secret: Option<Secret>,
}

impl FromStr for Secret {
    type Err = BadSecret;

    fn from_str(text: &str) -> Result<Self, BadSecret> {
        let bytes = match text.strip_prefix(ENCODED) {
            Some(encoded) => BASE64_STANDARD.decode(encoded).map_err(|_| BadSecret::Encoding)?,
            None => text.as_bytes().to_vec(),
        };
        if bytes.len() < SHORTEST {
            return Err(BadSecret::Short);
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Webhook {
    /// Posts to `url`, `retries` times more if a message is not taken; signs if there is a secret. A redirection is a
    /// failure: messages are for the receiver that was named.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn new(url: Url, transport: &Transport, retries: u32, secret: Option<Secret>) -> Result<Self, Network> {
        Ok(Self { forwarder: Forwarder::following(Follow::None, url, transport, retries)?, secret })
    }

    /// Posts a message, whose ID is the same for all attempts; `again` is told of each that failed, and how long it is until
    /// the next. An ID has letters, digits and `_` alone.
    ///
    /// # Errors
    /// [`NotForwarded`].
    pub async fn post(
        &self,
        id: &str,
        body: Bytes,
        again: impl FnMut(&Refusal, Duration),
    ) -> Result<Forwarded, NotForwarded> {
        let headers = || headers(self.secret.as_ref(), id, SystemTime::now(), &body);
        self.forwarder.deliver(body.clone(), headers, again).await
    }
}

fn headers(secret: Option<&Secret>, id: &str, now: SystemTime, body: &[u8]) -> HeaderMap {
    let time = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs().to_string();
    let signature = secret.map(|secret| {
        let mut context = hmac::Context::with_key(&secret.0);
        for part in [id.as_bytes(), b".", time.as_bytes(), b".", body] {
            context.update(part);
        }
        format!("v1,{}", BASE64_STANDARD.encode(context.sign()))
    });
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, text) in [(ID, Some(id)), (TIMESTAMP, Some(&time)), (SIGNATURE, signature.as_deref())] {
        if let Some(value) = text.and_then(|text| HeaderValue::from_str(text).ok()) {
            headers.insert(name, value);
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_specification() {
        // The example of the reference implementations.
        let secret: Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().expect("a secret");
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_614_265_330);
        let signed = headers(Some(&secret), "msg_p5jXN8AQM9LWM0D4loKWxJek", now, br#"{"test": 2432232314}"#);
        assert_eq!(signed["webhook-id"], "msg_p5jXN8AQM9LWM0D4loKWxJek");
        assert_eq!(signed["webhook-timestamp"], "1614265330");
        assert_eq!(signed["webhook-signature"], "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert!(!headers(None, "msg_1", now, b"{}").contains_key("webhook-signature"));
    }

    #[test]
    fn a_secret_that_can_be_guessed_is_none() {
        assert_eq!("whsec_!".parse::<Secret>().err(), Some(BadSecret::Encoding));
        assert_eq!("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2La".parse::<Secret>().err(), Some(BadSecret::Short));
        assert_eq!("short".parse::<Secret>().err(), Some(BadSecret::Short));
        assert!("twenty-four bytes or more".parse::<Secret>().is_ok());
        assert!(!format!("{:?}", "twenty-four bytes or more".parse::<Secret>()).contains("twenty"));
    }
}
