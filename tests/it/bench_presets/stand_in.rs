//! What stand-ins have in common: HTTP/1.1 on a free port, and streams to which they write what is published. Requests are
//! kept as they came, so that they can be compared byte for byte.

use std::io::{BufRead, BufReader, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// How many requests are kept.
const KEPT: usize = 50;

/// What a payload of the usual size begins with, and that size.
const MARKER: &str = "sse-bench.1.";
const PAYLOAD: usize = 200;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    /// Request line and headers, each with its line end.
    pub head: String,
    pub body: String,
}

/// What a system does about a request.
pub enum Answer {
    /// It begins a stream: the head of the response, and what the stream begins with.
    Stream(String, String),
    /// It answers, and writes this to every stream.
    Taken(String, String),
    /// It answers.
    Refused(String),
}

/// A system.
pub trait System: Send + Sync + 'static {
    /// Says what to do about a request.
    fn answer(&self, request: &Request) -> Answer;
}

/// A running stand-in. Its threads end with their connections.
pub struct StandIn {
    pub address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
}

struct Served {
    system: Box<dyn System>,
    streams: Mutex<Vec<Stream>>,
    requests: Arc<Mutex<Vec<Request>>>,
}

struct Stream {
    tcp: TcpStream,
    chunked: bool,
}

impl Request {
    /// The request line.
    pub fn line(&self) -> &str {
        self.head.lines().next().expect("a request line")
    }

    /// The value of a header, if it is there once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        let mut values = headers.filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        values.next().filter(|_| values.next().is_none())
    }
}

impl StandIn {
    pub fn start(system: impl System) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::default();
        let served =
            Arc::new(Served { system: Box::new(system), streams: Mutex::default(), requests: Arc::clone(&requests) });
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let served = Arc::clone(&served);
                // A client that goes away in the middle is no concern of this server.
                std::thread::spawn(move || served.serve(&connection.expect("a connection")));
            }
        });
        Self { address, requests }
    }

    /// The URL of a path on it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The first request of a method, with its address, our version and the payload replaced by `ADDRESS`, `VERSION` and
    /// `PAYLOAD`.
    pub fn first(&self, method: &str) -> String {
        let requests = self.requests.lock().unwrap();
        let request = requests.iter().find(|request| request.head.starts_with(method)).expect("such a request");
        let mut text = format!("{}\r\n{}", request.head, request.body);
        if let Some(at) = text.find(MARKER) {
            text.replace_range(at..at + PAYLOAD, "PAYLOAD");
        }
        text.replace(&self.address.to_string(), "ADDRESS").replace(env!("CARGO_PKG_VERSION"), "VERSION")
    }

    /// All requests of a method that were kept, one behind the other.
    pub fn all(&self, method: &str) -> String {
        let requests = self.requests.lock().unwrap();
        let requests = requests.iter().filter(|request| request.head.starts_with(method));
        requests.map(|request| format!("{}\r\n{}\n", request.head, request.body)).collect::<Vec<_>>().concat()
    }

    /// All request lines that were kept.
    pub fn lines(&self) -> Vec<String> {
        self.requests.lock().unwrap().iter().map(|request| request.line().to_owned()).collect()
    }
}

impl Served {
    fn serve(&self, connection: &TcpStream) -> Option<()> {
        connection.set_nodelay(true).ok()?;
        let mut reader = BufReader::new(connection);
        loop {
            let request = read(&mut reader)?;
            let answer = self.system.answer(&request);
            let mut requests = self.requests.lock().unwrap();
            if requests.len() < KEPT {
                requests.push(request);
            }
            drop(requests);
            self.act(connection, answer)?;
        }
    }

    fn act(&self, mut connection: &TcpStream, answer: Answer) -> Option<()> {
        let mut streams = self.streams.lock().unwrap();
        let answer = match answer {
            Answer::Stream(head, greeting) => {
                let chunked = head.contains("chunked");
                connection.write_all(head.as_bytes()).ok()?;
                let mut stream = Stream { tcp: connection.try_clone().ok()?, chunked };
                stream.write(&greeting)?;
                streams.push(stream);
                return Some(());
            }
            Answer::Taken(answer, event) => {
                streams.retain_mut(|stream| stream.write(&event).is_some());
                answer
            }
            Answer::Refused(answer) => answer,
        };
        connection.write_all(answer.as_bytes()).ok()?;
        let closing = answer.contains("Connection: close");
        if closing { connection.shutdown(Shutdown::Both).ok() } else { Some(()) }
    }
}

impl Stream {
    fn write(&mut self, text: &str) -> Option<()> {
        let framed = if self.chunked { format!("{:x}\r\n{text}\r\n", text.len()) } else { text.to_owned() };
        if text.is_empty() { Some(()) } else { self.tcp.write_all(framed.as_bytes()).ok() }
    }
}

/// A response with a body.
pub fn response(status: &str, content_type: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n{body}")
}

/// The head of a stream.
pub fn stream(more: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{more}\r\n")
}

/// Reads one request; `None` at the end of the connection.
fn read(reader: &mut impl BufRead) -> Option<Request> {
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { head, body: String::from_utf8(body).ok()? })
}
