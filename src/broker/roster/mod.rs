//! Who is connected: every open subscription, with whom it is for and how it is reached. A subscription is entered when it
//! is admitted and taken out when its permit is dropped. Delivering never looks here.

mod ledger;

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use self::ledger::Ledger;
use super::End;
use super::guest::{ConnectionId, Guest};
use super::orders::Orders;
use crate::metrics::Transport;
use crate::store::Filter;

/// The open subscriptions.
#[derive(Debug, Default)]
pub(super) struct Roster {
    entries: Ledger<Entry>,
    /// The number of the subscription that came last.
    last: u64,
    by_address: HashMap<IpAddr, u32>,
    /// When which of them end with their tokens.
    ends: BTreeSet<(SystemTime, ConnectionId)>,
}

/// One of them. There may be a million: keep it small.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) guest: Option<Arc<Guest>>,
    /// What it listens to; shared with those that deliver.
    pub(super) filter: Arc<Filter>,
    /// When it was admitted, in milliseconds since 1970.
    since: u64,
    pub(super) address: IpAddr,
    pub(super) transport: Transport,
    pub(super) sink: Sink,
}

/// Who writes to its client.
#[derive(Debug)]
pub(super) enum Sink {
    /// Nobody yet: its response has not begun. If it is to end, it does so then.
    None(Option<End>),
    /// The shard with this number, under this key.
    Shard { number: u32, key: u32 },
    /// Hyper.
    Hyper(Arc<Orders>),
}

impl Roster {
    /// Enters a subscription. If it ends with a token, and before all others, that is to be told.
    pub(super) fn enter(
        &mut self,
        guest: Option<Guest>,
        filter: &Arc<Filter>,
        address: IpAddr,
        transport: Transport,
    ) -> (ConnectionId, bool) {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let since = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        *self.by_address.entry(address).or_default() += 1;
        self.last += 1;
        let id = ConnectionId(self.last);
        let end = guest.as_ref().and_then(|guest| guest.expires).map(|end| (end, id));
        self.ends.extend(end);
        let (guest, filter, sink) = (guest.map(Arc::new), Arc::clone(filter), Sink::None(None));
        self.entries.push(id.0, Entry { guest, filter, since, address, transport, sink });
        (id, end.is_some() && self.ends.first() == end.as_ref())
    }

    /// Takes a subscription out; returns how it was reached.
    pub(super) fn leave(&mut self, id: ConnectionId) -> Option<Transport> {
        let entry = self.entries.remove(id.0)?;
        if let Some(count) = self.by_address.get_mut(&entry.address) {
            *count -= 1;
            if *count == 0 {
                self.by_address.remove(&entry.address);
            }
        }
        if let Some(end) = entry.guest.and_then(|guest| guest.expires) {
            self.ends.remove(&(end, id));
        }
        Some(entry.transport)
    }

    /// Gives a subscription its sink, which keeps this copy of its filter; returns why it is to end at once, if it is.
    pub(super) fn open(&mut self, id: ConnectionId, sink: Sink, filter: &Arc<Filter>) -> Option<End> {
        let entry = self.entries.get_mut(id.0)?;
        entry.filter = Arc::clone(filter);
        match std::mem::replace(&mut entry.sink, sink) {
            Sink::None(to_end) => to_end,
            Sink::Shard { .. } | Sink::Hyper(_) => None,
        }
    }

    /// Notes which copy of its filter a subscription keeps, unless it is to listen to something else meanwhile.
    pub(super) fn share(&mut self, id: ConnectionId, filter: &Arc<Filter>) {
        if let Some(entry) = self.entries.get_mut(id.0).filter(|entry| entry.filter == *filter) {
            entry.filter = Arc::clone(filter);
        }
    }

    /// A subscription.
    pub(super) fn get(&mut self, id: ConnectionId) -> Option<&mut Entry> {
        self.entries.get_mut(id.0)
    }

    /// Subscriptions whose tokens are over, not more than so many, and when the next one is.
    pub(super) fn over(&mut self, now: SystemTime, most: usize) -> (Vec<ConnectionId>, Option<SystemTime>) {
        let mut over = Vec::new();
        while over.len() < most && self.ends.first().is_some_and(|(end, _)| *end <= now) {
            over.extend(self.ends.pop_first().map(|(_, id)| id));
        }
        (over, self.ends.first().map(|(end, _)| *end))
    }

    /// How many subscriptions an address has.
    pub(super) fn of_address(&self, address: IpAddr) -> u32 {
        self.by_address.get(&address).copied().unwrap_or(0)
    }

    /// Those among the next `examined` after this one, and after which one to go on, if there are more.
    pub(super) fn after(
        &self,
        id: ConnectionId,
        examined: usize,
    ) -> (impl Iterator<Item = (ConnectionId, &Entry)>, Option<ConnectionId>) {
        let (entries, through) = self.entries.after(id.0, examined);
        (entries.map(|(number, entry)| (ConnectionId(number), entry)), through.map(ConnectionId))
    }
}

impl Entry {
    /// Whether its response has begun.
    pub(super) fn is_open(&self) -> bool {
        !matches!(self.sink, Sink::None(_))
    }

    /// When it was admitted.
    pub(super) fn since(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(self.since)
    }
}
