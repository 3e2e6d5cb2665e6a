//! When the pieces of an answer came. Times are counted from the moment at which the request was sent.

use std::time::Duration;

use serde::Serialize;

use super::Step;
use super::report::milliseconds;

/// The shortest time between first and last chunk from which a rate is worked out. What comes faster was held back on its
/// way and came at once: its rate would be that of a socket.
const SHORTEST_SPAN: Duration = Duration::from_millis(10);

/// A time in which no content came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Stall {
    /// When it began: at a chunk with content.
    #[serde(rename = "began_ms", serialize_with = "milliseconds")]
    pub began: Duration,
    /// How long it took to the next such chunk.
    #[serde(rename = "length_ms", serialize_with = "milliseconds")]
    pub length: Duration,
}

/// The times of the events that bring content.
#[derive(Debug, Default)]
pub(super) struct Pace {
    pub(super) chunks: u64,
    pub(super) first: Option<Duration>,
    /// The first that brought more than reasoning.
    pub(super) first_answer: Option<Duration>,
    pub(super) first_text: Option<Duration>,
    pub(super) last: Option<Duration>,
    pub(super) longest_stall: Option<Stall>,
}

impl Pace {
    /// Notes an event with content, of which these are shown.
    pub(super) fn chunk(&mut self, at: Duration, shown: &[Step]) {
        self.chunks += 1;
        self.first.get_or_insert(at);
        if shown.is_empty() || shown.iter().any(|step| !matches!(step, Step::Reasoning(_))) {
            self.first_answer.get_or_insert(at);
        }
        if shown.iter().any(|step| matches!(step, Step::Text(_) | Step::Refusal(_))) {
            self.first_text.get_or_insert(at);
        }
        if let Some(began) = self.last.replace(at) {
            let length = at.saturating_sub(began);
            if self.longest_stall.is_none_or(|longest| longest.length < length) {
                self.longest_stall = Some(Stall { began, length });
            }
        }
    }

    /// How many chunks came per second after the first one; `None` if all came at once.
    pub(super) fn chunks_per_second(&self) -> Option<f64> {
        self.rate_since(self.first?, self.chunks.saturating_sub(1))
    }

    /// How many of these tokens came per second; `None` if they came at once, or there were none.
    ///
    /// Where reasoning is counted apart, this is about the answer alone. Mostly a summary of the reasoning is streamed, or
    /// nothing of it: the time at which its tokens came is not known.
    pub(super) fn tokens_per_second(&self, output: u64, reasoning: u64) -> Option<f64> {
        if reasoning == 0 {
            return self.rate_since(self.first?, output);
        }
        self.rate_since(self.first_answer?, output.saturating_sub(reasoning))
    }

    fn rate_since(&self, first: Duration, amount: u64) -> Option<f64> {
        let span = self.last?.saturating_sub(first);
        if span < SHORTEST_SPAN { None } else { per_second(amount, span) }
    }
}

/// How many per second `amount` is in a time; `None` if there is none.
pub(super) fn per_second(amount: u64, time: Duration) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a rate is an approximation")]
    let rate = amount as f64 / time.as_secs_f64();
    rate.is_finite().then_some(rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reasoning up to 200 ms, then text.
    fn pace(times: &[u64]) -> Pace {
        let mut pace = Pace::default();
        for at in times {
            let step = if *at < 200 { Step::Reasoning } else { Step::Text };
            pace.chunk(Duration::from_millis(*at), &[step("a".into())]);
        }
        pace
    }

    #[test]
    fn the_longest_stall_is_the_first_of_its_length() {
        let ms = Duration::from_millis;
        let pace = pace(&[100, 200, 700, 1200, 1250]);
        assert_eq!(pace.longest_stall, Some(Stall { began: ms(200), length: ms(500) }));
        assert_eq!((pace.first, pace.first_text, pace.last), (Some(ms(100)), Some(ms(200)), Some(ms(1250))));
    }

    #[test]
    fn reasoning_that_is_counted_apart_counts_with_neither_tokens_nor_time() {
        let pace = pace(&[100, 200, 600]);
        assert_eq!(pace.tokens_per_second(50, 0), Some(100.0));
        assert_eq!(pace.tokens_per_second(50, 40), Some(25.0));
    }

    #[test]
    fn what_came_at_once_has_no_rate() {
        for times in [vec![], vec![100], vec![100, 105, 109], vec![350, 100]] {
            let pace = pace(&times);
            assert_eq!((pace.chunks_per_second(), pace.tokens_per_second(5, 0)), (None, None), "{times:?}");
        }
        assert_eq!(pace(&[100, 150, 350]).chunks_per_second(), Some(8.0));
    }
}
