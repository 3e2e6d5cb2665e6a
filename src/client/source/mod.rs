//! The `EventSource` of WHATWG HTML §9.2, as an explicit state machine.
//!
//! It connects, decodes, reconnects and says so: one [`Notice`] after the other, in the order in which things happen. It
//! does not filter, count or print, and by its usual [`Conduct`] it never gives up on a stream that was open once unless
//! the server says so.

mod attempt;
mod body;

use std::collections::VecDeque;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use tokio::time::Sleep;

use super::backoff;
use super::conduct::Conduct;
use super::header;
use super::inflate;
use super::lost::Lost;
use super::notice::{Cause, Error, Notice, Request};
use super::redirect::{Follow, Outgoing};
use super::transport::Transport;
use super::way::Way;
use crate::wire::Item;
use attempt::{Accepted, Answered, Attempt};
use body::{Body, Piece};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");

/// The `readyState` of WHATWG HTML §9.2.2, with its CONNECTING told apart into making a connection and waiting to. Each
/// state owns what it waits for, so that a caller may drop [`EventSource::next`] at any time and lose nothing.
enum State {
    /// A request is on its way.
    Connecting(Attempt),
    /// The server answered with a stream.
    Open(Box<Body>),
    /// Until the next attempt.
    Waiting(Pin<Box<Sleep>>),
    /// For good.
    Closed,
}

/// A stream of events that survives its connections.
pub struct EventSource {
    way: Way,
    request: Request,
    headers: HeaderMap,
    accepted: Accepted,
    conduct: Conduct,
    state: State,
    last_event_id: String,
    /// The base of the waits: WHATWG HTML §9.2.2, "reconnection time".
    reconnection_time: Duration,
    /// Attempts that failed since a stream was open.
    failures: u32,
    /// Attempts to connect again since something was read.
    fruitless: u32,
    was_open: bool,
    /// What follows a notice that came of the same thing.
    queued: VecDeque<Result<Notice, Error>>,
}

impl EventSource {
    /// A source that connects when it is first asked for a notice.
    ///
    /// # Errors
    /// [`Error::Setup`] and [`Error::LastEventId`].
    pub fn new(
        request: Request,
        conduct: Conduct,
        transport: &Transport,
        last_event_id: String,
    ) -> Result<Self, Error> {
        let way = transport.way_to(&request.url, Follow::All).map_err(Error::Setup)?;
        let headers = header::merge(&default_headers(&request), &request.headers);
        let by_hand = headers.get(LAST_EVENT_ID).and_then(|id| std::str::from_utf8(id.as_bytes()).ok());
        let last_event_id = by_hand.filter(|_| last_event_id.is_empty()).map_or(last_event_id, str::to_owned);
        let mut source = Self {
            way,
            accepted: Accepted::of(&headers, request.any_content_type, conduct.max_event_size),
            headers,
            request,
            state: State::Closed,
            last_event_id,
            reconnection_time: conduct.first_delay,
            conduct,
            failures: 0,
            fruitless: 0,
            was_open: false,
            queued: VecDeque::new(),
        };
        match source.connect() {
            Notice::CannotResume { id } => Err(Error::LastEventId(id)),
            _ => Ok(source),
        }
    }

