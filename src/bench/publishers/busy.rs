//! How busy a thread of publishers is while it is measured: it looks at itself, as nobody knows better when its last event has
//! gone out.

use std::time::Duration;

use super::{Slot, clock};
use crate::bench::load::{Load, Place, Sample};
use crate::bench::payload::Purpose;

/// In less time than this a single event is a good part of it, and nothing is said.
const SHORTEST: Duration = Duration::from_millis(100);

/// The thread that made it.
#[derive(Debug, Default)]
pub(super) struct Busy {
    /// When its first measured event was next, and what it had had of its processors by then, if that can be known.
    begun: Option<(u64, Option<Sample>)>,
}

impl Busy {
    /// This event is the next.
    pub(super) fn before(&mut self, slot: Slot) {
        if slot.purpose == Purpose::Measured && self.begun.is_none() {
            self.begun = Some((clock::now(), Sample::of(Place::here())));
        }
    }

    /// Its load since then.
    pub(super) fn load(&self) -> Option<Load> {
        let (at, begun) = self.begun.as_ref()?;
        let is_long = clock::now().saturating_sub(*at) >= clock::nanos(SHORTEST);
        Some(Sample::of(Place::here()).filter(|_| is_long)?.since(begun.as_ref()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_thread_that_sleeps_is_not_busy_and_one_that_has_just_begun_says_nothing() {
        let mut busy = Busy::default();
        let slot = |purpose| Slot { intended: 0, purpose, sequence: 0 };
        busy.before(slot(Purpose::WarmUp));
        std::thread::sleep(SHORTEST);
        assert_eq!(busy.load(), None, "the warm-up does not count");
        busy.before(slot(Purpose::Measured));
        assert_eq!(busy.load(), None);
        std::thread::sleep(SHORTEST);
        busy.before(slot(Purpose::Measured));
        let load = busy.load().expect("it is known");
        assert!(load.wanted > 0.0 && load.ran < 0.9, "{load:?}");
    }
}
