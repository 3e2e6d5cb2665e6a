//! An answer that is not the one hoped for, kept so that a person can see what it was.

use std::fmt;
use std::time::{Duration, SystemTime};

use reqwest::Response;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use url::Url;

use super::retry;
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
    /// How long the server wants to be left alone, if it says so.
    pub retry_after: Option<Duration>,
    /// Up to the first KiB of the body.
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
        let text = |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Self {
            url: response.url().clone(),
            status_line: format!("{:?} {}", response.version(), response.status()),
            status: response.status().as_u16(),
            headers: response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            retry_after: response
                .headers()
                .get(RETRY_AFTER)
                .and_then(|v| retry::after(v.to_str().ok()?, SystemTime::now())),
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
        while let Ok(Some(chunk)) = response.chunk().await {
            self.add(&chunk);
            if self.cut {
                return;
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

/// The media type of an answer without its parameters, in lower case; empty if there is none.
pub(super) fn essence(headers: &HeaderMap) -> String {
    let essence = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()?.split(';').next());
    essence.unwrap_or_default().trim().to_ascii_lowercase()
}

/// Why a response is no event stream: WHATWG HTML §9.2.2, "fail the connection".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// A status other than 200, such as `404 Not Found`.
    Status(String),
    /// Another media type, or none.
    ContentType(Option<String>),
    /// It is compressed although `identity` was asked for.
    Encoding(String),
}

impl Mismatch {
    /// What is wrong with a response; `None` if it is an event stream. Parameters of the media type are ignored.
    pub(super) fn of(response: &Response) -> Option<Self> {
        let text = |name| response.headers().get(name).map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
        if response.status().as_u16() != 200 {
            return Some(Self::Status(response.status().to_string()));
        }
        if essence(response.headers()) != MEDIA_TYPE {
            return Some(Self::ContentType(text(CONTENT_TYPE)));
        }
        text(CONTENT_ENCODING).filter(|encoding| !encoding.eq_ignore_ascii_case("identity")).map(Self::Encoding)
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "it answered {status}"),
            Self::ContentType(Some(found)) => write!(f, "its content type is {found}, not {MEDIA_TYPE}"),
            Self::ContentType(None) => write!(f, "it has no content type; that of a stream is {MEDIA_TYPE}"),
            Self::Encoding(encoding) => write!(f, "it is compressed ({encoding}), although that was not asked for"),
        }
    }
}
