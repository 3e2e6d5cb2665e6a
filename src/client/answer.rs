//! An answer that is not the one hoped for, kept so that a person can see what it was.

use std::fmt;
use std::time::Duration;

use reqwest::Response;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use url::Url;

use super::inflate::{self, Inflate};
use super::retry;
use super::way::LeftBehind;
use crate::wire::MEDIA_TYPE;

/// How much of a body is kept: enough to recognise an error page, little enough for a terminal.
const BODY_SHOWN: usize = 1024;

/// How long to wait for that much: a body that is no event stream may be endless too.
const BODY_PATIENCE: Duration = Duration::from_secs(2);

/// Status, headers and the beginning of the body of a response.
#[derive(Debug)]
pub struct Answer {
    /// Where it came from, redirections followed.
    pub url: Url,
    /// The protocol and the status line, such as `HTTP/1.1 404 Not Found`.
    pub status_line: String,
    /// The status code.
    pub status: u16,
    /// The headers in their order, with U+FFFD for what is not UTF-8.
    pub headers: Vec<(String, String)>,
    /// The headers that it was not sent because it is another server than the one that was asked.
    pub left_behind: Vec<String>,
    /// How long the server wants to be left alone, if it says so.
    pub retry_after: Option<Duration>,
    /// Up to the first KiB of the body, inflated if it is compressed in a known way.
    pub body: Vec<u8>,
    /// Whether the body goes on, or may.
    pub cut: bool,
}

impl Answer {
    /// Keeps what there is to see of a response.
    pub(super) async fn keep(mut response: Response) -> Self {
        let mut answer = Self::head(&response);
        // What came within the time is shown, whatever ended it.
        let read = tokio::time::timeout(BODY_PATIENCE, answer.read_body(&mut response)).await;
        answer.cut |= read.is_err();
        answer
    }

    /// The same for a response whose body has been read already.
    pub(super) fn head(response: &Response) -> Self {
        Self {
            url: response.url().clone(),
            status_line: format!("{:?} {}", response.version(), response.status()),
            status: response.status().as_u16(),
            headers: readable(response.headers()),
            left_behind: left_behind(response),
            retry_after: retry::after(response.headers()),
            body: Vec::new(),
            cut: false,
        }
    }

    /// Adds a body, of which the beginning is kept.
    pub(super) fn with_body(mut self, body: &[u8]) -> Self {
        self.add(body);
        self
    }

    async fn read_body(&mut self, response: &mut Response) {
        let mut inflate = Inflate::of(&inflate::coding(response.headers()));
        while !self.cut
            && let Ok(Some(mut chunk)) = response.chunk().await
        {
            let Some(inflate) = &mut inflate else {
                self.add(&chunk);
                continue;
            };
            while !self.cut && !chunk.is_empty() {
                let Ok(inflated) = inflate.take(&mut chunk) else { return };
                self.add(&inflated);
            }
        }
    }

    fn add(&mut self, chunk: &[u8]) {
        let kept = chunk.len().min(BODY_SHOWN - self.body.len());
        self.body.extend_from_slice(&chunk[..kept]);
        self.cut |= kept < chunk.len();
    }

    /// `404 Not Found`.
    pub(super) fn status_text(&self) -> &str {
        self.status_line.split_once(' ').map_or(&self.status_line, |(_, status)| status)
    }
}

fn left_behind(response: &Response) -> Vec<String> {
    let left_behind = response.extensions().get::<LeftBehind>().into_iter();
    left_behind.flat_map(|LeftBehind(names)| names).map(ToString::to_string).collect()
}

/// The headers in their order, with U+FFFD for what is not UTF-8.
pub(super) fn readable(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}

/// The media type of an answer without its parameters, in lower case; empty if there is none. Of several the last counts:
/// Fetch §3.3.3, "extract a MIME type".
pub(super) fn essence(headers: &HeaderMap) -> String {
    let values = headers.get_all(CONTENT_TYPE).iter().filter_map(|value| value.to_str().ok());
    let mut types =
        values.flat_map(|value| value.split(',')).map(|value| value.split(';').next().unwrap_or_default().trim());
    types.rfind(|essence| is_essence(essence)).unwrap_or_default().to_ascii_lowercase()
}

/// Whether it has the form of a media type. `*/*` has, and counts for nothing.
fn is_essence(text: &str) -> bool {
    let word = |word: &str| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
    };
    text != "*/*" && text.split_once('/').is_some_and(|(kind, subtype)| word(kind) && word(subtype))
}

/// Why a response is no event stream: WHATWG HTML §9.2.2, "fail the connection".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// A status other than 200, such as `404 Not Found`.
    Status(String),
    /// Another media type, or none.
    ContentType(Option<String>),
    /// It is compressed in a way that is not known here, or in several, as a list.
    Encoding(String),
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "it answered {status}"),
            Self::ContentType(Some(found)) => write!(f, "its content type is {found}, not {MEDIA_TYPE}"),
            Self::ContentType(None) => write!(f, "it has no content type; that of a stream is {MEDIA_TYPE}"),
            Self::Encoding(encodings) if encodings.contains(',') => {
                write!(f, "it is compressed more than once ({encodings})")
            }
            Self::Encoding(encoding) => write!(f, "it is compressed in an unknown way ({encoding})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_media_type_is_read_as_fetch_says() {
        let of = |values: &[&'static str]| {
            let headers = values.iter().map(|value| (CONTENT_TYPE, HeaderValue::from_static(value)));
            essence(&headers.collect::<HeaderMap>())
        };
        for value in
            ["text/event-stream", "Text/Event-Stream ; charset=utf-8", "text/event-stream;bogus", "text/event-stream;"]
        {
            assert_eq!(of(&[value]), MEDIA_TYPE, "{value}");
        }
        assert_eq!(of(&["text/html", "text/event-stream"]), MEDIA_TYPE);
        assert_eq!(of(&["text/html, text/event-stream, */*, bogus"]), MEDIA_TYPE);
        assert_eq!(
            (of(&["text/event-stream bogus"]), of(&["x bogus"]), of(&[])),
            (String::new(), String::new(), String::new())
        );
    }
}
