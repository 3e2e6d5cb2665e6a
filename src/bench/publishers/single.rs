//! The publisher for servers that end the connection after each answer: every event has a connection of its own, several
//! at once, so that a slow answer does not hold up the schedule. Their order at the server is therefore not defined.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{AHEAD, Connection, Published, Share, Slot, Work, payload};
use crate::bench::clock;

/// How many connections of a publisher are in use at once. If the server holds all of them longer than the schedule
/// allows, events are late, and the report says so.
const AT_ONCE: usize = 16;

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
        send(work, share, share.slot(index), &mut published);
    }
}

/// Sends one event and waits for its answer.
fn send(work: &Work, share: &Share, slot: Slot, published: &mut Published) {
    let Ok((mut connection, actual)) = hand_over(work, share, slot) else {
        if !work.progress.is_stopped() {
            published.left_out([slot]);
        }
        return;
    };
    work.written(published, &[slot], actual);
    work.progress.sent.add(1);
    if let Ok(reply) = connection.answer() {
        published.answered(slot, reply);
    }
}

/// Connects ahead of time and writes an event when it is due; returns the connection and when the write began.
fn hand_over(work: &Work, share: &Share, slot: Slot) -> io::Result<(Connection, u64)> {
    if !clock::sleep_until(slot.intended.saturating_sub(clock::nanos(AHEAD)), || work.progress.is_stopped()) {
        return Err(io::ErrorKind::Interrupted.into());
    }
    let connection = work.connect();
    let mut request = Vec::new();
    let place = work.write(&work.requests(share.publisher()).closing, share.publisher(), slot, &mut request);
    if !work.wait(share, slot) {
        return Err(io::ErrorKind::TimedOut.into());
    }
    let connection = connection?;
    let mut connection = if connection.is_over() { work.connect()? } else { connection };
    let actual = clock::now();
    payload::stamp(&mut request, &[place], actual);
    connection.send(&request)?;
    Ok((connection, actual))
}
