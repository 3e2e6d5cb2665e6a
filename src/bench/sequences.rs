//! A set of sequence numbers, held as ranges: an uninterrupted stream of any length is one range, and each loss costs
//! one more. So thousands of subscribers can each remember exactly what they have.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Sorted, disjoint ranges that do not touch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sequences {
    ranges: Vec<Range<u64>>,
}

impl Sequences {
    /// Adds a number; returns whether it is new.
    pub(super) fn insert(&mut self, sequence: u64) -> bool {
        // Nearly always the number follows the last one.
        if let Some(last) = self.ranges.last_mut()
            && last.end == sequence
        {
            last.end += 1;
            return true;
        }
        let at = self.ranges.partition_point(|range| range.end < sequence);
        match self.ranges.get(at) {
            Some(range) if range.contains(&sequence) => return false,
            Some(range) if range.end == sequence => self.grow_up(at),
            Some(range) if range.start == sequence + 1 => self.ranges[at].start = sequence,
            _ => self.ranges.insert(at, sequence..sequence + 1),
        }
        true
    }

    /// Lengthens the range at `at` by the number behind it, and joins it to the next one if they now touch.
    fn grow_up(&mut self, at: usize) {
        self.ranges[at].end += 1;
        if self.ranges.get(at + 1).is_some_and(|next| next.start == self.ranges[at].end) {
            self.ranges[at].end = self.ranges.remove(at + 1).end;
        }
    }

    /// Adds all numbers of a range.
    pub(super) fn insert_range(&mut self, range: Range<u64>) {
        if !range.is_empty() {
            self.extend(&Self { ranges: vec![range] });
        }
    }

    /// Adds all numbers of another set.
    pub(super) fn extend(&mut self, other: &Self) {
        let mut ranges = std::mem::take(&mut self.ranges);
        ranges.extend_from_slice(&other.ranges);
        ranges.sort_unstable_by_key(|range| range.start);
        for range in ranges {
            match self.ranges.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => self.ranges.push(range),
            }
        }
    }

    /// Those of its numbers that are `first` and each `step`-th behind it, counted from 0.
    pub(super) fn thinned(&self, first: u64, step: u64) -> Self {
        let place = |number: u64| number.saturating_sub(first).div_ceil(step);
        let mut ranges: Vec<Range<u64>> = Vec::new();
        for range in
            self.ranges.iter().map(|range| place(range.start)..place(range.end)).filter(|range| !range.is_empty())
        {
            match ranges.last_mut() {
                // What lay between them is not counted.
                Some(last) if last.end == range.start => last.end = range.end,
                _ => ranges.push(range),
            }
        }
        Self { ranges }
    }

    /// How many numbers it holds.
    pub(super) fn len(&self) -> u64 {
        self.ranges.iter().map(|range| range.end - range.start).sum()
    }

    /// Whether it holds a number.
    pub(super) fn contains(&self, sequence: u64) -> bool {
        let at = self.ranges.partition_point(|range| range.end <= sequence);
        self.ranges.get(at).is_some_and(|range| range.contains(&sequence))
    }

    /// How many numbers of a range it holds.
    pub(super) fn count_in(&self, range: &Range<u64>) -> u64 {
        let common = |own: &Range<u64>| own.end.min(range.end).saturating_sub(own.start.max(range.start));
        self.ranges.iter().map(common).sum()
    }

    /// The number behind the highest; 0 if it is empty.
    pub(super) fn end(&self) -> u64 {
        self.ranges.last().map_or(0, |range| range.end)
    }

    /// How many of its numbers lie below `limit` and are not in `other`.
    pub(super) fn count_missing_in(&self, other: &Self, limit: u64) -> u64 {
        let mut missing = 0;
        self.each_missing_in(other, limit, |range| missing += range.end - range.start);
        missing
    }

    /// Hands over the ranges of its numbers that lie below `limit` and are not in `other`.
    pub(super) fn each_missing_in(&self, other: &Self, limit: u64, mut each: impl FnMut(Range<u64>)) {
        let mut others = other.ranges.iter().peekable();
        for range in &self.ranges {
            let end = range.end.min(limit);
            let mut at = range.start;
            while at < end {
                // Ranges are passed over once each: both sides are sorted.
                while others.next_if(|other| other.end <= at).is_some() {}
                let Some(other) = others.peek().filter(|other| other.start < end) else {
                    each(at..end);
                    break;
                };
                if at < other.start {
                    each(at..other.start);
                }
                at = other.end;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn sequences(numbers: &[u64]) -> Sequences {
        let mut set = Sequences::default();
        for number in numbers {
            set.insert(*number);
        }
        set
    }

    #[test]
    fn numbers_in_order_are_one_range() {
        let set = sequences(&(0..10_000).collect::<Vec<_>>());
        assert_eq!((set.ranges.len(), set.len()), (1, 10_000));
    }

    proptest! {
        #[test]
        fn it_is_a_set(
            a in proptest::collection::vec(0..40_u64, 0..60),
            b in proptest::collection::vec(0..40_u64, 0..60),
            (limit, first, step) in (0..45_u64, 0..5_u64, 1..5_u64),
        ) {
            let (mut ours, mut model) = (Sequences::default(), BTreeSet::new());
            for number in &a {
                prop_assert_eq!(ours.insert(*number), model.insert(*number));
            }
            prop_assert_eq!(ours.len(), model.len() as u64);
            prop_assert_eq!(ours.end(), model.last().map_or(0, |last| last + 1));
            prop_assert!(ours.ranges.windows(2).all(|pair| pair[0].end < pair[1].start));

            let thinned = model.iter().filter(|number| **number >= first && (**number - first).is_multiple_of(step));
            let thinned: Vec<u64> = thinned.map(|number| (number - first) / step).collect();
            prop_assert_eq!(ours.thinned(first, step), sequences(&thinned));

            let theirs: BTreeSet<u64> = b.iter().copied().collect();
            let missing = model.difference(&theirs).filter(|number| **number < limit).count() as u64;
            prop_assert_eq!(ours.count_missing_in(&sequences(&b), limit), missing);

            prop_assert_eq!(ours.contains(limit), model.contains(&limit));
            let within = model.range(limit..limit + 7).count() as u64;
            prop_assert_eq!(ours.count_in(&(limit..limit + 7)), within);
            let mut filled = ours.clone();
            filled.insert_range(limit..limit + 3);
            filled.insert_range(9..9);
            let more: BTreeSet<u64> = model.iter().copied().chain(limit..limit + 3).collect();
            prop_assert_eq!(filled, sequences(&more.into_iter().collect::<Vec<_>>()));

            let mut both = ours.clone();
            both.extend(&sequences(&b));
            prop_assert_eq!(both, sequences(&model.union(&theirs).copied().collect::<Vec<_>>()));
        }
    }
}
