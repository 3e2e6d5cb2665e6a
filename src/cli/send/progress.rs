//! What is said on stderr beside failures: words, and how much of a file is published. That is a line while stderr is a
//! terminal, and stdout is none, whose lines it would stand in the way of.

use std::fs::{File, Metadata};
use std::io::{self, IsTerminal as _, Seek as _, Write as _};
use std::os::fd::AsFd as _;

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

use super::super::terminal::escape_control;

/// indicatif leaves the bar away where the terminal has no room for it.
const STYLE: &str = "{wide_bar:.cyan/dim} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";

/// The line; it goes when this is dropped, and all clones of it.
#[derive(Clone, Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    quiet: bool,
}

impl Progress {
    /// Neither a line nor words.
    pub(super) fn silent() -> Self {
        Self { bar: ProgressBar::hidden(), quiet: true }
    }

    /// Words alone.
    pub(super) fn hidden() -> Self {
        Self { bar: ProgressBar::hidden(), quiet: false }
    }

    /// That through stdin, if it is a file.
    pub(super) fn of_stdin() -> Self {
        Self::through(rest_of_stdin())
    }

    /// That through a file, if it is one that has an end.
    pub(super) fn of_file(path: &str) -> Self {
        Self::through(std::fs::metadata(path).ok().filter(Metadata::is_file).map(|file| file.len()))
    }

    /// indicatif draws nothing where stderr is no terminal or `TERM` is `dumb`.
    fn through(bytes: Option<u64>) -> Self {
        let Some(bytes) = bytes.filter(|_| !io::stdout().is_terminal()) else { return Self::hidden() };
        let bar = ProgressBar::new(bytes).with_finish(ProgressFinish::AndClear);
        // The template is a constant: a bar without a style still shows.
        if let Ok(style) = ProgressStyle::with_template(STYLE) {
            bar.set_style(style);
        }
        bar.tick();
        Self { bar, quiet: false }
    }

    /// So many bytes are done.
    pub(super) fn at(&self, bytes: u64) {
        self.bar.set_position(bytes);
    }

    /// Says what is no failure, unless only failures are to be said.
    pub(super) fn say(&self, text: &str) {
        if !self.quiet {
            // If stderr is gone there is nobody left to tell.
            let _ = self.suspend(|| writeln!(io::stderr(), "sse: {}", escape_control(text, "")));
        }
    }

    /// Clears the line for what else is to be said on stderr.
    pub(super) fn suspend<T>(&self, say: impl FnOnce() -> T) -> T {
        self.bar.suspend(say)
    }
}

/// What is left to be read of a file; `None` if stdin is something else.
fn rest_of_stdin() -> Option<u64> {
    let mut file = File::from(io::stdin().as_fd().try_clone_to_owned().ok()?);
    let metadata = file.metadata().ok().filter(Metadata::is_file)?;
    Some(metadata.len().saturating_sub(file.stream_position().ok()?))
}
