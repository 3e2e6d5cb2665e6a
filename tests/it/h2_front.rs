//! HTTP/2 in front of a server that has none: each stream has a connection of its own there. It says what it takes, breaks
//! what it is told to break, and remembers how it was asked.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;

use bytes::Bytes;
use h2::server::{Builder, SendResponse};
use http::{Request, Response};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// How it treats its clients; the default is a proper server without a limit.
#[derive(Clone, Copy, Default)]
pub struct Terms {
    /// `SETTINGS_MAX_CONCURRENT_STREAMS`.
    pub streams: Option<u32>,
    /// Ends a connection in good order (GOAWAY) once it has had this many streams, and lets these go on.
    pub ends_after: Option<usize>,
    /// Cuts the first connection when the stream that it has had first brings this text.
    pub cuts_at: Option<&'static str>,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Which connection it came on, from 0.
    pub connection: usize,
    pub head: Arc<Request<()>>,
    pub body: Vec<u8>,
}

/// A running front. It ends with the process.
pub struct Front {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// What its connections share.
#[derive(Clone)]
struct Shared {
    server: SocketAddr,
    terms: Terms,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Front {
    pub fn of(server: SocketAddr, terms: Terms) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let (address, asked) = (listener.local_addr().unwrap(), Arc::default());
        let shared = Shared { server, terms, asked: Arc::clone(&asked) };
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                for number in 0.. {
                    let (client, _) = listener.accept().await.unwrap();
                    client.set_nodelay(true).unwrap();
                    tokio::spawn(shared.clone().serve(client, number));
                }
            });
        });
        Self { address, asked }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// All requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Shared {
    /// Serves a connection. A client that goes away is no concern of this server.
    async fn serve(self, client: TcpStream, connection: usize) -> Option<()> {
        let mut builder = Builder::new();
        builder.max_send_buffer_size(64 << 20);
        if let Some(streams) = self.terms.streams {
            builder.max_concurrent_streams(streams);
        }
        let mut h2 = builder.handshake::<_, Bytes>(client).await.ok()?;
        let cut = Arc::new(Notify::new());
        let mut count = 0;
        loop {
            let (request, respond) = tokio::select! {
                accepted = h2.accept() => accepted?.ok()?,
                () = cut.notified() => return None,
            };
            count += 1;
            if self.terms.ends_after == Some(count) {
                h2.graceful_shutdown();
            }
            let cut = self.terms.cuts_at.filter(|_| connection == 0 && count == 1).map(|text| (text, Arc::clone(&cut)));
            tokio::spawn(self.clone().answer(request, respond, connection, cut));
        }
    }

    /// Passes the answer of the server on, up to its end or to where it is to be cut.
    async fn answer(
        self,
        request: Request<h2::RecvStream>,
        mut respond: SendResponse<Bytes>,
        connection: usize,
        cut: Option<(&str, Arc<Notify>)>,
    ) -> Option<()> {
        let (head, mut incoming) = request.into_parts();
        let (head, mut body) = (Request::from_parts(head, ()), Vec::new());
        while let Some(piece) = incoming.data().await {
            let piece = piece.ok()?;
            incoming.flow_control().release_capacity(piece.len()).ok()?;
            body.extend_from_slice(&piece);
        }
        let path = head.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
        self.asked.lock().unwrap().push(Asked { connection, head: Arc::new(head), body });
        let mut server = TcpStream::connect(self.server).await.ok()?;
        server.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.ok()?;
        let (mut text, mut buffer) = (Vec::new(), vec![0; 64 << 10]);
        let end = loop {
            let count = server.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
            text.extend_from_slice(&buffer[..count]);
            if let Some(end) = text.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let rest = text.split_off(end);
        let (response, length) = response(&text);
        let mut sending = respond.send_response(response, false).ok()?;
        let (mut piece, mut sent) = (rest, 0);
        loop {
            sent += piece.len();
            let last = cut.as_ref().filter(|(text, _)| String::from_utf8_lossy(&piece).contains(text));
            let ended = length == Some(sent);
            sending.send_data(piece.into(), ended).ok()?;
            if let Some((_, cut)) = last {
                cut.notify_one();
                // The stream is to end with its connection, and not before.
                return std::future::pending().await;
            }
            if ended {
                return None;
            }
            let count = server.read(&mut buffer).await.ok()?;
            if count == 0 {
                return sending.send_data(Bytes::new(), true).ok();
            }
            piece = buffer[..count].to_vec();
        }
    }
}

/// The head of an answer as HTTP/2 has it, and how long its body is if that is said.
fn response(text: &[u8]) -> (Response<()>, Option<usize>) {
    let text = String::from_utf8_lossy(text).to_ascii_lowercase();
    let header = |name: &str| text.lines().find_map(|line| line.strip_prefix(&format!("{name}: "))).map(str::to_owned);
    let status = text.split(' ').nth(1).expect("a status");
    let response = Response::builder().status(status).header("content-type", header("content-type").expect("a type"));
    (response.body(()).expect("an answer"), header("content-length").map(|length| length.parse().expect("a length")))
}
