//! The vocabulary of an event source: what it is asked, what it says on the way, and what ends it.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use reqwest::Method;
use url::Url;

use super::answer::{Answer, Mismatch};
use super::header::Header;
use super::lost::Lost;
use super::network::Network;
use super::reader::Read;
use crate::wire::{MEDIA_TYPE, TooLong};

/// What to ask for, on every connection anew.
#[derive(Clone, Debug)]
pub struct Request {
    /// The stream.
    pub url: Url,
    /// The method; a browser only knows GET.
    pub method: Method,
    /// Headers, which override those that the client sends by itself. What they accept besides an event stream is taken,
    /// too: `application/json` a document, `application/x-ndjson` lines, each of them as an event.
    pub headers: Vec<Header>,
    /// The body, resent on every reconnection.
    pub body: Option<Bytes>,
    /// Ask for the codings that browsers ask for. What comes compressed is inflated in any case.
    pub compressed: bool,
    /// Read whatever it is as an event stream.
    pub any_content_type: bool,
    /// Go on with a GET without the body, and with the `Mcp-Session-Id` of the first answer: MCP's streamable HTTP.
    pub resume_with_get: bool,
}

impl Request {
    /// What is accepted unless a header says otherwise. MCP's streamable HTTP has a client accept both of what it may be
    /// answered.
    #[must_use]
    pub fn accept(&self) -> &'static str {
        if self.resume_with_get { "application/json, text/event-stream" } else { MEDIA_TYPE }
    }
}

/// How an answer is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// As an event stream.
    Events,
    /// Line by line.
    Lines,
    /// As a whole.
    Document,
}

/// The head of an answer that is accepted.
#[derive(Clone, Debug)]
pub struct Head {
    /// How its body is read.
    pub kind: Kind,
    /// Where it comes from, redirections followed.
    pub url: Url,
    /// The protocol, such as `HTTP/1.1`.
    pub version: String,
    /// The status.
    pub status: u16,
    /// The headers in their order, with U+FFFD for what is not UTF-8.
    pub headers: Vec<(String, String)>,
}

/// What happens on the way, in its order.
#[derive(Debug)]
pub enum Notice {
    /// A new connection is being made, after the first one.
    Connecting {
        /// What it sends as `Last-Event-ID`; empty if it sends none.
        last_event_id: String,
    },
    /// The server answered with a stream, or with what else is accepted.
    Open(Box<Head>),
    /// These bytes came, inflated where they were compressed; what they say follows.
    Chunk(Bytes),
    /// Bytes of the stream and what they say.
    Read(Read),
    /// The whole of an answer that is no stream, but is accepted.
    Document {
        /// Its media type.
        media_type: String,
        /// What it says.
        text: String,
    },
    /// The stream ended inside an event, which is dropped; what comes of the end follows.
    Unfinished,
    /// The stream is gone, and comes back after a while.
    Retrying {
        /// The wait before the next attempt.
        delay: Duration,
        /// Why it is gone.
        cause: Cause,
    },
    /// So many attempts in a row came to nothing; what ended the last one follows.
    GivingUp {
        /// Those to connect again.
        retries: u32,
    },
    /// The last event ID holds characters that no HTTP header can: the next connection starts without it.
    CannotResume {
        /// The last event ID.
        id: String,
    },
}

/// Why a stream is gone that comes back.
#[derive(Debug)]
pub enum Cause {
    /// The server ended it.
    Ended,
    /// It could be an error, if it did not come back.
    Failed(Error),
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended => f.write_str("the stream ended"),
            Self::Failed(Error::Lost(lost)) => lost.cause().fmt(f),
            Self::Failed(Error::Cut(cause)) => cause.fmt(f),
            Self::Failed(Error::NotAnEventStream { mismatch, .. }) => mismatch.fmt(f),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

/// What ends a source for good.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// TLS cannot be set up.
    #[error("cannot set up TLS")]
    Setup(#[source] Network),
    /// No header can carry the ID to resume from.
    #[error("no HTTP header can carry the last event ID {0:?}: it holds control characters")]
    LastEventId(String),
    /// There is no answer, and there is not to be another attempt.
    #[error(transparent)]
    Lost(#[from] Lost),
    /// No byte came for so long.
    #[error("nothing came for {0:?}")]
    Idle(Duration),
    /// The server ended the stream, and there is not to be another attempt.
    #[error("the stream ended")]
    Ended,
    /// The connection broke, and there is not to be another.
    #[error("the stream broke off")]
    Cut(#[source] Network),
    /// The body is not what its `Content-Encoding` says.
    #[error("the stream cannot be decompressed")]
    Compression(#[source] std::io::Error),
    /// The server answered with something else.
    #[error("{} is not an event stream: {mismatch}", .answer.url)]
    NotAnEventStream {
        /// What it answered.
        answer: Box<Answer>,
        /// Why this is no event stream.
        mismatch: Mismatch,
    },
    /// An event goes beyond the limit.
    #[error(transparent)]
    TooLong(#[from] TooLong),
}
