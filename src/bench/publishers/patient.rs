//! A socket that is written to as one that blocks, and that knows for how long the server let the writer wait: the time for
//! which the kernel had no room, because what was written before was not taken. `transport` writes to it.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::SockRef;

use super::connection::ANSWER_LIMIT;
use crate::bench::clock;

/// The socket of a publisher.
#[derive(Debug)]
pub(super) struct Patient {
    tcp: TcpStream,
    /// Nanoseconds for which there was no room.
    waited: u64,
}

impl Patient {
    pub(super) fn new(tcp: TcpStream) -> Self {
        Self { tcp, waited: 0 }
    }

    pub(super) fn tcp(&self) -> &TcpStream {
        &self.tcp
    }

    /// The nanoseconds for which there was no room since this was asked last.
    pub(super) fn take_waited(&mut self) -> u64 {
        std::mem::take(&mut self.waited)
    }

    /// A second handle, which has waited for nothing.
    pub(super) fn try_clone(&self) -> io::Result<Self> {
        self.tcp.try_clone().map(Self::new)
    }

    fn wait_for_room(&mut self) -> io::Result<()> {
        let begun = clock::now();
        let limit = Timespec { tv_sec: ANSWER_LIMIT.as_secs().cast_signed(), tv_nsec: 0 };
        let ready = poll(&mut [PollFd::new(&self.tcp, PollFlags::OUT)], Some(&limit));
        self.waited += clock::now() - begun;
        match ready {
            Ok(0) => Err(io::ErrorKind::TimedOut.into()),
            Err(rustix::io::Errno::INTR) | Ok(_) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Read for Patient {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.tcp.read(buffer)
    }
}

impl Write for Patient {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match SockRef::from(&self.tcp).send_with_flags(bytes, libc::MSG_DONTWAIT) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.wait_for_room()?,
                result => return result,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::time::Duration;

    use super::*;

    /// More bytes than the buffers of both sides hold.
    const MUCH: usize = 64 << 20;

    #[test]
    fn what_a_peer_does_not_take_is_waited_for_and_what_it_takes_is_not() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let connect = || TcpStream::connect(listener.local_addr()?);
        let mut patient = Patient::new(connect().expect("a connection"));
        let (mut peer, _) = listener.accept().expect("its other end");
        patient.write_all(b"few").expect("there is room");
        assert_eq!(patient.take_waited(), 0);
        let writer = patient.tcp().try_clone().expect("a handle");
        let reader = std::thread::spawn(move || {
            let no_wait = Timespec { tv_sec: 0, tv_nsec: 0 };
            while poll(&mut [PollFd::new(&writer, PollFlags::OUT)], Some(&no_wait)) != Ok(0) {
                std::thread::yield_now();
            }
            // There is no room: now or soon it is waited for.
            std::thread::sleep(Duration::from_millis(100));
            let mut taken = vec![0; MUCH + 3];
            peer.read_exact(&mut taken).map(|()| taken)
        });
        let much = vec![b'x'; MUCH];
        patient.write_all(&much).expect("there is somebody");
        let taken = reader.join().expect("it ends").expect("all of it");
        assert!(taken.starts_with(b"fewxx") && taken[3..] == much);
        assert!(patient.take_waited() > 0 && patient.take_waited() == 0);
    }
}
