//! How large the data of each event is: always the same, or as large as its number says. Who knows the run and the number of
//! an event knows its size, so nothing is remembered, and what is sent again is as large as it was. Pure arithmetic.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::figures::float;
use super::payload::MIN_SIZE;

/// The most parts of a mix: each event looks for its own among them.
const MOST_PARTS: usize = 100;

/// The sizes of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    /// One at least.
    parts: Vec<Part>,
    /// The sum of their weights.
    weight: u64,
}

/// Sizes of which each is as likely as the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The smallest, in bytes.
    pub least: usize,
    /// The largest.
    pub most: usize,
    /// How often they occur, beside the other parts.
    pub weight: u32,
}

/// Why there is no mix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAMix {
    /// No event could say which it is.
    #[error("an event needs {MIN_SIZE} bytes to say which it is and when it was sent")]
    TooSmall,
    /// The ends of a part are the wrong way round.
    #[error("{0}..{1} ends before it begins")]
    Backwards(usize, usize),
    /// A part never occurs.
    #[error("a weight of 0 leaves nothing: leave the size away")]
    NoWeight,
    /// There are none, or too many.
    #[error("give 1 to {MOST_PARTS} sizes")]
    Count,
}

impl Sizes {
    /// Puts parts together.
    ///
    /// # Errors
    /// [`NotAMix`] if one makes no sense.
    pub fn mix(parts: Vec<Part>) -> Result<Self, NotAMix> {
        if !(1..=MOST_PARTS).contains(&parts.len()) {
            return Err(NotAMix::Count);
        }
        for Part { least, most, weight } in &parts {
            match () {
                () if *least < MIN_SIZE => return Err(NotAMix::TooSmall),
                () if most < least => return Err(NotAMix::Backwards(*least, *most)),
                () if *weight == 0 => return Err(NotAMix::NoWeight),
                () => {}
            }
        }
        let weight = parts.iter().map(|part| u64::from(part.weight)).sum();
        Ok(Self { parts, weight })
    }

    /// The size of all events, if they have the same.
    pub fn only(&self) -> Option<usize> {
        match self.parts[..] {
            [Part { least, most, .. }] if least == most => Some(least),
            _ => None,
        }
    }

    /// The largest that an event can have.
    pub fn largest(&self) -> usize {
        self.parts.iter().map(|part| part.most).max().unwrap_or(MIN_SIZE)
    }

    /// The mean of all, were there any number of events.
    pub(super) fn mean(&self) -> f64 {
        let mean = |part: &Part| f64::midpoint(float(part.least as u64), float(part.most as u64));
        self.parts.iter().map(|part| mean(part) * f64::from(part.weight)).sum::<f64>() / float(self.weight)
    }

    /// The size of an event, by its number in a run.
    pub(super) fn of(&self, run: u64, number: u64) -> usize {
        if let Some(only) = self.only() {
            return only;
        }
        let chance = mixed(run ^ mixed(number));
        let mut at = part_of(chance, self.weight);
        let part = self.parts.iter().find(|part| {
            let is_it = at < u64::from(part.weight);
            at = at.saturating_sub(part.weight.into());
            is_it
        });
        let Part { least, most, .. } = part.copied().unwrap_or(self.parts[0]);
        let more = part_of(mixed(chance), (most - least) as u64 + 1);
        least + usize::try_from(more).unwrap_or_default()
    }
}

/// A number from 0 to below `count`, as far into it as a chance is into all that there could be.
fn part_of(chance: u64, count: u64) -> u64 {
    u64::try_from((u128::from(chance) * u128::from(count)) >> u64::BITS).unwrap_or_default()
}

/// A number that has nothing to do with the one before it: the output function of `SplitMix64`.
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

impl fmt::Display for Sizes {
    /// As it can be given on a command line, in bytes.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, Part { least, most, weight }) in self.parts.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(out, "{comma}{least}")?;
            if most != least {
                write!(out, "..{most}")?;
            }
            if self.parts.len() > 1 {
                write!(out, ":{weight}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn part(least: usize, most: usize, weight: u32) -> Part {
        Part { least, most, weight }
    }

    #[test]
    fn what_is_always_the_same_is_known_beforehand() {
        let sizes = Sizes::mix(vec![part(200, 200, 7)]).expect("a size");
        assert_eq!(
            (sizes.only(), sizes.largest(), sizes.of(1, 2), sizes.to_string()),
            (Some(200), 200, 200, "200".into())
        );
    }

    #[test]
    fn each_part_occurs_as_often_as_its_weight_says_and_each_run_has_an_order_of_its_own() {
        let sizes = Sizes::mix(vec![part(200, 200, 90), part(4000, 4099, 9), part(64_000, 64_000, 1)]).expect("a mix");
        let of_run = |run| (0..100_000).map(|number| sizes.of(run, number)).collect::<Vec<_>>();
        let all = of_run(7);
        let mut counts: BTreeMap<usize, u32> = BTreeMap::new();
        for size in &all {
            *counts.entry(*size).or_default() += 1;
        }
        assert_eq!(counts.len(), 102, "each size of the part is there: {counts:?}");
        assert!(counts[&200].abs_diff(90_000) < 500 && counts[&64_000].abs_diff(1_000) < 150, "{counts:?}");
        assert!(counts.values().skip(1).take(100).all(|count| (40..150).contains(count)), "{counts:?}");
        assert_eq!(all, of_run(7));
        let same = all.iter().zip(of_run(8)).filter(|(one, other)| **one == *other).count();
        assert!(same < 85_000, "as often as chance has it: {same}");
        assert!((sizes.mean() - (0.9 * 200.0 + 0.09 * 4049.5 + 640.0)).abs() < 1e-6);
        assert_eq!((sizes.only(), sizes.to_string().as_str()), (None, "200:90,4000..4099:9,64000:1"));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert_eq!(Sizes::mix(vec![]), Err(NotAMix::Count));
        assert_eq!(Sizes::mix(vec![part(200, 200, 1); MOST_PARTS + 1]), Err(NotAMix::Count));
        assert_eq!(Sizes::mix(vec![part(MIN_SIZE - 1, 200, 1)]), Err(NotAMix::TooSmall));
        assert_eq!(Sizes::mix(vec![part(300, 200, 1)]), Err(NotAMix::Backwards(300, 200)));
        assert_eq!(Sizes::mix(vec![part(200, 200, 0)]), Err(NotAMix::NoWeight));
    }

    proptest! {
        #[test]
        fn no_event_is_smaller_or_larger_than_a_part_allows(
            (least, more, run, number) in (MIN_SIZE..1000, 0..1000_usize, any::<u64>(), any::<u64>()),
        ) {
            let sizes = Sizes::mix(vec![part(least, least + more, 1), part(5000, 5000, 1)]).expect("a mix");
            let size = sizes.of(run, number);
            prop_assert!((least..=least + more).contains(&size) || size == 5000, "{}", size);
        }
    }
}
