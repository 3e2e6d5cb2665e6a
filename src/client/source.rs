//! The `EventSource` of WHATWG HTML §9.2, as an explicit state machine.
//!
//! It connects, decodes, reconnects and says so: one [`Notice`] after the other, in the order in which things happen. It
//! does not filter, count or print, and it never gives up on a stream that was open once unless the server says so.

use std::pin::Pin;
use std::time::Duration;

use reqwest::Response;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue};
use tokio::time::Sleep;
use url::Url;

use super::answer::{Answer, Mismatch};
use super::backoff;
use super::header;
use super::http::{self, Follow};
use super::network::Network;
use super::notice::{Cause, Error, Notice, Reconnect, Request};
use super::reader::{Read, Reader};
use crate::wire::{Decoder, Item, MEDIA_TYPE};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

type Attempt = Pin<Box<dyn Future<Output = Result<Response, Error>> + Send>>;

/// The `readyState` of WHATWG HTML §9.2.2, with its CONNECTING told apart into making a connection and waiting to. Each
/// state owns what it waits for, so that a caller may drop [`EventSource::next`] at any time and lose nothing.
enum State {
    /// A request is on its way.
    Connecting(Attempt),
    /// The server answered with a stream.
    Open(Box<Stream>),
    /// Until the next attempt.
    Waiting(Pin<Box<Sleep>>),
    /// For good.
    Closed,
}

/// The stream of one connection.
struct Stream {
    response: Response,
    reader: Reader,
}

/// A stream of events that survives its connections.
pub struct EventSource {
    client: reqwest::Client,
    request: Request,
    headers: HeaderMap,
    reconnect: Reconnect,
    max_event_size: usize,
    state: State,
    last_event_id: String,
    /// The base of the waits: WHATWG HTML §9.2.2, "reconnection time".
    reconnection_time: Duration,
    /// Attempts that failed since a stream was open.
    failures: u32,
    was_open: bool,
}

impl EventSource {
    /// A source that connects when it is first asked for a notice. Events may have up to `max_event_size` bytes.
    ///
    /// # Errors
    /// [`Error::Setup`] and [`Error::LastEventId`].
    pub fn new(
        request: Request,
        reconnect: Reconnect,
        last_event_id: String,
        max_event_size: usize,
    ) -> Result<Self, Error> {
        let client = http::client_for(&request.url, Follow::All).map_err(|error| Error::Setup(error.into()))?;
        let headers = header::merge(&default_headers(), &request.headers);
        let by_hand = headers.get(LAST_EVENT_ID).and_then(|id| std::str::from_utf8(id.as_bytes()).ok());
        let last_event_id = by_hand.filter(|_| last_event_id.is_empty()).map_or(last_event_id, str::to_owned);
        let mut source = Self {
            client,
            headers,
            request,
            reconnect,
            max_event_size,
            state: State::Closed,
            last_event_id,
            reconnection_time: backoff::DEFAULT_RECONNECTION_TIME,
            failures: 0,
            was_open: false,
        };
        match source.connect() {
            Notice::CannotResume { id } => Err(Error::LastEventId(id)),
            _ => Ok(source),
        }
    }

