//! When the keys of a provider are fetched: every ten minutes, when somebody asks for it, and when a token names one that is
//! not known, though not at every such token.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use tokio::time::Instant;

use crate::cli::failure::Failure;
use crate::cli::identity::Jwks;

/// How long the keys of a provider are good before they are fetched again.
const KEYS_LAST: Duration = Duration::from_mins(10);

/// The shortest time between two fetches for tokens: made-up keys must not make us a burden to a provider.
const PAUSE: Duration = Duration::from_secs(10);

type Fetched = Result<Vec<u8>, Failure>;

/// A fetch that may be under way.
pub(super) struct Fetch {
    under_way: Option<Pin<Box<dyn Future<Output = Fetched> + Send>>>,
    begun: Instant,
    /// When the last one began that a token has asked for.
    asked: Option<Instant>,
}

impl fmt::Debug for Fetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetch").field("begun", &self.begun).field("asked", &self.asked).finish_non_exhaustive()
    }
}

impl Fetch {
    /// None is under way; the last one was now.
    pub(super) fn new() -> Self {
        Self { under_way: None, begun: Instant::now(), asked: None }
    }

    /// Begins one, if keys come from anywhere; one that is under way is given up.
    pub(super) fn begin(&mut self, source: Option<&Jwks>) {
        self.begun = Instant::now();
        self.under_way = source.cloned().map(|source| Box::pin(async move { source.load().await }) as Pin<Box<_>>);
    }

    /// A token names a key that is not known: whether it is worth waiting for a fetch.
    pub(super) fn is_wanted(&mut self, source: Option<&Jwks>) -> bool {
        if self.under_way.is_none() && self.asked.is_none_or(|asked| asked.elapsed() >= PAUSE) {
            self.begin(source);
            self.asked = Some(self.begun);
        }
        self.under_way.is_some()
    }

    /// When it is time for another one.
    pub(super) fn due(&self) -> Instant {
        self.begun + KEYS_LAST
    }

    /// What the one that is under way comes to; never resolves where there is none.
    pub(super) async fn end(&mut self) -> Fetched {
        let Some(under_way) = &mut self.under_way else { return std::future::pending().await };
        let fetched = under_way.await;
        self.under_way = None;
        fetched
    }
}
