//! Searches against simulated servers: with a hidden limit and noise, and with no sense at all.

use proptest::prelude::*;

use super::ladder::tests::carried_out;
use super::{Fate, Limit, Search, Step};

proptest! {
    /// A server with a hidden limit: below it everything holds but for hiccups, of which a step has one at most; close to
    /// it chance decides.
    #[test]
    fn the_hidden_limit_is_found_within_a_tenth_in_a_bounded_number_of_runs(
        start in 1..2_000_u32,
        times in 1.0..500.0_f64,
        chances in prop::collection::vec((0..8_u32, any::<bool>()), 400),
    ) {
        let limit = f64::from(start) * times;
        let mut chances = chances.into_iter();
        let mut hiccup = 0;
        let run = |step: Step| {
            let (chance, coin) = chances.next().unwrap_or((0, true));
            if step.attempt == 1 {
                // Which try of the step fails whatever the server can: none in most steps.
                hiccup = chance;
            }
            let ratio = f64::from(step.value) / limit;
            let holds = ratio <= 0.97 || ratio <= 1.03 && coin;
            match step.attempt == hiccup {
                true if chance % 2 == 0 => Fate::Generator,
                true => Fate::Failed,
                false if holds => Fate::Held,
                false => Fate::Missed,
            }
        };
        let (found, tried) = carried_out(Search::new(start, u32::MAX), run);
        prop_assert!(tried.len() <= 60, "{} runs", tried.len());
        match found.value {
            // Where the start itself is close to the limit, chance decides whether it holds.
            None => prop_assert!(times < 1.04, "{:?} of {}", found, limit),
            Some(value) => {
                let ratio = f64::from(value) / limit;
                // The step from one whole number to the next may be more than a tenth.
                let whole = 1.0 / limit;
                prop_assert!(ratio >= 0.9 - whole && ratio <= 1.1 + whole, "{:?} of {}", found, limit);
                prop_assert!(found.confirmed && matches!(found.limit, Limit::Server(_)), "{:?}", found);
            }
        }
    }

    #[test]
    fn whatever_happens_a_search_ends_and_tries_nothing_beyond_its_bounds(
        (start, most) in (1..1_000_000_u32, 1..1_000_000_u32),
        fates in prop::collection::vec(0..5_u8, Search::MOST_RUNS as usize),
    ) {
        let mut fates = fates.into_iter();
        let (found, tried) = carried_out(Search::new(start, most), |_| match fates.next() {
            Some(0) => Fate::Missed,
            Some(1) => Fate::Generator,
            Some(2) => Fate::Failed,
            _ => Fate::Held,
        });
        prop_assert!(tried.iter().all(|step| (start.min(most)..=most).contains(&step.value)));
        prop_assert!(tried.len() <= Search::MOST_RUNS as usize);
        if let (Some(value), Limit::Server(missed)) = (found.value, found.limit) {
            prop_assert!(value < missed, "{:?}", found);
        }
    }
}
