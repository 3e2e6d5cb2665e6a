//! What a receiver has not been told yet: bounded in number and in bytes, and what is oldest goes first, since the newest says how
//! things are now.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Entries at most: more than a receiver that was away for a while needs.
const MOST: usize = 10_000;

/// Bytes of them at most. Most have some hundred; who listens to a hundred topics with long names makes one of 100 KiB.
const MOST_BYTES: usize = 16 << 20;

/// What had to go for an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dropped {
    /// So many.
    pub(super) count: usize,
    /// They are the first since the queue was empty.
    pub(super) first: bool,
}

/// A queue with one reader.
#[derive(Debug)]
pub(super) struct Queue<T> {
    waiting: Mutex<Waiting<T>>,
    changed: Notify,
    idle: Notify,
}

#[derive(Debug)]
struct Waiting<T> {
    /// With the size of each.
    entries: VecDeque<(T, usize)>,
    /// All sizes together.
    bytes: usize,
    /// The reader has one that it is not done with.
    busy: bool,
    /// Some were dropped since it was empty last.
    overflows: bool,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        let waiting = Waiting { entries: VecDeque::new(), bytes: 0, busy: false, overflows: false };
        Self { waiting: Mutex::new(waiting), changed: Notify::new(), idle: Notify::new() }
    }
}

impl<T> Queue<T> {
    /// Enters one of this size, in bytes; tells what was dropped for it, if something was.
    pub(super) fn push(&self, entry: T, size: usize) -> Option<Dropped> {
        let mut waiting = self.lock();
        waiting.entries.push_back((entry, size));
        waiting.bytes += size;
        self.changed.notify_one();
        let mut count = 0;
        while waiting.entries.len() > MOST || waiting.bytes > MOST_BYTES {
            let Some((_, size)) = waiting.entries.pop_front() else { break };
            waiting.bytes -= size;
            count += 1;
        }
        (count > 0).then(|| Dropped { count, first: !std::mem::replace(&mut waiting.overflows, true) })
    }

    /// Waits for the next one; the one before is done with.
    pub(super) async fn next(&self) -> T {
        loop {
            if let Some(entry) = self.take() {
                return entry;
            }
            self.changed.notified().await;
        }
    }

    fn take(&self) -> Option<T> {
        let mut waiting = self.lock();
        let next = waiting.entries.pop_front().map(|(entry, size)| {
            waiting.bytes -= size;
            entry
        });
        waiting.busy = next.is_some();
        if next.is_none() {
            waiting.overflows = false;
            self.idle.notify_one();
        }
        next
    }

    /// Waits until the reader is done with all of them.
    pub(super) async fn is_idle(&self) {
        while self.len() > 0 {
            self.idle.notified().await;
        }
    }

    /// How many the reader is not done with.
    pub(super) fn len(&self) -> usize {
        let waiting = self.lock();
        waiting.entries.len() + usize::from(waiting.busy)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_stay_and_the_first_loss_is_told_once() {
        let queue = Queue::default();
        let told: Vec<Option<Dropped>> = (0..MOST + 3).map(|n| queue.push(n, 1)).collect();
        let dropped = |count, first| Some(Dropped { count, first });
        assert!(told[..MOST].iter().all(Option::is_none));
        assert_eq!(told[MOST..], [dropped(1, true), dropped(1, false), dropped(1, false)]);
        assert_eq!((queue.take(), queue.len()), (Some(3), MOST), "one is not done with");
        while queue.take().is_some() {}
        assert_eq!(queue.len(), 0);
        assert!((0..MOST).all(|n| queue.push(n, 1).is_none()));
        assert_eq!(queue.push(0, 1), dropped(1, true), "it was empty meanwhile");
    }

    #[test]
    fn large_ones_leave_room_for_fewer() {
        let queue = Queue::default();
        assert!((0..4).all(|n| queue.push(n, MOST_BYTES / 4).is_none()));
        assert_eq!(queue.push(4, MOST_BYTES / 2), Some(Dropped { count: 2, first: true }));
        assert_eq!([queue.take(), queue.take(), queue.take(), queue.take()], [Some(2), Some(3), Some(4), None]);
        assert_eq!(queue.lock().bytes, 0);
    }
}
