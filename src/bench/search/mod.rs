//! The search for the highest rate, or the largest number of connections, at which all that has to hold does: pure. It
//! carries no run out; `cli::bench` does, tells what came of it and asks what to try next.
//!
//! [`Search`] climbs, narrows and confirms; [`Judged`] says what a run means to it.

mod judged;
mod ladder;
#[cfg(test)]
mod simulated;

pub use judged::{Fate, Judged};
pub use ladder::{Found, Limit, RESOLUTION, Search, Step};
