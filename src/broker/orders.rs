//! What open subscriptions are told to do, one by one. Those of the shards are told by a command; for those that hyper
//! serves, which come by only to ask for their next bytes, it is left where they find it then.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Notify;

use super::guest::ConnectionId;
use super::roster::Sink;
use super::shard::Command;
use super::{Broker, End, Wanted};
use crate::store::Filter;

/// How long a subscription that is to end may take to come by. Who reads nothing never does.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where a subscription that hyper serves finds what it is told.
#[derive(Debug)]
pub(super) struct Orders {
    given: Mutex<Given>,
    came: Notify,
    /// Has the connection cut, or the stream, where there are several on one.
    hang_up: Arc<Notify>,
}

/// What it has been told, and has not done yet.
#[derive(Debug, Default)]
struct Given {
    end: Option<End>,
    /// It was told to end.
    ends: bool,
    filter: Option<Arc<Filter>>,
}

impl Orders {
    pub(super) fn new(hang_up: Arc<Notify>) -> Arc<Self> {
        Arc::new(Self { given: Mutex::default(), came: Notify::new(), hang_up })
    }

    /// It is to end, and is cut if it has not for a while.
    pub(super) fn end_soon(self: &Arc<Self>, end: End) {
        if self.end(end) {
            tokio::spawn(hang_up_later(Arc::downgrade(self)));
        }
    }

    /// It is to end; whether that is new to it.
    fn end(&self, end: End) -> bool {
        let mut given = self.given();
        if std::mem::replace(&mut given.ends, true) {
            return false;
        }
        given.end = Some(end);
        self.came.notify_one();
        true
    }

    /// It is to listen to this.
    pub(super) fn change(&self, filter: Arc<Filter>) {
        self.given().filter = Some(filter);
        self.came.notify_one();
    }

    /// Why it is to end, and what it is to listen to now; each is told once.
    pub(super) fn take(&self) -> (Option<End>, Option<Arc<Filter>>) {
        let mut given = self.given();
        (given.end.take(), given.filter.take())
    }

    fn given(&self) -> MutexGuard<'_, Given> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
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
        let Some(entry) = roster.get(id) else { return false };
        match &mut entry.sink {
            Sink::None(to_end) => *to_end = Some(end),
            Sink::Shard { number, key } => {
                self.shards[*number as usize].tell(Command::End { key: *key, id, end });
            }
            Sink::Hyper(orders) => {
                orders.end_soon(end);
            }
        }
        true
    }
}

/// Cuts a subscription that was told to end, and is still there.
async fn hang_up_later(orders: Weak<Orders>) {
    tokio::time::sleep(PATIENCE).await;
    if let Some(orders) = orders.upgrade() {
        orders.hang_up.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_is_told_once_that_it_ends_however_often_somebody_wants_that() {
        let orders = Orders::new(Arc::default());
        assert!(orders.end(End::Kicked), "somebody has to look after it");
        assert!(!orders.end(End::Kicked));
        assert_eq!(orders.take(), (Some(End::Kicked), None));
        assert!(!orders.end(End::Kicked), "also when it is on its way out");
        assert_eq!(orders.take(), (None, None));
    }
}
