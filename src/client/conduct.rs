//! How an event source behaves: when it connects again, how long it waits, what it takes for dead.

use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use super::backoff::DEFAULT_RECONNECTION_TIME;
use crate::wire::Decoder;

/// The conduct of an event source; by default that of a browser.
#[derive(Clone, Debug)]
pub struct Conduct {
    /// When to connect again.
    pub reconnect: Reconnect,
    /// The reconnection time until the server sets its own with `retry`; zero is possible.
    pub first_delay: Duration,
    /// The longest wait, whatever the server asks for and however many attempts have failed: if there is none, 30 s after
    /// failures, and 24 hours for what the server asks.
    pub longest_delay: Option<Duration>,
    /// How many attempts in a row may come to nothing before the source gives up: attempts to connect *again*, since
    /// something was read.
    pub retries: Option<u32>,
    /// Statuses that mean "later", not "never".
    pub retry_statuses: Statuses,
    /// A connection that has brought no byte for so long is taken for dead.
    pub idle_timeout: Option<Duration>,
    /// The longest event, in bytes.
    pub max_event_size: usize,
}

impl Default for Conduct {
    fn default() -> Self {
        Self {
            reconnect: Reconnect::OnceOpen,
            first_delay: DEFAULT_RECONNECTION_TIME,
            longest_delay: None,
            retries: None,
            retry_statuses: Statuses::default(),
            idle_timeout: None,
            max_event_size: Decoder::DEFAULT_LIMIT,
        }
    }
}

/// When to connect again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reconnect {
    /// Never.
    Never,
    /// When a stream that was open ends or breaks; a first attempt that fails is an error.
    OnceOpen,
    /// Until a stream is open; its end is the end.
    UntilOpen,
    /// Always.
    Always,
}

impl Reconnect {
    /// Whether there is another attempt, after a stream was open or before.
    pub(super) fn again(self, was_open: bool) -> bool {
        match self {
            Self::Never => false,
            Self::OnceOpen => was_open,
            Self::UntilOpen => !was_open,
            Self::Always => true,
        }
    }
}

/// A set of HTTP statuses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statuses(Vec<RangeInclusive<u16>>);

/// Why a text names no statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("give statuses as 429, as 5xx, or as a list of them: 5xx,429")]
pub struct NotStatuses;

impl Statuses {
    /// Whether the status is among them.
    #[must_use]
    pub fn contains(&self, status: u16) -> bool {
        self.0.iter().any(|range| range.contains(&status))
    }
}

impl FromStr for Statuses {
    type Err = NotStatuses;

    fn from_str(text: &str) -> Result<Self, NotStatuses> {
        text.split(',').map(|one| range(one.trim()).ok_or(NotStatuses)).collect::<Result<_, _>>().map(Self)
    }
}

/// `429` or `5xx`, from 300 on: nobody waits for a status that says yes.
fn range(text: &str) -> Option<RangeInclusive<u16>> {
    match text.to_ascii_lowercase().strip_suffix("xx") {
        Some(class) => class
            .parse::<u16>()
            .ok()
            .filter(|class| (3..=5).contains(class))
            .map(|class| class * 100..=class * 100 + 99),
        None => text.parse().ok().filter(|status| (300..600).contains(status)).map(|status| status..=status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_numbers_and_classes() {
        let statuses: Statuses = "5xx, 429".parse().expect("statuses");
        assert!([500, 503, 599, 429].iter().all(|status| statuses.contains(*status)));
        assert!([428, 400, 200, 600].iter().all(|status| !statuses.contains(*status)));
        for text in ["", "5x", "200", "2xx", "9xx", "65535xx", "429;500", "-1"] {
            assert_eq!(text.parse::<Statuses>(), Err(NotStatuses), "{text}");
        }
    }
}
