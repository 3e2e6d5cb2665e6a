//! The exit codes, all of them.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It did what was asked.
    Done = 0,
    /// It failed: see the message.
    Failed = 1,
    /// The arguments make no sense.
    Usage = 2,
    /// The server refused, or what it sent is not an event stream.
    Refused = 3,
    /// A threshold of `bench` was missed, or its run is not valid.
    Missed = 5,
    /// A signal ended it.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
