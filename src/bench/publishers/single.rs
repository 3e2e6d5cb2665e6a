//! The publisher for servers that end the connection after each answer: every event has a connection of its own, several
//! at once, so that a slow answer does not hold up the schedule. Their order at the server is therefore not defined.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::{Answer, Published, Share, Slot, Work};
use crate::bench::clock;
use crate::bench::payload::Purpose;

/// How many connections of a publisher are in use at once. If the server holds all of them longer than the schedule
/// allows, events are late, and the report says so.
const AT_ONCE: usize = 16;

/// How long before an event is due its connection is made, so that connecting is no part of the send delay.
const AHEAD: Duration = Duration::from_millis(50);

/// Works off a share of the schedule.
pub(super) fn publish(work: &Arc<Work>, share: &Share) -> io::Result<Published> {
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        let named = || std::thread::Builder::new().name("publisher-single".into());
        let workers: Vec<_> =
            (0..AT_ONCE).map(|_| named().spawn_scoped(scope, || take_turns(work, share, &next))).collect();
        let mut published = Published::new();
        for worker in workers {
            let own = worker?.join().map_err(|_| io::Error::other("a connection's thread panicked"))?;
            published.acknowledged.extend(&own.acknowledged);
            published.merge(own);
        }
        Ok(published)
    })
}

/// The body of a worker: takes the next event that nobody has taken, until there is none.
fn take_turns(work: &Work, share: &Share, next: &AtomicU64) -> Published {
    clock::sharpen_sleep();
    let mut published = Published::new();
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        if index >= share.len() {
            return published;
        }
        let slot = share.slot(index);
        if let Ok(answer) = send(work, share, slot, &mut published) {
            published.answered(slot, answer);
        }
    }
}

/// Sends one event; an error means that it has no answer, or that it was never sent, which is noted.
fn send(work: &Work, share: &Share, slot: Slot, published: &mut Published) -> io::Result<Answer> {
    let stopped = || work.progress.is_stopped();
    clock::sleep_until(slot.intended.saturating_sub(clock::nanos(AHEAD)), stopped);
    let connection = if stopped() { Err(io::ErrorKind::Interrupted.into()) } else { work.connect() };
    let in_time = work.wait(share, slot);
    if !in_time || connection.is_err() {
        let due = slot.purpose == Purpose::Measured && !stopped();
        published.unsent += u64::from(due);
    }
    let mut connection = connection?;
    if !in_time {
        return Err(io::ErrorKind::TimedOut.into());
    }
    let actual = clock::now();
    let mut request = Vec::new();
    work.write(&work.closing_head, share.publisher(), slot, actual, &mut request);
    published.sending(slot, actual);
    work.progress.sent.add(1);
    connection.send(&request)?;
    connection.answer()
}
