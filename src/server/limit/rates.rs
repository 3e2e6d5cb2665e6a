//! How often something may happen, for each of many keys: at a steady rate, and some of it at once.

use std::hash::{BuildHasher as _, Hash, RandomState};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::{Quota, RateLimiter};

use super::states::States;

/// After so many questions the keys that are back at rest are forgotten.
const SWEEP: usize = 1 << 13;

/// The rates of all keys. A key is kept as its hash, with a seed that nobody knows: keys may be long.
pub(in crate::server) struct Rates<C: Clock = DefaultClock> {
    limiter: RateLimiter<u64, States, C, StateInformationMiddleware>,
    /// Those of the limiter.
    states: States,
    quota: Quota,
    hasher: RandomState,
    asked: AtomicUsize,
}

/// What is left for a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) struct Left {
    /// So many more may come at once.
    pub(in crate::server) count: u32,
    /// After this time as many may as ever.
    pub(in crate::server) full_in: Duration,
}

/// What was asked for is beyond the rate, and nothing of it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) enum Over {
    /// It is within it after this time, if nothing else comes.
    Wait(Duration),
    /// It is more than may ever come at once.
    Never {
        /// What may.
        most: u32,
    },
}

impl Rates {
    pub(in crate::server) fn new(quota: Quota) -> Self {
        Self::with_clock(quota, DefaultClock::default())
    }
}

impl<C: Clock> Rates<C> {
    fn with_clock(quota: Quota, clock: C) -> Self {
        let states = States::default();
        let limiter = RateLimiter::new(quota, states.clone(), clock);
        Self { limiter, states, quota, hasher: RandomState::new(), asked: AtomicUsize::new(0) }
    }

    /// Takes so many for a key, all or none.
    pub(in crate::server) fn take(&self, key: &impl Hash, count: NonZeroU32) -> Result<Left, Over> {
        if self.asked.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            self.limiter.retain_recent();
        }
        match self.limiter.check_key_n(&self.hasher.hash_one(key), count) {
            Ok(Ok(state)) => {
                let count = state.remaining_burst_capacity();
                let taken = self.quota.burst_size().get().saturating_sub(count);
                Ok(Left { count, full_in: self.quota.replenish_interval() * taken })
            }
            Ok(Err(not_until)) => Err(Over::Wait(not_until.wait_time_from(self.limiter.clock().now()))),
            Err(beyond) => Err(Over::Never { most: beyond.0 }),
        }
    }

    /// Gives back so many that were taken for a key, and used for nothing.
    pub(in crate::server) fn give_back(&self, key: &impl Hash, count: NonZeroU32) {
        let taken = self.quota.replenish_interval() * count.get();
        self.states.shorten(self.hasher.hash_one(key), taken.into());
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;
    use proptest::prelude::*;

    use super::super::states::MOST;
    use super::*;

    fn rates(rate: u32, burst: u32) -> (Rates<FakeRelativeClock>, FakeRelativeClock) {
        let number = |number| NonZeroU32::new(number).expect("a number");
        let clock = FakeRelativeClock::default();
        (Rates::with_clock(Quota::per_second(number(rate)).allow_burst(number(burst)), clock.clone()), clock)
    }

    fn take(rates: &Rates<FakeRelativeClock>, key: u32, count: u32) -> Result<u32, Over> {
        rates.take(&key, NonZeroU32::new(count).expect("one or more")).map(|left| left.count)
    }

    #[test]
    fn each_key_has_a_burst_and_then_the_rate_and_a_wait_that_is_true() {
        let (rates, clock) = rates(10, 3);
        assert_eq!([take(&rates, 1, 1), take(&rates, 1, 2)], [Ok(2), Ok(0)]);
        assert_eq!(take(&rates, 1, 1), Err(Over::Wait(Duration::from_millis(100))));
        assert_eq!(take(&rates, 1, 2), Err(Over::Wait(Duration::from_millis(200))), "nothing was taken meanwhile");
        assert_eq!(take(&rates, 2, 3), Ok(0), "another is untouched");
        assert_eq!(take(&rates, 3, 4), Err(Over::Never { most: 3 }));
        clock.advance(Duration::from_millis(99));
        assert_eq!(take(&rates, 1, 1), Err(Over::Wait(Duration::from_millis(1))));
        clock.advance(Duration::from_millis(1));
        assert_eq!(take(&rates, 1, 1), Ok(0));
        let left = rates.take(&4, NonZeroU32::MIN);
        assert_eq!(left, Ok(Left { count: 2, full_in: Duration::from_millis(100) }));
    }

    #[test]
    fn what_is_given_back_was_never_taken() {
        let (rates, clock) = rates(10, 3);
        assert_eq!([take(&rates, 1, 1), take(&rates, 1, 2)], [Ok(2), Ok(0)]);
        rates.give_back(&1_u32, NonZeroU32::new(2).expect("a number"));
        rates.give_back(&2_u32, NonZeroU32::MIN);
        assert_eq!([take(&rates, 1, 2), take(&rates, 2, 3)], [Ok(0), Ok(0)], "and no more than that");
        clock.advance(Duration::from_secs(1));
        assert_eq!(take(&rates, 1, 3), Ok(0));
        rates.give_back(&1_u32, NonZeroU32::new(3).expect("a number"));
        assert_eq!(take(&rates, 1, 4), Err(Over::Never { most: 3 }));
        assert_eq!([take(&rates, 1, 3), take(&rates, 1, 1)], [Ok(0), Err(Over::Wait(Duration::from_millis(100)))]);
    }

    #[test]
    fn keys_without_end_take_no_more_room_and_those_that_rest_are_forgotten() {
        let (rates, clock) = rates(1, 1);
        let most = u32::try_from(MOST).expect("a number");
        for key in 0..most {
            assert_eq!(take(&rates, key, 1), Ok(0));
        }
        assert_eq!(take(&rates, most, 1), Ok(0), "the first of those without room");
        assert_eq!(take(&rates, most + 1, 1), Err(Over::Wait(Duration::from_secs(1))), "the others share its rate");
        assert_eq!(rates.limiter.len(), MOST);
        clock.advance(Duration::from_secs(2));
        for _ in 0..SWEEP {
            let _ = take(&rates, 0, 1);
        }
        assert_eq!(rates.limiter.len(), 1, "only who has asked lately");
        assert_eq!(take(&rates, most + 2, 1), Ok(0));
    }

    proptest! {
        #[test]
        fn no_more_comes_through_than_burst_and_rate_allow(
            rate in 1_u32..2000,
            burst in 1_u32..50,
            asked in prop::collection::vec((0_u64..50, 1_u32..10), 1..200),
        ) {
            let (rates, clock) = rates(rate, burst);
            let (mut elapsed, mut taken) = (Duration::ZERO, 0);
            for (pause, count) in asked {
                let pause = Duration::from_millis(pause);
                clock.advance(pause);
                elapsed += pause;
                match take(&rates, 0, count) {
                    Ok(_) => taken += count,
                    Err(Over::Wait(wait)) => {
                        clock.advance(wait);
                        elapsed += wait;
                        prop_assert!(take(&rates, 0, count).is_ok(), "after the wait it is allowed");
                        taken += count;
                    }
                    Err(Over::Never { most }) => prop_assert!(count > most),
                }
                prop_assert!(f64::from(taken) <= f64::from(burst) + elapsed.as_secs_f64() * f64::from(rate) * 1.001);
            }
        }
    }
}
