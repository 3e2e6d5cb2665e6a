//! The right to have a subscription open: it is counted from here on, and entered in the roster, until it is dropped.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::guest::{ConnectionId, Guest};
use super::holders::{Holder, Holders};
use super::roster::{Roster, Sink};
use super::{End, Limits, TooMany};
use crate::metrics::{ByClosed, ByTransport, Closed, Metrics, Transport};
use crate::store::Filter;

/// Who has which subscriptions open.
#[derive(Debug)]
pub(super) struct Admission {
    limits: Limits,
    metrics: Metrics,
    holders: Mutex<Holders>,
    roster: Mutex<Roster>,
    /// Another subscription is the first to end with its token.
    sooner: Notify,
    /// Somebody came or went, and others are told.
    turn: Notify,
}

/// Counts one open subscription.
#[derive(Debug)]
pub(super) struct Permit {
    admission: Arc<Admission>,
    holder: Holder,
    id: ConnectionId,
    closed: Closed,
}

impl Admission {
    pub(super) fn new(limits: Limits, metrics: Metrics) -> Arc<Self> {
        Arc::new(Self {
            limits,
            metrics,
            holders: Mutex::default(),
            roster: Mutex::default(),
            sooner: Notify::new(),
            turn: Notify::new(),
        })
    }

    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    pub(super) fn roster(&self) -> MutexGuard<'_, Roster> {
        self.roster.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Admits one more subscription, of a guest at an address.
    pub(super) fn admit(
        self: &Arc<Self>,
        filter: &Arc<Filter>,
        guest: Option<Guest>,
        address: IpAddr,
        transport: Transport,
    ) -> Result<Permit, TooMany> {
        let label = ByTransport { transport };
        let mut holders = self.holders.lock().unwrap_or_else(PoisonError::into_inner);
        let user = guest.as_ref().and_then(|guest| guest.user.as_deref());
        let holder = holders.holder(address, user, self.limits)?;
        // Counted under the lock, so that two at once cannot both take the last place.
        if usize::try_from(self.metrics.open.get()).is_ok_and(|open| open >= self.limits.connections) {
            return Err(TooMany::InAll { limit: self.limits.connections });
        }
        self.metrics.open.inc();
        holders.enter(holder);
        drop(holders);
        let mut roster = self.roster();
        let (id, ends_first) = roster.enter(guest, filter, address, transport);
        self.metrics.connections.get_or_create(&label).inc();
        self.metrics.opened.get_or_create(&label).inc();
        if ends_first {
            self.sooner.notify_one();
        }
        self.note_turn(&roster);
        Ok(Permit { admission: Arc::clone(self), holder, id, closed: Closed::Client })
    }

    /// Lets it be told who came or went.
    pub(super) fn note_turn(&self, roster: &Roster) {
        if roster.is_attended() {
            self.turn.notify_one();
        }
    }

    /// Waits until somebody has come or gone.
    pub(super) async fn somebody_came_or_went(&self) {
        self.turn.notified().await;
    }

    /// Waits until a subscription is there that ends before all others.
    pub(super) async fn an_earlier_end(&self) {
        self.sooner.notified().await;
    }
}

impl Permit {
    /// The ID of the subscription.
    pub(super) fn id(&self) -> ConnectionId {
        self.id
    }

    /// Notes that the subscription has its sink, which keeps this copy of its filter; returns why it is to end at once, if it
    /// is.
    pub(super) fn open(&self, sink: Sink, filter: &Arc<Filter>) -> Option<End> {
        self.admission.roster().open(self.id, sink, filter)
    }

    /// Notes which copy of its filter the subscription keeps.
    pub(super) fn share(&self, filter: &Arc<Filter>) {
        self.admission.roster().share(self.id, filter);
    }

    /// Notes why the subscription ends, if it is not the client who ends it.
    pub(super) fn note(&mut self, closed: Closed) {
        self.closed = closed;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let metrics = &self.admission.metrics;
        metrics.open.dec();
        metrics.closed.get_or_create(&ByClosed { reason: self.closed }).inc();
        self.admission.holders.lock().unwrap_or_else(PoisonError::into_inner).leave(self.holder);
        let mut roster = self.admission.roster();
        if let Some(transport) = roster.leave(self.id, self.closed) {
            self.admission.note_turn(&roster);
            metrics.connections.get_or_create(&ByTransport { transport }).dec();
        }
    }
}
