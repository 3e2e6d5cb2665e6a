//! A TCP proxy that cuts its connections in the middle of what the server sends, and keeps the client away until told.

use std::io::{Read, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

pub struct Proxy {
    address: SocketAddr,
    wire: Arc<Wire>,
}

struct Wire {
    server: SocketAddr,
    /// Held while the client is away: no new connection gets through.
    gate: Mutex<()>,
    /// Whether to cut at the next bytes from the server.
    cut: AtomicBool,
    /// All that the server has sent.
    answers: Mutex<Vec<u8>>,
}

impl Proxy {
    /// Listens on a free port until the test ends.
    pub fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let wire = Wire { server, gate: Mutex::default(), cut: AtomicBool::new(false), answers: Mutex::default() };
        let wire = Arc::new(wire);
        let shared = wire.clone();
        thread::spawn(move || {
            for client in listener.incoming() {
                let wire = shared.clone();
                // A client that goes away, as the browser does in the end, is no fault.
                thread::spawn(move || client.and_then(|client| wire.connect(&client)));
            }
        });
        Self { address, wire }
    }

    /// The URL of a path behind it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Lets through half of the next bytes from the server, then cuts. The client stays away while the guard lives.
    pub fn cut_within_what_comes_next(&self) -> MutexGuard<'_, ()> {
        let away = self.wire.gate.lock().unwrap();
        self.wire.cut.store(true, Ordering::SeqCst);
        away
    }

    /// What the server has sent so far.
    pub fn answers(&self) -> String {
        String::from_utf8_lossy(&self.wire.answers.lock().unwrap()).into_owned()
    }
}

impl Wire {
    fn connect(&self, client: &TcpStream) -> std::io::Result<()> {
        drop(self.gate.lock().unwrap());
        let server = TcpStream::connect(self.server)?;
        let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
        thread::spawn(move || {
            // Either side may close at any time; then both are done.
            let _ = std::io::copy(&mut from_client, &mut to_server);
            let _ = to_server.shutdown(Shutdown::Both);
        });
        let passed = self.pass(&server, client);
        let _ = (server.shutdown(Shutdown::Both), client.shutdown(Shutdown::Both));
        passed
    }

    fn pass(&self, mut server: impl Read, mut client: &TcpStream) -> std::io::Result<()> {
        let mut buffer = vec![0; 64 << 10];
        loop {
            let count = server.read(&mut buffer)?;
            self.answers.lock().unwrap().extend_from_slice(&buffer[..count]);
            if count == 0 {
                return Ok(());
            }
            if self.cut.swap(false, Ordering::SeqCst) {
                return client.write_all(&buffer[..count / 2]);
            }
            client.write_all(&buffer[..count])?;
        }
    }
}
