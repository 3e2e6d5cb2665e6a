//! The form of the requests: what a preset says, what the options say instead, and where neither says anything a POST whose
//! body is the payload.

use std::fs::File;
use std::io::Read as _;

use anyhow::Context as _;
use clap::Args;
use serde::de::IgnoredAny;

use super::presets::{Dialect, Tokens};
use super::topics::PLACE;
use crate::bench::{self, Aside, Publication, Scenario, Template};
use crate::cli::failure::Failure;
use crate::client::{Header, HeaderError, Method};

/// The longest template, in bytes: each publisher keeps it twice.
const LONGEST_BODY: u64 = 64 << 10;

/// The longest body of a request for a stream, in bytes: one is in memory for each stream that is being opened.
const LONGEST_REQUEST: u64 = 4 << 20;

/// What the requests of the two sides are, besides their URLs.
#[derive(Clone, Debug)]
pub(super) struct Form {
    pub(super) subscribe_headers: Vec<bench::Header>,
    pub(super) request: bench::Request,
    pub(super) publish_headers: Vec<bench::Header>,
    pub(super) publication: Publication,
    pub(super) asides: Vec<Aside>,
}

/// The options that have a say in it.
#[derive(Debug, Args)]
pub(super) struct Requests {
    /// Add a header to the requests of subscribers, such as 'X-Api-Key: …'; may be repeated.
    #[arg(long, env = "SSE_BENCH_SUBSCRIBE_HEADER", value_name = "HEADER")]
    #[arg(hide_env_values = true, help_heading = "Requests")]
    subscribe_header: Vec<Header>,
    /// Add a header to the requests of publishers; may be repeated.
    #[arg(long, env = "SSE_BENCH_PUBLISH_HEADER", value_name = "HEADER")]
    #[arg(hide_env_values = true, help_heading = "Requests")]
    publish_header: Vec<Header>,
    /// The token of subscribers: 'Authorization: Bearer TOKEN', or what the preset makes of it.
    #[arg(long, env = "SSE_BENCH_SUBSCRIBE_TOKEN", value_name = "TOKEN")]
    #[arg(hide_env_values = true, help_heading = "Requests")]
    subscribe_token: Option<String>,
    /// The token of publishers, likewise.
    #[arg(long, env = "SSE_BENCH_PUBLISH_TOKEN", value_name = "TOKEN")]
    #[arg(hide_env_values = true, help_heading = "Requests")]
    publish_token: Option<String>,
    /// Ask for a stream with a POST of this body, or @FILE to read it from a file: `sse bench stream` only. In it `{i}` stands
    /// for the number of the subscriber.
    #[arg(long, env = "SSE_BENCH_REQUEST_BODY", value_name = "TEXT", help_heading = "Requests")]
    request_body: Option<String>,
    /// An event with just this data is the last of its stream, such as '[DONE]': `sse bench stream` only.
    #[arg(long, env = "SSE_BENCH_UNTIL", value_name = "TEXT", help_heading = "Requests")]
    until: Option<String>,
    /// The method of a publish.
    #[arg(long, env = "SSE_BENCH_PUBLISH_METHOD", value_name = "METHOD", default_value = "POST")]
    #[arg(help_heading = "Requests")]
    publish_method: Method,
    /// The body of a publish, or @FILE to read it from a file. In it `{payload}` stands for the data of the event, which
    /// needs no escaping in JSON and forms, `{i}` for the number of the publisher, and `{t}` for that of the topic.
    #[arg(long, env = "SSE_BENCH_PUBLISH_BODY", value_name = "TEMPLATE", help_heading = "Requests")]
    publish_body: Option<String>,
    /// A publish is refused if the beginning of the answer's body, 4 KiB, has this text in it, whatever its status.
    #[arg(long, env = "SSE_BENCH_PUBLISH_REFUSAL", value_name = "TEXT", help_heading = "Requests")]
    publish_refusal: Option<String>,
}

