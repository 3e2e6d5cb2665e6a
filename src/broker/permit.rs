//! The right to have a subscription open: it is counted from here on, until it is dropped.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use super::holders::{Holder, Holders};
use super::{Limits, TooMany};
use crate::metrics::{ByClosed, ByTransport, Closed, Metrics, Transport};

/// Who has how many subscriptions open.
#[derive(Debug)]
pub(super) struct Admission {
    limits: Limits,
    metrics: Metrics,
    holders: Mutex<Holders>,
}

/// Counts one open subscription.
#[derive(Debug)]
pub(super) struct Permit {
    admission: Arc<Admission>,
    holder: Holder,
    transport: Transport,
    closed: Closed,
}

impl Admission {
    pub(super) fn new(limits: Limits, metrics: Metrics) -> Arc<Self> {
        Arc::new(Self { limits, metrics, holders: Mutex::default() })
    }

    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    /// Admits one more subscription, of a user at an address.
    pub(super) fn admit(
        self: &Arc<Self>,
        address: IpAddr,
        user: Option<&str>,
        transport: Transport,
    ) -> Result<Permit, TooMany> {
        let label = ByTransport { transport };
        let mut holders = self.holders.lock().unwrap_or_else(PoisonError::into_inner);
        let holder = holders.holder(address, user, self.limits)?;
        // Counted under the lock, so that two at once cannot both take the last place.
        if usize::try_from(self.metrics.open.get()).is_ok_and(|open| open >= self.limits.connections) {
            return Err(TooMany::InAll { limit: self.limits.connections });
        }
        self.metrics.open.inc();
        holders.enter(holder);
        self.metrics.connections.get_or_create(&label).inc();
        self.metrics.opened.get_or_create(&label).inc();
        Ok(Permit { admission: Arc::clone(self), holder, transport, closed: Closed::Client })
    }
}

impl Permit {
    /// Notes why the subscription ends, if it is not the client who ends it.
    pub(super) fn note(&mut self, closed: Closed) {
        self.closed = closed;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let metrics = &self.admission.metrics;
        metrics.open.dec();
        metrics.connections.get_or_create(&ByTransport { transport: self.transport }).dec();
        metrics.closed.get_or_create(&ByClosed { reason: self.closed }).inc();
        self.admission.holders.lock().unwrap_or_else(PoisonError::into_inner).leave(self.holder);
    }
}
