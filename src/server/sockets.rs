//! The sockets of each address that have not left as streams: those that wait for a request, are at one, or carry HTTP/2.
//! Streams have limits of their own; without this one, idle connections of a single client could take all places.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::forwarded::Proxies;
use crate::broker::Block;

/// How many of them one address may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PerAddress {
    /// So many at once.
    pub most: usize,
    /// Whether that holds for loopback, too, where others than clients may be.
    pub of_loopback: bool,
}

/// The sockets that are open; cloning shares them.
#[derive(Clone, Debug)]
pub(super) struct Sockets {
    limit: PerAddress,
    /// They ask for others, so they have as many as it takes.
    proxies: Proxies,
    by_address: ByAddress,
}

/// Counts one; dropping it ends that.
#[derive(Debug)]
pub(super) struct Socket(Option<(ByAddress, Block)>);

type ByAddress = Arc<Mutex<HashMap<Block, usize>>>;

impl Sockets {
    pub(super) fn new(limit: PerAddress, proxies: Proxies) -> Self {
        Self { limit, proxies, by_address: Arc::default() }
    }

    /// Counts one more of a peer; `None` if it has as many as it may.
    pub(super) fn open(&self, peer: IpAddr) -> Option<Socket> {
        if self.proxies.trusts(peer) || (peer.is_loopback() && !self.limit.of_loopback) {
            return Some(Socket(None));
        }
        let block = Block::from(peer);
        let mut by_address = lock(&self.by_address);
        let open = by_address.entry(block).or_default();
        // Whoever is refused has some already, so there is an entry for that.
        if *open >= self.limit.most {
            return None;
        }
        *open += 1;
        drop(by_address);
        Some(Socket(Some((Arc::clone(&self.by_address), block))))
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let Some((by_address, block)) = self.0.take() else { return };
        let mut by_address = lock(&by_address);
        if let Some(open) = by_address.get_mut(&block) {
            *open -= 1;
            if *open == 0 {
                by_address.remove(&block);
            }
        }
    }
}

fn lock(by_address: &Mutex<HashMap<Block, usize>>) -> MutexGuard<'_, HashMap<Block, usize>> {
    by_address.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sockets(of_loopback: bool) -> Sockets {
        let proxies = ["10.0.0.0/8"].map(|text| text.parse().expect("a network"));
        Sockets::new(PerAddress { most: 2, of_loopback }, proxies.into_iter().collect())
    }

    #[test]
    fn an_address_has_so_many_sockets_and_proxies_and_this_machine_as_many_as_they_like() {
        let sockets = sockets(false);
        let open = |address: &str| sockets.open(address.parse().expect("an address"));
        let [first, _second] = [1, 2].map(|_| open("2001:db8::1"));
        assert!(first.is_some() && open("2001:db8::2").is_none() && open("2001:db8:0:1::1").is_some());
        drop(first);
        assert!(open("2001:db8::2").is_some(), "there is room again");
        let _many = [(); 5].map(|()| [open("127.0.0.1"), open("10.0.0.1")].map(|socket| socket.expect("no bound")));
        assert_eq!(lock(&sockets.by_address).len(), 1, "whoever has none is forgotten");
    }

    #[test]
    fn this_machine_counts_where_the_operator_has_set_a_limit() {
        let (sockets, here) = (sockets(true), IpAddr::from([127, 0, 0, 1]));
        let _open = [(); 2].map(|()| sockets.open(here).expect("a place"));
        assert!(sockets.open(here).is_none());
    }
}
