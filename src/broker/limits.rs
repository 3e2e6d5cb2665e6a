//! What the broker bounds, and what it does when a bound is met.

use std::net::IpAddr;
use std::sync::Arc;

use super::Style;

/// The bounds on subscriptions.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many subscriptions may be open at once.
    pub connections: usize,
    /// How many of them from one address.
    pub connections_per_address: u32,
}

/// As many subscriptions are open as may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooMany {
    /// In all.
    #[error("all {limit} connections are taken")]
    InAll {
        /// The limit.
        limit: usize,
    },
    /// Of one address.
    #[error("all {limit} connections that one address may have are taken by {address}")]
    OfAddress {
        /// The address.
        address: IpAddr,
        /// The limit.
        limit: u32,
    },
}

/// How subscriptions are served.
#[derive(Clone, Debug)]
pub struct Policy {
    /// What streams say beside their events; the first is that of all that are not asked for otherwise. There is one at
    /// least.
    pub styles: Arc<[Style]>,
    /// What becomes of a reader that the log has left behind.
    pub slow_consumer: SlowConsumer,
    /// How many bytes of the newest events are shared by those who keep up.
    pub tail_bytes: u64,
    /// How many threads write to sockets.
    pub shards: usize,
}

/// What becomes of a reader that retention has overtaken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlowConsumer {
    /// It is told of the gap and reads on.
    CatchUp,
    /// It is cut as soon as it is behind the shared tail; it can come back and resume.
    Disconnect,
}
