//! What a receiver has not been told yet: bounded, and what is oldest goes first, since the newest says how things are now.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Entries at most: with some hundred bytes each, more than a receiver that was away for a while needs.
const MOST: usize = 10_000;

/// A queue with one reader.
#[derive(Debug)]
pub(super) struct Queue<T> {
    waiting: Mutex<Waiting<T>>,
    changed: Notify,
    idle: Notify,
}

#[derive(Debug)]
struct Waiting<T> {
    entries: VecDeque<T>,
    /// The reader has one that it is not done with.
    busy: bool,
    /// Some were dropped since it was empty last.
    overflows: bool,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        let waiting = Waiting { entries: VecDeque::new(), busy: false, overflows: false };
        Self { waiting: Mutex::new(waiting), changed: Notify::new(), idle: Notify::new() }
    }
}

impl<T> Queue<T> {
    /// Enters one. If that drops the oldest, tells whether it is the first to be dropped since the queue was empty.
    pub(super) fn push(&self, entry: T) -> Option<bool> {
        let mut waiting = self.lock();
        waiting.entries.push_back(entry);
        self.changed.notify_one();
        if waiting.entries.len() <= MOST {
            return None;
        }
        waiting.entries.pop_front();
        Some(!std::mem::replace(&mut waiting.overflows, true))
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
        let next = waiting.entries.pop_front();
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
        let told: Vec<Option<bool>> = (0..MOST + 3).map(|n| queue.push(n)).collect();
        assert!(told[..MOST].iter().all(Option::is_none));
        assert_eq!(told[MOST..], [Some(true), Some(false), Some(false)]);
        assert_eq!((queue.take(), queue.len()), (Some(3), MOST), "one is not done with");
        while queue.take().is_some() {}
        assert_eq!(queue.len(), 0);
        assert!((0..MOST).all(|n| queue.push(n).is_none()));
        assert_eq!(queue.push(0), Some(true), "it was empty meanwhile");
    }
}
