//! The floor: what a delivery costs if nothing is done but to send it. Every event is put into one frame and written once
//! to each subscriber of its path, in a plain loop over blocking sockets. There is no history and no limit, requests are
//! hardly looked at, and whoever does not read holds up everyone. It is what other servers are compared with:
//!
//! ```sh
//! cargo build --release --examples
//! sse bench http://127.0.0.1:4001/events/bench --spawn 'target/release/examples/floor 127.0.0.1:4001'
//! ```
#![allow(clippy::print_stdout)] // It says where it listens.

use std::collections::HashMap;
use std::io::{Read, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

const STREAM: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-store\r\n\r\n";
/// Where batches are posted.
const BATCHES: &[u8] = b"/events";

const TAKEN: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

/// The most that one read of requests brings, in bytes.
const READ: usize = 64 << 10;

/// By the path that they asked for, which is where their events are posted.
type Subscribers = Arc<Mutex<HashMap<Vec<u8>, Vec<TcpStream>>>>;

fn main() -> anyhow::Result<()> {
    serve(&std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:4001".to_owned()))
}

/// Serves on an address until it is killed.
pub(crate) fn serve(address: &str) -> anyhow::Result<()> {
    rlimit::increase_nofile_limit(u64::MAX)?;
    let listener = TcpListener::bind(address)?;
    println!("listening on http://{}", listener.local_addr()?);
    let subscribers = Subscribers::default();
    loop {
        let (mut socket, _) = listener.accept()?;
        socket.set_nodelay(true)?;
        let mut read = Vec::new();
        while end_of_head(&read).is_none() && receive(&mut socket, &mut read) {}
        if read.starts_with(b"POST") {
            let subscribers = Arc::clone(&subscribers);
            std::thread::spawn(move || publish(socket, read, &subscribers));
        } else if socket.write_all(STREAM).is_ok() {
            let mut subscribers = subscribers.lock().unwrap_or_else(PoisonError::into_inner);
            subscribers.entry(path(&read).to_vec()).or_default().push(socket);
        }
    }
}

/// Passes on what a publisher posts, until it goes.
fn publish(mut socket: TcpStream, mut read: Vec<u8>, subscribers: &Subscribers) {
    loop {
        while let Some((body, end)) = request(&read) {
            let path = path(&read);
            if path == BATCHES {
                for line in read[body..end].split(|byte| *byte == b'\n') {
                    let mut strings = line.split(|byte| *byte == b'"');
                    // {"topic":"…","data":"…"}, without escapes.
                    if let (Some(topic), Some(data)) = (strings.nth(3), strings.nth(3)) {
                        deliver(subscribers, &[b"/events/", topic].concat(), data);
                    }
                }
            } else {
                deliver(subscribers, path, &read[body..end]);
            }
            if socket.write_all(TAKEN).is_err() {
                return;
            }
            read.drain(..end);
        }
        if !receive(&mut socket, &mut read) {
            return;
        }
    }
}

fn deliver(subscribers: &Subscribers, path: &[u8], data: &[u8]) {
    let frame = [b"data: ", data, b"\n\n"].concat();
    let mut subscribers = subscribers.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(subscribers) = subscribers.get_mut(path) {
        subscribers.retain_mut(|subscriber| subscriber.write_all(&frame).is_ok());
    }
}

/// The path of the first request.
fn path(read: &[u8]) -> &[u8] {
    read.split(|byte| *byte == b' ').nth(1).unwrap_or_default()
}

/// Where the body of the first request begins and ends, if all of it is there.
fn request(read: &[u8]) -> Option<(usize, usize)> {
    let body = end_of_head(read)?;
    let head = std::str::from_utf8(&read[..body]).ok()?;
    let lengths = head.lines().filter_map(|line| line.split_once(':'));
    let mut lengths = lengths.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let end = body + lengths.next()?.1.trim().parse::<usize>().ok()?;
    (end <= read.len()).then_some((body, end))
}

fn end_of_head(read: &[u8]) -> Option<usize> {
    memchr::memmem::find(read, b"\r\n\r\n").map(|at| at + 4)
}

/// Reads more; returns whether there is more to come.
fn receive(socket: &mut TcpStream, read: &mut Vec<u8>) -> bool {
    let before = read.len();
    read.resize(before + READ, 0);
    let count = socket.read(&mut read[before..]).unwrap_or(0);
    read.truncate(before + count);
    count > 0
}
