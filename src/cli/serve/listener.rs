//! The listener of `sse serve`.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::{TcpListener, TcpSocket};

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;

/// Connections that the kernel holds until they are accepted.
const BACKLOG: u32 = 4096;

/// What the kernel holds per connection that is not read, in bytes; it doubles the number for its own bookkeeping.
const SEND_BUFFER: usize = 64 << 10;

/// After how long without an acknowledgement for what was sent a peer is taken for dead. Linux counts a client that has
/// stopped reading too, alive as it may be, so this is also how long one may pause; then it can come back and resume.
const UNACKNOWLEDGED: Duration = Duration::from_mins(5);

/// The address that is given as `HOST:PORT`.
pub(super) async fn address(listen: &str) -> Result<SocketAddr, Failure> {
    let form = "give --listen as HOST:PORT, such as 127.0.0.1:8080 or [::]:8080";
    let addresses = tokio::net::lookup_host(listen).await;
    let mut addresses = addresses
        .with_context(|| format!("cannot listen on {listen:?}"))
        .map_err(|error| Failure::new(Exit::Usage, error).hint(form))?;
    addresses.next().ok_or_else(|| Failure::usage(format!("{listen:?} has no address")).hint(form))
}

/// Listens there.
pub(super) fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    listen_on(address).map_err(|error| {
        let in_use = error.kind() == std::io::ErrorKind::AddrInUse;
        let failure = Failure::from(anyhow::Error::new(error).context(format!("cannot listen on {address}")));
        if in_use { failure.hint("another program uses this port; port 0 takes a free one") } else { failure }
    })
}

fn listen_on(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Without it a broker could not be restarted while connections of the last one linger.
    socket.set_reuseaddr(true)?;
    configure(&socket)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// What connections inherit from the listener.
fn configure(socket: &TcpSocket) -> std::io::Result<()> {
    let socket = socket2::SockRef::from(socket);
    // Events are small and are wanted at once.
    socket.set_tcp_nodelay(true)?;
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED))
}
