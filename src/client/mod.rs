//! The two sides of a client: a reconnecting [`EventSource`] and a [`Publisher`], against any server.
//!
//! The only layer that names `reqwest`. It prints nothing, knows no command line and no broker: what happens on a
//! connection comes out as [`Notice`]s, what ends it as an [`Error`]. Events are decoded by [`crate::wire`].

mod answer;
mod backoff;
mod header;
mod http;
mod idempotency;
mod network;
mod notice;
mod publisher;
mod reader;
mod reply;
mod retry;
mod source;

pub use answer::{Answer, Mismatch};
pub use backoff::LONGEST_RECONNECTION_TIME;
pub use header::{Header, HeaderError};
pub use idempotency::{IdempotencyKey, NotAKey};
pub use network::Network;
pub use notice::{Cause, Error, Notice, Reconnect, Request};
pub use publisher::{Body, Outcome, Problem, PublishError, Publisher, Receipt};
pub use reader::{Read, Reader};
pub use reqwest::Method;
pub use source::{EventSource, without_credentials};
