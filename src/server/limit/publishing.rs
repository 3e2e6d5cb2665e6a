//! How fast events may be published: with one token, and from one address.
//!
//! A request that is read whole is let through or refused whole: what is refused can be sent again as it is, and its order
//! holds. Newline-delimited JSON is read no faster than the limits allow instead, so that a publisher of thousands of
//! events need not know them: nothing of it is lost, and a connection that is slowed costs a task and a buffer.
//!
//! The answers say what is left, as draft-ietf-httpapi-ratelimit-headers-11 has it. What counts there are events.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};

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
    turn: Mutex<()>,
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
        Self { gates: gates.into_iter().flatten().collect(), turn: Mutex::default() }
    }

    /// Lets so many events through, or none of them: then none of the limits has counted any.
    pub(in crate::server) fn take(&self, grant: &Grant, address: IpAddr, count: usize) -> Result<Fields, Refusal> {
        let Some(count) = whole(count).filter(|_| !self.gates.is_empty()) else { return Ok(None) };
        // Where there are several, one at a time: nobody is refused for what is about to be given back.
        let _turn = (self.gates.len() > 1).then(|| self.turn.lock().unwrap_or_else(PoisonError::into_inner));
        let mut passed = Vec::with_capacity(self.gates.len());
        for gate in &self.gates {
            match gate.rates.take(&gate.key(grant, address), count) {
                Ok(left) => passed.push((gate.limit, gate.pace, left)),
                Err(over) => {
                    for taken in &self.gates[..passed.len()] {
                        taken.rates.give_back(&taken.key(grant, address), count);
                    }
                    return Err(gate.refusal(over, count));
                }
            }
        }
        Ok(Some(fields(&passed)))
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

    /// What so many are told that are beyond it.
    fn refusal(&self, over: Over, count: NonZeroU32) -> Refusal {
        let Self { limit, pace, .. } = *self;
        match over {
            Over::Wait(wait) => {
                let missing = wait.as_nanos().div_ceil(pace.interval().as_nanos());
                let left = count.get().saturating_sub(u32::try_from(missing).unwrap_or(u32::MAX));
                Exceeded { limit, pace, left, wait }.into()
            }
            Over::Never { most } => Refusal::BatchBeyondRate { count: count.get(), most, option: limit.option() },
        }
    }
}

impl Exceeded {
    /// What the refusal says of the limit; nothing of one that is not about publishing.
    pub(in crate::server) fn fields(&self) -> Fields {
        let left = Left { count: self.left, full_in: self.wait };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_limit_refuses_another_has_not_counted_and_what_is_left_is_said() {
        let pace = |burst| Some(Pace::new(NonZeroU32::MIN, NonZeroU32::new(burst)));
        let limits = Publishing::new(pace(600), pace(500));
        let [here, there, elsewhere] = [1, 2, 3].map(|last| IpAddr::from([192, 0, 2, last]));
        let mut anna = Grant::default();
        anna.user = Some("anna".to_owned());
        assert!(limits.take(&anna, here, 400).is_ok());
        for _ in 0..10 {
            // One a second comes back: a minute may pass here.
            let Err(Refusal::Exceeded(refused)) = limits.take(&anna, here, 190) else { panic!("100 are left") };
            assert_eq!(refused.limit, Limit::PublishOfAddress);
            assert!((100..190).contains(&refused.left) && refused.wait <= std::time::Duration::from_secs(90));
        }
        let mut bert = Grant::default();
        bert.user = Some("bert".to_owned());
        assert!(matches!(limits.take(&bert, there, 501), Err(Refusal::BatchBeyondRate { most: 500, .. })));
        assert!(limits.take(&bert, there, 200).is_ok());
        assert!(limits.take(&anna, elsewhere, 200).is_ok(), "of the 600 of the token 400 are taken, and no more");
    }
}
