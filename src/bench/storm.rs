//! What befalls the streams of `sse bench reconnect` in the middle of the measured phase. `run` sees to it that it comes,
//! `subscribers` to what becomes of it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::load::Load;
use super::percent::Percent;

/// Why streams end, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storm {
    /// What happens.
    pub cause: Cause,
    /// How long after the beginning of the measured phase.
    pub after: Duration,
}

/// What ends streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// So many of the subscribers drop their connections, all at once, and come back at once.
    Drop(Percent),
    /// The server is stopped, and started again.
    Restart,
}

/// A storm that came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Came {
    /// When.
    pub(super) at: u64,
    /// How long it took until the server that was stopped accepted connections again.
    pub(super) restart: Option<Duration>,
    /// How busy the busiest thread of subscribers was until all were back, if that can be known.
    pub(super) load: Option<Load>,
}
