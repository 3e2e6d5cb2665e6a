//! A client that reads a topic from its first event on, again and again, in small steps between which others are looked
//! after.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::ensure;

use crate::marks::Marks;
use crate::process;
use crate::server::Server;

/// What one step reads at most, in bytes: little enough that others wait for some microseconds only.
const READ: usize = 16 << 10;

/// How long nothing may come.
const SILENCE_LIMIT: Duration = Duration::from_secs(10);

/// One replay after the other.
#[derive(Debug)]
pub struct Replays<'s> {
    server: &'s Server,
    topic: &'s str,
    /// Events on the topic.
    events: u64,
    under_way: Option<Replay>,
    /// How long those took that are over.
    took: Vec<Duration>,
    /// Events that were not the next ones.
    pub wrong: u64,
}

#[derive(Debug)]
struct Replay {
    socket: TcpStream,
    begun: Instant,
    /// When something came.
    heard: Instant,
    answered: bool,
    marks: Marks,
    received: u64,
}

impl<'s> Replays<'s> {
    pub fn new(server: &'s Server, topic: &'s str, events: u64) -> Self {
        Self { server, topic, events, under_way: None, took: Vec::new(), wrong: 0 }
    }

    /// Reads what is there, up to a limit; begins a replay if none is under way.
    pub fn step(&mut self) -> anyhow::Result<()> {
        let mut replay = match self.under_way.take() {
            Some(replay) => replay,
            None => Replay::begin(self.server, self.topic)?,
        };
        self.wrong += replay.read()?;
        if replay.received < self.events {
            self.under_way = Some(replay);
        } else {
            self.took.push(replay.begun.elapsed());
        }
        Ok(())
    }

    /// The seconds that each took, on average.
    pub fn mean(&self) -> f64 {
        let count = process::ratio(self.took.len() as u64, 1);
        self.took.iter().sum::<Duration>().as_secs_f64() / count
    }

    /// Reads the rest of the replay that is under way.
    pub fn finish(&mut self) -> anyhow::Result<()> {
        while self.under_way.is_some() {
            self.step()?;
        }
        Ok(())
    }
}

impl Replay {
    fn begin(server: &Server, topic: &str) -> io::Result<Self> {
        let begun = Instant::now();
        let mut socket = TcpStream::connect(server.address)?;
        let (path, address) = (server.subscribe_path(topic), server.address);
        write!(socket, "GET {path}?since=earliest HTTP/1.1\r\nhost: {address}\r\n\r\n")?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket, begun, heard: begun, answered: false, marks: Marks::default(), received: 0 })
    }

    /// Reads once; returns how many events were not the next ones.
    fn read(&mut self) -> anyhow::Result<u64> {
        let mut buffer = [0; READ];
        let count = match self.socket.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                ensure!(self.heard.elapsed() < SILENCE_LIMIT, "a replay stopped after {} events", self.received);
                return Ok(0);
            }
            count => count?,
        };
        ensure!(count > 0, "the server ended a replay after {} events", self.received);
        ensure!(self.answered || buffer.starts_with(b"HTTP/1.1 200 "), "a replay was refused");
        (self.answered, self.heard) = (true, Instant::now());
        let (mut wrong, Self { marks, received, .. }) = (0, self);
        marks.take(&buffer[..count], |mark| {
            wrong += u64::from(mark.sequence != *received);
            *received += 1;
        });
        Ok(wrong)
    }
}