    /// Waits for what happens next; `None` is the end, and comes after an error too. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Result<Notice, Error>> {
        if let Some(queued) = self.queued.pop_front() {
            return Some(queued);
        }
        match &mut self.state {
            State::Closed => None,
            State::Connecting(attempt) => {
                let outcome = attempt.await;
                Some(self.connected(outcome))
            }
            State::Waiting(pause) => {
                pause.await;
                Some(Ok(self.connect()))
            }
            State::Open(body) => match body.next(self.conduct.idle_timeout).await {
                Ok(Some(piece)) => Some(Ok(self.piece(piece))),
                Ok(None) => self.ended(None),
                Err(error @ Error::TooLong(_)) => Some(Err(self.close(error))),
                Err(error) => self.ended(Some(error)),
            },
        }
    }

    /// What a connection that is made now would send as `Last-Event-ID`: that of the last complete block.
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        match &self.state {
            State::Open(body) => body.last_event_id().unwrap_or(&self.last_event_id),
            _ => &self.last_event_id,
        }
    }

    /// Begins the next attempt, with the last event ID if there is one.
    fn connect(&mut self) -> Notice {
        let mut notice = Notice::Connecting { last_event_id: self.last_event_id.clone() };
        self.headers.remove(LAST_EVENT_ID);
        if !self.last_event_id.is_empty() {
            // As UTF-8, not as ASCII: WHATWG HTML §9.2.2 encodes it so.
            match HeaderValue::from_bytes(self.last_event_id.as_bytes()) {
                Ok(id) => drop(self.headers.insert(LAST_EVENT_ID, id)),
                Err(_) => notice = Notice::CannotResume { id: self.last_event_id.clone() },
            }
        }
        let resumes_with_get = self.was_open && self.request.resume_with_get;
        let method = if resumes_with_get { Method::GET } else { self.request.method.clone() };
        tracing::debug!(last_event_id = self.last_event_id, "connecting");
        let takes_body = matches!(method, Method::POST | Method::PUT);
        let body = self.request.body.clone().filter(|_| !resumes_with_get).or_else(|| takes_body.then(Bytes::new));
        let (url, headers) = (self.request.url.clone(), self.headers.clone());
        self.state = State::Connecting(Box::pin(attempt::attempt(
            self.way.clone(),
            Outgoing::new(method, url, headers, body),
            self.accepted,
            self.last_event_id.clone(),
            self.conduct.idle_timeout,
        )));
        notice
    }

    /// An attempt is over: the stream is open, or there is another attempt, or that was it.
    fn connected(&mut self, outcome: Result<Answered, Error>) -> Result<Notice, Error> {
        let answered = match outcome {
            Ok(answered) => answered,
            Err(error) => return self.failed(error),
        };
        self.failures = 0;
        self.was_open = true;
        if self.request.resume_with_get {
            self.headers.remove(CONTENT_TYPE);
            if let Some(session) = answered.session {
                self.headers.insert(SESSION, session);
            }
        }
        self.state = State::Open(Box::new(answered.body));
        Ok(Notice::Open(Box::new(answered.head)))
    }

    /// Tries again where that is asked for: after what the network does always, after an answer if its status is one of
    /// those that mean "later".
    fn failed(&mut self, error: Error) -> Result<Notice, Error> {
        let (again, asked) = match &error {
            // While nobody changes it, it will not be trusted.
            Error::Lost(Lost::Unreachable { cause, .. }) if cause.is_certificate() && !self.was_open => (false, None),
            Error::Lost(Lost::Unreachable { .. } | Lost::Unanswered { .. }) | Error::Idle(_) => {
                (self.conduct.reconnect.again(self.was_open), None)
            }
            Error::NotAnEventStream { answer, .. } => {
                (self.conduct.retry_statuses.contains(answer.status), answer.retry_after)
            }
            _ => (false, None),
        };
        if !again {
            return Err(self.close(error));
        }
        self.failures = self.failures.saturating_add(1);
        Ok(self.wait(Cause::Failed(error), asked))
    }

    /// A new reconnection time holds from its own line on, whether or not its event is ever completed.
    fn piece(&mut self, piece: Piece) -> Notice {
        match piece {
            Piece::Chunk(bytes) => Notice::Chunk(bytes),
            Piece::Document { media_type, text } => {
                self.state = State::Closed;
                Notice::Document { media_type, text }
            }
            Piece::Read(read) => {
                if let Some(Item::Retry(time)) = read.item {
                    self.reconnection_time = backoff::obeyed(time);
                }
                if read.item.is_some() {
                    self.fruitless = 0;
                }
                Notice::Read(read)
            }
        }
    }

    /// The stream is over: the server ended it, or an error did. `None` is the end of the source too.
    fn ended(&mut self, error: Option<Error>) -> Option<Result<Notice, Error>> {
        let inside = matches!(&self.state, State::Open(body) if body.is_inside_event());
        // An ID counts once its block is complete, also one without data.
        self.last_event_id = self.last_event_id().to_owned();
        let next = match (self.conduct.reconnect.again(true), error) {
            (true, error) => Some(Ok(self.wait(error.map_or(Cause::Ended, Cause::Failed), None))),
            (false, Some(error)) => Some(Err(self.close(error))),
            (false, None) => {
                self.state = State::Closed;
                None
            }
        };
        if !inside {
            return next;
        }
        if let Some(next) = next {
            self.queued.push_front(next);
        }
        Some(Ok(Notice::Unfinished))
    }

    /// Waits for the next attempt, for as long as the server `asked` at least; or gives up.
    fn wait(&mut self, cause: Cause, asked: Option<Duration>) -> Notice {
        if self.conduct.retries.is_some_and(|retries| self.fruitless >= retries) {
            let error = match cause {
                Cause::Ended => Error::Ended,
                Cause::Failed(error) => error,
            };
            let error = self.close(error);
            self.queued.push_back(Err(error));
            return Notice::GivingUp { retries: self.fruitless };
        }
        self.fruitless = self.fruitless.saturating_add(1);
        let Conduct { longest_delay, .. } = self.conduct;
        let delay = backoff::delay(self.reconnection_time, self.failures, fastrand::f64(), longest_delay);
        let asked = backoff::obeyed(asked.unwrap_or_default()).min(longest_delay.unwrap_or(Duration::MAX));
        let delay = if self.failures == 0 { delay } else { delay.max(asked) };
        self.state = State::Waiting(Box::pin(tokio::time::sleep(delay)));
        Notice::Retrying { delay, cause }
    }

    fn close(&mut self, error: Error) -> Error {
        self.state = State::Closed;
        error
    }
}

/// WHATWG HTML §9.2.2; no compression unless it is asked for, because proxies and servers hold back what they compress.
fn default_headers(request: &Request) -> [(HeaderName, HeaderValue); 3] {
    let codings = if request.compressed { inflate::CODINGS } else { "identity" };
    [
        (ACCEPT, HeaderValue::from_static(request.accept())),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (ACCEPT_ENCODING, HeaderValue::from_static(codings)),
    ]
}
