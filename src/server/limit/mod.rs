//! What one client may ask for: how often, how much at once, and how many bad tokens.
//!
//! Each gate is asked where its request is understood, and says for how long the way is closed, so that a refusal is true.
//! Nothing here grows without bound, whoever asks.

mod bodies;
mod failures;
mod publishing;
mod rates;
mod states;
mod under_way;

pub(super) use bodies::{Bodies, Held};
pub use failures::BadTokens;
pub(super) use failures::Failures;
pub(super) use publishing::Publishing;
pub(super) use under_way::UnderWay;

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use super::Settings;
use super::batch::max_item;
use crate::broker::Block;
use rates::{Over, Rates};

/// One of whatever is counted.
pub(super) const ONE: NonZeroU32 = NonZeroU32::MIN;

/// The least that may come at once of a rate, as a part of a second: the clock of a client and the scheduler of this
/// machine are no better than some milliseconds.
const LEAST_BURST: u32 = 50;

/// So many a second, and so many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    rate: NonZeroU32,
    burst: NonZeroU32,
}

/// What one client may ask for.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The events that one token may publish; none is no bound.
    pub publish: Option<Pace>,
    /// Those that may come from one address.
    pub publish_of_address: Option<Pace>,
    /// How many bad tokens may come from one address; none is no bound.
    pub bad_tokens: Option<BadTokens>,
    /// How many requests may be under way at once, streams that are open apart.
    pub requests: usize,
}

/// A rate that was exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exceeded {
    pub(super) limit: Limit,
    pub(super) pace: Pace,
    /// So many fewer may be now.
    pub(super) left: u32,
    /// After this time what was asked for may be.
    pub(super) wait: Duration,
}

/// The rates that clients can exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    /// Streams opened from one address.
    Subscribe,
    /// Events published with one token.
    Publish,
    /// Events published from one address.
    PublishOfAddress,
}

/// All gates.
pub(super) struct Gates {
    subscribe: Option<(Pace, Rates)>,
    pub(super) publish: Publishing,
    pub(super) failures: Option<Failures>,
    under_way: AtomicUsize,
    pub(super) bodies: Bodies,
}

impl Gates {
    pub(super) fn new(settings: &Settings) -> Self {
        let Bounds { publish, publish_of_address, bad_tokens, .. } = settings.bounds;
        let subscribe = settings.subscribe_rate.map(|rate| Pace::new(rate, None));
        Self {
            subscribe: subscribe.map(|pace| (pace, Rates::new(pace.quota()))),
            publish: Publishing::new(publish, publish_of_address),
            failures: bad_tokens.map(Failures::new),
            under_way: AtomicUsize::new(0),
            bodies: Bodies::new(max_item(settings.max_event_size)),
        }
    }

    /// Whether an address may open one more stream now.
    pub(super) fn may_subscribe(&self, address: IpAddr) -> Result<(), Exceeded> {
        match self.subscribe.as_ref().map(|(pace, rates)| (pace, rates.take(&Block::from(address), ONE))) {
            Some((pace, Err(Over::Wait(wait)))) => {
                Err(Exceeded { limit: Limit::Subscribe, pace: *pace, left: 0, wait })
            }
            _ => Ok(()),
        }
    }
}

impl Pace {
    /// At this rate per second; without a number, as many at once as a second allows.
    #[must_use]
    pub fn new(rate: NonZeroU32, burst: Option<NonZeroU32>) -> Self {
        let least = NonZeroU32::new(rate.get().div_ceil(LEAST_BURST)).unwrap_or(rate);
        Self { rate, burst: burst.unwrap_or(rate).max(least) }
    }

    /// How long it takes until one more is allowed.
    fn interval(self) -> Duration {
        Duration::from_nanos((1_000_000_000 / u64::from(self.rate.get())).max(1))
    }

    fn quota(self) -> governor::Quota {
        let quota = governor::Quota::with_period(self.interval());
        quota.unwrap_or(governor::Quota::per_second(self.rate)).allow_burst(self.burst)
    }
}

impl std::fmt::Display for Exceeded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (rate, wait) = (self.pace.rate, seconds(self.wait));
        let (what, whose) = match self.limit {
            Limit::Subscribe => ("streams are opened", "address"),
            Limit::Publish => ("events are published", "token"),
            Limit::PublishOfAddress => ("events are published", "address"),
        };
        let option = self.limit.option();
        write!(f, "{what} faster than the {rate} a second that {option} allows one {whose}; try again in {wait} s")
    }
}

impl std::error::Error for Exceeded {}

impl Limit {
    /// The option that sets it.
    pub(super) fn option(self) -> &'static str {
        match self {
            Self::Subscribe => "--max-subscribe-rate",
            Self::Publish => "--max-publish-rate",
            Self::PublishOfAddress => "--max-publish-rate-per-address",
        }
    }

    /// What programs can rely on.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Subscribe => "too_fast",
            Self::Publish => "publish_rate",
            Self::PublishOfAddress => "publish_rate_of_address",
        }
    }
}

/// A time to wait in whole seconds, as `Retry-After` takes them: never too few, and never none.
pub(super) fn seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}
