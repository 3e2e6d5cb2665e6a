//! Who is connected: every open subscription, with whom it is for and how it is reached. A subscription is entered when it
//! is admitted and taken out when its permit is dropped. Delivering never looks here.

mod attendance;
mod ledger;
mod users;

pub(super) use self::attendance::{Attendance, Turn};
pub(super) use self::users::There;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use self::ledger::Ledger;
use self::users::{Present, Users};
use super::End;
use super::connections::Connection;
use super::guest::{ConnectionId, Guest};
use super::notice::{Feed, What};
use super::orders::Orders;
use crate::metrics::{Closed, Transport};
use crate::store::Filter;
use crate::topic::{Selection, Topic};

/// The open subscriptions.
#[derive(Debug, Default)]
pub(super) struct Roster {
    entries: Ledger<Entry>,
    /// The number of the subscription that came last.
    last: u64,
    /// When which of them end with their tokens.
    ends: BTreeSet<(SystemTime, ConnectionId)>,
    users: Users,
    /// Who comes and goes, if somebody is told.
    attendance: Option<Attendance>,
    /// Who is told of connections, if somebody is.
    feed: Option<Feed>,
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
        self.last += 1;
        let id = ConnectionId(self.last);
        let end = guest.as_ref().and_then(|guest| guest.expires).map(|end| (end, id));
        self.ends.extend(end);
        self.listens(guest.as_ref(), &filter.topics, since);
        let (guest, filter, sink) = (guest.map(Arc::new), Arc::clone(filter), Sink::None(None));
        self.entries.push(id.0, Entry { guest, filter, since, address, transport, sink });
        (id, end.is_some() && self.ends.first() == end.as_ref())
    }

    /// Takes a subscription out, which is over for this reason; returns how it was reached.
    pub(super) fn leave(&mut self, id: ConnectionId, closed: Closed) -> Option<Transport> {
        let entry = self.entries.remove(id.0)?;
        if let Some(feed) = self.feed.as_ref().filter(|_| entry.is_open()) {
            feed.tell(What::Disconnected(entry.view(id), closed.as_str()));
        }
        if let Some(end) = entry.guest.as_ref().and_then(|guest| guest.expires) {
            self.ends.remove(&(end, id));
        }
        self.listens_no_more(entry.guest.as_deref(), &entry.filter.topics);
        Some(entry.transport)
    }

    /// Gives a subscription its sink, which keeps this copy of its filter; returns why it is to end at once, if it is.
    pub(super) fn open(&mut self, id: ConnectionId, sink: Sink, filter: &Arc<Filter>) -> Option<End> {
        let entry = self.entries.get_mut(id.0)?;
        entry.filter = Arc::clone(filter);
        let before = std::mem::replace(&mut entry.sink, sink);
        if let Some(feed) = &self.feed {
            feed.tell(What::Connected(entry.view(id)));
        }
        match before {
            Sink::None(to_end) => to_end,
            Sink::Shard { .. } | Sink::Hyper(_) => None,
        }
    }

    /// Has a subscription listen to something else.
    pub(super) fn change(&mut self, id: ConnectionId, filter: &Arc<Filter>) {
        let Some(entry) = self.entries.get_mut(id.0) else { return };
        let before = std::mem::replace(&mut entry.filter, Arc::clone(filter));
        let (guest, since) = (entry.guest.clone(), entry.since);
        // In this order, so that nobody leaves what they listen to as before.
        self.listens(guest.as_deref(), &filter.topics, since);
        self.listens_no_more(guest.as_deref(), &before.topics);
    }

    fn listens(&mut self, guest: Option<&Guest>, topics: &Selection, since: u64) {
        let user = guest.and_then(|guest| guest.user.as_ref());
        if let Some(user) = user {
            self.users.enter(&topics.asked(), user, since);
        }
        if let Some(attendance) = &mut self.attendance {
            attendance.enter(topics, user, Instant::now());
        }
    }

    fn listens_no_more(&mut self, guest: Option<&Guest>, topics: &Selection) {
        let user = guest.and_then(|guest| guest.user.as_ref());
        if let Some(user) = user {
            self.users.leave(&topics.asked(), user);
        }
        if let Some(attendance) = &mut self.attendance {
            attendance.leave(topics, user, Instant::now());
        }
    }

    /// Begins to note who comes and goes, and to tell of connections.
    pub(super) fn attend(&mut self, attendance: Option<Attendance>, feed: Option<Feed>) {
        (self.attendance, self.feed) = (attendance, feed);
    }

    /// Tells whoever is told of connections.
    pub(super) fn tell(&self, what: What) {
        if let Some(feed) = &self.feed {
            feed.tell(what);
        }
    }

    /// What is to be told of those who came and went, not more than so much, and when there is more; `None` if nobody is told.
    pub(super) fn turns(&mut self, now: Instant, most: usize) -> Option<(Vec<Turn>, Option<Instant>)> {
        self.attendance.as_mut().map(|attendance| attendance.turns(now, most))
    }

    /// Whether somebody is told who comes and goes.
    pub(super) fn is_attended(&self) -> bool {
        self.attendance.is_some()
    }

    /// Who listens to a topic, and at most so many users.
    pub(super) fn present(&self, topic: &Topic, most: usize) -> Present {
        self.users.present(topic, most)
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

    /// What others see of it.
    pub(super) fn view(&self, id: ConnectionId) -> Connection {
        Connection {
            id,
            guest: self.guest.clone(),
            filter: Arc::clone(&self.filter),
            address: self.address,
            transport: self.transport,
            since: time(self.since),
        }
    }
}

/// The time so many milliseconds after 1970.
pub(super) fn time(milliseconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(milliseconds)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::broker::May;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn with_token_until(expires: SystemTime) -> Guest {
        Guest { user: None, session: None, token: None, expires: Some(expires), may: May::new(|_| Ok(())) }
    }

    #[test]
    fn who_is_to_end_before_its_response_begins_ends_when_it_does() {
        let (mut roster, filter) = (Roster::default(), Arc::new(Filter::default()));
        let [kicked, other] = [(); 2].map(|()| roster.enter(None, &filter, HERE, Transport::Http1).0);
        roster.get(kicked).expect("it is there").sink = Sink::None(Some(End::Kicked));
        let mut open = |id| roster.open(id, Sink::Shard { number: 0, key: 0 }, &filter);
        assert_eq!((open(kicked), open(other)), (Some(End::Kicked), None));
    }

    #[test]
    fn tokens_are_over_in_their_order_and_those_of_who_has_gone_are_forgotten() {
        let (mut roster, filter, start) = (Roster::default(), Arc::new(Filter::default()), SystemTime::UNIX_EPOCH);
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut enter = |seconds| roster.enter(Some(with_token_until(at(seconds))), &filter, HERE, Transport::Tls);
        let [(five, first), (three, sooner), (nine, later)] = [5, 3, 9].map(&mut enter);
        assert_eq!((first, sooner, later), (true, true, false), "whether the timer has to ring earlier");
        assert_eq!(roster.over(at(2), 10), (vec![], Some(at(3))));
        assert_eq!(roster.over(at(9), 2), (vec![three, five], Some(at(9))));
        assert_eq!(roster.leave(nine, Closed::Client), Some(Transport::Tls));
        assert_eq!(roster.over(at(9), 2), (vec![], None));
    }
}
