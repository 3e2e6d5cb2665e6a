//! Publishing to many topics: on a schedule that waits for no answer, over a few connections that stay open.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use hdrhistogram::Histogram;

use crate::marks::Mark;
use crate::requests;
use crate::server::Server;

const SUCCESS: &[u8] = b"HTTP/1.1 2";

/// What is published: event `n` goes to topic `n` modulo the number of topics.
#[derive(Clone, Copy, Debug)]
pub struct Publishing {
    pub topics: u64,
    /// Subscribers of each topic.
    pub readers: u64,
    /// Connections that take turns with the requests. Events of a topic that go over several can overtake each other.
    pub connections: usize,
    /// Events per second.
    pub rate: u64,
    pub events: u64,
    /// Events per request: more than one go to the broker as NDJSON.
    pub batch: u64,
    pub measured: bool,
}

/// A publishing under way. It never waits: whoever drives it asks it again and again whether something is due.
#[derive(Debug)]
pub struct Publisher<'s> {
    plan: Publishing,
    server: &'s Server,
    connections: Vec<Connection>,
    /// Where the times in events count from, and when the first of them is due.
    epoch: Instant,
    start: Duration,
    sent: u64,
    /// How late requests went out: the generator's own delay, in nanoseconds.
    pub delay: Histogram<u64>,
}

#[derive(Debug)]
struct Connection {
    socket: TcpStream,
    /// The end of what was read, which may be the beginning of an answer.
    held: Vec<u8>,
    asked: u64,
    /// Answers that say success.
    answered: u64,
}

/// The name of a topic.
pub fn topic(number: u64) -> String {
    format!("user-{number}")
}

impl Publishing {
    pub fn requests(&self) -> u64 {
        self.events / self.batch
    }

    pub fn deliveries(&self) -> u64 {
        self.requests() * self.batch * self.readers
    }

    /// How long the schedule is.
    pub fn lasts(&self) -> Duration {
        Duration::from_nanos(self.events * 1_000_000_000 / self.rate)
    }

    /// Begins now; `epoch` is where the times in events count from.
    pub fn begin(self, server: &Server, epoch: Instant) -> anyhow::Result<Publisher<'_>> {
        let connections = (0..self.connections).map(|_| Connection::open(server)).collect::<io::Result<_>>()?;
        let (start, delay) = (epoch.elapsed(), histogram()?);
        Ok(Publisher { plan: self, server, connections, epoch, start, sent: 0, delay })
    }
}

impl Publisher<'_> {
    /// Sends what is due, and takes the answers that have come.
    pub fn step(&mut self) -> anyhow::Result<()> {
        let Publishing { batch, rate, .. } = self.plan;
        while self.sent < self.plan.requests() {
            let intended = self.start + Duration::from_nanos(self.sent * batch * 1_000_000_000 / rate);
            let Some(late) = self.epoch.elapsed().checked_sub(intended) else { break };
            self.delay.saturating_record(nanos(late));
            let request = self.request(nanos(intended));
            let turn = usize::try_from(self.sent)? % self.connections.len();
            self.connections[turn].send(&request)?;
            self.sent += 1;
        }
        self.connections.iter_mut().try_for_each(Connection::take_answers).context("the server cut a publisher")
    }

    /// How many requests were answered with success.
    pub fn answered(&self) -> u64 {
        self.connections.iter().map(|connection| connection.answered).sum()
    }

    /// Puts the next request together.
    fn request(&self, intended: u64) -> Vec<u8> {
        let Publishing { topics, batch, measured, .. } = self.plan;
        let mark = |event| Mark { measured, sequence: event / topics, intended };
        if batch == 1 {
            return requests::single(self.server, &topic(self.sent % topics), mark(self.sent));
        }
        let events = self.sent * batch..(self.sent + 1) * batch;
        requests::batch(self.server, events.map(|event| (topic(event % topics), mark(event))))
    }
}

impl Connection {
    fn open(server: &Server) -> io::Result<Self> {
        let socket = TcpStream::connect(server.address)?;
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket, held: Vec::new(), asked: 0, answered: 0 })
    }

    /// Sends a request, however often the socket has to be asked.
    fn send(&mut self, mut request: &[u8]) -> io::Result<()> {
        self.asked += 1;
        while !request.is_empty() {
            match self.socket.write(request) {
                Ok(count) => request = &request[count..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn take_answers(&mut self) -> io::Result<()> {
        let mut buffer = [0; 16 << 10];
        while self.answered < self.asked {
            let read = match self.socket.read(&mut buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                read => read?,
            };
            self.held.extend_from_slice(&buffer[..read]);
            let mut end = self.held.len().saturating_sub(SUCCESS.len() - 1);
            for at in memchr::memmem::find_iter(&self.held, SUCCESS) {
                self.answered += 1;
                end = end.max(at + SUCCESS.len());
            }
            self.held.drain(..end);
        }
        Ok(())
    }
}

/// An empty histogram of nanoseconds, up to a minute.
pub fn histogram() -> anyhow::Result<Histogram<u64>> {
    Ok(Histogram::new_with_bounds(1_000, 60_000_000_000, 3)?)
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
