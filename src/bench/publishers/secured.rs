//! TLS on a connection that one thread writes and another reads. The session is behind a lock that is held only while
//! bytes are turned into others; nobody holds it while a socket is waited for, so that neither direction can hold up the
//! other. Only the writer writes to the socket: what a read gives rise to (RFC 8446 §4.6.3) goes out with the next write.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use rustls::ClientConnection;

use super::patient::Patient;
use super::transport::Sight;
use crate::bench::Tls;

/// How much of what is to be written becomes one record and one write to the socket, in bytes: the most that a record can
/// hold (RFC 8446 §5.1). The server can read nothing of a record that it has not wholly, so whoever gets an error knows
/// exactly what was not written.
const RECORD: usize = 16 << 10;

/// What one read of the socket can bring, in bytes.
const READ_BUFFER: usize = 16 << 10;

/// A handle on the connection.
#[derive(Debug)]
pub(super) struct Secured {
    tcp: Patient,
    session: Arc<Mutex<ClientConnection>>,
    /// What came and was not read on this handle yet.
    said: Vec<u8>,
}

impl Secured {
    /// Shakes hands.
    pub(super) fn new(mut tcp: TcpStream, tls: &Tls) -> io::Result<Self> {
        let explained = |error: io::Error| match error.kind() {
            // The time that the socket allows is over: the caller knows how long that is.
            io::ErrorKind::WouldBlock => error,
            _ => io::Error::other(tls.explain(error)),
        };
        let session = ClientConnection::new(Arc::clone(&tls.config), tls.name.clone());
        let mut session = session.map_err(io::Error::other)?;
        while session.is_handshaking() {
            session.complete_io(&mut tcp).map_err(explained)?;
        }
        tls.check(session.alpn_protocol()).map_err(io::Error::other)?;
        Ok(Self { tcp: Patient::new(tcp), session: Arc::new(Mutex::new(session)), said: Vec::new() })
    }

    pub(super) fn tcp(&self) -> &TcpStream {
        self.tcp.tcp()
    }

    /// As [`Patient::take_waited`].
    pub(super) fn take_waited(&mut self) -> u64 {
        self.tcp.take_waited()
    }

    pub(super) fn try_clone(&self) -> io::Result<Self> {
        Ok(Self { tcp: self.tcp.try_clone()?, session: Arc::clone(&self.session), said: Vec::new() })
    }

    /// What can be seen of it while nobody reads. Not every byte on the socket is one of an answer: a server sends tickets
    /// for later sessions when it likes, and those are taken in here.
    pub(super) fn sight(&self) -> Sight {
        let (mut bytes, mut said) = ([0; READ_BUFFER], Vec::new());
        loop {
            let closed = match recv(self.tcp.tcp(), &mut bytes[..], RecvFlags::DONTWAIT) {
                Err(Errno::AGAIN) => return Sight::Quiet,
                Err(Errno::INTR) => Ok(false),
                Ok((0, _)) | Err(_) => return Sight::Over,
                Ok((count, _)) => self.take_in(&bytes[..count], &mut said),
            };
            match closed {
                Ok(true) | Err(_) => return Sight::Over,
                Ok(false) if !said.is_empty() => return Sight::Unread,
                Ok(false) => {}
            }
        }
    }

    /// Takes in what the socket brought, and appends what it says; returns whether the server has closed the session.
    fn take_in(&self, mut bytes: &[u8], said: &mut Vec<u8>) -> io::Result<bool> {
        let mut session = self.session();
        while !bytes.is_empty() {
            session.read_tls(&mut bytes)?;
            session.process_new_packets().map_err(io::Error::other)?;
            match session.reader().read_to_end(said) {
                Ok(_) => return Ok(true),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }

    fn session(&self) -> MutexGuard<'_, ClientConnection> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Read for Secured {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.said.is_empty() {
            let mut bytes = [0; READ_BUFFER];
            let count = self.tcp.read(&mut bytes)?;
            let mut said = std::mem::take(&mut self.said);
            let closed = self.take_in(&bytes[..count], &mut said)?;
            self.said = said;
            if (count == 0 || closed) && self.said.is_empty() {
                return Ok(0);
            }
        }
        let count = buffer.len().min(self.said.len());
        buffer[..count].copy_from_slice(&self.said[..count]);
        self.said.drain(..count);
        Ok(count)
    }
}

