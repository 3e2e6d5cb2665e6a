//! Where events go: a URL to post their data to, with what else is said of them as its query.

use std::fmt;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::super::failure::Failure;
use super::super::target;
use super::Options;

/// Where events go, and what all of them have in common.
pub(super) struct Destination {
    url: Url,
    event: Option<String>,
    id: Option<String>,
    retry: Option<String>,
    ttl: Option<String>,
    key: Option<String>,
}

/// What an event says of itself, where it differs from the others.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Own<'e> {
    pub(super) event: Option<&'e str>,
    pub(super) id: Option<&'e str>,
}

impl Destination {
    /// Finds out what the target is.
    pub(super) fn of(options: &Options) -> Result<Self, Failure> {
        Ok(Self {
            url: url(options)?,
            event: text(options.event.as_ref()),
            id: text(options.id.as_ref()),
            retry: options.retry.map(|time| time.as_millis().to_string()),
            // Rounded up: 0ms would be another thing than a moment.
            ttl: options.ttl.map(|time| format!("{}ms", time.as_nanos().div_ceil(1_000_000))),
            key: options.key.clone(),
        })
    }

    /// The URL, without what is said of events.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// The URL to post the data of an event to.
    pub(super) fn request(&self, own: Own<'_>) -> Url {
        let fields = [
            ("event", own.event.or(self.event.as_deref())),
            ("id", own.id.or(self.id.as_deref())),
            ("retry", self.retry.as_deref()),
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

fn text(value: Option<&impl fmt::Display>) -> Option<String> {
    value.map(ToString::to_string)
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
