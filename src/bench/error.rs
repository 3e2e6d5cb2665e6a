//! Why a run came to nothing. What goes wrong without ending a run is a warning of its report instead.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::http::Malformed;
use super::tls::BadHandshake;

/// A run without a report.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Only `http:` and `https:` can be measured.
    #[error("bench speaks http and https, not {url}")]
    Scheme {
        /// The URL that was given.
        url: String,
    },
    /// The system has no certificates to trust, or a key is not that of its certificate.
    #[error("cannot speak TLS with {host}")]
    Tls {
        /// The name of the server.
        host: String,
        /// What is missing.
        source: System,
    },
    /// The host has no address.
    #[error("cannot find the address of {host:?}")]
    Resolve {
        /// The name that was looked up.
        host: String,
        /// What the resolver said.
        source: System,
    },
    /// The plan is too long to be accounted for.
    #[error("the run would have {events} events, and at most {max} can be accounted for")]
    TooManyEvents {
        /// Rate times duration.
        events: u64,
        /// [`super::MAX_EVENTS`].
        max: u64,
    },
    /// Not one subscriber could be opened.
    #[error("no subscriber could subscribe at {address}")]
    NoSubscriber {
        /// Where it was tried.
        address: SocketAddr,
        /// What became of the first that failed.
        source: Refusal,
    },
    /// The publisher has no connection, or no answer to the first event on it.
    #[error("cannot publish to {address}")]
    NoPublisher {
        /// Where it was tried.
        address: SocketAddr,
        /// What became of it.
        source: Refusal,
    },
    /// The server takes no event.
    #[error("the server does not let us publish: status {status}{}", said(.body))]
    PublishRefused {
        /// The status of the answer.
        status: u16,
        /// The beginning of its body.
        body: String,
    },
    /// The server takes events, and they arrive nowhere.
    #[error(
        "{probes} events were published as a probe, and no subscriber received one within {seconds} s{}",
        instead(.foreign.as_deref())
    )]
    Unheard {
        /// How many the server acknowledged.
        probes: u64,
        /// How long was waited.
        seconds: u64,
        /// The beginning of the first event that arrived instead.
        foreign: Option<String>,
    },
    /// There is nothing that a replay could be asked for with.
    #[error("the server gives its events no IDs, so nobody can say where a replay is to begin")]
    NoIds,
    /// A process that holds subscribers could not start, or came to a bad end.
    #[error("worker process {number} of {of} {why}")]
    Worker {
        /// Which one, from 1.
        number: u32,
        /// How many there were to be.
        of: u32,
        /// What became of it.
        why: String,
    },
    /// A thread of the generator could not start, or came to a bad end.
    #[error("a thread of the load generator failed")]
    Thread(#[from] System),
}

