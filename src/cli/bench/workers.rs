//! How a worker process is started: this program once more, with one word that no help shows.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use crate::bench;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;

/// The only argument of a worker.
const WORD: &str = "bench-worker";

/// What starts one.
pub(super) fn command() -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    // In a group of its own, so that Ctrl-C ends the run and not a part of its subscribers in the middle of it.
    command.arg(WORD).process_group(0);
    Ok(command)
}

/// Whether this process was started as one.
pub(crate) fn is_wanted() -> bool {
    std::env::args_os().skip(1).eq([WORD])
}

/// Works until the run is over.
pub(crate) fn run() -> Result<Exit, Failure> {
    match bench::work(io::stdin(), &mut io::stdout().lock()) {
        Ok(()) => Ok(Exit::Done),
        // The run has ended without it.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Done),
        Err(error) => {
            let sentence = format!("`sse {WORD}` is for `sse bench` to start: {error}");
            Err(Failure::usage(sentence).hint("`sse bench --workers` says how many"))
        }
    }
}
