//! The vocabulary of an event source: what it is asked, what it says on the way, and what ends it.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use reqwest::Method;
use url::Url;

use super::answer::{Answer, Mismatch};
use super::header::Header;
use super::network::Network;
use super::reader::Read;
use crate::wire::TooLong;

/// What to ask for, on every connection anew.
#[derive(Clone, Debug)]
pub struct Request {
    /// The stream.
    pub url: Url,
    /// The method; a browser only knows GET.
    pub method: Method,
    /// Headers, which override those that the client sends by itself.
    pub headers: Vec<Header>,
    /// The body, resent on every reconnection.
    pub body: Option<Bytes>,
}

/// When to connect again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reconnect {
    /// Never.
    Never,
    /// When a stream that was open ends or breaks; a first attempt that fails is an error.
    OnceOpen,
    /// Until a stream is open; its end is the end.
    UntilOpen,
    /// Always.
    Always,
}

impl Reconnect {
    /// Whether there is another attempt, after a stream was open or before.
    pub(super) fn again(self, was_open: bool) -> bool {
        match self {
            Self::Never => false,
            Self::OnceOpen => was_open,
            Self::UntilOpen => !was_open,
            Self::Always => true,
        }
    }
}

/// What happens on the way, in its order.
#[derive(Debug)]
pub enum Notice {
    /// A new connection is being made, after the first one.
    Connecting,
    /// The server answered with an event stream.
    Open {
        /// The status, which is 200.
        status: u16,
        /// Where the stream comes from, redirections followed.
        url: Url,
    },
    /// Bytes of the stream and what they say.
    Read(Read),
    /// The stream is gone, and comes back after a while.
    Retrying {
        /// The wait before the next attempt.
        delay: Duration,
        /// Why it is gone.
        cause: Cause,
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
    /// The network failed.
    Network(Network),
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended => f.write_str("the stream ended"),
            Self::Network(network) => network.fmt(f),
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
    /// No connection came about, and there is not to be another attempt.
    #[error("cannot connect to {address}")]
    Unreachable {
        /// Host and port.
        address: String,
        /// What the network said.
        #[source]
        cause: Network,
    },
    /// The connection ended without an answer, and there is not to be another attempt.
    #[error("{address} did not answer")]
    Unanswered {
        /// Host and port.
        address: String,
        /// What the network said.
        #[source]
        cause: Network,
    },
    /// The connection broke, and there is not to be another.
    #[error("the stream broke off")]
    Cut(#[source] Network),
    /// The request cannot succeed, however often it is made.
    #[error("the request failed")]
    Request(#[source] Network),
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
