//! Many subscribers on one thread: opened as fast as the server answers, then read or left alone.

use std::io::{self, Read as _, Write as _};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::marks::{Mark, Marks};

/// Connections between the first packet and the head of the answer at once: what every server's backlog holds.
const IN_FLIGHT: usize = 1000;

/// How long all of them may take to open.
const OPEN_LIMIT: Duration = Duration::from_mins(1);

/// Sockets that are looked after in one turn.
const READY: usize = 128;

/// The most that one read brings, in bytes.
const READ: usize = 64 << 10;

/// Open streams.
#[derive(Debug)]
pub struct Crowd {
    poll: Poll,
    ready: Events,
    members: Vec<Member>,
    buffer: Box<[u8]>,
}

/// How the opening went.
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    /// Until the last head was there.
    pub took: Duration,
    /// Answered with another status, broken off, or without an answer.
    pub refused: usize,
}

#[derive(Debug)]
struct Member {
    socket: TcpStream,
    request: Vec<u8>,
    state: State,
    head: Vec<u8>,
    marks: Marks,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Connecting,
    Asked,
    Open,
    Over,
}

impl Crowd {
    /// Nobody yet.
    pub fn empty() -> io::Result<Self> {
        let ready = Events::with_capacity(READY);
        Ok(Self { poll: Poll::new()?, ready, members: Vec::new(), buffer: vec![0; READ].into() })
    }

    /// Opens a stream for each path.
    pub fn open(address: SocketAddr, paths: impl IntoIterator<Item = String>) -> io::Result<(Self, Opening)> {
        let mut crowd = Self::empty()?;
        let opening = crowd.join(address, paths)?;
        Ok((crowd, opening))
    }

    /// Opens more of them.
    pub fn join(&mut self, address: SocketAddr, paths: impl IntoIterator<Item = String>) -> io::Result<Opening> {
        self.join_and_read(address, paths, |_, _| {})
    }

    /// Opens more of them, and hands over the events that come meanwhile.
    pub fn join_and_read(
        &mut self,
        address: SocketAddr,
        paths: impl IntoIterator<Item = String>,
        mut take: impl FnMut(usize, Mark),
    ) -> io::Result<Opening> {
        let begun = Instant::now();
        let first = self.members.len();
        let (mut paths, mut events) = (paths.into_iter(), Events::with_capacity(IN_FLIGHT));
        // Counted, not searched for: looking at all of them in every turn would be most of the work.
        let (mut asked, mut settled) = (0, 0);
        loop {
            while asked - settled < IN_FLIGHT
                && let Some(path) = paths.next()
            {
                asked += 1;
                settled += usize::from(self.connect(address, &path, &mut take)?);
            }
            if asked == settled || begun.elapsed() > OPEN_LIMIT {
                break;
            }
            self.poll.poll(&mut events, Some(Duration::from_millis(100)))?;
            for event in &events {
                let number = event.token().0;
                settled += usize::from(self.members[number].go_on(&mut self.buffer, &mut |mark| take(number, mark)));
            }
        }
        let refused = self.members[first..].iter().filter(|member| member.state != State::Open).count();
        Ok(Opening { took: begun.elapsed(), refused })
    }

    fn connect(&mut self, address: SocketAddr, path: &str, take: &mut impl FnMut(usize, Mark)) -> io::Result<bool> {
        let mut socket = TcpStream::connect(address)?;
        let number = self.members.len();
        self.poll.registry().register(&mut socket, Token(number), Interest::READABLE | Interest::WRITABLE)?;
        let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\naccept: text/event-stream\r\n\r\n").into();
        let mut member =
            Member { socket, request, state: State::Connecting, head: Vec::new(), marks: Marks::default() };
        let settled = member.go_on(&mut self.buffer, &mut |mark| take(number, mark));
        self.members.push(member);
        Ok(settled)
    }

    /// Waits this long for something to come, reads it, and hands every event over with the number of its stream.
    pub fn read(&mut self, patience: Duration, mut take: impl FnMut(usize, Mark)) -> io::Result<()> {
        self.poll.poll(&mut self.ready, Some(patience))?;
        for event in &self.ready {
            let number = event.token().0;
            self.members[number].go_on(&mut self.buffer, &mut |mark| take(number, mark));
        }
        Ok(())
    }

    /// How many streams have ended.
    pub fn ended(&self) -> usize {
        self.members.iter().filter(|member| member.state == State::Over).count()
    }
}

impl Member {
    /// Does what its socket is ready for; returns whether it came to have a stream or lost its chance of one.
    fn go_on(&mut self, buffer: &mut [u8], found: &mut impl FnMut(Mark)) -> bool {
        let before = self.state;
        if let Err(error) = self.advance(buffer, found)
            && !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::NotConnected)
        {
            self.state = State::Over;
        }
        matches!(before, State::Connecting | State::Asked) && matches!(self.state, State::Open | State::Over)
    }

    fn advance(&mut self, buffer: &mut [u8], found: &mut impl FnMut(Mark)) -> io::Result<()> {
        if self.state == State::Connecting {
            // A request is so small that it goes out whole.
            self.socket.write_all(&self.request)?;
            self.request = Vec::new();
            self.state = State::Asked;
        }
        while self.state != State::Over {
            let count = self.socket.read(buffer)?;
            if count == 0 {
                self.state = State::Over;
            }
            self.take(&buffer[..count], found);
            // A read that brought less than it could has emptied the socket, and more will be announced.
            if count < buffer.len() {
                break;
            }
        }
        Ok(())
    }

    fn take(&mut self, bytes: &[u8], found: &mut impl FnMut(Mark)) {
        if self.state == State::Open {
            return self.marks.take(bytes, found);
        }
        self.head.extend_from_slice(bytes);
        if let Some(end) = memchr::memmem::find(&self.head, b"\r\n\r\n") {
            let head = std::mem::take(&mut self.head);
            self.state = if head.starts_with(b"HTTP/1.1 200 ") { State::Open } else { State::Over };
            self.marks.take(&head[end..], found);
        }
    }
}
