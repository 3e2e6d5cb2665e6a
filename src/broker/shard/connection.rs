//! One connection of a shard: a socket and where in the log it is.

use std::io::{self, Read as _, Write as _};
use std::net::Shutdown;
use std::sync::Arc;

use bytes::{Buf as _, Bytes};
use mio::net::TcpStream;

use super::behind::Behind;
use crate::broker::permit::Permit;
use crate::broker::subscribe::Beginning;
use crate::broker::{Layer, StyleId};
use crate::metrics::Closed;
use crate::store::Filter;

/// Bytes that a client may send behind its request, per turn, before it is cut: they are read and dropped, so that it is
/// noticed at once when it closes. They count as they come from the socket: encrypted ones may stand for next to nothing.
const CHATTER: usize = 64 << 10;

/// A subscription that comes from the server with its socket.
#[derive(Debug)]
pub(in crate::broker) struct Arrival {
    /// In non-blocking mode.
    pub(in crate::broker) socket: std::net::TcpStream,
    /// What lies between.
    pub(in crate::broker) layer: Option<Box<dyn Layer>>,
    /// The head of the response, to be written before all else.
    pub(in crate::broker) head: Bytes,
    pub(in crate::broker) filter: Arc<Filter>,
    pub(in crate::broker) beginning: Beginning,
    pub(in crate::broker) permit: Permit,
    pub(in crate::broker) style: StyleId,
}

/// An open connection. This is what an idle one costs: keep it small.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) socket: TcpStream,
    pub(super) layer: Option<Box<dyn Layer>>,
    pub(super) audience: u32,
    pub(super) seat: u32,
    /// The tick in which something was last written.
    pub(super) touched: u32,
    /// The tick at which the wheel looks at it.
    pub(super) due: u32,
    /// Where it is if it is not where its shard is.
    pub(super) behind: Option<Box<Behind>>,
    pub(super) permit: Permit,
}

/// What became of a write.
#[derive(Debug)]
pub(super) enum Written {
    /// All of it is on its way.
    All,
    /// The socket takes no more for now; this is left.
    Left(Bytes),
    /// The connection is broken.
    Broken,
}

impl Connection {
    /// Writes as much as the socket takes. It is written to until it refuses, so that it will say when it is ready.
    pub(super) fn write(&mut self, bytes: &Bytes) -> Written {
        let mut left: &[u8] = bytes;
        loop {
            let written = match &mut self.layer {
                None => self.socket.write(left),
                Some(layer) => layer.write(&mut self.socket, left),
            };
            match written {
                Ok(count) if count == left.len() => return Written::All,
                Ok(count) => left.advance(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Written::Left(bytes.slice_ref(left)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Written::Broken,
            }
        }
    }

    /// Sends on what a layer holds back, now that the socket takes more.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        match self.layer.as_mut().map_or(Ok(()), |layer| layer.flush(&mut self.socket)) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            flushed => flushed,
        }
    }

    /// Reads and drops what the client sends. `Err` says why the connection is over: it was closed, it failed, or the client
    /// sends without end.
    pub(super) fn drain_input(&mut self) -> Result<(), Closed> {
        let (mut scratch, mut chatter) = ([0; 4096], 0);
        loop {
            let read = match &mut self.layer {
                None => self.socket.read(&mut scratch),
                Some(layer) => layer.discard(&mut self.socket, &mut scratch),
            };
            match read {
                Ok(0) => return Err(Closed::Client),
                Ok(count) if chatter + count > CHATTER => return Err(Closed::Chatter),
                Ok(count) => chatter += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(Closed::Lost),
            }
        }
    }

    /// Ends the connection so that the client sees an end, not a failure.
    pub(super) fn shut_down(&mut self) {
        if let Some(layer) = &mut self.layer {
            layer.close(&mut self.socket);
        }
        // It may be closed already: then there is nothing to end.
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}
