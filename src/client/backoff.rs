//! How long to wait before the next connection: a pure function of what has happened and of a random number.
//!
//! A time of zero is taken from the user alone; see [`obeyed`] for what a server may ask.

use std::time::Duration;

/// The reconnection time until a server sets its own with `retry`. WHATWG HTML §9.2.2 leaves it open ("probably in the
/// region of a few seconds"); one second suits a person who watches a server restart.
pub const DEFAULT_RECONNECTION_TIME: Duration = Duration::from_secs(1);

/// The shortest wait that a server can ask for, so that `retry: 0` from one that ends every stream at once is no busy loop;
/// and the shortest after an attempt that failed, whoever asked for what.
const SHORTEST: Duration = Duration::from_millis(100);

/// The longest reconnection time that is obeyed. A server that asks for more has made a mistake (seconds taken for
/// milliseconds twice over, a number that wrapped), and a client that obeys it is as good as gone.
pub const LONGEST_RECONNECTION_TIME: Duration = Duration::from_hours(24);

/// What repeated failures raise the wait to, unless the server asked for more.
const LONGEST: Duration = Duration::from_secs(30);

/// The reconnection time that a server's `retry` sets.
pub(super) fn obeyed(asked: Duration) -> Duration {
    asked.clamp(SHORTEST, LONGEST_RECONNECTION_TIME)
}

/// The wait before the next attempt, of at most `longest` if that is given. After a stream that was open (`failures` is 0)
/// it is exactly the reconnection time `base`, as the standard says. Each attempt that failed since then doubles the upper
/// limit, up to [`LONGEST`], and `jitter`, from 0.0 to 1.0, chooses between `base` and that limit, so that the clients of a
/// server that fell do not come back all at once. After a failure it is [`SHORTEST`] at least, even where `longest` is less.
pub(super) fn delay(base: Duration, failures: u32, jitter: f64, longest: Option<Duration>) -> Duration {
    let least = if failures == 0 { Duration::ZERO } else { SHORTEST };
    let base = base.max(least);
    let limit = base.saturating_mul(1_u32.checked_shl(failures).unwrap_or(u32::MAX));
    let limit = limit.min(longest.unwrap_or(LONGEST)).max(base);
    let wait = base + limit.saturating_sub(base).mul_f64(jitter.clamp(0.0, 1.0));
    longest.map_or(wait, |longest| wait.min(longest)).max(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn delay(base: Duration, failures: u32, jitter: f64) -> Duration {
        super::delay(base, failures, jitter, None)
    }

    #[test]
    fn after_an_open_stream_the_wait_is_the_reconnection_time_whatever_the_jitter() {
        assert_eq!(delay(SECOND, 0, 0.0), SECOND);
        assert_eq!(delay(SECOND, 0, 1.0), SECOND);
    }

    #[test]
    fn failures_double_the_limit_up_to_thirty_seconds() {
        let limits: Vec<u64> = (0..8).map(|failures| delay(SECOND, failures, 1.0).as_secs()).collect();
        assert_eq!(limits, [1, 2, 4, 8, 16, 30, 30, 30]);
        assert_eq!(delay(SECOND, u32::MAX, 1.0), LONGEST);
    }

    #[test]
    fn jitter_chooses_between_the_reconnection_time_and_the_limit() {
        assert_eq!(delay(SECOND, 3, 0.0), SECOND);
        assert_eq!(delay(SECOND, 3, 0.5), Duration::from_millis(4500));
    }

    #[test]
    fn only_the_user_can_ask_for_no_wait_and_not_after_a_failure() {
        assert_eq!(obeyed(Duration::ZERO), SHORTEST);
        assert_eq!(delay(Duration::ZERO, 0, 1.0), Duration::ZERO);
        assert_eq!(delay(Duration::ZERO, 1, 0.0), SHORTEST);
    }

    #[test]
    fn not_even_a_longest_wait_of_zero_makes_a_busy_loop_of_failures() {
        for longest in [Duration::ZERO, Duration::from_millis(10)] {
            for failures in [1, 9, u32::MAX] {
                assert_eq!(super::delay(SECOND, failures, 1.0, Some(longest)), SHORTEST);
            }
            assert_eq!(super::delay(SECOND, 0, 1.0, Some(longest)), longest, "after a stream the user's word holds");
        }
    }

    #[test]
    fn a_longest_wait_holds_for_whatever_was_asked() {
        let longest = Some(Duration::from_secs(3));
        assert_eq!(super::delay(SECOND, 9, 1.0, longest), 3 * SECOND);
        assert_eq!(super::delay(Duration::from_hours(1), 0, 0.0, longest), 3 * SECOND);
    }

    #[test]
    fn a_server_may_ask_for_more_than_the_longest_wait() {
        let hour = Duration::from_hours(1);
        assert_eq!(delay(hour, 0, 0.5), hour);
        assert_eq!(delay(hour, 9, 1.0), hour);
    }

    #[test]
    fn a_server_cannot_send_its_clients_away_for_ever() {
        let endless = obeyed(Duration::from_millis(u64::MAX));
        assert_eq!(delay(endless, 0, 0.5), LONGEST_RECONNECTION_TIME);
        assert_eq!(delay(endless, 9, 1.0), LONGEST_RECONNECTION_TIME);
    }
}
