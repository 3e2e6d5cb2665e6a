//! What `listen`, `send` and `bench` act on: a URL, or a topic on the broker that `SSE_URL` names.

use anyhow::Context as _;
use clap::Args;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Url;

use super::failure::Failure;

/// What stays as it is in a path segment: RFC 3986 §2.3 and the slash, so that topics read as paths.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/').remove(b'*');

/// The broker that topics are taken to be on.
#[derive(Debug, Args)]
pub(crate) struct Broker {
    /// The broker to use when a topic is given instead of a URL.
    #[arg(long, env = "SSE_URL", value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub(crate) url: String,
}

impl Broker {
    /// The URL that a target stands for: itself if it has a scheme, a topic of the broker otherwise.
    pub(crate) fn resolve(&self, target: &str) -> Result<Url, Failure> {
        if has_scheme(target) {
            return parse(target);
        }
        self.join("events/", target)
    }

    /// The URL below the broker's own at which `topic` is found.
    fn join(&self, below: &str, topic: &str) -> Result<Url, Failure> {
        let base = parse(&self.url)?;
        let path = utf8_percent_encode(topic.trim_start_matches('/'), PATH);
        parse(&format!("{}/{below}{path}", base.as_str().trim_end_matches('/')))
    }
}

fn has_scheme(target: &str) -> bool {
    target.starts_with("http://") || target.starts_with("https://")
}

/// Parses an absolute http or https URL.
pub(crate) fn parse(text: &str) -> Result<Url, Failure> {
    let url = Url::parse(text).with_context(|| format!("{text:?} is not a URL"));
    match url {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        Ok(url) => Err(Failure::usage(format!("{}: is not a scheme that carries event streams", url.scheme()))
            .hint("use http:// or https://")),
        Err(error) => Err(Failure::new(super::Exit::Usage, error).hint("give it as http://host:port/path")),
    }
}
