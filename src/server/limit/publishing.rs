//! How fast events may be published: with one token, and from one address.
//!
//! A request that is read whole is let through or refused whole: what is refused can be sent again as it is, and its order
//! holds. Newline-delimited JSON is read no faster than the limits allow instead, so that a publisher of thousands of
//! events need not know them: nothing of it is lost, and a connection that is slowed costs a task and a buffer.
//!
//! The answers say what is left, as draft-ietf-httpapi-ratelimit-headers-11 has it. What counts there are events.

use std::net::IpAddr;
use std::num::NonZeroU32;

use axum::http::{HeaderName, HeaderValue};

use super::rates::{Left, Over, Rates};
use super::{Exceeded, Limit, Pace, seconds};
use crate::auth::Grant;
use crate::broker::Block;
use crate::server::refusal::Refusal;

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The part of a burst that a stream of events takes at once: what it waits too long for its turn is made up for by the
/// rest.
const PART: u32 = 4;

/// What an answer says of the limits, if there are any.
pub(in crate::server) type Fields = Option<[(HeaderName, HeaderValue); 2]>;

/// The limits.
pub(in crate::server) struct Publishing {
    /// In the order in which they are asked: what is refused for its token takes nothing from its neighbours.
    gates: Vec<Gate>,
}

struct Gate {
    limit: Limit,
    pace: Pace,
    rates: Rates,
}

/// Whose rate it is.
#[derive(Hash)]
enum Key<'g> {
    User(&'g str),
    Token(&'g str),
    Address(Block),
}

impl Publishing {
    pub(super) fn new(of_token: Option<Pace>, of_address: Option<Pace>) -> Self {
        let gate = |limit, pace: Option<Pace>| pace.map(|pace| Gate { limit, pace, rates: Rates::new(pace.quota()) });
        let gates = [gate(Limit::Publish, of_token), gate(Limit::PublishOfAddress, of_address)];
        Self { gates: gates.into_iter().flatten().collect() }
    }

    /// Lets so many events through, or none of them.
    pub(in crate::server) fn take(&self, grant: &Grant, address: IpAddr, count: usize) -> Result<Fields, Refusal> {
        let Some(count) = whole(count).filter(|_| !self.gates.is_empty()) else { return Ok(None) };
        let passed = self.gates.iter().map(|gate| match gate.rates.take(&gate.key(grant, address), count) {
            Ok(left) => Ok((gate.limit, gate.pace, left)),
            Err(Over::Wait(wait)) => Err(Exceeded { limit: gate.limit, pace: gate.pace, wait }.into()),
            Err(Over::Never { most }) => {
                Err(Refusal::BatchBeyondRate { count: count.get(), most, option: gate.limit.option() })
            }
        });
        passed.collect::<Result<Vec<_>, _>>().map(|passed| Some(fields(&passed)))
    }

    /// Waits until so many events are let through, which are no more than [`Self::at_once`].
    pub(in crate::server) async fn wait(&self, grant: &Grant, address: IpAddr, count: usize) {
        let Some(count) = whole(count) else { return };
        for gate in &self.gates {
            while let Err(Over::Wait(wait)) = gate.rates.take(&gate.key(grant, address), count) {
                tokio::time::sleep(wait).await;
            }
        }
    }

    /// How many events a stream of them may take at once.
    pub(in crate::server) fn at_once(&self) -> usize {
        let of = |gate: &Gate| (gate.pace.burst.get() / PART).max(1) as usize;
        self.gates.iter().map(of).min().unwrap_or(usize::MAX)
    }

    /// What is said of the limits where it will have changed by the time it is read.
    pub(in crate::server) fn policies(&self) -> Option<[(HeaderName, HeaderValue); 1]> {
        let policies = self.gates.iter().map(|gate| policy(gate.limit, gate.pace));
        (!self.gates.is_empty()).then(|| [(RATE_LIMIT_POLICY, list(policies))])
    }
}

impl Gate {
    fn key<'g>(&self, grant: &'g Grant, address: IpAddr) -> Key<'g> {
        let name = (self.limit == Limit::Publish).then_some((grant.user.as_deref(), grant.token.as_deref()));
        match name {
            Some((Some(user), _)) => Key::User(user),
            Some((None, Some(token))) => Key::Token(token),
            _ => Key::Address(Block::from(address)),
        }
    }
}

impl Exceeded {
    /// What the refusal says of the limit; nothing of one that is not about publishing.
    pub(in crate::server) fn fields(&self) -> Fields {
        let left = Left { count: 0, full_in: self.wait };
        self.limit.name().map(|_| fields(&[(self.limit, self.pace, left)]))
    }
}

impl Limit {
    /// Its name among the policies.
    fn name(self) -> Option<&'static str> {
        match self {
            Self::Subscribe => None,
            Self::Publish => Some("token"),
            Self::PublishOfAddress => Some("address"),
        }
    }
}

fn fields(passed: &[(Limit, Pace, Left)]) -> [(HeaderName, HeaderValue); 2] {
    let left = |(limit, _, left): &(Limit, Pace, Left)| {
        format!("\"{}\";r={};t={}", limit.name().unwrap_or_default(), left.count, seconds(left.full_in))
    };
    let policies = passed.iter().map(|(limit, pace, _)| policy(*limit, *pace));
    [(RATE_LIMIT_POLICY, list(policies)), (RATE_LIMIT, list(passed.iter().map(left)))]
}

/// A policy: so many in so many whole seconds, at least as many as may come at once.
fn policy(limit: Limit, pace: Pace) -> String {
    let window = pace.burst.get().div_ceil(pace.rate.get());
    let quota = u64::from(window) * u64::from(pace.rate.get());
    format!("\"{}\";q={quota};w={window}", limit.name().unwrap_or_default())
}

fn list(items: impl Iterator<Item = String>) -> HeaderValue {
    let text = items.collect::<Vec<_>>().join(", ");
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}

fn whole(count: usize) -> Option<NonZeroU32> {
    NonZeroU32::new(u32::try_from(count).unwrap_or(u32::MAX))
}