    /// Waits for what happens next; `None` is the end, and comes after an error too. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Result<Notice, Error>> {
        loop {
            match &mut self.state {
                State::Closed => return None,
                State::Connecting(attempt) => {
                    let outcome = attempt.await;
                    return Some(self.connected(outcome));
                }
                State::Waiting(pause) => {
                    pause.await;
                    return Some(Ok(self.connect()));
                }
                State::Open(stream) => match stream.reader.next() {
                    Ok(Some(read)) => return Some(Ok(self.read(read))),
                    Err(error) => return Some(Err(self.close(error.into()))),
                    Ok(None) => match stream.response.chunk().await {
                        Ok(Some(chunk)) => stream.reader.feed(chunk),
                        Ok(None) if !self.reconnect.again(true) => self.state = State::Closed,
                        Ok(None) => return Some(Ok(self.wait(Cause::Ended))),
                        Err(error) => return Some(self.broken(error.into())),
                    },
                },
            }
        }
    }

    /// Begins the next attempt, with the last event ID if there is one.
    fn connect(&mut self) -> Notice {
        let mut notice = Notice::Connecting;
        self.headers.remove(LAST_EVENT_ID);
        if !self.last_event_id.is_empty() {
            // As UTF-8, not as ASCII: WHATWG HTML §9.2.2 encodes it so.
            match HeaderValue::from_bytes(self.last_event_id.as_bytes()) {
                Ok(id) => drop(self.headers.insert(LAST_EVENT_ID, id)),
                Err(_) => notice = Notice::CannotResume { id: self.last_event_id.clone() },
            }
        }
        let request = self.client.request(self.request.method.clone(), self.request.url.clone());
        let request = request.headers(self.headers.clone());
        let request = match &self.request.body {
            Some(body) => request.body(body.clone()),
            None => request,
        };
        let address = address(&self.request.url);
        tracing::debug!(method = %self.request.method, address, last_event_id = self.last_event_id, "request");
        self.state = State::Connecting(Box::pin(attempt(request, address)));
        notice
    }

    /// An attempt is over: the stream is open, or there is another attempt, or that was it.
    fn connected(&mut self, outcome: Result<Response, Error>) -> Result<Notice, Error> {
        match outcome {
            Ok(response) => {
                self.failures = 0;
                self.was_open = true;
                let notice = Notice::Open { status: response.status().as_u16(), url: response.url().clone() };
                let decoder = Decoder::resuming_from(self.last_event_id.clone()).with_limit(self.max_event_size);
                self.state = State::Open(Box::new(Stream { response, reader: Reader::new(decoder) }));
                Ok(notice)
            }
            Err(Error::Unreachable { cause, .. } | Error::Unanswered { cause, .. })
                if self.reconnect.again(self.was_open) =>
            {
                self.failures = self.failures.saturating_add(1);
                Ok(self.wait(Cause::Network(cause)))
            }
            Err(error) => Err(self.close(error)),
        }
    }

    /// A new reconnection time holds from its own line on, whether or not its event is ever completed.
    fn read(&mut self, read: Read) -> Notice {
        if let Some(Item::Retry(time)) = read.item {
            self.reconnection_time = time;
        }
        Notice::Read(read)
    }

    /// The network failed in the middle of a stream.
    fn broken(&mut self, cause: Network) -> Result<Notice, Error> {
        if !self.reconnect.again(true) {
            return Err(self.close(Error::Cut(cause)));
        }
        Ok(self.wait(Cause::Network(cause)))
    }

    /// Leaves the connection and remembers what the next one needs.
    fn wait(&mut self, cause: Cause) -> Notice {
        if let State::Open(stream) = &self.state {
            // An ID counts once its block is complete, also one without data.
            stream.reader.last_event_id().clone_into(&mut self.last_event_id);
        }
        let delay = backoff::delay(self.reconnection_time, self.failures, fastrand::f64());
        self.state = State::Waiting(Box::pin(tokio::time::sleep(delay)));
        Notice::Retrying { delay, cause }
    }

    fn close(&mut self, error: Error) -> Error {
        self.state = State::Closed;
        error
    }
}

/// One request, up to the head of its answer.
async fn attempt(request: reqwest::RequestBuilder, address: String) -> Result<Response, Error> {
    let response = match request.send().await.map_err(Network::from) {
        Ok(response) => response,
        Err(cause) if cause.is_hopeless() => return Err(Error::Request(cause)),
        Err(cause) if cause.is_connect() => return Err(Error::Unreachable { address, cause }),
        Err(cause) => return Err(Error::Unanswered { address, cause }),
    };
    tracing::debug!(status = response.status().as_u16(), version = ?response.version(), "answer");
    match Mismatch::of(&response) {
        None => Ok(response),
        Some(mismatch) => Err(Error::NotAnEventStream { answer: Box::new(Answer::keep(response).await), mismatch }),
    }
}

/// WHATWG HTML §9.2.2; no compression, because proxies and servers hold back what they compress.
fn default_headers() -> [(HeaderName, HeaderValue); 3] {
    [
        (ACCEPT, HeaderValue::from_static(MEDIA_TYPE)),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (ACCEPT_ENCODING, HeaderValue::from_static("identity")),
    ]
}

/// Host and port, as in an error message.
pub(super) fn address(url: &Url) -> String {
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{}:{port}", url.host_str().unwrap_or_default())
}
