//! Opening a subscription: where in the log it begins, and what it has missed already.

use std::collections::VecDeque;
use std::time::SystemTime;

use super::{Broker, Gap, Reason, Subscription};
use crate::store::{Filter, Place};
use crate::wire::EventId;

/// Where a subscription begins.
#[derive(Clone, Debug)]
pub enum Start {
    /// With the next event.
    Live,
    /// After the event with this ID.
    After(EventId),
    /// With the oldest event there is.
    Earliest,
    /// With the first event that was published at this time or later; `requested` is how the client put it.
    Since {
        /// The time.
        time: SystemTime,
        /// The client's own words, for the gap event.
        requested: String,
    },
    /// With the newest events of each topic, this many.
    Newest(usize),
}

/// As many subscriptions are open as may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("all {limit} connections are taken")]
pub struct TooMany {
    /// The limit.
    pub limit: usize,
}

/// What a start comes to in this log.
pub(super) struct Beginning {
    /// Read the log after this number.
    pub(super) cursor: u64,
    /// Before that, hand out these events.
    pub(super) snapshot: VecDeque<u64>,
    /// Before all, tell of this gap.
    pub(super) gap: Option<Gap>,
}

impl Broker {
    /// Opens a subscription.
    ///
    /// # Errors
    /// If too many are open.
    pub fn subscribe(&self, filter: Filter, start: Start) -> Result<Subscription, TooMany> {
        let limit = self.limits.connections;
        let open = self.metrics.connections.inc();
        if usize::try_from(open).is_ok_and(|open| open >= limit) {
            self.metrics.connections.dec();
            return Err(TooMany { limit });
        }
        self.metrics.connections_opened.inc();
        let beginning = self.begin(&filter, start);
        Ok(Subscription::open(self, filter, beginning))
    }

    fn begin(&self, filter: &Filter, start: Start) -> Beginning {
        match start {
            Start::Live => Beginning::after(self.log.span().last),
            Start::Earliest => Beginning::after(self.log.span().first - 1),
            Start::After(id) => self.resume(self.log.find(&id), id.as_str()),
            Start::Since { time, requested } => self.resume(self.log.since(time), &requested),
            Start::Newest(count) => {
                let (snapshot, cursor) = self.log.newest(filter, count);
                Beginning { snapshot: snapshot.into(), ..Beginning::after(cursor) }
            }
        }
    }

    /// Goes on from a place, or from the oldest event there is, and says so, if the place is not in the log.
    fn resume(&self, place: Place, requested: &str) -> Beginning {
        let reason = match place {
            Place::After(seq) => return Beginning::after(seq),
            Place::Expired => Reason::Expired,
            Place::OtherEpoch => Reason::Epoch,
            Place::Unknown => Reason::Unknown,
        };
        let cursor = self.log.span().first - 1;
        let resumed = self.log.epoch().at(cursor).to_string();
        let gap = Gap { requested: requested.to_owned(), resumed, reason };
        Beginning { gap: Some(gap), ..Beginning::after(cursor) }
    }
}

impl Beginning {
    fn after(cursor: u64) -> Self {
        Self { cursor, snapshot: VecDeque::new(), gap: None }
    }
}
