//! TLS on a socket that has left hyper: what a shard writes is encrypted for each connection, from the state that its
//! handshake has left.

use std::io::{self, ErrorKind, Read, Write};

use rustls::ServerConnection;

use crate::broker::Layer;

/// A TLS connection without its socket.
#[derive(Debug)]
pub(super) struct TlsLayer(ServerConnection);

impl TlsLayer {
    pub(super) fn new(connection: ServerConnection) -> Self {
        Self(connection)
    }
}

impl Layer for TlsLayer {
    fn write(&mut self, socket: &mut dyn Write, bytes: &[u8]) -> io::Result<usize> {
        // What was taken before goes first: so no more than one buffer of rustls is ever held back.
        self.flush(socket)?;
        let taken = self.0.writer().write(bytes)?;
        match self.flush(socket) {
            Err(error) if error.kind() != ErrorKind::WouldBlock => Err(error),
            _ => Ok(taken),
        }
    }

    fn flush(&mut self, mut socket: &mut dyn Write) -> io::Result<()> {
        while self.0.wants_write() {
            self.0.write_tls(&mut socket)?;
        }
        Ok(())
    }

    fn read(&mut self, mut socket: &mut dyn Read, scratch: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.reader().read(scratch) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                read => return read,
            }
            if self.0.read_tls(&mut socket)? == 0 {
                return Ok(0);
            }
            self.0.process_new_packets().map_err(io::Error::other)?;
        }
    }

    fn close(&mut self, socket: &mut dyn Write) {
        self.0.send_close_notify();
        // The peer may have gone, or its socket may be full: then it learns from the end of the connection.
        let _ = self.flush(socket);
    }
}
