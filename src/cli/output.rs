//! Stdout of the clients, `listen` and `send`: gathered in memory, and written without blocking the runtime, so that a
//! signal ends a command whose output nobody reads.

use anyhow::Context as _;
use tokio::io::{AsyncWriteExt as _, Stdout};

/// What is gathered at most before it is written, in bytes: large enough that a burst costs few system calls. A single
/// event may exceed it once.
const FULL: usize = 64 << 10;

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
