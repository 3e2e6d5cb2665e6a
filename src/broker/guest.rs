//! Whom a subscription is for, as far as the broker has to know. The server makes it out of a token; the broker does not
//! know what that is.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::SystemTime;

use crate::topic::Selection;

/// Who subscribes. There is none where nobody is asked who they are.
#[derive(Clone, Debug)]
pub struct Guest {
    /// The user.
    pub user: Option<Arc<str>>,
    /// The session.
    pub session: Option<Arc<str>>,
    /// The name of the token, if it has one.
    pub token: Option<Arc<str>>,
    /// When the token is over, and every subscription with it.
    pub expires: Option<SystemTime>,
    /// What it may listen to.
    pub may: May,
}

/// Says what a guest may listen to. The broker passes it on to whoever asks, and does not look at it.
#[derive(Clone)]
pub struct May(Arc<Check>);

type Check = dyn Fn(&Selection) -> Result<(), String> + Send + Sync;

impl May {
    /// Lets this decide; its error is a sentence.
    pub fn new(check: impl Fn(&Selection) -> Result<(), String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(check))
    }

    /// Whether the guest may listen to this.
    ///
    /// # Errors
    /// Why not, as a sentence.
    pub fn subscribe(&self, topics: &Selection) -> Result<(), String> {
        (self.0)(topics)
    }
}

impl fmt::Debug for May {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("May(…)")
    }
}

/// Names a subscription for as long as the process runs: no other gets the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub(super) u64);

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Says that a text is not what a [`ConnectionId`] is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the ID of a connection is a whole number")]
pub struct NotAConnection;

impl FromStr for ConnectionId {
    type Err = NotAConnection;

    fn from_str(text: &str) -> Result<Self, NotAConnection> {
        text.parse().map(Self).map_err(|_| NotAConnection)
    }
}
