//! The two sides of a client: a reconnecting [`EventSource`] and a [`Publisher`], against any server.
//!
//! The only layer that names `reqwest`. It prints nothing, knows no command line and no broker: what happens on a
//! connection comes out as [`Notice`]s, what ends it as an [`Error`]. Events are decoded by [`crate::wire`].

mod answer;
mod backoff;
mod conduct;
mod fetch;
mod forwarder;
mod header;
mod idempotency;
mod inflate;
mod lost;
mod network;
mod notice;
mod publisher;
mod reader;
mod redirect;
mod reply;
mod retry;
mod source;
mod transport;
mod way;
mod webhook;

pub use answer::{Answer, Mismatch};
pub use backoff::{DEFAULT_RECONNECTION_TIME, LONGEST_RECONNECTION_TIME};
pub use conduct::{Conduct, NotStatuses, Reconnect, Statuses};
pub use fetch::{NotFetched, fetch};
pub use forwarder::{Forwarded, Forwarder, NotForwarded, Refusal};
pub use header::{Header, HeaderError};
pub use idempotency::{IdempotencyKey, NotAKey};
pub use lost::{Lost, Peer, without_credentials};
pub use network::Network;
pub use notice::{Cause, Error, Head, Kind, Notice, Request};
pub use publisher::{Body, Outcome, Problem, PublishError, Publisher, Receipt};
pub use reader::{Read, Reader};
pub use redirect::Misdirection;
pub use reqwest::Method;
pub use source::EventSource;
pub use transport::{NotAProxy, NotPem, Transport};
pub use webhook::{BadSecret, Secret, Webhook};
