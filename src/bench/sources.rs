//! The local addresses that the connections of subscribers come from. A connection is known by both of its ends, so one
//! address has only so many ports for connections to the same server; on loopback all of 127.0.0.0/8 is this machine, and
//! where one address has too few ports connections take turns at several. Elsewhere the kernel chooses.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::net::{TcpSocket, TcpStream};

use super::environment::read;
use super::plan::Plan;

/// Which part of the ports of an address is counted on, in percent: with fewer left over, the kernel looks for a free one
/// longer and longer, and other programs need some too.
const USABLE: u64 = 80;

/// The first address of several. 127.0.0.1 is left to the publishers, and to everybody else.
const FIRST: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// The most addresses: a million connections need 45 where the kernel has its usual range of ports.
const MOST: u32 = 1000;

/// The addresses of a run, for all of its threads.
#[derive(Debug)]
pub(super) struct Sources {
    count: u32,
    next: AtomicU32,
}

impl Sources {
    /// Those that a plan needs here.
    pub(super) fn of(plan: &Plan) -> Self {
        // The port of a connection that was closed cannot be had again at once.
        let connections = plan.sockets() + plan.returns() + u64::from(plan.publishers);
        Self::new(needed(plan.subscribe.address.ip(), connections, ports()))
    }

    fn new(count: u32) -> Self {
        Self { count, next: AtomicU32::new(0) }
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.count.into()
    }

    /// Connects, from the next address if there are several. How many bytes the kernel may hold for the reader has to be known
    /// before the connection is.
    pub(super) async fn connect(&self, address: SocketAddr, receive_buffer: Option<u32>) -> io::Result<TcpStream> {
        let socket = match self.count {
            2.. => {
                let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.count;
                bound_to(Ipv4Addr::from_bits(FIRST.to_bits() + turn))?
            }
            _ if address.is_ipv4() => TcpSocket::new_v4()?,
            _ => TcpSocket::new_v6()?,
        };
        if let Some(size) = receive_buffer {
            socket.set_recv_buffer_size(size)?;
        }
        socket.connect(address).await
    }
}

/// A socket that will connect from this address. Its port is chosen then: with the other end known, only the pair of both
/// has to be free.
fn bound_to(source: Ipv4Addr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    #[cfg(target_os = "linux")]
    nix::sys::socket::setsockopt(&socket, nix::sys::socket::sockopt::IpBindAddressNoPort, &true)?;
    socket.bind(SocketAddr::new(source.into(), 0))?;
    Ok(socket)
}

/// How many addresses so many connections to this one need, if each has so many ports.
fn needed(target: IpAddr, connections: u64, ports: Option<u64>) -> u32 {
    // Other systems have 127.0.0.1 only.
    let has_others = cfg!(target_os = "linux") && matches!(target, IpAddr::V4(address) if address.is_loopback());
    match ports {
        Some(ports) if has_others => {
            let usable = (ports * USABLE / 100).max(1);
            u32::try_from(connections.div_ceil(usable)).unwrap_or(MOST).clamp(1, MOST)
        }
        _ => 1,
    }
}

/// How many ports connections can come from at one address.
pub(super) fn ports() -> Option<u64> {
    let text = read("/proc/sys/net/ipv4/ip_local_port_range")?;
    let mut ends = text.split_whitespace().map(str::parse::<u64>);
    let (first, last) = (ends.next()?.ok()?, ends.next()?.ok()?);
    Some((last + 1).saturating_sub(first))
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn one_address_is_enough_up_to_four_fifths_of_its_ports() {
        let at = |target: &str, connections| needed(target.parse().expect("an address"), connections, Some(28_232));
        assert_eq!([1, 22_585, 22_586, 45_171, 1_000_000].map(|count| at("127.0.0.1", count)), [1, 1, 2, 3, 45]);
        assert_eq!(at("127.9.9.9", 30_000), 2);
        assert_eq!(["::1", "10.0.0.1", "0.0.0.0"].map(|target| at(target, 1_000_000)), [1, 1, 1]);
        assert_eq!(needed(Ipv4Addr::LOCALHOST.into(), 1_000_000, None), 1);
        assert_eq!([0, 1].map(|ports| needed(Ipv4Addr::LOCALHOST.into(), 1_000_000, Some(ports))), [MOST; 2]);
    }

    #[test]
    fn connections_take_turns_at_the_addresses_and_have_no_port_before_they_stand() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let peers = |count| {
            let sources = Sources::new(count);
            let peer = || {
                let _connection = runtime.block_on(sources.connect(address, Some(4096))).expect("it listens");
                listener.accept().expect("a connection").1.ip().to_string()
            };
            std::iter::repeat_with(peer).take(4).collect::<Vec<_>>()
        };
        assert_eq!(peers(3), ["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.2"]);
        assert_eq!(peers(1), ["127.0.0.1"; 4]);
        let socket = runtime.block_on(async { bound_to(FIRST) }).expect("an address of this machine");
        assert_eq!(socket.local_addr().expect("it is bound"), SocketAddr::new(FIRST.into(), 0));
    }
}
