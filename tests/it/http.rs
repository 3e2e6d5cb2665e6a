//! HTTP/1.1 by hand, for tests in which the bytes matter: a request and its reply, and a stream that is read event by event.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;
use sse::wire::{Decoder, Item, Message};

/// What is not there after this long will not come: the test has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// The header of a batch of newline-delimited JSON.
pub const NDJSON: [(&str, &str); 1] = [("content-type", "application/x-ndjson")];

/// A reply that has ended.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The results of an NDJSON batch.
    pub fn lines(&self) -> Vec<Value> {
        self.body.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect()
    }
}

/// Sends a request on a connection of its own and waits for the end of the reply.
pub fn request(to: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    try_request(to, method, path, headers, body).expect("a reply")
}

/// The same to a server that may be killed meanwhile: a reply that was cut has less of a body, or is none.
pub fn try_request(
    to: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<Reply> {
    let headers = [headers, &[("connection", "close")]].concat();
    let mut stream = connect(to, method, path, &headers, Some(body))?;
    let head = read_head(&mut stream)?;
    let mut body = Vec::new();
    while let Some(chunk) = stream.chunk(&head).filter(|chunk| !chunk.is_empty()) {
        body.extend_from_slice(&chunk);
    }
    Ok(Reply { status: status_of(&head), head, body: String::from_utf8(body).expect("a reply in UTF-8") })
}

/// `GET`.
pub fn get(to: SocketAddr, path: &str) -> Reply {
    request(to, "GET", path, &[], b"")
}

/// `POST` of a body to a path.
pub fn post(to: SocketAddr, path: &str, body: &str) -> Reply {
    request(to, "POST", path, &[], body.as_bytes())
}

/// Publishes data to a topic and returns the ID that it got.
pub fn publish(to: SocketAddr, topic: &str, data: &str) -> String {
    let reply = post(to, &format!("/events/{topic}"), data);
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()["id"].as_str().expect("an ID").to_owned()
}

/// A subscriber: an event stream over one connection, without reconnection.
pub struct Stream {
    connection: Connection,
    pub head: String,
    /// Its end was announced: it was not cut.
    pub ended: bool,
    decoder: Decoder,
    unread: Vec<u8>,
}

impl Stream {
    /// Opens `path`; the reply has to be a stream.
    pub fn open(to: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Self {
        Self::try_open(to, path, headers).expect("a stream")
    }

    /// The same, or the answer that is none.
    pub fn open_or(to: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Result<Self, Reply> {
        let mut connection = connect(to, "GET", path, headers, None).expect("a connection");
        let head = read_head(&mut connection).expect("a head");
        if status_of(&head) == 200 {
            return Ok(Self::begun(connection, head).expect("a stream"));
        }
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
        let mut body = vec![0; length.parse().expect("a number")];
        connection.read_exact(&mut body).expect("a body");
        Err(Reply { status: status_of(&head), head, body: String::from_utf8(body).expect("a reply in UTF-8") })
    }

    /// The same to a server that may be killed meanwhile.
    pub fn try_open(to: SocketAddr, path: &str, headers: &[(&str, &str)]) -> io::Result<Self> {
        let mut connection = connect(to, "GET", path, headers, None)?;
        let head = read_head(&mut connection)?;
        assert_eq!(status_of(&head), 200, "{head}");
        Self::begun(connection, head)
    }

    fn begun(connection: Connection, head: String) -> io::Result<Self> {
        let mut stream = Self { connection, head, ended: false, decoder: Decoder::new(), unread: Vec::new() };
        // The comment that comes at once: from here on the subscription is known to be open.
        let first = stream.next().ok_or(io::ErrorKind::UnexpectedEof)?;
        assert!(matches!(first, Item::Comment(_)), "a comment comes first");
        Ok(stream)
    }

    /// Opens `path`, going on after the event with this ID.
    pub fn resume(to: SocketAddr, path: &str, id: &str) -> Self {
        Self::open(to, path, &[("last-event-id", id)])
    }

    /// The next item; `None` at the end of the stream.
    pub fn next(&mut self) -> Option<Item> {
        loop {
            let mut rest = self.unread.as_slice();
            let item = self.decoder.decode(&mut rest).expect("within the limit");
            self.unread = rest.to_vec();
            if item.is_some() {
                return item;
            }
            self.unread = self.connection.chunk(&self.head)?;
            if self.unread.is_empty() {
                self.ended = true;
                return None;
            }
        }
    }

    /// The next event, comments and the like passed over.
    pub fn event(&mut self) -> Message {
        loop {
            match self.next().expect("the stream goes on") {
                Item::Event(message) => return message,
                Item::Comment(_) | Item::Retry(_) => {}
            }
        }
    }

    /// The data of the next `count` events.
    pub fn data(&mut self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.event().data).collect()
    }
}

pub type Connection = BufReader<TcpStream>;

fn connect(
    to: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&[u8]>,
) -> io::Result<Connection> {
    let mut stream = TcpStream::connect(to)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {to}\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    if let Some(body) = body.filter(|body| !body.is_empty() || method == "POST") {
        head += &format!("content-length: {}\r\n", body.len());
    }
    stream.write_all(&[head.as_bytes(), b"\r\n", body.unwrap_or_default()].concat())?;
    Ok(BufReader::new(stream))
}

pub fn read_head(connection: &mut Connection) -> io::Result<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if connection.read_line(&mut head)? == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("the head ends early: {head}")));
        }
    }
    Ok(head.to_ascii_lowercase())
}

pub fn status_of(head: &str) -> u16 {
    head.split(' ').nth(1).expect("a status line").parse().expect("a status")
}

trait Chunks {
    fn chunk(&mut self, head: &str) -> Option<Vec<u8>>;
}

impl Chunks for Connection {
    /// The next part of the body: a chunk of the chunked coding, of which the last one is empty, or whatever comes before
    /// the connection ends.
    fn chunk(&mut self, head: &str) -> Option<Vec<u8>> {
        if !head.contains("transfer-encoding: chunked") {
            let part = self.fill_buf().ok()?.to_vec();
            self.consume(part.len());
            return (!part.is_empty()).then_some(part);
        }
        let mut size = String::new();
        // A connection that is cut ends the body without its last chunk.
        if self.read_line(&mut size).unwrap_or(0) == 0 {
            return None;
        }
        let size = usize::from_str_radix(size.trim(), 16).expect("the size of a chunk");
        let mut chunk = vec![0; size + 2];
        self.read_exact(&mut chunk).ok()?;
        chunk.truncate(size);
        Some(chunk)
    }
}