/// Why a subscriber has no stream, or a publisher no answer.
#[derive(Clone, Debug, Serialize, Deserialize, thiserror::Error)]
pub enum Refusal {
    /// There is no connection.
    #[error("{0}")]
    Connect(System),
    /// The connection took too long.
    #[error("no connection within {0} s")]
    ConnectTimeout(u64),
    /// There is a connection, and no TLS on it.
    #[error(transparent)]
    Tls(#[from] BadHandshake),
    /// There is a connection, and HTTP/2 is not what the server speaks on it.
    #[error("the server does not speak HTTP/2: {0}")]
    NoHttp2(String),
    /// The server has room for no stream on a connection of HTTP/2.
    #[error("the server allows no stream on a connection of HTTP/2 (SETTINGS_MAX_CONCURRENT_STREAMS is 0)")]
    NoStreams,
    /// A stream of HTTP/2 was refused, or its connection ended.
    #[error("{0}")]
    Http2(String),
    /// The request is none for HTTP/2.
    #[error("HTTP/2 cannot carry this request: {0}")]
    Unsendable(String),
    /// The connection ended before the head of an answer.
    #[error("the connection ended without an answer")]
    NoAnswer,
    /// No head of an answer came until the run was over.
    #[error("the server accepted the connection and did not answer")]
    Silent,
    /// No answer to a publish came in this many seconds.
    #[error("the server accepted the connection and did not answer within {0} s")]
    Late(u64),
    /// It answered something else than HTTP.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// It answered with a status that is not 200.
    #[error("status {status}{}", said(.body))]
    Status {
        /// The status.
        status: u16,
        /// The beginning of the body.
        body: String,
    },
    /// It answered 200, and something else than an event stream.
    #[error("status 200 with content type {content_type:?}, which is no event stream{}", said(.body))]
    NotAStream {
        /// The `Content-Type` without parameters.
        content_type: String,
        /// The beginning of the body.
        body: String,
    },
}

/// What the operating system said, in words only: its numbers mean nothing to people.
#[derive(Clone, Debug)]
pub struct System(Arc<io::Error>);

impl From<io::Error> for System {
    fn from(error: io::Error) -> Self {
        Self(Arc::new(error))
    }
}

/// What is left of an error of the operating system on its way to another process.
#[derive(Serialize, Deserialize)]
struct Told {
    code: Option<i32>,
    words: String,
}

impl Serialize for System {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Told { code: self.0.raw_os_error(), words: self.0.to_string() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for System {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Told { code, words } = Told::deserialize(deserializer)?;
        Ok(code.map_or_else(|| io::Error::other(words), io::Error::from_raw_os_error).into())
    }
}

impl Refusal {
    /// Whether it is for want of something on this machine, and so says nothing of the server.
    pub fn is_of_this_machine(&self) -> bool {
        let wants = [libc::EADDRNOTAVAIL, libc::EMFILE, libc::ENFILE, libc::ENOBUFS, libc::ENOMEM];
        matches!(self, Self::Connect(System(error)) if error.raw_os_error().is_some_and(|code| wants.contains(&code)))
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        let text = text.split(" (os error ").next().unwrap_or_default();
        let mut chars = text.chars();
        let first = chars.next().map(char::to_lowercase);
        write!(f, "{}{}", first.into_iter().flatten().collect::<String>(), chars.as_str())
    }
}

impl std::error::Error for System {}

/// What came instead of what was awaited.
fn instead(event: Option<&str>) -> String {
    event.map_or_else(String::new, |event| format!("; what arrived instead: {event}"))
}

/// A body behind what was said before it.
fn said(body: &str) -> String {
    if body.is_empty() { String::new() } else { format!(": {body}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operating_system_speaks_without_numbers() {
        let said = |error: io::Error| System::from(error).to_string();
        assert_eq!(said(io::Error::from_raw_os_error(libc::ECONNREFUSED)), "connection refused");
        assert_eq!(said(io::Error::other("it panicked")), "it panicked");
    }

    #[test]
    fn a_refusal_is_the_same_in_another_process() {
        let connect = |error: io::Error| Refusal::Connect(error.into());
        let refusals = [
            connect(io::Error::from_raw_os_error(libc::EMFILE)),
            connect(io::Error::other("it panicked")),
            Refusal::Tls(BadHandshake::Late(10)),
            Refusal::Malformed(Malformed::LongHead),
            Refusal::Status { status: 503, body: "closed".to_owned() },
        ];
        for refusal in refusals {
            let text = serde_json::to_string(&refusal).expect("JSON");
            let again: Refusal = serde_json::from_str(&text).expect("a refusal");
            assert_eq!(again.to_string(), refusal.to_string());
            assert_eq!(again.is_of_this_machine(), refusal.is_of_this_machine());
        }
    }

    #[test]
    fn what_this_machine_has_no_more_of_is_not_the_servers_refusal() {
        let here = |code| Refusal::Connect(io::Error::from_raw_os_error(code).into()).is_of_this_machine();
        assert!(here(libc::EADDRNOTAVAIL) && here(libc::EMFILE) && !here(libc::ECONNREFUSED));
        assert!(!Refusal::Silent.is_of_this_machine());
    }
}
