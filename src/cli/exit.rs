//! The exit codes, all of them.

use std::process::ExitCode;

/// The exit codes for whoever reads the help.
pub(crate) const HELP: &str = "\
Exit status:
  0    done
  1    failed: the message says why
  2    the arguments make no sense
  3    the server refused, or what it sent is not an event stream
  4    nothing came within --idle-timeout
  5    bench missed a threshold, its run is not valid, or nothing held in its
       search
  130  a signal ended it";

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
    /// Nothing came for as long as the user was ready to wait.
    Idle = 4,
    /// A threshold of `bench` was missed, its run is not valid, or nothing held in its search.
    Missed = 5,
    /// A signal ended it.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
