//! A server that sends events at a steady pace, for as long as somebody listens.

use std::io::{self, BufRead as _, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

/// What has not been sent after this long will not be: the test has failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// The pace, and what the events are made to.
#[derive(Clone, Copy)]
pub struct Pace {
    pub every: Duration,
    /// The bytes of each event.
    pub size: usize,
    /// How many events it takes to see how the stream is.
    pub enough: u64,
    pub coding: Coding,
}

/// How the stream is compressed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    Identity,
    /// gzip, with a flush after every event.
    Flushed,
    /// gzip that comes when the encoder has enough.
    Kept,
}

/// The server.
pub struct Ticker {
    pub address: SocketAddr,
    enough: Receiver<()>,
}

impl Ticker {
    /// Listens on a free port until the test ends.
    pub fn start(pace: Pace) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, enough) = mpsc::channel();
        thread::spawn(move || {
            for client in listener.incoming() {
                let enough = sender.clone();
                // It goes when it has seen enough.
                thread::spawn(move || client.and_then(|client| serve(&client, pace, &enough)));
            }
        });
        Self { address, enough }
    }

    /// Waits until it has sent enough to somebody. How long that takes depends on how busy the machine is.
    pub fn wait(&self) {
        self.enough.recv_timeout(PATIENCE).expect("somebody listens");
    }
}

fn serve(mut client: &TcpStream, pace: Pace, enough: &Sender<()>) -> io::Result<()> {
    client.set_nodelay(true)?;
    let request = BufReader::new(client).lines();
    request.map_while(Result::ok).find(String::is_empty);
    let encoding = if pace.coding == Coding::Identity { "" } else { "Content-Encoding: gzip\r\n" };
    let fields = "Content-Type: text/event-stream\r\nCache-Control: no-store\r\nConnection: close";
    client.write_all(format!("HTTP/1.1 200 OK\r\n{fields}\r\n{encoding}\r\n").as_bytes())?;
    match pace.coding {
        Coding::Identity => tick(client, pace, enough),
        Coding::Flushed | Coding::Kept => tick(GzEncoder::new(client, Compression::default()), pace, enough),
    }
}

fn tick(mut out: impl Write, pace: Pace, enough: &Sender<()>) -> io::Result<()> {
    let mut random = 1;
    for id in 1.. {
        out.write_all(&event(id, pace.size, &mut random))?;
        if pace.coding == Coding::Flushed {
            out.flush()?;
        }
        if id == pace.enough {
            // The test may be over.
            let _ = enough.send(());
        }
        thread::sleep(pace.every);
    }
    Ok(())
}

/// An event of so many bytes, whose data no encoder makes much smaller.
fn event(id: u64, size: usize, random: &mut u32) -> Vec<u8> {
    let mut event = format!("id: {id}\ndata: ").into_bytes();
    while event.len() < size - 2 {
        // A linear congruential generator, of which the high bits are the good ones.
        *random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        event.push(b'0' + (*random >> 26) as u8);
    }
    event.extend_from_slice(b"\n\n");
    event
}
