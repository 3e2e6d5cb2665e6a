//! Publishing as fast as it is answered: each connection sends the next request as soon as its last one is answered, so
//! that a slow server is asked less. That tells how much a server takes, and not how long users wait at a given load.
//! All on one thread, which sends the same prepared bytes again and again.

use std::io::{self, Read as _, Write as _};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use hdrhistogram::Histogram;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::answers::{Answer, Answers};
use crate::pinning::Cores;
use crate::process;
use crate::publishing::histogram;
use crate::server::Server;

/// How long an answer may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// Sockets that are looked after in one turn.
const READY: usize = 128;

/// The most that one read brings, in bytes.
const READ: usize = 64 << 10;

/// What is sent, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct ClosedLoop<'r> {
    pub request: &'r [u8],
    /// Events in a request.
    pub events: u64,
    pub connections: usize,
    pub lasts: Duration,
    /// Where the server runs.
    pub cores: Cores,
}

/// What became of it.
#[derive(Debug)]
pub struct Taken {
    pub events: u64,
    pub refused: u64,
    /// From the first request to the last answer.
    pub took: Duration,
    /// From each request to its answer, in nanoseconds.
    pub latency: Histogram<u64>,
    /// The part of the time in which this thread had something to do.
    pub busy: f64,
}

#[derive(Debug)]
struct Connection<'r> {
    socket: TcpStream,
    request: &'r [u8],
    unsent: &'r [u8],
    asked: Instant,
    answers: Answers,
}

impl<'r> ClosedLoop<'r> {
    /// Carries it out, and waits for the last answers.
    pub fn run(self, server: &Server) -> anyhow::Result<Taken> {
        let (mut poll, mut ready) = (Poll::new()?, Events::with_capacity(READY));
        let mut connections = self.connect(server, &poll)?;
        let mut buffer = vec![0; READ];
        let (mut waiting, mut busy) = (connections.len(), Duration::ZERO);
        let begun = Instant::now();
        let mut taken = Taken { events: 0, refused: 0, took: Duration::ZERO, latency: histogram()?, busy: 0.0 };
        connections.iter_mut().try_for_each(Connection::ask)?;
        while waiting > 0 {
            poll.poll(&mut ready, Some(self.patience()))?;
            let woken = Instant::now();
            for event in &ready {
                let connection = &mut connections[event.token().0];
                let answer = connection.go_on(&mut buffer).context("the server cut a publisher")?;
                let Some(answer) = answer else { continue };
                taken.count(answer, self.events, connection.asked.elapsed());
                if begun.elapsed() < self.lasts {
                    connection.ask()?;
                } else {
                    waiting -= 1;
                }
            }
            busy += woken.elapsed();
            ensure!(begun.elapsed() < self.lasts + ANSWER_LIMIT, "{waiting} publishers got no answer");
        }
        taken.took = begun.elapsed();
        taken.busy = busy.as_secs_f64() / taken.took.as_secs_f64();
        Ok(taken)
    }

    fn connect(self, server: &Server, poll: &Poll) -> io::Result<Vec<Connection<'r>>> {
        let open = |number| {
            let socket = std::net::TcpStream::connect(server.address)?;
            socket.set_nodelay(true)?;
            socket.set_nonblocking(true)?;
            let mut socket = TcpStream::from_std(socket);
            poll.registry().register(&mut socket, Token(number), Interest::READABLE | Interest::WRITABLE)?;
            let Self { request, .. } = self;
            Ok(Connection { socket, request, unsent: &[], asked: Instant::now(), answers: Answers::default() })
        };
        (0..self.connections).map(open).collect()
    }

    /// How long it sleeps if there is nothing to do: on loopback, waking it would be work of the server's core, but if the
    /// server has both cores it needs what is left of this one.
    fn patience(self) -> Duration {
        match self.cores {
            Cores::Server => Duration::ZERO,
            Cores::Both => ANSWER_LIMIT,
        }
    }
}

impl Taken {
    fn count(&mut self, answer: Answer, events: u64, latency: Duration) {
        let taken = answer.taken(events);
        self.events += taken;
        self.refused += events - taken;
        self.latency.saturating_record(u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Events per second.
    pub fn rate(&self) -> f64 {
        process::ratio(self.events, 1) / self.took.as_secs_f64()
    }
}

impl Connection<'_> {
    fn ask(&mut self) -> anyhow::Result<()> {
        (self.unsent, self.asked) = (self.request, Instant::now());
        self.send()
    }

    /// Does what its socket is ready for.
    fn go_on(&mut self, buffer: &mut [u8]) -> anyhow::Result<Option<Answer>> {
        self.send()?;
        loop {
            let count = match self.socket.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                count => count?,
            };
            ensure!(count > 0, "it ended a connection");
            let answer = self.answers.take(&buffer[..count])?;
            // A read that brought less than it could has emptied the socket, and more will be announced.
            if answer.is_some() || count < buffer.len() {
                return Ok(answer);
            }
        }
    }

    fn send(&mut self) -> anyhow::Result<()> {
        while !self.unsent.is_empty() {
            match self.socket.write(self.unsent) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                count => self.unsent = &self.unsent[count?..],
            }
        }
        Ok(())
    }
}
