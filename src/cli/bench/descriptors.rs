//! File descriptors for the streams: each needs one, and the usual soft limit is 1024.

use anyhow::Context as _;
use rlimit::Resource;

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;

/// What the process needs beside its streams and publishers: standard streams, runtimes, the broker of its own.
const SPARE: u64 = 64;

/// What a publisher needs at most: as many connections as it has in use at once.
const PER_PUBLISHER: u64 = 17;

/// Raises the soft limit to the hard one and makes sure that the run fits; the broker that it may start inherits it.
pub(super) fn reserve(connections: u32, publishers: u32) -> Result<(), Failure> {
    let (soft, hard) = Resource::NOFILE.get().context("cannot read the limit of open files")?;
    let limit = match Resource::NOFILE.set(hard, hard) {
        Ok(()) => hard,
        Err(_) => soft,
    };
    let beside = SPARE + PER_PUBLISHER * u64::from(publishers);
    let room = limit.saturating_sub(beside);
    if u64::from(connections) <= room {
        return Ok(());
    }
    let sentence = format!("{connections} subscribers do not fit: this process may open {limit} files");
    Err(Failure::new(Exit::Usage, anyhow::Error::msg(sentence))
        .hint(format!("raise the hard limit of `nofile` (`ulimit -Hn`), or use -c {room} at most")))
}
