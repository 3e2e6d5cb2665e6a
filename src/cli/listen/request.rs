//! The request that is made on every connection, put together from the options.

use std::fmt::Write as _;

use bytes::Bytes;
use serde::de::IgnoredAny;
use url::Url;

use super::super::failure::Failure;
use super::super::{Common, input, target};
use super::options::Options;
use crate::client::{Header, Method, Request};

/// What an answer of a language model may be: Ollama streams lines.
const MODEL_ANSWERS: &str = "text/event-stream, application/x-ndjson";

/// Puts together what is asked for.
pub(super) async fn request(options: &Options, common: &Common) -> Result<Request, Failure> {
    let asked = &options.request;
    let body: Option<Bytes> = match &asked.data {
        Some(data) => Some(input::data(data, "the request body", common).await?.into()),
        None => None,
    };
    let mut headers = asked.headers.all();
    let given = |headers: &[Header], name: &str| headers.iter().any(|header| header.is(name));
    if let Some(body) = &body
        && !given(&headers, "content-type")
    {
        headers.push(content_type(body));
    }
    if options.output.llm && !given(&headers, "accept") {
        headers.push(Header::accept(MODEL_ANSWERS));
    }
    let default = if body.is_some() { Method::POST } else { Method::GET };
    Ok(Request {
        url: url(options)?,
        method: asked.method.clone().unwrap_or(default),
        headers,
        body,
        // What is wrong with compression can only be seen by those who ask for it.
        compressed: asked.compressed || options.output.diagnose,
        any_content_type: asked.any_content_type,
        resume_with_get: asked.resume_with_get,
    })
}

/// The stream of one topic by its path; with more of them, or more besides a URL, as parameters.
fn url(options: &Options) -> Result<Url, Failure> {
    let topics = &options.request.topics;
    if topics.is_empty() || target::is_url(&options.target) {
        let mut url = options.broker.resolve(&options.target)?;
        for topic in topics {
            url.query_pairs_mut().append_pair("topic", topic);
        }
        return Ok(url);
    }
    options.broker.topics(std::iter::once(&options.target).chain(topics))
}

/// Most endpoints that stream an answer to a POST take JSON.
fn content_type(body: &[u8]) -> Header {
    match serde_json::from_slice::<IgnoredAny>(body) {
        Ok(_) => Header::content_type("application/json"),
        Err(_) => Header::content_type("text/plain; charset=utf-8"),
    }
}

/// The curl command that makes the same request, for a shell.
pub(super) fn curl(options: &Options, request: &Request, last_event_id: &str) -> String {
    // -N: what has come is printed at once; -L: redirections are followed.
    let mut command = "curl -N -L".to_owned();
    let mut add = |option: &str, value: Option<&[u8]>| {
        let _ = write!(command, " {option}");
        if let Some(value) = value {
            let _ = write!(command, " {}", quoted(value));
        }
    };
    let default = if request.body.is_some() { Method::POST } else { Method::GET };
    if request.method != default {
        add("-X", Some(request.method.as_str().as_bytes()));
    }
    if !request.headers.iter().any(|header| header.is("accept")) {
        add("-H", Some(format!("Accept: {}", request.accept()).as_bytes()));
    }
    for header in request.headers.iter().filter(|header| last_event_id.is_empty() || !header.is("last-event-id")) {
        // An empty header is written with a semicolon: with a colon it is one that curl shall leave out.
        let colon: &[u8] = if header.value().is_empty() { b";" } else { b": " };
        add("-H", Some(&[header.name().as_bytes(), colon, header.value()].concat()));
    }
    if !last_event_id.is_empty() {
        add("-H", Some(format!("Last-Event-ID: {last_event_id}").as_bytes()));
    }
    if request.compressed {
        add("--compressed", None);
    }
    for (option, value) in options.transport.for_curl() {
        add(option, value.as_deref().map(str::as_bytes));
    }
    match (&request.body, options.request.data.as_deref()) {
        (Some(_), Some(data)) if input::is_named(data) => add("--data-binary", Some(data.as_bytes())),
        (Some(body), _) => add("--data-raw", Some(body)),
        (None, _) => {}
    }
    let url = request.url.as_str();
    if url.contains(['[', ']', '{', '}']) {
        // It would take them for ranges.
        add("-g", None);
    }
    add(&quoted(url.as_bytes()), None);
    command
}

/// As one word of a POSIX shell.
fn quoted(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+,=".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.into_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_a_quoted_text_as_it_is() {
        assert_eq!(quoted(b"http://a:1/b_c"), "http://a:1/b_c");
        assert_eq!(quoted(b"it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(quoted(b""), "''");
        assert_eq!(quoted(b"a?b&c"), "'a?b&c'");
    }
}
