//! What may lie between a connection and its socket, such as TLS. The broker does not know what it is.

use std::fmt::Debug;
use std::io::{Read, Result, Write};

/// A layer over a non-blocking socket. Like a socket, it says `WouldBlock` where it would have to wait.
pub trait Layer: Debug + Send {
    /// Takes some of the bytes for the socket, and says how many. What it took may not be on its way until it is flushed.
    ///
    /// # Errors
    /// `WouldBlock` if it takes none for now; anything else if the connection is broken.
    fn write(&mut self, socket: &mut dyn Write, bytes: &[u8]) -> Result<usize>;

    /// Sends on what it has taken.
    ///
    /// # Errors
    /// As [`Layer::write`].
    fn flush(&mut self, socket: &mut dyn Write) -> Result<()>;

    /// Reads some of what the peer sends and drops it, by way of `scratch`; says how many bytes came from the socket, whatever
    /// they stand for; 0 if the peer has closed.
    ///
    /// # Errors
    /// As [`Layer::write`].
    fn discard(&mut self, socket: &mut dyn Read, scratch: &mut [u8]) -> Result<usize>;

    /// Says to the peer that nothing more comes, as far as the socket takes that.
    fn close(&mut self, socket: &mut dyn Write);
}
