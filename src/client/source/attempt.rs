//! One request, up to the head of its answer, and what is made of that.

use std::pin::Pin;
use std::time::Duration;

use reqwest::Response;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap};
use tokio::time::timeout;

use super::super::answer::{Answer, Mismatch, essence, readable};
use super::super::inflate::{self, Inflate};
use super::super::notice::{Error, Head};
use super::super::reader::Reader;
use super::super::redirect::Outgoing;
use super::super::way::Way;
use super::body::{Body, Reading};
use crate::wire::{Decoder, MEDIA_TYPE};

/// An attempt on its way.
pub(super) type Attempt = Pin<Box<dyn Future<Output = Result<Answered, Error>> + Send>>;

/// An answer with a body to be read.
pub(super) struct Answered {
    pub(super) head: Head,
    pub(super) body: Body,
    /// The `Mcp-Session-Id`, if there is one.
    pub(super) session: Option<reqwest::header::HeaderValue>,
}

/// What an answer may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Accepted {
    any: bool,
    json: bool,
    lines: bool,
    max_event_size: usize,
}

impl Accepted {
    /// As the headers of the request say.
    pub(super) fn of(headers: &HeaderMap, any: bool, max_event_size: usize) -> Self {
        let accepts = |media_type: &str| {
            let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
            values
                .flat_map(|value| value.split(','))
                .any(|value| value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(media_type))
        };
        Self { any, json: accepts("application/json"), lines: accepts("application/x-ndjson"), max_event_size }
    }

    /// How to read an answer with this head; `last_event_id` is what a stream goes on from.
    fn reading(self, response: &Response, last_event_id: String) -> Result<Reading, Mismatch> {
        let (status, found) = (response.status(), essence(response.headers()));
        let limit = self.max_event_size;
        let document = || Reading::Document { limit, bytes: Vec::new() };
        match status.as_u16() {
            200 => {}
            // MCP: the message was taken, and there is nothing to answer.
            202 if self.json => return Ok(document()),
            _ => return Err(Mismatch::Status(status.to_string())),
        }
        let events = || Reading::Stream(Reader::new(Decoder::resuming_from(last_event_id).with_limit(limit)));
        match found.as_str() {
            MEDIA_TYPE => Ok(events()),
            "application/json" if self.json => Ok(document()),
            "application/x-ndjson" | "application/jsonl" | "application/ndjson" if self.lines => {
                Ok(Reading::Stream(Reader::of_lines(limit)))
            }
            _ if self.any => Ok(events()),
            _ => {
                let found = response.headers().get(CONTENT_TYPE);
                Err(Mismatch::ContentType(found.map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned())))
            }
        }
    }
}

/// Makes the request, and waits for its answer for as long as `idle_timeout`.
pub(super) async fn attempt(
    way: Way,
    request: Outgoing,
    accepted: Accepted,
    last_event_id: String,
    idle_timeout: Option<Duration>,
) -> Result<Answered, Error> {
    let sent = way.send(request);
    let response = match idle_timeout {
        Some(time) => timeout(time, sent).await.map_err(|_| Error::Idle(time))?,
        None => sent.await,
    }?;
    match judge(&response, accepted, last_event_id) {
        Ok((reading, inflate)) => Ok(Answered {
            head: Head {
                kind: reading.kind(),
                url: response.url().clone(),
                version: format!("{:?}", response.version()),
                status: response.status().as_u16(),
                headers: readable(response.headers()),
            },
            session: response.headers().get("mcp-session-id").cloned(),
            body: Body::new(response, inflate, reading),
        }),
        Err(mismatch) => Err(Error::NotAnEventStream { answer: Box::new(Answer::keep(response).await), mismatch }),
    }
}

fn judge(
    response: &Response,
    accepted: Accepted,
    last_event_id: String,
) -> Result<(Reading, Option<Inflate>), Mismatch> {
    let reading = accepted.reading(response, last_event_id)?;
    let coding = inflate::coding(response.headers());
    if coding.is_empty() {
        return Ok((reading, None));
    }
    let inflate = Inflate::of(&coding).ok_or(Mismatch::Encoding(coding))?;
    Ok((reading, Some(inflate)))
}
