//! Addresses from which bad tokens come: beyond a number of them in a minute, no signature is computed for their requests any
//! more, so that bad tokens cannot take the processor from those who have good ones.
//!
//! Measured, in CPU time on one core of a server: a request without a token takes 8 µs, one with a bad HS256 token 10 µs, with
//! RS256 28 µs, with `EdDSA` 41 µs, with ES256 52 µs; beyond the limit 9 µs, whatever the algorithm. Others may share the
//! address, behind a router or a proxy that is not trusted: those whose tokens were accepted before go on, and so do static
//! tokens and tickets, which need no signature. Only JWTs that are new have to wait.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
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

/// Tokens that are remembered as good, twice: those of now, and those of before. Eight bytes each, and some to find them.
const REMEMBERED: usize = 1 << 16;

/// What one public address may send in a minute if nothing else is said: many clients behind one router make fewer, and the
/// signatures of so many take half a millisecond of each second.
const PUBLIC: Quota = Quota::per_minute(count(600));

/// The same of a private address or one of this machine: there may be a proxy that is not trusted, with all clients behind
/// it. The signatures of so many take less than a twentieth of a core.
const PRIVATE: Quota = Quota::per_second(count(1000));

/// How many bad tokens may come from an address.
#[derive(Clone, Copy, Debug)]
pub enum BadTokens {
    /// 600 a minute from a public address, 1000 a second from a private one.
    Usual,
    /// So many a minute from any.
    PerMinute(NonZeroU32),
}

/// What is known of them.
pub(in crate::server) struct Failures {
    public: Rates,
    private: Rates,
    refused: Mutex<HashMap<Block, Instant>>,
    good: Mutex<Good>,
    hasher: RandomState,
    said: Seldom,
}

/// The hashes of tokens that were accepted.
#[derive(Default)]
struct Good {
    now: HashSet<u64>,
    before: HashSet<u64>,
}

impl Failures {
    pub(super) fn new(limit: BadTokens) -> Self {
        let (public, private) = match limit {
            BadTokens::Usual => (PUBLIC, PRIVATE),
            BadTokens::PerMinute(count) => (Quota::per_minute(count), Quota::per_minute(count)),
        };
        Self {
            public: Rates::new(public),
            private: Rates::new(private),
            refused: Mutex::default(),
            good: Mutex::default(),
            hasher: RandomState::new(),
            said: Seldom::default(),
        }
    }

    /// A token was accepted.
    pub(in crate::server) fn remember(&self, token: &str) {
        let (hash, mut good) = (self.hasher.hash_one(token), self.good());
        if good.now.len() >= REMEMBERED {
            good.before = std::mem::take(&mut good.now);
        }
        good.now.insert(hash);
    }

    /// Whether a token was accepted lately, so that its signature is worth another look.
    pub(in crate::server) fn remembers(&self, token: &str) -> bool {
        let (hash, good) = (self.hasher.hash_one(token), self.good());
        good.now.contains(&hash) || good.before.contains(&hash)
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
        let rates = if is_private(address) { &self.private } else { &self.public };
        let Err(Over::Wait(wait)) = rates.take(&block, ONE) else { return };
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

    fn good(&self) -> MutexGuard<'_, Good> {
        self.good.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refused(&self) -> MutexGuard<'_, HashMap<Block, Instant>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const fn count(count: u32) -> NonZeroU32 {
    match NonZeroU32::new(count) {
        Some(count) => count,
        None => NonZeroU32::MIN,
    }
}

/// Whether an address is nobody's on the internet: RFC 1918 §3, RFC 3927 §2.1, RFC 4193 §3, RFC 4291 §2.5.6.
fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn per_minute(count: u32) -> Failures {
        Failures::new(BadTokens::PerMinute(NonZeroU32::new(count).expect("a number")))
    }

    #[test]
    fn an_address_is_refused_beyond_so_many_bad_tokens_a_minute_and_let_in_again() {
        let (failures, now) = (per_minute(3), Instant::now());
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

    #[test]
    fn a_private_address_may_be_that_of_many_clients() {
        let (failures, now) = (Failures::new(BadTokens::Usual), Instant::now());
        let refused = |text: &str, count: u32| {
            let address: IpAddr = text.parse().expect("an address");
            (0..count).for_each(|_| failures.note(address, now));
            failures.refused_for(address, now).is_some()
        };
        for private in
            ["127.0.0.1", "::1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.0.1", "fd00::1", "fe80::1"]
        {
            assert!(!refused(private, 1000), "{private}");
        }
        assert!(refused("10.0.0.2", 100_000), "but there is a bound");
        for public in ["192.0.2.1", "172.32.0.1", "2001:db8::1", "100.64.0.1"] {
            assert!(refused(public, 1000), "{public}");
        }
    }

    #[test]
    fn the_last_good_tokens_are_remembered_and_never_too_many() {
        let failures = per_minute(1);
        failures.remember("first");
        for token in 0..REMEMBERED {
            failures.remember(&token.to_string());
        }
        assert!(failures.remembers("first") && failures.remembers("0") && !failures.remembers("another"));
        for token in 0..2 * REMEMBERED {
            failures.remember(&format!("later {token}"));
        }
        let good = failures.good();
        assert!(good.now.len() <= REMEMBERED && good.before.len() <= REMEMBERED);
        drop(good);
        assert!(!failures.remembers("first"));
    }
}
