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
    /// How many bytes stdout has taken.
    written: u64,
    /// The last of them ended a line.
    ends_line: bool,
}

impl Output {
    /// Stdout, with nothing gathered yet.
    pub(crate) fn new() -> Self {
        Self { gathered: Vec::new(), stdout: tokio::io::stdout(), written: 0, ends_line: true }
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

    /// How many bytes there are so far, written or gathered.
    pub(crate) fn position(&self) -> u64 {
        self.written + self.gathered.len() as u64
    }

    /// How many of them are written.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// Whether what is written ends with a line.
    pub(crate) fn ends_line(&self) -> bool {
        self.ends_line
    }

    /// Writes what was gathered. If the future is dropped, what stdout has not taken yet stays for the next call.
    pub(crate) async fn flush(&mut self) -> anyhow::Result<()> {
        self.flush_through(u64::MAX).await
    }

    /// The same up to a [`Output::position`].
    pub(crate) async fn flush_through(&mut self, position: u64) -> anyhow::Result<()> {
        let doing = "cannot write to stdout";
        loop {
            let wanted = usize::try_from(position.saturating_sub(self.written)).unwrap_or(usize::MAX);
            let due = wanted.min(self.gathered.len());
            if due == 0 {
                return self.stdout.flush().await.context(doing);
            }
            let taken = self.stdout.write(&self.gathered[..due]).await.context(doing)?;
            self.ends_line = self.gathered[..taken].last().map_or(self.ends_line, |last| *last == b'\n');
            self.written += taken as u64;
            self.gathered.drain(..taken);
        }
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
