//! How wide the terminal is that a stream goes to; the report and the progress line ask. That of `sse listen` is its own:
//! it takes a terminal that does not tell for the usual one, where here everything is printed.

use std::io::IsTerminal;
use std::os::fd::AsFd;

/// The columns as they are now; `None` where there is no terminal, or one that does not tell.
pub(super) fn of(stream: &(impl AsFd + IsTerminal)) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(stream).ok().filter(|size| size.ws_col > 0 && stream.is_terminal());
    size.map(|size| usize::from(size.ws_col))
}
