//! When which event is due: the open loop. The time of event k is `start + k / rate`, decided before the first is sent;
//! no answer and no delay moves it. Pure arithmetic.

use std::time::Duration;

use super::clock::nanos;
use super::payload::Purpose;
use super::plan::Plan;

const SECOND: u128 = 1_000_000_000;

/// The events of a run, warm-up first and the measured ones right behind, shared out among the publishers in turn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    /// When event 0 is due.
    pub(super) start: u64,
    /// Events per second.
    pub(super) rate: u32,
    /// How many events at the beginning are warm-up.
    pub(super) warmup: u64,
    /// How many events there are, warm-up included.
    pub(super) total: u64,
    /// How many publishers share them.
    pub(super) publishers: u32,
    /// To how many topics they go in turn.
    pub(super) topics: u32,
}

/// The part of one publisher.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    schedule: Schedule,
    publisher: u32,
}

/// One event to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    /// When it is due.
    pub(super) intended: u64,
    pub(super) purpose: Purpose,
    /// Its number among those of its publisher and purpose.
    pub(super) sequence: u64,
}

/// How many events fall into a duration at a rate: those with `k / rate < duration`.
pub(super) fn events(duration: Duration, rate: u32) -> u64 {
    let exact = (u128::from(nanos(duration)) * u128::from(rate)).div_ceil(SECOND);
    u64::try_from(exact).unwrap_or(u64::MAX)
}

impl Schedule {
    /// That of a plan, from `start` on.
    pub(super) fn of(plan: &Plan, start: u64) -> Self {
        let (warmup, measured) = (plan.warming(), plan.measured());
        let Plan { rate, publishers, topics, .. } = *plan;
        Self { start, rate, warmup, total: warmup + measured, publishers, topics }
    }

    /// When event `k` is due.
    pub(super) fn time(&self, k: u64) -> u64 {
        let after = u128::from(k) * SECOND / u128::from(self.rate);
        self.start.saturating_add(u64::try_from(after).unwrap_or(u64::MAX))
    }

    /// The end of the last event's interval.
    pub(super) fn end(&self) -> u64 {
        self.time(self.total)
    }

    pub(super) fn share(self, publisher: u32) -> Share {
        Share { schedule: self, publisher }
    }
}

impl Share {
    /// How many events the publisher has to send.
    pub(super) fn len(&self) -> u64 {
        self.below(self.schedule.total)
    }

    /// How many of them are measured.
    pub(super) fn measured(&self) -> u64 {
        self.len() - self.warmup()
    }

    /// How many of them are warm-up.
    pub(super) fn warmup(&self) -> u64 {
        self.below(self.schedule.warmup)
    }

    /// How many of its measured events are due before a moment.
    pub(super) fn measured_before(&self, at: u64) -> u64 {
        let Schedule { start, rate, total, .. } = self.schedule;
        let due = (u128::from(at.saturating_sub(start)) * u128::from(rate)).div_ceil(SECOND);
        let due = u64::try_from(due).unwrap_or(u64::MAX).min(total);
        self.below(due).saturating_sub(self.warmup())
    }

    /// Its event number `index`.
    pub(super) fn slot(&self, index: u64) -> Slot {
        let k = u64::from(self.publisher) + index * u64::from(self.schedule.publishers);
        let warmup = self.warmup();
        let (purpose, sequence) =
            if index < warmup { (Purpose::WarmUp, index) } else { (Purpose::Measured, index - warmup) };
        Slot { intended: self.schedule.time(k), purpose, sequence }
    }

    pub(super) fn publisher(&self) -> u32 {
        self.publisher
    }

    /// The end of the whole schedule.
    pub(super) fn end(&self) -> u64 {
        self.schedule.end()
    }

    /// How many of its events come before event `k` of the whole.
    fn below(&self, k: u64) -> u64 {
        k.saturating_sub(u64::from(self.publisher)).div_ceil(u64::from(self.schedule.publishers))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_time_of_an_event_does_not_drift() {
        let schedule = Schedule { start: 5, rate: 3, warmup: 0, total: 10, publishers: 1, topics: 1 };
        assert_eq!(schedule.time(0), 5);
        assert_eq!(schedule.time(1), 333_333_338);
        assert_eq!(schedule.time(3_000_000), 5 + 1_000_000 * 1_000_000_000);
    }

    #[test]
    fn a_duration_holds_the_events_that_are_due_before_its_end() {
        assert_eq!(events(Duration::from_secs(2), 500), 1000);
        assert_eq!(events(Duration::from_millis(1), 500), 1);
        assert_eq!(events(Duration::ZERO, 500), 0);
    }

    proptest! {
        #[test]
        fn what_is_due_before_a_moment_is_counted_of_each_publisher(
            (publishers, rate, warmup) in (1..5_u32, 1..9_u32, 0..20_u64),
            at in 0..10_000_000_000_u64,
        ) {
            let schedule = Schedule { start: 1_000_000_000, rate, warmup, total: 50, publishers, topics: 1 };
            for share in (0..publishers).map(|publisher| schedule.share(publisher)) {
                let slots = (0..share.len()).map(|index| share.slot(index));
                let due = slots.filter(|slot| slot.purpose == Purpose::Measured && slot.intended < at);
                prop_assert_eq!(share.measured_before(at), due.count() as u64);
                let first = share.slot(share.len() - share.measured());
                prop_assert_eq!(share.measured_before(first.intended), 0, "it is not due before itself");
                prop_assert_eq!(share.measured_before(first.intended + 1), 1);
            }
        }

        #[test]
        fn the_shares_are_the_whole(publishers in 1..8_u32, warmup in 0..40_u64, measured in 0..40_u64) {
            let total = warmup + measured;
            let schedule = Schedule { start: 0, rate: 7, warmup, total, publishers, topics: 1 };
            let mut slots: Vec<Slot> = Vec::new();
            for share in (0..publishers).map(|p| schedule.share(p)) {
                let own: Vec<Slot> = (0..share.len()).map(|index| share.slot(index)).collect();
                let numbers = |purpose| own.iter().filter(move |s| s.purpose == purpose).map(|s| s.sequence);
                prop_assert!(numbers(Purpose::Measured).eq(0..share.measured()));
                prop_assert!(numbers(Purpose::WarmUp).eq(0..share.len() - share.measured()));
                slots.extend(own);
            }
            slots.sort_by_key(|slot| slot.intended);
            prop_assert!(slots.iter().map(|slot| slot.intended).eq((0..total).map(|k| schedule.time(k))));
            let warm = slots.iter().take_while(|slot| slot.purpose == Purpose::WarmUp).count() as u64;
            prop_assert_eq!(warm, warmup);
        }
    }
}
