//! How a stream leaves hyper: the answer to its request is never given to hyper. Its head goes with the socket to a shard,
//! which writes it and everything after it.

use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::Request;
use axum::http::{Method, Version};
use axum::response::Response;
use bytes::Bytes;
use hyper::body::Incoming;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_rustls::server::TlsStream;

use super::stream;
use super::tls_layer::TlsLayer;
use crate::broker::{Admitted, Layer};
use crate::metrics::Transport;

/// Between the requests of one connection and the task that drives it.
#[derive(Clone, Default)]
pub(super) struct Handoff(Arc<Cell>);

#[derive(Default)]
struct Cell {
    leaving: Mutex<Option<Leaving>>,
    wanted: Notify,
    hang_up: Arc<Notify>,
}

/// A stream that leaves.
pub(super) struct Leaving {
    pub(super) admitted: Admitted,
    /// The head of its response.
    pub(super) head: Bytes,
}

/// A connection whose socket can leave hyper.
pub(super) trait Leave {
    /// How streams that left are counted.
    const TRANSPORT: Transport;

    /// Gives up the socket, and what lies between it and the client.
    fn leave(self) -> io::Result<(std::net::TcpStream, Option<Box<dyn Layer>>)>;
}

impl Leave for TcpStream {
    const TRANSPORT: Transport = Transport::Http1;

    fn leave(self) -> io::Result<(std::net::TcpStream, Option<Box<dyn Layer>>)> {
        Ok((self.into_std()?, None))
    }
}

impl Leave for TlsStream<TcpStream> {
    const TRANSPORT: Transport = Transport::Tls;

    fn leave(self) -> io::Result<(std::net::TcpStream, Option<Box<dyn Layer>>)> {
        let (socket, tls) = self.into_inner();
        Ok((socket.into_std()?, Some(Box::new(TlsLayer::new(tls)))))
    }
}

impl Handoff {
    /// How a stream would reach the client: HTTP/1.0 knows no chunked coding, so hyper has to serve it.
    pub(super) fn transport_of(request: &Request<Incoming>, leaving: Transport) -> Transport {
        let leaves = request.version() == Version::HTTP_11 && request.method() == Method::GET;
        if leaves { leaving } else { Transport::Hyper }
    }

    /// Takes an answer on its way to hyper. If it is a stream that can leave, the driver is told, and nothing more happens
    /// here: the driver drops this future with the connection.
    pub(super) async fn take(self, mut response: Response) -> Result<Response, Infallible> {
        match stream::leaving(&mut response) {
            Some((admitted, hello)) => {
                let leaving = Leaving { admitted, head: stream::head(&response, &hello) };
                *self.0.leaving.lock().unwrap_or_else(PoisonError::into_inner) = Some(leaving);
                self.0.wanted.notify_one();
                std::future::pending().await
            }
            None => Ok(stream::fill(response, &self.0.hang_up)),
        }
    }

    /// Waits until a stream that stayed is to be cut.
    pub(super) async fn hung_up(&self) {
        self.0.hang_up.notified().await;
    }

    /// Waits for a stream that wants to leave.
    pub(super) async fn wanted(&self) -> Leaving {
        loop {
            self.0.wanted.notified().await;
            if let Some(leaving) = self.0.leaving.lock().unwrap_or_else(PoisonError::into_inner).take() {
                return leaving;
            }
        }
    }
}
