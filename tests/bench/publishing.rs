//! Publishing to many topics: on a schedule that waits for no answer, over a few connections that stay open.

use std::io::{self, Read, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use hdrhistogram::Histogram;

use crate::load::SIZE;
use crate::marks::Mark;
use crate::server::Server;

/// Connections that share the requests.
const CONNECTIONS: u64 = 4;

/// How long the next answer may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

const SUCCESS: &[u8] = b"HTTP/1.1 2";

/// What is published: event `n` goes to topic `n` modulo the number of topics.
#[derive(Clone, Copy, Debug)]
pub struct Publishing {
    pub topics: u64,
    /// Events per second.
    pub rate: u64,
    pub events: u64,
    /// Events per request: more than one go to the broker as NDJSON.
    pub batch: u64,
    pub measured: bool,
}

/// What became of it.
#[derive(Debug)]
pub struct Published {
    /// Requests that were answered with success.
    pub acknowledged: u64,
    /// How late requests went out: the generator's own delay, in nanoseconds.
    pub delay: Histogram<u64>,
}

/// The name of a topic.
pub fn topic(number: u64) -> String {
    format!("user-{number}")
}

impl Publishing {
    pub fn requests(&self) -> u64 {
        self.events / self.batch
    }

    /// Carries it out; `epoch` is where the times in events count from.
    pub fn run(&self, server: &Server, epoch: Instant) -> anyhow::Result<Published> {
        let connect = |_| {
            let socket = TcpStream::connect(server.address)?;
            socket.set_nodelay(true)?;
            socket.set_read_timeout(Some(ANSWER_LIMIT)).map(|()| socket)
        };
        let sockets = (0..CONNECTIONS).map(connect).collect::<io::Result<Vec<TcpStream>>>()?;
        std::thread::scope(|scope| {
            let share = |number| (self.requests() + CONNECTIONS - 1 - number) / CONNECTIONS;
            let answers = sockets
                .iter()
                .zip(0..)
                .map(|(socket, number)| scope.spawn(move || count_answers(socket, share(number))));
            let answers: Vec<_> = answers.collect();
            let delay = self.send(server, &sockets, epoch);
            let acknowledged = answers.into_iter().map(|thread| thread.join().unwrap_or(0)).sum();
            Ok(Published { acknowledged, delay: delay? })
        })
    }

    fn send(&self, server: &Server, sockets: &[TcpStream], epoch: Instant) -> anyhow::Result<Histogram<u64>> {
        sharpen_sleep();
        let mut turns = sockets.iter().cycle();
        let mut delay = histogram()?;
        let mut request = Vec::new();
        let start = epoch.elapsed();
        for number in 0..self.requests() {
            let intended = start + Duration::from_nanos(number * self.batch * 1_000_000_000 / self.rate);
            std::thread::sleep(intended.saturating_sub(epoch.elapsed()));
            request.clear();
            self.request(server, number, nanos(intended), &mut request);
            delay.saturating_record(nanos(epoch.elapsed().saturating_sub(intended)));
            let mut socket = turns.next().context("there are no connections")?;
            socket.write_all(&request)?;
        }
        Ok(delay)
    }

    /// Appends a request to `out`.
    fn request(&self, server: &Server, number: u64, intended: u64, out: &mut Vec<u8>) {
        let mut body = Vec::new();
        let mark = |event| Mark { measured: self.measured, sequence: event / self.topics, intended };
        let (path, kind) = if self.batch == 1 {
            mark(number).write(SIZE, &mut body);
            (server.publish_path(&topic(number % self.topics)), "text/plain")
        } else {
            for event in number * self.batch..(number + 1) * self.batch {
                body.extend_from_slice(
                    format!("{{\"topic\":\"{}\",\"data\":\"", topic(event % self.topics)).as_bytes(),
                );
                mark(event).write(SIZE, &mut body);
                body.extend_from_slice(b"\"}\n");
            }
            ("/events".to_owned(), "application/x-ndjson")
        };
        let (address, length) = (server.address, body.len());
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n"
        );
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(&body);
    }
}

/// Counts the answers that say success, until all have come or none does for a long time.
fn count_answers(mut socket: &TcpStream, expected: u64) -> u64 {
    let (mut count, mut held) = (0, Vec::new());
    let mut buffer = vec![0; 64 << 10];
    while count < expected
        && let Ok(read @ 1..) = socket.read(&mut buffer)
    {
        held.extend_from_slice(&buffer[..read]);
        let mut end = held.len().saturating_sub(SUCCESS.len() - 1);
        for at in memchr::memmem::find_iter(&held, SUCCESS) {
            count += 1;
            end = end.max(at + SUCCESS.len());
        }
        held.drain(..end);
    }
    count
}

/// An empty histogram of nanoseconds, up to a minute.
pub fn histogram() -> anyhow::Result<Histogram<u64>> {
    Ok(Histogram::new_with_bounds(1_000, 60_000_000_000, 3)?)
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Asks the kernel to wake this thread on time, as the publishers of `sse bench` do.
fn sharpen_sleep() {
    #[cfg(target_os = "linux")]
    {
        let _ = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1));
        let _ = rustix::process::setpriority_process(None, -10);
    }
}
