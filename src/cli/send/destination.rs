//! Where events go, and in what form: their data to a URL, with what else is said of them as its query; or, as those that
//! several topics have, JSON objects that say all of it to the broker.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use url::Url;

use super::super::failure::Failure;
use super::super::secret::without_credentials;
use super::super::target;
use super::super::values::milliseconds;
use super::Options;
use crate::client::Body;

/// Where events go, and what all of them have in common.
pub(super) struct Destination {
    url: Url,
    /// The topics, if there are several; those of the URL otherwise.
    topics: Vec<String>,
    event: Option<String>,
    id: Option<String>,
    /// In milliseconds.
    retry: Option<u64>,
    ttl: Option<String>,
    key: Option<String>,
}

/// An event as the broker takes it for several topics.
#[derive(Serialize)]
struct Object<'e> {
    topics: &'e [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'e str>,
    data: &'e str,
}

/// Data that JSON cannot hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the data is not UTF-8, which it has to be for several topics: it goes out as JSON")]
pub(super) struct NotUtf8;

/// What an event says of itself, where it differs from the others.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Own<'e> {
    pub(super) event: Option<&'e str>,
    pub(super) id: Option<&'e str>,
}

impl Destination {
    /// Finds out what the target is.
    pub(super) fn of(options: &Options) -> Result<Self, Failure> {
        let topics = topics(options)?;
        Ok(Self {
            url: if topics.is_empty() { url(options)? } else { options.broker.events()? },
            topics,
            event: options.event.as_ref().map(ToString::to_string),
            id: options.id.as_ref().map(ToString::to_string),
            retry: options.retry.map(milliseconds),
            // Rounded up: 0ms would be another thing than a moment.
            ttl: options.ttl.map(|time| format!("{}ms", time.as_nanos().div_ceil(1_000_000))),
            key: options.key.clone(),
        })
    }

    /// The URL, without what is said of events.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// The request that publishes an event with this data.
    pub(super) fn request(&self, own: Own<'_>, data: Vec<u8>) -> Result<(Url, Body), NotUtf8> {
        let event = own.event.or(self.event.as_deref());
        let id = own.id.or(self.id.as_deref());
        if self.topics.is_empty() {
            return Ok((self.with_query(event, id), Body::Data(data.into())));
        }
        let Self { topics, retry, ttl, key, .. } = self;
        let data = std::str::from_utf8(&data).map_err(|_| NotUtf8)?;
        let object = Object { topics, event, id, retry: *retry, ttl: ttl.as_deref(), key: key.as_deref(), data };
        // Text and numbers are JSON, whatever they are.
        let object = serde_json::to_vec(&object).unwrap_or_default();
        Ok((self.url.clone(), Body::Object(object.into())))
    }

    fn with_query(&self, event: Option<&str>, id: Option<&str>) -> Url {
        let retry = self.retry.map(|time| time.to_string());
        let fields = [
            ("event", event),
            ("id", id),
            ("retry", retry.as_deref()),
            ("ttl", self.ttl.as_deref()),
            ("key", self.key.as_deref()),
        ];
        // Not as a form would: there a space becomes a plus, which not every server reads as a space.
        let field = |(name, value): &(&str, Option<&str>)| {
            value.map(|value| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
        };
        let mut url = self.url.clone();
        let query: Vec<String> =
            url.query().map(str::to_owned).into_iter().chain(fields.iter().filter_map(field)).collect();
        if !query.is_empty() {
            url.set_query(Some(&query.join("&")));
        }
        url
    }
}

/// The topics, if there are several.
fn topics(options: &Options) -> Result<Vec<String>, Failure> {
    let (Some(target), [_, ..]) = (&options.target, &options.topics[..]) else { return Ok(Vec::new()) };
    let topic = |text: &String| {
        if target::is_url(text) {
            let shown = without_credentials(text);
            let sentence = format!("with --topic the target is a topic too, and {shown:?} is a URL");
            return Err(Failure::usage(sentence).hint("give the address of the broker as --url"));
        }
        target::topic(text).map(str::to_owned)
    };
    [target].into_iter().chain(&options.topics).map(topic).collect()
}

/// Where to post to.
fn url(options: &Options) -> Result<Url, Failure> {
    match options.target.as_deref() {
        None => options.broker.events(),
        Some(target) if options.ndjson && !target::is_url(target) => {
            Err(Failure::usage("with --ndjson each line names its own topic")
                .hint(format!("leave {target:?} away, or give the URL to post to")))
        }
        Some(target) => options.broker.resolve(target),
    }
}
