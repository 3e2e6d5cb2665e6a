//! How much history is kept: pure policy, the clock comes in as an argument.

use std::time::{Duration, SystemTime};

use super::Span;

/// The bounds of a log. The oldest events go first, as soon as any bound is exceeded; count and bytes leave the newest event
/// in any case, age does not.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// At most this many events.
    pub events: u64,
    /// At most this many bytes, as [`super::Record::size`] counts them.
    pub bytes: u64,
    /// Nothing older than this.
    pub age: Duration,
}

impl Retention {
    /// Whether the oldest event has to go from a log that holds this.
    pub fn exceeded(&self, held: Span, oldest: SystemTime, now: SystemTime) -> bool {
        let (events, bytes) = (held.events(), held.bytes);
        let too_old = || now.duration_since(oldest).is_ok_and(|age| age > self.age);
        (events > 1 && (events > self.events || bytes > self.bytes)) || (events > 0 && too_old())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RETENTION: Retention = Retention { events: 10, bytes: 1000, age: Duration::from_mins(1) };
    const START: SystemTime = SystemTime::UNIX_EPOCH;

    fn held(events: u64, bytes: u64) -> Span {
        Span { first: 1, last: events, bytes }
    }

    #[test]
    fn each_bound_counts_by_itself() {
        assert!(!RETENTION.exceeded(held(10, 1000), START, START));
        assert!(RETENTION.exceeded(held(11, 11), START, START));
        assert!(RETENTION.exceeded(held(2, 1001), START, START));
        assert!(!RETENTION.exceeded(held(1, 1), START, START + Duration::from_mins(1)));
        assert!(RETENTION.exceeded(held(1, 1), START, START + Duration::from_secs(61)));
    }

    #[test]
    fn an_event_beyond_the_byte_bound_stays_until_the_next_one() {
        assert!(!RETENTION.exceeded(held(1, 5000), START, START));
    }

    #[test]
    fn a_clock_that_steps_back_expires_nothing() {
        assert!(!RETENTION.exceeded(held(1, 1), START + Duration::from_hours(1), START));
    }
}
