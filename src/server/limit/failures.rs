//! Addresses from which bad tokens come: beyond a number of them in a minute, no signature is computed for their requests
//! any more, so that bad tokens cannot take the processor from those who have good ones.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use governor::Quota;

use super::ONE;
use super::rates::{Over, Rates};
use crate::broker::Block;
use crate::server::seldom::Seldom;

/// The addresses that are refused at once: some 50 bytes each. Those of an attack from more of them are looked at.
const MOST: usize = 1 << 16;

/// What is known of them.
pub(in crate::server) struct Failures {
    rates: Rates,
    refused: Mutex<HashMap<Block, Instant>>,
    said: Seldom,
}

impl Failures {
    pub(super) fn new(per_minute: NonZeroU32) -> Self {
        let rates = Rates::new(Quota::per_minute(per_minute));
        Self { rates, refused: Mutex::default(), said: Seldom::default() }
    }

    /// For how long an address is still refused, if it is.
    pub(in crate::server) fn refused_for(&self, address: IpAddr, now: Instant) -> Option<Duration> {
        let (mut refused, block) = (self.refused(), Block::from(address));
        let until = refused.get(&block)?;
        let rest = until.checked_duration_since(now).filter(|rest| !rest.is_zero());
        if rest.is_none() {
            refused.remove(&block);
        }
        rest
    }

    /// A bad token has come.
    pub(in crate::server) fn note(&self, address: IpAddr, now: Instant) {
        let block = Block::from(address);
        let Err(Over::Wait(wait)) = self.rates.take(&block, ONE) else { return };
        let mut refused = self.refused();
        if refused.len() >= MOST {
            refused.retain(|_, until| *until > now);
        }
        if refused.len() < MOST {
            refused.insert(block, now + wait);
        }
        if let Some(more) = self.said.now(now) {
            tracing::warn!(more, "bad tokens come from {block} faster than --max-auth-failures allows: it is refused");
        }
    }

    fn refused(&self) -> MutexGuard<'_, HashMap<Block, Instant>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_refused_beyond_so_many_bad_tokens_a_minute_and_let_in_again() {
        let (failures, now) = (Failures::new(NonZeroU32::new(3).expect("a number")), Instant::now());
        let [bad, good] = [1, 2].map(|last| IpAddr::from([10, 0, 0, last]));
        for _ in 0..3 {
            failures.note(bad, now);
            assert_eq!(failures.refused_for(bad, now), None);
        }
        failures.note(bad, now);
        let wait = failures.refused_for(bad, now).expect("it is refused");
        assert!(wait <= Duration::from_secs(20), "{wait:?}");
        assert_eq!(failures.refused_for(good, now), None);
        assert_eq!(failures.refused_for(bad, now + wait), None);
        assert!(failures.refused().is_empty());
    }
}
