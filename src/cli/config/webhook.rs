//! `[[webhook]]`: who is told of what happens to connections.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use url::Url;

use crate::cli::secret::Hidden;
use crate::client::{Secret, without_credentials};
use crate::topic::Pattern;

/// A receiver. Its URL may hold credentials, so it is not shown as it is.
#[derive(PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::cli) struct WebhookTable {
    #[serde(deserialize_with = "url")]
    pub(in crate::cli) url: Url,
    #[serde(deserialize_with = "events")]
    pub(in crate::cli) events: Vec<Happening>,
    /// Only of these; none is all.
    #[serde(default, deserialize_with = "topics")]
    pub(in crate::cli) topics: Vec<Pattern>,
    /// What messages are signed with: the text itself, or the file that @ names.
    #[serde(default, deserialize_with = "secret")]
    pub(in crate::cli) secret: Option<Hidden>,
}

impl fmt::Debug for WebhookTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, events, topics, secret } = self;
        let url = without_credentials(url);
        write!(f, "WebhookTable {{ url: {url}, events: {events:?}, topics: {topics:?}, secret: {secret:?} }}")
    }
}

/// What it can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::cli) enum Happening {
    /// A stream was opened.
    Connect,
    /// A stream is over.
    Disconnect,
    /// Somebody listens to a topic where nobody did.
    FirstSubscriber,
    /// Nobody listens to a topic any more.
    LastSubscriber,
}

fn url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
    let url = Url::parse(&String::deserialize(deserializer)?).ok();
    let known = url.filter(|url| matches!(url.scheme(), "http" | "https"));
    known.ok_or_else(|| D::Error::custom("give the URL of a receiver, such as https://app.example.com/hooks"))
}

/// One in a file is looked at when that is read.
fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Hidden>, D::Error> {
    let secret = Hidden::deserialize(deserializer)?;
    if !secret.reveal().starts_with('@') {
        secret.reveal().parse::<Secret>().map_err(D::Error::custom)?;
    }
    Ok(Some(secret))
}

fn events<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Happening>, D::Error> {
    let events = Vec::deserialize(deserializer)?;
    if events.is_empty() {
        return Err(D::Error::custom("name one of connect, disconnect, first_subscriber and last_subscriber at least"));
    }
    Ok(events)
}

fn topics<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Pattern>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts.into_iter().map(|text| text.parse().map_err(D::Error::custom)).collect()
}
