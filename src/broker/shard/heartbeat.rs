//! The wheel that finds idle connections: each is looked at once per heartbeat, whatever is sent meanwhile.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::behind::Behind;
use super::connection::{Connection, Written};
use super::framing;
use super::worker::Worker;
use crate::metrics::Closed;

/// Parts of the heartbeat interval in which time passes here; also how much too late a heartbeat may be.
const TICKS: u32 = 8;

/// Connections by the tick at which they are looked at next.
#[derive(Debug)]
pub(super) struct Wheel {
    tick: Duration,
    started: Instant,
    /// The last tick whose connections were looked at.
    done: u32,
    slots: Vec<Vec<u32>>,
}

impl Wheel {
    pub(super) fn new(heartbeat: Duration, now: Instant) -> Self {
        let tick = (heartbeat / TICKS).max(Duration::from_millis(1));
        let slots = std::iter::repeat_with(Vec::new).take(TICKS as usize + 1).collect();
        Self { tick, started: now, done: 0, slots }
    }

    /// The number of the tick that this moment lies in.
    pub(super) fn tick_at(&self, now: Instant) -> u32 {
        let ticks = now.duration_since(self.started).as_nanos() / self.tick.as_nanos();
        u32::try_from(ticks).unwrap_or(u32::MAX)
    }

    /// The number of the tick that it is now.
    pub(super) fn now(&self) -> u32 {
        self.tick_at(Instant::now())
    }

    /// How long until there may be something to do.
    pub(super) fn next(&self, now: Instant) -> Duration {
        (self.started + self.tick * (self.done + 1)).saturating_duration_since(now)
    }

    /// Enters a connection that was written to at this tick; returns the tick at which it is due.
    pub(super) fn enter(&mut self, key: u32, touched: u32) -> u32 {
        // Within one turn of the wheel from the tick that was looked at last, which may be long ago: too early a look does no
        // harm, but an entry that its slot comes round to before it is due would be taken for stale.
        let due = (touched + TICKS).clamp(self.done + 1, self.done + TICKS);
        let slot = due as usize % self.slots.len();
        self.slots[slot].push(key);
        due
    }

    /// The connections whose turn has come by now, and their tick. An entry whose connection has another `due` is stale:
    /// it stands for one that has gone.
    pub(super) fn due(&mut self, now: Instant) -> Option<(u32, Vec<u32>)> {
        if self.done >= self.tick_at(now) {
            return None;
        }
        self.done += 1;
        let slot = self.done as usize % self.slots.len();
        Some((self.done, std::mem::take(&mut self.slots[slot])))
    }

    /// Whether a connection has been idle for a whole interval at this tick.
    pub(super) fn is_idle(connection: &Connection, tick: u32) -> bool {
        connection.touched + TICKS <= tick
    }
}

impl Worker {
    /// Looks for idle connections, and tells them, and what is between, that all is well.
    pub(super) fn beat(&mut self) {
        let now = Instant::now();
        for style in 0..self.wheels.len() {
            while let Some((tick, keys)) = self.wheels[style].due(now) {
                let comment = framing::events(&self.policy.styles[style].beat(), &[]);
                for key in keys {
                    self.see_to(key, style, tick, &comment);
                }
            }
        }
    }

    /// Looks whether a connection whose turn has come is idle, and has it come round again.
    fn see_to(&mut self, key: u32, style: usize, tick: u32, comment: &Bytes) {
        let found = self.connections.get_mut(key as usize).filter(|found| found.due == tick);
        let Some(connection) = found.filter(|found| self.audiences.at(found.audience).style.place() == style) else {
            return;
        };
        if connection.behind.is_none() && Wheel::is_idle(connection, tick) && !self.beat_for(key, tick, comment) {
            self.close(key, Closed::Lost);
        } else if let Some(connection) = self.connections.get_mut(key as usize) {
            connection.due = self.wheels[style].enter(key, connection.touched);
        }
    }

    /// Writes a heartbeat; `false` if the connection is broken.
    fn beat_for(&mut self, key: u32, tick: u32, comment: &Bytes) -> bool {
        let connection = &mut self.connections[key as usize];
        connection.touched = tick;
        match connection.write(comment) {
            Written::All => true,
            Written::Left(unsent) => {
                self.leave_behind(key, Behind::blocked_at(self.seen, unsent));
                true
            }
            Written::Broken => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_connection_comes_round_when_it_is_due_however_far_the_wheel_is_behind() {
        let start = Instant::now();
        let mut wheel = Wheel::new(Duration::from_millis(80), start);
        // By the time they are entered, a hundred ticks have passed that nobody has looked at.
        let due: Vec<u32> = (0..20).map(|key| wheel.enter(key, 90 + key)).collect();
        let mut seen = 0;
        while let Some((tick, keys)) = wheel.due(start + Duration::from_secs(2)) {
            seen += keys.iter().filter(|key| due[**key as usize] == tick).count();
        }
        assert_eq!(seen, 20);
    }
}
