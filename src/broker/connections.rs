//! The open subscriptions as others see them: some of them, by what is asked for, a page at a time.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::SystemTime;

use super::Broker;
use super::guest::{ConnectionId, Guest};
use super::roster::Entry;
use crate::metrics::Transport;
use crate::store::Filter;
use crate::topic::Topic;

/// Subscriptions that are looked at in one go: meanwhile none can come or go.
pub(super) const AT_ONCE: usize = 1024;

/// Which subscriptions are meant: those for which all of this holds.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// They are this user's.
    pub user: Option<String>,
    /// They hear this topic, by its name or by a pattern.
    pub topic: Option<Topic>,
    /// They come from this address.
    pub address: Option<IpAddr>,
}

/// An open subscription.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Its ID.
    pub id: ConnectionId,
    /// Whom it is for, if that is known.
    pub guest: Option<Arc<Guest>>,
    /// What it listens to, the topics that it did not ask for among them.
    pub filter: Arc<Filter>,
    /// Where it comes from.
    pub address: IpAddr,
    /// How it is reached.
    pub transport: Transport,
    /// When it was admitted, to the millisecond.
    pub since: SystemTime,
}

impl Wanted {
    /// Whether it is met by all.
    pub fn is_any(&self) -> bool {
        matches!(self, Self { user: None, topic: None, address: None })
    }

    fn is_met_by(&self, entry: &Entry) -> bool {
        let user = entry.guest.as_ref().and_then(|guest| guest.user.as_deref());
        self.user.as_deref().is_none_or(|wanted| user == Some(wanted))
            && self.address.is_none_or(|wanted| entry.address.to_canonical() == wanted.to_canonical())
            && self.topic.as_ref().is_none_or(|wanted| entry.filter.topics.matches(wanted))
    }
}

impl Broker {
    /// The open subscription with this ID.
    pub fn connection(&self, id: ConnectionId) -> Option<Connection> {
        self.admission.roster().get(id).filter(|entry| entry.is_open()).map(|entry| entry.view(id))
    }

    /// The open subscriptions that are wanted, in the order in which they were admitted: at most `limit` of those after
    /// `after`, and whether there are more.
    pub async fn connections(
        &self,
        wanted: &Wanted,
        after: Option<ConnectionId>,
        limit: usize,
    ) -> (Vec<Connection>, bool) {
        let mut found = Vec::new();
        let mut next = Some(after.unwrap_or(ConnectionId(0)));
        while let Some(after) = next {
            next = self.look_for(wanted, after, &mut found);
            if found.len() > limit {
                found.truncate(limit);
                return (found, true);
            }
            tokio::task::yield_now().await;
        }
        (found, false)
    }

    /// Looks at the next ones after one; returns after which one to go on.
    fn look_for(&self, wanted: &Wanted, after: ConnectionId, found: &mut Vec<Connection>) -> Option<ConnectionId> {
        let roster = self.admission.roster();
        let (entries, next) = roster.after(after, AT_ONCE);
        let wanted = entries.filter(|(_, entry)| entry.is_open() && wanted.is_met_by(entry));
        found.extend(wanted.map(|(id, entry)| entry.view(id)));
        next
    }

    /// The IDs of those that are wanted among the next ones after one, whether they have begun or not; and after which one to
    /// go on.
    pub(super) fn ids(&self, wanted: &Wanted, after: ConnectionId) -> (Vec<ConnectionId>, Option<ConnectionId>) {
        let roster = self.admission.roster();
        let (entries, next) = roster.after(after, AT_ONCE);
        (entries.filter(|(_, entry)| wanted.is_met_by(entry)).map(|(id, _)| id).collect(), next)
    }
}
