//! The right to have a subscription open: it is counted from here on, until it is dropped.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Limits, TooMany};
use crate::metrics::{ByClosed, ByTransport, Closed, Metrics, Transport};

/// Who has how many subscriptions open.
#[derive(Debug)]
pub(super) struct Admission {
    limits: Limits,
    metrics: Metrics,
    by_address: Mutex<HashMap<IpAddr, u32>>,
}

/// Counts one open subscription.
#[derive(Debug)]
pub(super) struct Permit {
    admission: Arc<Admission>,
    address: IpAddr,
    transport: Transport,
    closed: Closed,
}

impl Admission {
    pub(super) fn new(limits: Limits, metrics: Metrics) -> Arc<Self> {
        Arc::new(Self { limits, metrics, by_address: Mutex::default() })
    }

    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    /// Admits one more subscription.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr, transport: Transport) -> Result<Permit, TooMany> {
        let label = ByTransport { transport };
        let mut by_address = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        let of_address = by_address.get(&address).copied().unwrap_or(0);
        if of_address >= self.limits.connections_per_address {
            return Err(TooMany::OfAddress { address, limit: self.limits.connections_per_address });
        }
        // Counted under the lock, so that two at once cannot both take the last place.
        if usize::try_from(self.metrics.open.get()).is_ok_and(|open| open >= self.limits.connections) {
            return Err(TooMany::InAll { limit: self.limits.connections });
        }
        self.metrics.open.inc();
        by_address.insert(address, of_address + 1);
        self.metrics.connections.get_or_create(&label).inc();
        self.metrics.opened.get_or_create(&label).inc();
        Ok(Permit { admission: Arc::clone(self), address, transport, closed: Closed::Client })
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
        let mut by_address = self.admission.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                by_address.remove(&self.address);
            }
        }
    }
}
