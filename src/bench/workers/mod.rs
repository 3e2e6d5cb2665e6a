//! Processes that hold the subscribers where one process may not open as many files as there are connections. The run, its
//! phases and its publishers stay where they are; each worker has a part of the subscribers, tells how far they are while
//! the run goes on, and hands over their account at the end. All stamps are of one clock, so nothing is translated.
//!
//! `message` is what both sides say, `frame` how, `process` one worker as its run sees it, `crew` all of them, and `work`
//! the worker's own side. A worker lives as long as its stdin is open: whatever becomes of the run, none is left behind.

mod crew;
mod frame;
mod message;
mod process;
mod work;

use std::io;
use std::process::Command;

pub(super) use crew::Crew;
pub use work::work;

/// The most workers: enough for a million subscribers where each may open ten thousand files.
pub const MOST_WORKERS: u32 = 100;

/// Worker processes for the subscribers of a run.
#[derive(Clone, Copy, Debug)]
pub struct Workers {
    /// How many there are, at least 1 and at most as many as there are subscribers.
    pub count: u32,
    /// What starts one: a process that calls [`work`] with its stdin and its stdout.
    pub command: fn() -> io::Result<Command>,
}
