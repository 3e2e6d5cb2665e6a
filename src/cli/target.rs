//! What `listen`, `send` and `bench` act on: a URL, or a topic on the broker that `SSE_URL` names.

use std::net::IpAddr;

use clap::Args;
use url::Url;

use super::exit::Exit;
use super::failure::Failure;
use super::secret::without_credentials;

/// The broker that topics are taken to be on.
#[derive(Debug, Args)]
pub(crate) struct Broker {
    /// The broker to use when a topic is given instead of a URL.
    #[arg(long, env = VARIABLE, value_name = "URL", default_value = DEFAULT)]
    pub(crate) url: String,
}

const VARIABLE: &str = "SSE_URL";

const DEFAULT: &str = "http://127.0.0.1:8080";

impl Broker {
    /// The URL at which the broker says who listens to a topic.
    pub(crate) fn presence(&self, topic: &str) -> Result<Url, Failure> {
        self.path(&["api", "presence"], self::topic(topic)?)
    }

    /// The URL that a target stands for: itself if it has a scheme, a topic or pattern of the broker otherwise.
    pub(crate) fn resolve(&self, target: &str) -> Result<Url, Failure> {
        if is_url(target) { parse(target) } else { self.path(&["events"], topic(target)?) }
    }

    /// The stream of several topics or patterns of the broker.
    pub(crate) fn topics<'t>(&self, topics: impl Iterator<Item = &'t String>) -> Result<Url, Failure> {
        let mut url = self.events()?;
        for text in topics {
            url.query_pairs_mut().append_pair("topic", topic(text)?);
        }
        Ok(url)
    }

    /// The URL of the broker to which batches are published.
    pub(crate) fn events(&self) -> Result<Url, Failure> {
        self.below(&["events"])
    }

    fn below(&self, segments: &[&str]) -> Result<Url, Failure> {
        let mut url = self.base()?;
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        Ok(url)
    }

    /// The URL that was given or that the environment names.
    fn base(&self) -> Result<Url, Failure> {
        let of_environment = std::env::var(VARIABLE).is_ok_and(|url| url == self.url);
        match self.url.as_str() {
            url if of_environment => parse(url).map_err(|failure| failure.context(VARIABLE)),
            url => parse(url).map_err(|failure| failure.context("--url")),
        }
    }

    /// Topics read as paths: `a/b` is `…/events/a/b`, whatever characters are in its segments.
    fn path(&self, first: &[&str], topic: &str) -> Result<Url, Failure> {
        let mut url = self.below(first)?;
        if topic.split('/').any(|segment| matches!(segment, "." | "..")) {
            // Every URL parser on the way would take these segments for directions.
            return Err(Failure::usage(format!(
                "the topic {topic:?} has a segment . or .., which no URL path can hold"
            ))
            .hint(format!("use {}?topic=… to listen, and `sse send --ndjson` to publish", self.events()?)));
        }
        if let Ok(mut path) = url.path_segments_mut() {
            path.extend(topic.split('/'));
        }
        Ok(url)
    }
}

/// Whether a target is meant as a URL, of whatever scheme.
pub(crate) fn is_url(target: &str) -> bool {
    target.contains("://")
}

/// Refuses what stands for a topic but is none, or is meant as a URL.
pub(crate) fn topic(text: &str) -> Result<&str, Failure> {
    if text.is_empty() {
        return Err(Failure::usage("a topic cannot be empty"));
    }
    if is_url(text) {
        return Err(Failure::usage(format!("{:?} is a URL, not a topic", without_credentials(text))));
    }
    if looks_like_an_address(text) {
        let text = without_credentials(text);
        return Err(Failure::usage(format!("{text:?} is neither a URL nor a topic"))
            .hint(format!("as a URL it is http://{}{text}", if text.starts_with(':') { "127.0.0.1" } else { "" })));
    }
    Ok(text)
}

/// `localhost:8080/x`, `127.0.0.1:8080` and `:8080/x` are meant as URLs; `user:42` is a topic.
fn looks_like_an_address(target: &str) -> bool {
    let authority = target.split('/').next().unwrap_or_default();
    let Some((host, port)) = authority.rsplit_once(':') else {
        return authority == "localhost" || authority.parse::<IpAddr>().is_ok();
    };
    let names_a_host = host.is_empty() || host == "localhost" || host.contains('.') || host.starts_with('[');
    names_a_host && port.parse::<u16>().is_ok()
}

/// Parses an absolute http or https URL.
pub(crate) fn parse(text: &str) -> Result<Url, Failure> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        Ok(url) => Err(Failure::usage(format!("{}: is not a scheme that carries event streams", url.scheme()))
            .hint("use http:// or https://")),
        Err(error) => {
            let wrong = format!("{:?} is not a URL", without_credentials(text));
            Err(Failure::new(Exit::Usage, anyhow::Error::new(error).context(wrong))
                .hint("give it as http://host:port/path"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(target: &str) -> Option<String> {
        Broker { url: "http://broker:1/below/".into() }.resolve(target).ok().map(String::from)
    }

    #[test]
    fn a_topic_or_pattern_becomes_a_path_below_the_broker() {
        assert_eq!(resolve("a/b").as_deref(), Some("http://broker:1/below/events/a/b"));
        assert_eq!(resolve("a/*").as_deref(), Some("http://broker:1/below/events/a/*"));
        assert_eq!(resolve("a b?c#d%20").as_deref(), Some("http://broker:1/below/events/a%20b%3Fc%23d%2520"));
        assert_eq!(resolve("user:42/räume").as_deref(), Some("http://broker:1/below/events/user:42/r%C3%A4ume"));
    }

    #[test]
    fn a_url_stays_as_it_is() {
        assert_eq!(resolve("https://example.com/s?x=1").as_deref(), Some("https://example.com/s?x=1"));
    }

    #[test]
    fn what_is_meant_as_a_url_but_is_none_is_refused() {
        for target in
            ["localhost:8080/x", "127.0.0.1:8080", ":8080/x", "[::1]:80/x", "example.com:443/s", "localhost/x"]
        {
            assert_eq!(resolve(target), None, "{target}");
        }
        assert!(resolve("ftp://example.com/").is_none() && resolve("http://").is_none() && resolve("").is_none());
    }

    #[test]
    fn segments_that_a_path_cannot_hold_are_refused() {
        assert!(resolve("a/../b").is_none() && resolve("./a").is_none());
        assert!(resolve("a.b/..c").is_some());
    }
}
