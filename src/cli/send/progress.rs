//! How much of a file on stdin is published: a line on stderr while that is a terminal, and stdout is none, whose lines it
//! would stand in the way of.

use std::fs::File;
use std::io::{self, IsTerminal as _, Seek as _};
use std::os::fd::AsFd as _;

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

/// indicatif leaves the bar away where the terminal has no room for it.
const STYLE: &str = "{wide_bar:.cyan/dim} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";

/// The line; it goes when this is dropped.
#[derive(Debug)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// None to be seen.
    pub(super) fn hidden() -> Self {
        Self(ProgressBar::hidden())
    }

    /// That through stdin, if it is a file. indicatif draws nothing where stderr is no terminal or `TERM` is `dumb`.
    pub(super) fn of_stdin() -> Self {
        let Some(bytes) = rest_of_stdin().filter(|_| !io::stdout().is_terminal()) else { return Self::hidden() };
        let bar = ProgressBar::new(bytes).with_finish(ProgressFinish::AndClear);
        // The template is a constant: a bar without a style still shows.
        if let Ok(style) = ProgressStyle::with_template(STYLE) {
            bar.set_style(style);
        }
        bar.tick();
        Self(bar)
    }

    /// So many bytes are done.
    pub(super) fn at(&self, bytes: u64) {
        self.0.set_position(bytes);
    }

    /// Clears the line for what else is to be said on stderr.
    pub(super) fn suspend<T>(&self, say: impl FnOnce() -> T) -> T {
        self.0.suspend(say)
    }
}

/// What is left to be read of a file; `None` if stdin is something else.
fn rest_of_stdin() -> Option<u64> {
    let mut file = File::from(io::stdin().as_fd().try_clone_to_owned().ok()?);
    let metadata = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
    Some(metadata.len().saturating_sub(file.stream_position().ok()?))
}
