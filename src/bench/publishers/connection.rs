//! A connection to publish on: blocking, because a publisher is a thread that does nothing else.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use memchr::memmem;

use super::transport::{Sight, Transport};
use crate::bench::http::{Body, Framing, Head, Malformed};
use crate::bench::{BadHandshake, Endpoint, Refusal};

/// How long a connection may take to stand.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// How long the server may take to answer the oldest request, and to take in what is written.
pub(super) const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// What one read can bring, in bytes.
const READ_BUFFER: usize = 16 << 10;

/// How much of an answer's body is kept to be looked at and shown, in bytes; the rest is read and forgotten.
const KEPT_BODY: usize = 4 << 10;

/// A connection, with what was read of answers that are not complete.
#[derive(Debug)]
pub(super) struct Connection {
    transport: Transport,
    read: Vec<u8>,
    /// What makes an answer a refusal, whatever its status is.
    refusal: Option<String>,
}

/// What the server said to a publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::bench) struct Reply {
    pub(in crate::bench) status: u16,
    /// Whether the event was taken.
    pub(in crate::bench) taken: bool,
    /// The beginning of the body, if it is a refusal.
    pub(in crate::bench) words: String,
    /// Whether another request may follow on the connection.
    pub(in crate::bench) keep_alive: bool,
}

/// Why there is no answer to a publish, after this error of a connection.
pub(super) fn refusal(error: io::Error) -> Refusal {
    if let Some(bad) = BadHandshake::behind(&error) {
        return bad.into();
    }
    let error = match error.downcast::<BadHandshake>() {
        Ok(bad) => return bad.into(),
        Err(error) => error,
    };
    match error.downcast::<Malformed>() {
        Ok(malformed) => malformed.into(),
        Err(error) => match error.kind() {
            // What Linux calls a read or write beyond its timeout.
            io::ErrorKind::WouldBlock => Refusal::Late(ANSWER_LIMIT.as_secs()),
            io::ErrorKind::UnexpectedEof => Refusal::NoAnswer,
            _ => Refusal::Connect(error.into()),
        },
    }
}

impl Connection {
    pub(super) fn open(endpoint: &Endpoint, refusal: Option<String>) -> io::Result<Self> {
        let tcp = TcpStream::connect_timeout(&endpoint.address, CONNECT_LIMIT)?;
        // An event must not wait for the acknowledgement of the one before.
        tcp.set_nodelay(true)?;
        tcp.set_read_timeout(Some(ANSWER_LIMIT))?;
        tcp.set_write_timeout(Some(ANSWER_LIMIT))?;
        Ok(Self { transport: Transport::on(tcp, endpoint)?, read: Vec::new(), refusal })
    }

    /// A second handle to write on, while this one reads.
    pub(super) fn writer(&self) -> io::Result<Transport> {
        self.transport.try_clone()
    }

    /// Whether a request would go nowhere, when no answer is outstanding. What comes unasked is the last word of a server
    /// that is about to end the connection, such as 408.
    pub(super) fn is_over(&self) -> bool {
        self.transport.sight(true) != Sight::Quiet
    }

    /// Writes whole requests.
    pub(super) fn send(&mut self, requests: &[u8]) -> io::Result<()> {
        self.transport.write_all(requests)
    }

    /// Waits for the answer to the oldest request that has none.
    pub(super) fn answer(&mut self) -> io::Result<Reply> {
        let (head, length) = loop {
            match Head::read(&self.read).map_err(io::Error::other)? {
                Some(found) => break found,
                None if self.fill()? == 0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                None => {}
            }
        };
        self.read.drain(..length);
        let body = self.body(head.framing)?;
        let refused = self.refusal.as_ref().is_some_and(|text| memmem::find(&body, text.as_bytes()).is_some());
        let taken = (200..300).contains(&head.status) && !refused;
        let words = if taken { String::new() } else { head.words(&body) };
        Ok(Reply { status: head.status, taken, words, keep_alive: head.keep_alive })
    }

    /// Reads a body to its end and returns its beginning.
    fn body(&mut self, framing: Framing) -> io::Result<Vec<u8>> {
        let (mut body, mut kept) = (Body::new(framing), Vec::new());
        loop {
            let mut rest = self.read.as_slice();
            while let Some(piece) = body.take(&mut rest).map_err(io::Error::other)? {
                let room = KEPT_BODY.saturating_sub(kept.len());
                kept.extend_from_slice(&piece[..piece.len().min(room)]);
            }
            let taken = self.read.len() - rest.len();
            self.read.drain(..taken);
            if body.has_ended() {
                return Ok(kept);
            }
            if self.fill()? == 0 {
                return if body.may_end() { Ok(kept) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
            }
        }
    }

    fn fill(&mut self) -> io::Result<usize> {
        let mut buffer = [0; READ_BUFFER];
        let count = loop {
            match self.transport.read(&mut buffer) {
                // On Linux a read that has a time limit is interrupted where the process was stopped and goes on.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.read.extend_from_slice(&buffer[..count]);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_connection_that_a_server_ends_or_gives_a_last_word_is_over() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let pair = || {
            let address = listener.local_addr().expect("an address");
            let endpoint =
                Endpoint { address, host: String::new(), path: String::new(), headers: Vec::new(), tls: None };
            let connection = Connection::open(&endpoint, None).expect("a connection");
            (connection, listener.accept().expect("its other end").0)
        };
        let becomes_over = |connection: &Connection| {
            let mut looks = std::iter::repeat_with(|| std::thread::sleep(Duration::from_millis(1)));
            looks.by_ref().take(5_000).any(|()| connection.is_over())
        };
        let (connection, server) = pair();
        assert!(!connection.is_over());
        drop(server);
        assert!(becomes_over(&connection));
        let (connection, mut server) = pair();
        server.write_all(b"HTTP/1.1 408 Request Timeout\r\n\r\n").expect("it stands");
        assert!(becomes_over(&connection));
    }
}
