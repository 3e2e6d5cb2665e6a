//! The bytes of a publisher's connection: as they are, or by TLS. One handle writes and another reads, on threads of their
//! own; `connection` and `pipeline` have them.

use std::io::{self, Read, Write};
use std::mem::MaybeUninit;
use std::net::TcpStream;

use socket2::SockRef;

use super::patient::Patient;
use super::secured::Secured;
use crate::bench::Endpoint;

/// A handle on a connection.
#[derive(Debug)]
pub(super) enum Transport {
    Plain(Patient),
    Secured(Secured),
}

/// What can be seen of a connection without waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// It stands, and there is nothing to read.
    Quiet,
    /// There is something to read.
    Unread,
    /// The server has ended it.
    Over,
}

impl Sight {
    /// Looks at the bytes of a socket and leaves them there.
    pub(super) fn of(tcp: &TcpStream) -> Self {
        let mut byte = [MaybeUninit::uninit()];
        match SockRef::from(tcp).recv_with_flags(&mut byte, libc::MSG_PEEK | libc::MSG_DONTWAIT) {
            Ok(1..) => Self::Unread,
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => Self::Quiet,
            Ok(0) | Err(_) => Self::Over,
        }
    }
}

impl Transport {
    /// Shakes hands on a connection that stands, if the endpoint speaks TLS.
    pub(super) fn on(tcp: TcpStream, endpoint: &Endpoint) -> io::Result<Self> {
        match &endpoint.tls {
            None => Ok(Self::Plain(Patient::new(tcp))),
            Some(tls) => Secured::new(tcp, tls).map(Self::Secured),
        }
    }

    /// A second handle: one may read while the other writes.
    pub(super) fn try_clone(&self) -> io::Result<Self> {
        match self {
            Self::Plain(tcp) => tcp.try_clone().map(Self::Plain),
            Self::Secured(secured) => secured.try_clone().map(Self::Secured),
        }
    }

    /// The nanoseconds for which the socket had no room for what was written, since this was asked last.
    pub(super) fn take_waited(&mut self) -> u64 {
        match self {
            Self::Plain(patient) => patient.take_waited(),
            Self::Secured(secured) => secured.take_waited(),
        }
    }

    /// What can be seen of it. `idle` says that nobody reads on another handle meanwhile, as nothing is to be expected.
    pub(super) fn sight(&self, idle: bool) -> Sight {
        match self {
            Self::Secured(secured) if idle => secured.sight(),
            Self::Secured(secured) => Sight::of(secured.tcp()),
            Self::Plain(patient) => Sight::of(patient.tcp()),
        }
    }
}

impl Read for Transport {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.read(buffer),
            Self::Secured(secured) => secured.read(buffer),
        }
    }
}

impl Write for Transport {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.write(bytes),
            Self::Secured(secured) => secured.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
