//! A server that answers with exactly the bytes of a script, and remembers what it was asked.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

/// How long a request may take to come before the test has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a connection gets.
pub enum Answer {
    /// These bytes, and the end.
    Close(Vec<u8>),
    /// These bytes; the connection then stays open until the client ends it.
    Hold(Vec<u8>),
}

/// A request as it came over the wire.
#[derive(Debug)]
pub struct Request {
    /// Method, target and version.
    pub line: String,
    headers: Vec<(String, Vec<u8>)>,
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
}

/// A server on a free port of loopback, which serves one connection after the other: one request, one answer each.
/// When the script is over nobody listens any more.
pub struct Scripted {
    pub address: SocketAddr,
    requests: Receiver<Request>,
}

impl Scripted {
    pub fn start(script: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, requests) = mpsc::channel();
        thread::spawn(move || serve(&listener, script, &sender));
        Self { address, requests }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The next request, in the order of the answers.
    pub fn request(&self) -> Request {
        self.requests.recv_timeout(PATIENCE).expect("a request comes")
    }
}

fn serve(listener: &TcpListener, script: Vec<Answer>, requests: &Sender<Request>) {
    for answer in script {
        let (stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let request = read_request(&mut reader);
        // The test may be over before it has looked at all requests.
        let _ = requests.send(request);
        respond(stream, reader, answer);
    }
}

fn respond(mut stream: TcpStream, mut reader: BufReader<TcpStream>, answer: Answer) {
    // The client may go as soon as it has seen enough.
    match answer {
        Answer::Close(bytes) => drop(stream.write_all(&bytes)),
        Answer::Hold(bytes) => {
            let _ = stream.write_all(&bytes);
            let _ = reader.read_to_end(&mut Vec::new());
        }
    }
}

fn read_request(reader: &mut BufReader<TcpStream>) -> Request {
    let line = String::from_utf8(head_line(reader)).expect("the request line is ASCII");
    let mut headers = Vec::new();
    loop {
        let header = head_line(reader);
        if header.is_empty() {
            break;
        }
        let colon = header.iter().position(|b| *b == b':').expect("a header has a colon");
        let name = String::from_utf8(header[..colon].to_vec()).unwrap();
        headers.push((name, header[colon + 1..].trim_ascii().to_vec()));
    }
    let mut request = Request { line, headers, body: Vec::new() };
    let length = request.header("content-length").map_or(0, |n| std::str::from_utf8(n).unwrap().parse().unwrap());
    request.body.resize(length, 0);
    reader.read_exact(&mut request.body).expect("the whole body");
    request
}

fn head_line(reader: &mut BufReader<TcpStream>) -> Vec<u8> {
    let mut line = Vec::new();
    reader.read_until(b'\n', &mut line).expect("a line of the head");
    line.strip_suffix(b"\r\n").expect("CRLF").to_vec()
}

/// An address where nobody listens.
pub fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// An event stream up to the end of the connection.
pub fn stream(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n{body}").into_bytes()
}

/// Any other answer.
pub fn answer(status: &str, content_type: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
    .into_bytes()
}
