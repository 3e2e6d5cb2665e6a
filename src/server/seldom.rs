//! Says in a while what would otherwise fill the log: clients decide how often it happens.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The shortest time between two lines of one kind.
const PAUSE: Duration = Duration::from_secs(10);

/// Lines of one kind.
#[derive(Debug, Default)]
pub(super) struct Seldom(Mutex<Said>);

#[derive(Debug, Default)]
struct Said {
    last: Option<Instant>,
    /// What has not been said since then.
    passed_over: u64,
}

impl Seldom {
    /// Whether it is to be said now; if so, how often it was not since the last time.
    pub(super) fn now(&self, now: Instant) -> Option<u64> {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if said.last.is_some_and(|last| now.duration_since(last) < PAUSE) {
            said.passed_over += 1;
            return None;
        }
        said.last = Some(now);
        Some(std::mem::take(&mut said.passed_over))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_often_is_said_seldom_and_counted() {
        let (seldom, now) = (Seldom::default(), Instant::now());
        assert_eq!(seldom.now(now), Some(0));
        assert_eq!(seldom.now(now), None);
        assert_eq!(seldom.now(now + PAUSE / 2), None);
        assert_eq!(seldom.now(now + PAUSE), Some(2));
        assert_eq!(seldom.now(now + PAUSE), None);
    }
}
