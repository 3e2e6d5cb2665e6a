//! Stdout of the clients, `listen` and `send`: gathered in memory, and written without blocking the runtime, so that a
//! signal ends a command whose output nobody reads.

use std::time::Duration;

use anyhow::Context as _;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::io::{AsyncWriteExt as _, Stdout};

/// What is gathered at most before it is written, in bytes: large enough that a burst costs few system calls. A single
/// event may exceed it once.
const FULL: usize = 256 << 10;

/// How often to look whether stdout still has a reader while there is nothing to write: soon enough for a person who
/// waits for the prompt, seldom enough to cost nothing.
const LOOK: Duration = Duration::from_millis(250);

/// Stdout. That nobody reads it any more comes out as [`std::io::ErrorKind::BrokenPipe`].
#[derive(Debug)]
pub(crate) struct Output {
    gathered: Vec<u8>,
    stdout: Stdout,
}

impl Output {
    /// Stdout, with nothing gathered yet.
    pub(crate) fn new() -> Self {
        Self { gathered: Vec::new(), stdout: tokio::io::stdout() }
    }

    /// Where to append what shall be written.
    pub(crate) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.gathered
    }

    /// Whether there is nothing to write.
    pub(crate) fn is_empty(&self) -> bool {
        self.gathered.is_empty()
    }

    /// Whether no more should be gathered before a [`Output::flush`].
    pub(crate) fn is_full(&self) -> bool {
        self.gathered.len() >= FULL
    }

    /// Writes what was gathered. If the future is dropped, what stdout has not taken yet stays for the next call.
    pub(crate) async fn flush(&mut self) -> anyhow::Result<()> {
        let doing = "cannot write to stdout";
        while !self.gathered.is_empty() {
            let taken = self.stdout.write(&self.gathered).await.context(doing)?;
            self.gathered.drain(..taken);
        }
        self.stdout.flush().await.context(doing)
    }
}

/// Waits until nobody can read stdout any more: a pipe without a reader, a terminal that is gone. A write would tell, but
/// a silent stream has nothing to write.
pub(crate) async fn reader_gone() {
    while !is_reader_gone() {
        tokio::time::sleep(LOOK).await;
    }
}

fn is_reader_gone() -> bool {
    let stdout = std::io::stdout();
    // Both flags are reported without being asked for.
    let mut polled = [PollFd::new(&stdout, PollFlags::empty())];
    let told = poll(&mut polled, Some(&Timespec::default())).is_ok_and(|ready| ready > 0);
    told && polled[0].revents().intersects(PollFlags::ERR | PollFlags::HUP)
}
