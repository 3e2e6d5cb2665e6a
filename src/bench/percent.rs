//! A part of the subscribers, in whole percent, and which of them that are.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// 1 % to 100 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Percent(u8);

/// A text that is no such part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("give it as 1% to 100%")]
pub struct NotAPercentage;

impl Percent {
    /// How many of `count` that are; a fraction counts as one.
    #[must_use]
    pub fn of(self, count: u32) -> u32 {
        u32::try_from((u64::from(count) * u64::from(self.0)).div_ceil(100)).unwrap_or(count)
    }

    /// Whether the one with this number, counted from 0, is among them: they are spread evenly.
    pub(super) fn has(self, number: u32) -> bool {
        self.of(number.saturating_add(1)) > self.of(number)
    }
}

impl FromStr for Percent {
    type Err = NotAPercentage;

    fn from_str(text: &str) -> Result<Self, NotAPercentage> {
        let number = text.strip_suffix('%').unwrap_or(text).trim_end();
        let percent = number.parse().ok().filter(|percent| (1..=100).contains(percent));
        percent.map(Self).ok_or(NotAPercentage)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} %", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_has_as_many_of_any_count_as_it_says_and_one_at_least() {
        for percent in 1..=100 {
            let part = Percent(percent);
            for count in [1, 2, 3, 7, 100, 101, 1000] {
                let among = (0..count).filter(|number| part.has(*number)).count();
                assert_eq!(among, part.of(count) as usize, "{percent} % of {count}");
                let least = count as usize * usize::from(percent) / 100;
                assert!(among >= least.max(1) && among <= least + 1, "{percent} % of {count} are {among}");
            }
        }
        assert!((0..4).map(|number| Percent(50).has(number)).eq([true, false, true, false]));
    }

    #[test]
    fn it_is_written_in_percent() {
        assert_eq!(["1%", "20 %", "100"].map(str::parse), [Ok(Percent(1)), Ok(Percent(20)), Ok(Percent(100))]);
        for wrong in ["", "0%", "101%", "1.5%", "-1%", "half", "256%"] {
            assert_eq!(wrong.parse::<Percent>(), Err(NotAPercentage), "{wrong}");
        }
    }
}