impl Requests {
    pub(super) fn tokens(&self) -> Tokens<'_> {
        // That of an empty variable is none.
        let [subscribe, publish] = [&self.subscribe_token, &self.publish_token]
            .map(|token| token.as_deref().map(str::trim).filter(|token| !token.is_empty()));
        Tokens { subscribe, publish }
    }

    /// A dialect as it is spoken with these options in a scenario.
    pub(super) fn form(&self, dialect: &Dialect, scenario: Scenario) -> Result<Form, Failure> {
        let mut publish_headers = dialect.publish_headers.clone();
        let body = match &self.publish_body {
            Some(text) => {
                let body = read(text, LONGEST_BODY)?;
                publish_headers.extend(is_json(&body).then(|| "Content-Type: application/json".to_owned()));
                body
            }
            None => dialect.body.clone().into_bytes(),
        };
        // In any other scenario what the environment says of streams means nothing.
        let streams = scenario == Scenario::Stream;
        let request = if streams { self.request()? } else { bench::Request::default() };
        let mut subscribe_headers = dialect.subscribe_headers.clone();
        let json = request.body.as_deref().is_some_and(is_json);
        subscribe_headers.extend(json.then(|| "Content-Type: application/json".to_owned()));
        let body = Template::parse(&body).map_err(|error| Failure::usage(format!("--publish-body: {error}")))?;
        let refusal = self.publish_refusal.as_deref().or(dialect.refusal).filter(|text| !text.is_empty());
        Ok(Form {
            subscribe_headers: merged(&subscribe_headers, &self.subscribe_header, "--subscribe-token")?,
            request,
            publish_headers: merged(&publish_headers, &self.publish_header, "--publish-token")?,
            publication: Publication { method: self.method()?, body, refusal: refusal.map(str::to_owned) },
            asides: dialect.asides.clone(),
        })
    }

    /// What a stream is asked for with.
    fn request(&self) -> Result<bench::Request, Failure> {
        let body = self.request_body.as_deref().map(|text| read(text, LONGEST_REQUEST)).transpose()?;
        Ok(bench::Request { body, until: self.until.clone() })
    }

    fn method(&self) -> Result<String, Failure> {
        match &self.publish_method {
            &(Method::HEAD | Method::CONNECT) => {
                Err(Failure::usage(format!("{} publishes nothing: it has no answer with a body", self.publish_method)))
            }
            method => Ok(method.to_string()),
        }
    }
}

/// The text itself, or what is in the file that `@` names; `@@` stands for an `@` at the beginning.
fn read(text: &str, longest: u64) -> Result<Vec<u8>, Failure> {
    let path = match text.strip_prefix('@') {
        None => return Ok(text.into()),
        Some(literal) if literal.starts_with('@') => return Ok(literal.into()),
        Some(path) => path,
    };
    let (mut body, file) = (Vec::new(), File::open(path).with_context(|| format!("cannot open {path}"))?);
    file.take(longest + 1).read_to_end(&mut body).with_context(|| format!("cannot read {path}"))?;
    if body.len() as u64 > longest {
        return Err(Failure::usage(format!("{path} holds more than {longest} bytes, the longest body")));
    }
    Ok(body)
}

/// Whether a template is JSON once it is filled in.
fn is_json(template: &[u8]) -> bool {
    let filled = String::from_utf8_lossy(template).replace("{payload}", "0").replace("{i}", "0");
    let filled = filled.replace(PLACE, "0");
    serde_json::from_str::<IgnoredAny>(&filled).is_ok()
}

/// Headers that are given, after those of ours that they do not replace; of ours the first of a name counts.
fn merged(ours: &[String], given: &[Header], token: &str) -> Result<Vec<bench::Header>, Failure> {
    let parse = |text: &String| text.parse::<Header>();
    let ours = ours.iter().map(parse).collect::<Result<Vec<_>, HeaderError>>();
    // Only tokens are not ours altogether.
    let ours = ours.map_err(|error| Failure::usage(format!("{token}: {error}")))?;
    let mut headers: Vec<&Header> = Vec::new();
    for header in &ours {
        if !given.iter().chain(headers.iter().copied()).any(|other| other.is(header.name())) {
            headers.push(header);
        }
    }
    Ok(headers.into_iter().chain(given).map(wire).collect())
}

fn wire(header: &Header) -> bench::Header {
    bench::Header { name: header.name().to_owned(), value: String::from_utf8_lossy(header.value()).into_owned() }
}
