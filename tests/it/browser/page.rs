//! A page with a script, on an origin of its own, and what the script reports.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use serde_json::Value;

use super::DEADLINE;

pub struct Page {
    address: SocketAddr,
    reports: Receiver<Value>,
}

/// What the script finds beside that: a way to report that keeps the order.
const PRELUDE: &str = "
    let reported = Promise.resolve();
    function report(what) {
        reported = reported.then(() => fetch('/report', { method: 'POST', body: JSON.stringify(what) }));
    }
";

impl Page {
    /// Serves a page with `script` on a free port until the test ends; the script finds the URL as `stream`.
    pub fn serve(stream: &str, script: &str) -> Self {
        Self::serve_with("stream", stream, script)
    }

    /// The same where the script finds a text under a name.
    pub fn serve_with(name: &str, text: &str, script: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (report, reports) = mpsc::channel();
        let page = format!(
            "<!doctype html><meta charset=utf-8><script>const {name} = {};\n{PRELUDE}{script}</script>",
            Value::from(text)
        );
        thread::spawn(move || {
            for connection in listener.incoming() {
                let (page, report) = (page.clone(), report.clone());
                // A browser opens connections that it may never use: what goes wrong on one is no fault.
                thread::spawn(move || connection.and_then(|connection| answer(connection, &page, &report)));
            }
        });
        Self { address, reports }
    }

    /// Its URL under a name of this machine.
    pub fn url(&self, host: &str) -> String {
        format!("http://{host}:{}/", self.address.port())
    }

    /// The next report, waited for.
    pub fn report(&self) -> Value {
        self.reports.recv_timeout(DEADLINE).expect("a report of the page in time")
    }

    /// The next reports, up to `last`.
    pub fn reports_until(&self, last: &Value) -> Vec<Value> {
        let mut reports = vec![self.report()];
        while reports.last() != Some(last) {
            reports.push(self.report());
        }
        reports
    }
}

/// Answers one request: with the page, or by taking in a report.
fn answer(connection: TcpStream, page: &str, report: &Sender<Value>) -> std::io::Result<()> {
    let mut connection = BufReader::new(connection);
    let (mut request, mut length) = (String::new(), 0);
    connection.read_line(&mut request)?;
    let mut header = String::new();
    while connection.read_line(&mut header)? > 2 {
        if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
        header.clear();
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body)?;
    let (status, page) = match request.split(' ').collect::<Vec<_>>()[..] {
        ["POST", "/report", _] => {
            // Nobody listens any more when the test is at its end.
            let _ = report.send(serde_json::from_slice(&body)?);
            ("204 No Content", "")
        }
        ["GET", "/", _] => ("200 OK", page),
        _ => ("404 Not Found", ""),
    };
    let length = page.len();
    write!(
        connection.get_mut(),
        "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{page}"
    )
}
