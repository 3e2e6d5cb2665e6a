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

    /// Drops what has been decrypted; returns whether the peer has closed behind it.
    fn drop_decrypted(&mut self, scratch: &mut [u8]) -> io::Result<bool> {
        loop {
            match self.0.reader().read(scratch) {
                Ok(0) => return Ok(true),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
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

    fn discard(&mut self, mut socket: &mut dyn Read, scratch: &mut [u8]) -> io::Result<usize> {
        // What has been decrypted before takes the room of what comes.
        if self.drop_decrypted(scratch)? {
            return Ok(0);
        }
        let count = self.0.read_tls(&mut socket)?;
        self.0.process_new_packets().map_err(io::Error::other)?;
        Ok(if self.drop_decrypted(scratch)? { 0 } else { count })
    }

    fn close(&mut self, socket: &mut dyn Write) {
        self.0.send_close_notify();
        // The peer may have gone, or its socket may be full: then it learns from the end of the connection.
        let _ = self.flush(socket);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::pki_types::PrivateKeyDer;
    use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig};

    use super::*;

    /// The bytes that are under way; more may follow.
    struct Wire<'w>(&'w [u8]);

    impl Read for Wire<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() { Err(ErrorKind::WouldBlock.into()) } else { self.0.read(buffer) }
        }
    }

    /// What a client has to send.
    fn sent(client: &mut ClientConnection) -> Vec<u8> {
        let mut bytes = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut bytes).expect("memory");
        }
        bytes
    }

    /// A client, and its server after the handshake.
    fn connected() -> (ClientConnection, TlsLayer) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
        let chain = vec![made.cert.der().clone()];
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).expect("a server");
        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone()).expect("a root");
        let trusting = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let name = "localhost".try_into().expect("a name");
        let mut client = ClientConnection::new(Arc::new(trusting), name).expect("a client");
        let mut server = ServerConnection::new(Arc::new(config)).expect("a server");
        while client.is_handshaking() || server.is_handshaking() {
            server.read_tls(&mut &sent(&mut client)[..]).expect("memory");
            server.process_new_packets().expect("a handshake");
            let mut answer = Vec::new();
            while server.wants_write() {
                server.write_tls(&mut answer).expect("memory");
            }
            let mut answer = &answer[..];
            while !answer.is_empty() {
                client.read_tls(&mut answer).expect("memory");
                client.process_new_packets().expect("a handshake");
            }
        }
        (client, TlsLayer::new(server))
    }

    #[test]
    fn what_is_dropped_counts_as_it_comes_from_the_socket_and_the_end_is_seen() {
        let (mut client, mut server) = connected();
        let mut under_way = sent(&mut client);
        for _ in 0..100 {
            client.writer().write_all(b"x").expect("memory");
            under_way.extend(sent(&mut client));
        }
        assert!(under_way.len() > 20 * 100, "a record is much longer than what it stands for");
        let (mut wire, mut scratch, mut counted) = (Wire(&under_way), [0; 16], 0);
        let end = loop {
            match server.discard(&mut wire, &mut scratch) {
                Ok(count) => counted += count,
                Err(error) => break error.kind(),
            }
        };
        assert_eq!((end, counted), (ErrorKind::WouldBlock, under_way.len()));
        client.send_close_notify();
        assert_eq!(server.discard(&mut Wire(&sent(&mut client)), &mut scratch).expect("an end"), 0);
    }
}
