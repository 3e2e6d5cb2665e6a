//! The sink for what does not leave hyper: a subscriber that is asked for its next bytes.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use tokio::sync::{Notify, watch};

use super::blocking::may_block;
use super::hub::Hub;
use super::orders::Orders;
use super::permit::Permit;
use super::presence::Registration;
use super::reader::{Reader, Turn};
use super::roster::Sink;
use super::subscribe::Admitted;
use super::{Broker, Closing, End, SlowConsumer, Style};
use crate::metrics::{Closed, Metrics};
use crate::store::Filter;

/// An open subscription. It costs its cursor and its filter, however far behind it is; dropping it ends it.
#[derive(Debug)]
pub struct Subscription {
    hub: Arc<Hub>,
    metrics: Metrics,
    slow_consumer: SlowConsumer,
    filter: Arc<Filter>,
    reader: Reader,
    newest: watch::Receiver<u64>,
    closing: watch::Receiver<Option<Closing>>,
    permit: Permit,
    /// Held as long as it is open.
    registration: Registration,
    /// Which part of the time for draining it stays: each a part of its own, so that not all end at once.
    patience: f64,
    farewell_said: bool,
    style: Style,
    orders: Arc<Orders>,
    /// It is over: the client has been told why.
    ended: bool,
}

impl Subscription {
    pub(super) fn open(broker: &Broker, admitted: Admitted, hang_up: Arc<Notify>) -> Self {
        let orders = Orders::new(hang_up);
        if let Some(end) = admitted.permit.open(Sink::Hyper(Arc::clone(&orders)), &admitted.filter) {
            orders.end_soon(end);
        }
        Self {
            registration: broker.register.enter(&admitted.filter.topics),
            hub: Arc::clone(&broker.hub),
            metrics: broker.metrics.clone(),
            slow_consumer: broker.policy.slow_consumer,
            filter: admitted.filter,
            reader: Reader::new(admitted.beginning),
            newest: broker.hub.watch(),
            closing: broker.closing.subscribe(),
            permit: admitted.permit,
            patience: fastrand::f64(),
            farewell_said: false,
            style: broker.policy.styles[admitted.style.place()].clone(),
            orders,
            ended: false,
        }
    }

    /// Waits for the next events, or for the time of a heartbeat, and returns text/event-stream; `None` when the subscription is to end. Nothing is
    /// lost if the future is dropped before it is ready.
    pub async fn next(&mut self) -> Option<Bytes> {
        loop {
            // Marks the newest number as seen before the log is read: what is appended from here on wakes us again.
            let newest = *self.newest.borrow_and_update();
            if self.ended {
                return None;
            }
            if let Some(end) = self.obey() {
                return Some(end.encode().into());
            }
            if self.slow_consumer == SlowConsumer::Disconnect && self.reader.is_too_slow(&self.hub) {
                self.permit.note(Closed::Slow);
                return None;
            }
            let turn = self.turn(newest);
            if !turn.is_empty() {
                return Some(self.chunk(&turn));
            }
            if !self.reader.has_reached(newest) {
                // A long stretch without an event for us: let the others have their turn.
                tokio::task::yield_now().await;
                continue;
            }
            if self.farewell_said {
                self.permit.note(Closed::Drained);
                return None;
            }
            let closing = *self.closing.borrow();
            tokio::select! {
                _ = self.newest.changed() => {}
                _ = self.closing.changed() => {}
                () = self.orders.came() => {}
                Some(()) = turn_to_end(closing, self.patience) => {
                    self.farewell_said = true;
                    return Some(self.style.farewell.encode().into());
                }
                () = tokio::time::sleep(self.style.heartbeat) => return Some(self.style.beat().into()),
            }
        }
    }

    /// Does what it was told; returns why it is to end, if that was it.
    fn obey(&mut self) -> Option<End> {
        let (end, filter) = self.orders.take();
        if let Some(filter) = filter {
            self.registration.change(&filter.topics);
            self.filter = filter;
        }
        if let Some(end) = end {
            self.permit.note(end.closed());
            self.ended = true;
        }
        end
    }

    /// The next page. Behind the tail it may come from a disk.
    fn turn(&mut self, newest: u64) -> Turn {
        let Self { reader, hub, filter, .. } = self;
        let blocks = hub.log.is_on_disk() && !hub.tail_reaches(reader.cursor());
        may_block(blocks, || reader.turn(hub, filter, newest))
    }

    fn chunk(&self, turn: &Turn) -> Bytes {
        let bytes = turn.count(&self.metrics);
        if let (None, [record]) = (&turn.gap, &turn.records[..]) {
            return record.frame.clone();
        }
        let mut chunk = Vec::with_capacity(bytes);
        turn.encode_gap(&self.metrics, &mut chunk);
        for record in &turn.records {
            chunk.extend_from_slice(&record.frame);
        }
        chunk.into()
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        // It may have been told to end and never have come by.
        if let (Some(end), _) = self.orders.take() {
            self.permit.note(end.closed());
        }
    }
}

/// Waits for this subscription's turn to end, which comes after a part of the whole time; never if none is to end.
async fn turn_to_end(closing: Option<Closing>, part: f64) -> Option<()> {
    let Closing { until } = closing?;
    let left = until.saturating_duration_since(Instant::now());
    tokio::time::sleep(left.mul_f64(part)).await;
    Some(())
}
