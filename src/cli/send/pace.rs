//! How fast events go out at most. Time that was lost is not made up for: that would be faster than what was asked for.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The turns of events that have to keep a distance.
#[derive(Debug)]
pub(super) struct Pace {
    distance: Duration,
    /// When it is the turn of the next one.
    next: Option<Instant>,
}

impl Pace {
    /// One event after the other at this distance; zero is none.
    pub(super) fn every(distance: Duration) -> Self {
        Self { distance, next: None }
    }

    /// Waits for the turn of so many events, which go out together.
    pub(super) async fn turn(&mut self, events: usize) {
        let turn = self.advance(events, Instant::now());
        if !self.distance.is_zero() {
            sleep_until(turn).await;
        }
    }

    fn advance(&mut self, events: usize, now: Instant) -> Instant {
        let turn = self.next.map_or(now, |next| next.max(now));
        let distance = self.distance.saturating_mul(u32::try_from(events).unwrap_or(u32::MAX));
        self.next = Some(turn.checked_add(distance).unwrap_or(turn));
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_goes_at_once_and_the_others_keep_their_distance_also_after_a_pause() {
        let (mut pace, now, second) = (Pace::every(Duration::from_secs(1)), Instant::now(), Duration::from_secs(1));
        assert_eq!(pace.advance(1, now), now);
        assert_eq!(pace.advance(2, now), now + second);
        assert_eq!(pace.advance(1, now), now + 3 * second);
        assert_eq!(pace.advance(1, now + 10 * second), now + 10 * second);
        assert_eq!(pace.advance(1, now + 10 * second), now + 11 * second);
    }
}
