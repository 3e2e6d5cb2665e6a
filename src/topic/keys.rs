//! The keys under one name of an index: mostly one or two, and where all connections hear a topic, as many as there are.

use std::collections::HashSet;
use std::hash::Hash;

/// So many are looked through one by one; beyond it they are found by their hash, which takes more memory.
const FEW: usize = 64;

/// Keys, each once, in no order.
#[derive(Debug)]
pub(super) enum Keys<K> {
    Few(Vec<K>),
    Many(HashSet<K>),
}

impl<K> Default for Keys<K> {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl<K: Copy + Eq + Hash> Keys<K> {
    /// Adds a key that is not there.
    pub(super) fn add(&mut self, key: K) {
        match self {
            Self::Few(keys) if keys.len() < FEW => keys.push(key),
            Self::Few(keys) => *self = Self::Many(keys.drain(..).chain([key]).collect()),
            Self::Many(keys) => {
                keys.insert(key);
            }
        }
    }

    /// Takes a key out, if it is there.
    pub(super) fn remove(&mut self, key: K) {
        match self {
            Self::Few(keys) => {
                if let Some(place) = keys.iter().position(|found| *found == key) {
                    keys.swap_remove(place);
                }
            }
            Self::Many(keys) => {
                keys.remove(&key);
                // Not as soon as there is room: who comes and goes at the edge would move them each time.
                if keys.len() <= FEW / 2 {
                    *self = Self::Few(keys.drain().collect());
                } else if keys.len() < keys.capacity() / 8 {
                    // To go through them costs the room that there is.
                    keys.shrink_to(2 * keys.len());
                }
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Few(keys) => keys.is_empty(),
            // It has become few before that.
            Self::Many(_) => false,
        }
    }

    pub(super) fn each(&self, each: &mut impl FnMut(K)) {
        match self {
            Self::Few(keys) => keys.iter().copied().for_each(each),
            Self::Many(keys) => keys.iter().copied().for_each(each),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::hash::Hasher;

    use super::*;

    thread_local! {
        static COMPARED: Cell<usize> = const { Cell::new(0) };
    }

    /// A key that counts how often one is held against another.
    #[derive(Clone, Copy, Debug)]
    struct Counted(usize);

    impl PartialEq for Counted {
        fn eq(&self, other: &Self) -> bool {
            COMPARED.set(COMPARED.get() + 1);
            self.0 == other.0
        }
    }

    impl Eq for Counted {}

    impl Hash for Counted {
        fn hash<H: Hasher>(&self, state: &mut H) {
            self.0.hash(state);
        }
    }

    #[test]
    fn when_all_of_very_many_go_each_costs_no_more_than_a_few_do() {
        const MANY: usize = 10_000;
        let mut keys = Keys::default();
        (0..MANY).for_each(|key| keys.add(Counted(key)));
        let mut sum = 0;
        keys.each(&mut |key| sum += key.0);
        assert_eq!(sum, MANY * (MANY - 1) / 2);
        keys.remove(Counted(MANY));
        (0..MANY).for_each(|key| keys.remove(Counted(key)));
        assert!(keys.is_empty() && matches!(keys, Keys::Few(_)));
        assert!(COMPARED.get() < 4 * MANY, "{} comparisons", COMPARED.get());
    }
}
