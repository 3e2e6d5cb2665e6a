//! The publisher for servers that end the connection after each answer: every event has a connection of its own, several
//! at once, so that a slow answer does not hold up the schedule. Their order at the server is therefore not defined.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::busy::Busy;
use super::{AHEAD, Connection, Published, Share, Slot, Work, payload};
use crate::bench::clock;

/// How many connections of a publisher are in use at once. If the server holds all of them longer than the schedule
/// allows, events are late, and the report says for how long they were held.
const AT_ONCE: usize = 16;

/// The events of a publisher as its connections take them in turn.
struct Turns<'w> {
    work: &'w Work,
    share: &'w Share,
    next: AtomicU64,
    waited: Waited,
}

/// For how long something was due and the server had not taken it: the times of all events, where they overlap counted once.
#[derive(Default)]
struct Waited {
    /// Up to which moment it is reckoned.
    until: AtomicU64,
    nanoseconds: AtomicU64,
}

impl Waited {
    /// Something was not taken from one moment to another.
    fn note(&self, from: u64, to: u64) {
        let before = self.until.fetch_max(to, Ordering::Relaxed);
        self.nanoseconds.fetch_add(to.saturating_sub(from.max(before)), Ordering::Relaxed);
    }
}

/// Works off a share of the schedule.
pub(super) fn publish(work: &Arc<Work>, share: &Share) -> io::Result<Published> {
    let turns = Turns { work, share, next: AtomicU64::new(0), waited: Waited::default() };
    std::thread::scope(|scope| {
        let named = || std::thread::Builder::new().name("publisher-single".into());
        let workers: Vec<_> = (0..AT_ONCE).map(|_| named().spawn_scoped(scope, || turns.take())).collect();
        let mut published = Published::new();
        for worker in workers {
            let own = worker?.join().map_err(|_| io::Error::other("a connection's thread panicked"))?;
            published.acknowledged.extend(&own.acknowledged);
            published.merge(own);
        }
        published.waited = turns.waited.nanoseconds.load(Ordering::Relaxed);
        Ok(published)
    })
}

impl Turns<'_> {
    /// The body of a worker: takes the next event that nobody has taken, until there is none.
    fn take(&self) -> Published {
        clock::sharpen_sleep();
        let (mut published, mut busy) = (Published::new(), Busy::default());
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            if index >= self.share.len() {
                published.load = busy.load();
                return published;
            }
            let (slot, now) = (self.share.slot(index), clock::now());
            busy.before(slot);
            if slot.intended < now {
                // Until now all were without an answer: a free one would have taken it before it was due.
                published.held_up += 1;
                self.waited.note(slot.intended, now);
            }
            self.send(slot, &mut published);
        }
    }

    /// Sends one event and waits for its answer.
    fn send(&self, slot: Slot, published: &mut Published) {
        let Ok((mut connection, actual)) = self.hand_over(slot) else {
            if !self.work.progress.is_stopped() {
                published.left_out([slot]);
            }
            return;
        };
        self.work.written(published, &[slot], actual);
        self.work.progress.sent.add(1);
        if let Ok(reply) = connection.answer() {
            published.answered(slot, reply);
        }
    }

    /// Connects ahead of time and writes an event when it is due; returns the connection and when the write began.
    fn hand_over(&self, slot: Slot) -> io::Result<(Connection, u64)> {
        let Self { work, share, .. } = *self;
        if !clock::sleep_until(slot.intended.saturating_sub(clock::nanos(AHEAD)), || work.progress.is_stopped()) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let connection = self.connect(slot);
        let mut request = Vec::new();
        let place = work.write(&work.requests(share.publisher()).closing, share.publisher(), slot, &mut request);
        if !work.wait(share, slot) {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let connection = connection?;
        let mut connection = if connection.is_over() { self.connect(slot)? } else { connection };
        let actual = clock::now();
        payload::stamp(&mut request, &[place], actual);
        connection.send(&request)?;
        Ok((connection, actual))
    }

    /// Connects for an event. A server that does not let it before that is due keeps it waiting.
    fn connect(&self, slot: Slot) -> io::Result<Connection> {
        let begun = clock::now();
        let connection = self.work.connect();
        self.waited.note(begun.max(slot.intended), clock::now());
        connection
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_overlap_are_waited_for_once() {
        let waited = Waited::default();
        for (from, to) in [(10, 20), (15, 30), (12, 18), (40, 45), (60, 50)] {
            waited.note(from, to);
        }
        assert_eq!(waited.nanoseconds.into_inner(), 20 + 5);
    }
}
