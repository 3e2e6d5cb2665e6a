//! The end of a shard: its connections go one by one, evenly over a time, so that they do not all come back at once.

use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::mpsc;

use super::connection::Written;
use super::framing::{self, LAST_CHUNK};
use super::worker::Worker;
use crate::metrics::Closed;

/// How often connections are let go.
const STEP: Duration = Duration::from_millis(10);

/// The order to drain.
#[derive(Debug)]
pub(in crate::broker) struct DrainOrder {
    /// Over how long those who keep up are let go.
    pub(in crate::broker) over: Duration,
    /// How long those who are behind have to catch up.
    pub(in crate::broker) at_most: Duration,
    /// Held until it is done, and never sent on: who waits for that sees the channel close.
    #[expect(dead_code, reason = "it is there to be dropped")]
    pub(in crate::broker) done: mpsc::Sender<()>,
}

/// A drain that is under way.
#[derive(Debug)]
pub(super) struct Drain {
    order: DrainOrder,
    started: Instant,
    /// How many connections there were when it began.
    count: usize,
    next: Instant,
}

impl Drain {
    /// How long until more connections are to go.
    pub(super) fn next(&self, now: Instant) -> Duration {
        self.next.saturating_duration_since(now)
    }

    /// Whether those who are still here are to be cut.
    fn is_over(&self, now: Instant) -> bool {
        now.duration_since(self.started) >= self.order.at_most
    }

    /// How many connections may be left at this moment, of those who keep up.
    fn may_be_left(&self, now: Instant) -> usize {
        let elapsed = now.duration_since(self.started);
        if elapsed >= self.order.over {
            return 0;
        }
        let left = 1.0 - elapsed.as_secs_f64() / self.order.over.as_secs_f64();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let left = (self.count as f64 * left) as usize;
        left
    }
}

impl Worker {
    pub(super) fn begin_to_drain(&mut self, order: DrainOrder) {
        let now = Instant::now();
        self.drain = Some(Drain { order, started: now, count: self.connections.len(), next: now });
    }

    /// Whether the thread is done: nobody is left, and nobody will come. Who waits for that is told.
    pub(super) fn end_of_drain(&mut self) -> bool {
        self.connections.is_empty() && self.drain.take().is_some()
    }

    /// Lets those go whose time has come. Who keeps up goes in turn; who is behind has until the end to catch up.
    pub(super) fn go_on_draining(&mut self) {
        let now = Instant::now();
        let Some(drain) = self.drain.as_mut().filter(|drain| drain.next <= now) else { return };
        drain.next = now + STEP;
        let surplus = self.connections.len().saturating_sub(drain.may_be_left(now));
        let (go, all) = if drain.is_over(now) { (self.connections.len(), true) } else { (surplus, false) };
        let may_go = self.connections.iter().filter(|(_, connection)| all || connection.behind.is_none());
        for key in may_go.map(|(key, _)| key).take(go).collect::<Vec<_>>() {
            self.part_with(key);
        }
    }

    fn part_with(&mut self, key: usize) {
        let connection = &mut self.connections[key];
        let style = self.audiences.at(connection.audience).style;
        let words = self.policy.styles[style.place()].farewell.encode();
        let mut farewell = framing::events(&words, &[]).to_vec();
        farewell.extend_from_slice(LAST_CHUNK);
        let parted = connection.behind.is_none() && matches!(connection.write(&Bytes::from(farewell)), Written::All);
        self.close(super::audience::key(key), if parted { Closed::Drained } else { Closed::Cut });
    }
}