impl Write for Secured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut records = Vec::new();
        let taken = {
            let mut session = self.session();
            let taken = session.writer().write(&bytes[..bytes.len().min(RECORD)])?;
            while session.wants_write() {
                session.write_tls(&mut records)?;
            }
            taken
        };
        self.tcp.write_all(&records)?;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use rustls::pki_types::PrivateKeyDer;
    use rustls::{ServerConfig, ServerConnection, StreamOwned};

    use super::*;
    use crate::bench::{Protocol, Trust};

    type Server = StreamOwned<ServerConnection, TcpStream>;

    /// Both ends of a connection behind the handshake.
    fn pair() -> (Secured, Server) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key);
        let config = Arc::new(config.expect("they fit"));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let server = std::thread::spawn(move || {
            let mut tcp = listener.accept().expect("a client").0;
            let mut session = ServerConnection::new(config).expect("a session");
            while session.is_handshaking() || session.wants_write() {
                session.complete_io(&mut tcp).expect("a client that speaks TLS");
            }
            StreamOwned::new(session, tcp)
        });
        let mut trust = Trust::default();
        trust.insecure = true;
        let tls = trust.with("localhost", Protocol::Http1).expect("TLS");
        let client = Secured::new(TcpStream::connect(address).expect("it listens"), &tls).expect("a handshake");
        (client, server.join().expect("a server"))
    }

    /// Waits until something has come that was not taken in.
    fn wait_for_bytes(client: &Secured) {
        while Sight::of(client.tcp()) == Sight::Quiet {
            std::thread::yield_now();
        }
    }

    /// What is seen when there is something to see; the tickets of the server are nothing.
    fn once_not_quiet(client: &Secured) -> Sight {
        loop {
            wait_for_bytes(client);
            match client.sight() {
                Sight::Quiet => {}
                other => return other,
            }
        }
    }

    #[test]
    fn what_tls_itself_says_is_nothing_to_read_and_the_connection_goes_on() {
        let (mut client, mut server) = pair();
        while client.sight() != Sight::Quiet {}
        server.conn.refresh_traffic_keys().expect("TLS 1.3");
        server.flush().expect("it stands");
        wait_for_bytes(&client);
        assert_eq!(client.sight(), Sight::Quiet);
        for _ in 0..2 {
            client.write_all(b"question").expect("it stands");
            let mut bytes = [0; 8];
            server.read_exact(&mut bytes).expect("it stands");
            assert_eq!(&bytes, b"question");
            server.write_all(b"answered").expect("it stands");
            client.read_exact(&mut bytes).expect("it stands");
            assert_eq!((&bytes, client.sight()), (b"answered", Sight::Quiet));
        }
    }

    #[test]
    fn a_word_that_nobody_asked_for_and_both_ends_of_a_connection_are_seen() {
        let (client, mut server) = pair();
        server.write_all(b"408").expect("it stands");
        assert_eq!(once_not_quiet(&client), Sight::Unread);
        let (client, mut server) = pair();
        server.conn.send_close_notify();
        server.flush().expect("it stands");
        assert_eq!(once_not_quiet(&client), Sight::Over);
        let (client, server) = pair();
        drop(server);
        assert_eq!(once_not_quiet(&client), Sight::Over);
    }

    #[test]
    fn a_server_that_reads_only_when_it_has_written_is_read_while_it_is_written_to() {
        const MUCH: usize = 16 << 20;
        let (mut client, mut server) = pair();
        let mut writer = client.try_clone().expect("a handle");
        let server = std::thread::spawn(move || {
            server.write_all(&vec![1; MUCH]).expect("somebody reads");
            let mut bytes = vec![0; MUCH];
            server.read_exact(&mut bytes).map(|()| bytes)
        });
        let writing = std::thread::spawn(move || writer.write_all(&vec![2; MUCH]));
        let mut bytes = vec![0; MUCH];
        client.read_exact(&mut bytes).expect("all of it");
        assert!(bytes.iter().all(|byte| *byte == 1));
        writing.join().expect("a thread").expect("somebody reads");
        assert!(server.join().expect("a thread").expect("all of it").iter().all(|byte| *byte == 2));
    }
}
