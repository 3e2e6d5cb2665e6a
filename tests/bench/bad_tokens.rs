//! Requests with a token that is not accepted: on a schedule that waits for no answer, over a few connections that stay open.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use socket2::{Domain, Socket, Type};

use crate::load::TOPIC;
use crate::server::Server;

/// Where they come from: not where those who have good ones do.
const FROM: [u8; 4] = [127, 0, 0, 2];

/// Connections that take turns.
const CONNECTIONS: usize = 10;

/// Between two looks at what is due.
const LOOK: Duration = Duration::from_millis(1);

/// A flood under way.
pub struct BadTokens {
    over: Arc<AtomicBool>,
    thread: JoinHandle<io::Result<Answers>>,
}

/// How a flood was answered.
#[derive(Clone, Copy, Debug, Default)]
pub struct Answers {
    /// The token was looked at: 401.
    pub refused: u64,
    /// It was not: 429.
    pub turned_away: u64,
    pub lasted: Duration,
}

impl BadTokens {
    /// Begins to send so many a second.
    pub fn start(server: &Server, token: &str, rate: u64) -> anyhow::Result<Self> {
        let connections = (0..CONNECTIONS).map(|_| Connection::open(server)).collect::<io::Result<Vec<_>>>()?;
        let (path, host) = (server.subscribe_path(TOPIC), server.address);
        let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n\r\n");
        let over = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&over);
        let thread = spawn(move || flood(connections, request.as_bytes(), rate, &told));
        Ok(Self { over, thread })
    }

    /// Ends it.
    pub fn end(self) -> anyhow::Result<Answers> {
        self.over.store(true, Ordering::Relaxed);
        let answers = self.thread.join().map_err(|_| anyhow!("the flood panicked"))?;
        answers.context("the server cut a connection with bad tokens")
    }
}

struct Connection {
    socket: TcpStream,
    /// The end of what was read, which may be the beginning of an answer.
    held: Vec<u8>,
}

fn flood(mut connections: Vec<Connection>, request: &[u8], rate: u64, over: &AtomicBool) -> io::Result<Answers> {
    let (begun, mut sent, mut answers) = (Instant::now(), 0_u64, Answers::default());
    while !over.load(Ordering::Relaxed) {
        let due = u64::try_from(begun.elapsed().as_nanos() * u128::from(rate) / 1_000_000_000).unwrap_or(u64::MAX);
        let mut turn = sent % CONNECTIONS as u64;
        while sent < due {
            connections[usize::try_from(turn).unwrap_or(0)].send(request)?;
            turn = (turn + 1) % CONNECTIONS as u64;
            sent += 1;
        }
        for connection in &mut connections {
            connection.take(&mut answers)?;
        }
        sleep(LOOK);
    }
    Ok(Answers { lasted: begun.elapsed(), ..answers })
}

impl Connection {
    fn open(server: &Server) -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&SocketAddr::from((FROM, 0)).into())?;
        socket.connect(&server.address.into())?;
        socket.set_tcp_nodelay(true)?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket: socket.into(), held: Vec::new() })
    }

    /// Sends a request, however often the socket has to be asked.
    fn send(&mut self, mut request: &[u8]) -> io::Result<()> {
        while !request.is_empty() {
            match self.socket.write(request) {
                Ok(count) => request = &request[count..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn take(&mut self, answers: &mut Answers) -> io::Result<()> {
        const STATUS: &[u8] = b"HTTP/1.1 4";
        let mut buffer = [0; 16 << 10];
        loop {
            let read = match self.socket.read(&mut buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                read => read?,
            };
            self.held.extend_from_slice(&buffer[..read]);
            let mut end = 0;
            for at in memchr::memmem::find_iter(&self.held, STATUS) {
                match self.held.get(at + STATUS.len()) {
                    Some(b'0') => answers.refused += 1,
                    Some(_) => answers.turned_away += 1,
                    None => break,
                }
                end = at + STATUS.len();
            }
            self.held.drain(..end.max(self.held.len().saturating_sub(STATUS.len())));
        }
    }
}
