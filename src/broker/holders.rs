//! Who has how many subscriptions open: addresses and users, as far as there are limits for them.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU64;

use super::{Block, Limits, TooMany};

/// How many each of them has open.
#[derive(Debug, Default)]
pub(super) struct Holders {
    by_address: HashMap<Block, u32>,
    by_user: HashMap<NonZeroU64, u32>,
    hasher: RandomState,
}

/// Whose a subscription is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Holder {
    address: Block,
    /// The hash of the user, for which every connection has room; nobody is counted where there is no limit.
    user: Option<NonZeroU64>,
}

impl Holders {
    /// Who may have one more.
    pub(super) fn holder(&self, address: IpAddr, user: Option<&str>, limits: Limits) -> Result<Holder, TooMany> {
        let user = user.filter(|_| limits.connections_per_user < u32::MAX);
        let user = user.and_then(|user| NonZeroU64::new(self.hasher.hash_one(user)));
        let holder = Holder { address: address.into(), user };
        if count(&self.by_address, &holder.address) >= limits.connections_per_address {
            return Err(TooMany::OfAddress { address: holder.address, limit: limits.connections_per_address });
        }
        if user.is_some_and(|user| count(&self.by_user, &user) >= limits.connections_per_user) {
            return Err(TooMany::OfUser { limit: limits.connections_per_user });
        }
        Ok(holder)
    }

    /// Counts one more.
    pub(super) fn enter(&mut self, holder: Holder) {
        *self.by_address.entry(holder.address).or_default() += 1;
        if let Some(user) = holder.user {
            *self.by_user.entry(user).or_default() += 1;
        }
    }

    /// Counts one less.
    pub(super) fn leave(&mut self, holder: Holder) {
        release(&mut self.by_address, &holder.address);
        if let Some(user) = &holder.user {
            release(&mut self.by_user, user);
        }
    }
}

fn count<K: Eq + Hash>(counts: &HashMap<K, u32>, key: &K) -> u32 {
    counts.get(key).copied().unwrap_or(0)
}

/// Whoever has none any more is forgotten.
fn release<K: Eq + Hash>(counts: &mut HashMap<K, u32>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_gone_leaves_nothing_behind() {
        let limits = Limits { connections: 9, connections_per_address: 2, connections_per_user: 1 };
        let mut holders = Holders::default();
        let address = IpAddr::from([192, 0, 2, 1]);
        let of_user = holders.holder(address, Some("u"), limits).expect("the first");
        holders.enter(of_user);
        assert_eq!(holders.holder(address, Some("u"), limits).err(), Some(TooMany::OfUser { limit: 1 }));
        let of_nobody = holders.holder(address, None, limits).expect("the second of the address");
        holders.enter(of_nobody);
        let refused = holders.holder(address, Some("v"), limits).err();
        assert_eq!(refused, Some(TooMany::OfAddress { address: address.into(), limit: 2 }));
        holders.leave(of_user);
        holders.leave(of_nobody);
        assert!(holders.by_address.is_empty() && holders.by_user.is_empty());
    }
}
