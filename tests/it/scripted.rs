//! A server that answers with exactly the bytes of a script, and remembers what it was asked: over TCP, TLS or a Unix
//! socket.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// How long a request may take to come before the test has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a request gets.
pub enum Answer {
    /// These bytes, and the end.
    Close(Vec<u8>),
    /// These bytes; the connection then stays open until the client ends it.
    Hold(Vec<u8>),
    /// These bytes, which say where they end; the next request may come on the same connection.
    Keep(Vec<u8>),
    /// What the test sends, each piece in a write of its own, until there is no more: see [`pieces`].
    Pieces(Receiver<Vec<u8>>),
}

/// An answer that the test writes piece by piece, and where to write them; dropping that is the end.
pub fn pieces() -> (Sender<Vec<u8>>, Answer) {
    let (sender, receiver) = mpsc::channel();
    (sender, Answer::Pieces(receiver))
}

/// A request as it came over the wire.
#[derive(Debug)]
pub struct Request {
    /// Method, target and version.
    pub line: String,
    /// In their order.
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
}

impl Request {
    /// The only value of a header; `None` if there is none.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        let mut values = self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_slice());
        let value = values.next();
        assert!(values.next().is_none(), "{name} comes once");
        value
    }

    /// The same as text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.header(name).map(|value| std::str::from_utf8(value).expect("UTF-8"))
    }
}

/// A server on a free port of loopback, which serves one connection after the other: one request, one answer each.
/// When the script is over nobody listens any more.
pub struct Scripted {
    pub address: SocketAddr,
    requests: Receiver<Request>,
}

impl Scripted {
    pub fn start(script: Vec<Answer>) -> Self {
        Self::on_tcp(script, |stream| Box::new(stream))
    }

    /// The same with TLS.
    pub fn start_tls(config: ServerConfig, script: Vec<Answer>) -> Self {
        let config = Arc::new(config);
        Self::on_tcp(script, move |stream| {
            Box::new(StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream))
        })
    }

    fn on_tcp(script: Vec<Answer>, dress: impl Fn(std::net::TcpStream) -> Connection + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let accept = move || {
            let (stream, _) = listener.accept().unwrap();
            stream.set_nodelay(true).unwrap();
            dress(stream)
        };
        Self { address, requests: spawn(accept, script) }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The next request, in the order of the answers.
    pub fn request(&self) -> Request {
        self.requests.recv_timeout(PATIENCE).expect("a request comes")
    }

    /// The next ones.
    pub fn requests(&self, count: usize) -> Vec<Request> {
        std::iter::repeat_with(|| self.request()).take(count).collect()
    }

    /// Whether there was no other.
    pub fn is_done(&self) -> bool {
        self.requests.try_recv().is_err()
    }
}

/// A server on a Unix socket; what it is asked.
pub fn start_unix(path: &Path, script: Vec<Answer>) -> Receiver<Request> {
    let listener = UnixListener::bind(path).unwrap();
    spawn(move || Box::new(listener.accept().unwrap().0), script)
}

trait Stream: Read + Write + Send {}

impl<S: Read + Write + Send> Stream for S {}

type Connection = Box<dyn Stream>;

fn spawn(accept: impl Fn() -> Connection + Send + 'static, script: Vec<Answer>) -> Receiver<Request> {
    let (sender, requests) = mpsc::channel();
    thread::spawn(move || serve(&accept, script, &sender));
    requests
}

fn serve(accept: &dyn Fn() -> Connection, script: Vec<Answer>, requests: &Sender<Request>) {
    let mut kept = None;
    for answer in script {
        let (mut connection, request) = next_request(accept, kept.take());
        // The test may be over before it has looked at all requests.
        let _ = requests.send(request);
        kept = respond(&mut connection, answer).then_some(connection);
    }
}

/// Connections that end without a request do not count: a client may have refused the certificate.
fn next_request(
    accept: &dyn Fn() -> Connection,
    mut kept: Option<BufReader<Connection>>,
) -> (BufReader<Connection>, Request) {
    loop {
        let mut connection = kept.take().unwrap_or_else(|| BufReader::new(accept()));
        if let Some(request) = read_request(&mut connection) {
            return (connection, request);
        }
    }
}

/// Whether the connection goes on.
fn respond(connection: &mut BufReader<Connection>, answer: Answer) -> bool {
    let mut write = |bytes: &[u8]| {
        let stream = connection.get_mut();
        stream.write_all(bytes).and_then(|()| stream.flush()).is_ok()
    };
    // The client may go as soon as it has seen enough.
    match answer {
        Answer::Keep(bytes) => write(&bytes),
        Answer::Close(bytes) => {
            write(&bytes);
            false
        }
        Answer::Hold(bytes) => {
            write(&bytes);
            let _ = connection.read_to_end(&mut Vec::new());
            false
        }
        Answer::Pieces(pieces) => {
            let _ = pieces.iter().all(|piece| write(&piece));
            false
        }
    }
}

/// `None` if the connection ends before there is one.
fn read_request(reader: &mut BufReader<Connection>) -> Option<Request> {
    let line = String::from_utf8(head_line(reader)?).expect("the request line is ASCII");
    let mut headers = Vec::new();
    loop {
        let header = head_line(reader).expect("a line of the head");
        if header.is_empty() {
            break;
        }
        let colon = header.iter().position(|b| *b == b':').expect("a header has a colon");
        let name = String::from_utf8(header[..colon].to_vec()).unwrap();
        headers.push((name, header[colon + 1..].trim_ascii().to_vec()));
    }
    let mut request = Request { line, headers, body: Vec::new() };
    let length = request.text("content-length").map_or(0, |length| length.parse().unwrap());
    request.body.resize(length, 0);
    reader.read_exact(&mut request.body).expect("the whole body");
    Some(request)
}

fn head_line(reader: &mut BufReader<Connection>) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    reader.read_until(b'\n', &mut line).ok().filter(|read| *read > 0)?;
    Some(line.strip_suffix(b"\r\n").expect("CRLF").to_vec())
}

/// An address where nobody listens.
pub fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// The head of a stream that lasts until the end of the connection.
pub const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

/// An event stream up to the end of the connection.
pub fn stream(body: &str) -> Vec<u8> {
    format!("{HEAD}{body}").into_bytes()
}

/// An event stream in chunks (RFC 9112 §7.1), which a client takes one by one however the network cuts them.
pub fn chunked<'p>(pieces: impl IntoIterator<Item = &'p [u8]>) -> Vec<u8> {
    let mut bytes =
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for piece in pieces.into_iter().filter(|piece| !piece.is_empty()) {
        bytes.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        bytes.extend_from_slice(piece);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    bytes
}

/// Any other answer.
pub fn answer(status: &str, content_type: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
    .into_bytes()
}
