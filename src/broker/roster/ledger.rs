//! Values under numbers that only grow: found by their number, and gone through in its order. It costs each value a number,
//! and at most as much again for those that have gone.

/// Beneath so many places it is not worth while to close the gaps.
const FEW: usize = 64;

/// The values that are there, and places of some that are not.
#[derive(Debug)]
pub(super) struct Ledger<T> {
    /// In the order of their numbers.
    places: Vec<(u64, Option<T>)>,
    taken: usize,
}

impl<T> Default for Ledger<T> {
    fn default() -> Self {
        Self { places: Vec::new(), taken: 0 }
    }
}

impl<T> Ledger<T> {
    /// Enters a value under a number that is larger than all before it.
    pub(super) fn push(&mut self, number: u64, value: T) {
        self.places.push((number, Some(value)));
        self.taken += 1;
    }

    pub(super) fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        let place = self.place(number)?;
        self.places[place].1.as_mut()
    }

    pub(super) fn remove(&mut self, number: u64) -> Option<T> {
        let place = self.place(number)?;
        let removed = self.places[place].1.take()?;
        self.taken -= 1;
        if self.places.len() > FEW && self.taken < self.places.len() / 2 {
            self.places.retain(|(_, value)| value.is_some());
            self.places.shrink_to(self.taken * 2);
        }
        Some(removed)
    }

    /// The values of the `examined` places after a number, if there are so many; and the number up to which that is.
    pub(super) fn after(&self, number: u64, examined: usize) -> (impl Iterator<Item = (u64, &T)>, Option<u64>) {
        let first = self.places.partition_point(|(found, _)| *found <= number);
        let last = (first + examined).min(self.places.len());
        let through = (last < self.places.len()).then(|| self.places[last - 1].0);
        let values = self.places[first..last].iter().filter_map(|(number, value)| Some((*number, value.as_ref()?)));
        (values, through)
    }

    fn place(&self, number: u64) -> Option<usize> {
        self.places.binary_search_by_key(&number, |(number, _)| *number).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_gone_is_not_found_and_takes_no_place_for_long() {
        let mut ledger = Ledger::default();
        (1..=1000).for_each(|number| ledger.push(number, number * 10));
        for number in (1..=1000).filter(|number| number % 10 != 0) {
            assert_eq!(ledger.remove(number), Some(number * 10));
        }
        assert_eq!((ledger.remove(1), ledger.get_mut(20).copied(), ledger.get_mut(21)), (None, Some(200), None));
        assert!(ledger.places.len() <= 200 && ledger.places.capacity() <= 800, "{}", ledger.places.capacity());
    }

    #[test]
    fn all_are_gone_through_in_their_order_some_at_a_time() {
        let mut ledger = Ledger::default();
        (1..=10).for_each(|number| ledger.push(number, ()));
        assert!(ledger.remove(3).is_some() && ledger.remove(4).is_some());
        let (mut seen, mut after) = (Vec::new(), Some(0));
        while let Some(number) = after {
            let (found, through) = ledger.after(number, 3);
            seen.extend(found.map(|(number, ())| number));
            after = through;
        }
        assert_eq!(seen, [1, 2, 5, 6, 7, 8, 9, 10]);
        assert_eq!((ledger.after(10, 3).0.count(), ledger.after(10, 3).1), (0, None));
    }
}
