//! Where the rates of keys are kept: in bounded memory, however many keys there are.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::ShrinkableKeyedStateStore;

/// The keys that have a rate of their own at once: some 30 bytes each. Those that come beyond it share one rate, until
/// others have rested for so long that they can be forgotten.
pub(super) const MOST: usize = 1 << 16;

/// When each key is back at its rate; cloning shares it.
#[derive(Clone, Debug, Default)]
pub(super) struct States(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    by_key: HashMap<u64, Nanos>,
    /// That of all keys for which there is no room.
    of_others: Option<Nanos>,
}

impl States {
    /// Takes so much of a key's way back to its rate, as if it had asked for less.
    pub(super) fn shorten(&self, key: u64, by: Nanos) {
        let mut kept = self.lock();
        let Kept { by_key, of_others } = &mut *kept;
        if let Some(state) = by_key.get_mut(&key).or(of_others.as_mut()) {
            *state = Nanos::new(state.as_u64().saturating_sub(by.as_u64()));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StateStore for States {
    type Key = u64;

    fn measure_and_replace<T, F, E>(&self, key: &u64, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut kept = self.lock();
        let (outcome, state);
        if kept.by_key.len() < MOST || kept.by_key.contains_key(key) {
            (outcome, state) = measure(kept.by_key.get(key).copied())?;
            kept.by_key.insert(*key, state);
        } else {
            (outcome, state) = measure(kept.of_others)?;
            kept.of_others = Some(state);
        }
        Ok(outcome)
    }
}

impl ShrinkableKeyedStateStore<u64> for States {
    fn retain_recent(&self, drop_below: Nanos) {
        self.lock().by_key.retain(|_, state| *state > drop_below);
    }

    fn len(&self) -> usize {
        self.lock().by_key.len()
    }

    fn is_empty(&self) -> bool {
        self.lock().by_key.is_empty()
    }
}
