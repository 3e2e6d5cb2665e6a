//! A connection to publish on: blocking, because a publisher is a thread that does nothing else.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::bench::http::{Body, Framing, Head, SHOWN_BODY, first_words};

/// How long a connection may take to stand.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// How long the server may take to answer the oldest request, and to take in what is written.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// What one read can bring, in bytes.
const READ_BUFFER: usize = 16 << 10;

/// A connection, with what was read of answers that are not complete.
#[derive(Debug)]
pub(super) struct Connection {
    tcp: TcpStream,
    read: Vec<u8>,
}

/// What the server said to a publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::bench) struct Answer {
    pub(in crate::bench) status: u16,
    /// The beginning of the body, if it is a refusal.
    pub(in crate::bench) words: String,
    /// Whether another request may follow on the connection.
    pub(super) keep_alive: bool,
}

impl Answer {
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl Connection {
    pub(super) fn open(address: SocketAddr) -> io::Result<Self> {
        let tcp = TcpStream::connect_timeout(&address, CONNECT_LIMIT)?;
        // An event must not wait for the acknowledgement of the one before.
        tcp.set_nodelay(true)?;
        tcp.set_read_timeout(Some(ANSWER_LIMIT))?;
        tcp.set_write_timeout(Some(ANSWER_LIMIT))?;
        Ok(Self { tcp, read: Vec::new() })
    }

    /// A second handle to write on, while this one reads.
    pub(super) fn writer(&self) -> io::Result<TcpStream> {
        self.tcp.try_clone()
    }

    /// Writes whole requests.
    pub(super) fn send(&mut self, requests: &[u8]) -> io::Result<()> {
        self.tcp.write_all(requests)
    }

    /// Waits for the answer to the oldest request that has none.
    pub(super) fn answer(&mut self) -> io::Result<Answer> {
        let (head, length) = loop {
            match Head::read(&self.read).map_err(io::Error::other)? {
                Some(found) => break found,
                None if self.fill()? == 0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                None => {}
            }
        };
        self.read.drain(..length);
        let body = self.body(head.framing)?;
        let success = (200..300).contains(&head.status);
        let words = if success { String::new() } else { first_words(&body) };
        Ok(Answer { status: head.status, words, keep_alive: head.keep_alive })
    }

    /// Reads a body to its end and returns its beginning.
    fn body(&mut self, framing: Framing) -> io::Result<Vec<u8>> {
        let (mut body, mut shown) = (Body::new(framing), Vec::new());
        loop {
            let mut rest = self.read.as_slice();
            while let Some(piece) = body.take(&mut rest).map_err(io::Error::other)? {
                let room = SHOWN_BODY.saturating_sub(shown.len());
                shown.extend_from_slice(&piece[..piece.len().min(room)]);
            }
            let taken = self.read.len() - rest.len();
            self.read.drain(..taken);
            if body.has_ended() {
                return Ok(shown);
            }
            if self.fill()? == 0 {
                return if body.may_end() { Ok(shown) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
            }
        }
    }

    fn fill(&mut self) -> io::Result<usize> {
        let mut buffer = [0; READ_BUFFER];
        let count = self.tcp.read(&mut buffer)?;
        self.read.extend_from_slice(&buffer[..count]);
        Ok(count)
    }
}
