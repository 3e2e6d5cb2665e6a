//! What open subscriptions are told to do, one by one. Those of the shards are told by a command; for those that hyper
//! serves, which come by only to ask for their next bytes, it is left where they find it then.

use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use super::guest::ConnectionId;
use super::roster::Sink;
use super::shard::Command;
use super::{Broker, End, Wanted};

/// Where a subscription that hyper serves finds what it is told.
#[derive(Debug, Default)]
pub(super) struct Orders {
    end: Mutex<Option<End>>,
    came: Notify,
}

impl Orders {
    pub(super) fn end(&self, end: End) {
        *self.end.lock().unwrap_or_else(PoisonError::into_inner) = Some(end);
        self.came.notify_one();
    }

    /// Why it is to end, if it is.
    pub(super) fn to_end(&self) -> Option<End> {
        *self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for an order that was not waited for yet.
    pub(super) async fn came(&self) {
        self.came.notified().await;
    }
}

impl Broker {
    /// Ends a subscription; `false` if there is none with this ID.
    pub fn kick(&self, id: ConnectionId) -> bool {
        self.end(id, End::Kicked)
    }

    /// Ends all subscriptions that are wanted, those that are about to open among them; returns how many.
    pub async fn kick_all(&self, wanted: &Wanted) -> usize {
        let (mut count, mut next) = (0, Some(ConnectionId(0)));
        while let Some(after) = next {
            let found;
            (found, next) = self.ids(wanted, after);
            count += found.into_iter().filter(|id| self.kick(*id)).count();
            tokio::task::yield_now().await;
        }
        count
    }

    /// Has a subscription end with a word to its client, as far as its socket takes that.
    pub(super) fn end(&self, id: ConnectionId, end: End) -> bool {
        let mut roster = self.admission.roster();
        let Some(sink) = roster.sink(id) else { return false };
        match sink {
            Sink::None(to_end) => *to_end = Some(end),
            Sink::Shard { number, key } => {
                self.shards[*number as usize].tell(Command::End { key: *key, id, end });
            }
            Sink::Hyper(orders) => orders.end(end),
        }
        true
    }
}
