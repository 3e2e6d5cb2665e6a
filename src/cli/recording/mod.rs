//! Recordings: event streams with comments that tell when their events came, written by `sse listen --record` and played
//! by `sse send --replay`.
//!
//! ```text
//! :recorded 2026-11-20T12:00:00.123Z
//! :at 1234
//! id: 7
//! data: 1.2 s later
//! ```
//!
//! The first line says when the recording began; where it comes again, as in files that were put together, time goes on
//! from there. `:at` is the time since then in milliseconds, and holds for all that follows. Any client reads a recording as
//! the stream that it is, and a stream without these comments is played without times. The rest is as it was dispatched:
//! comments and reconnection times too, but not how events were cut into fields and lines.

mod file;
mod marks;
mod player;
mod recorder;
mod timeline;

pub(crate) use file::Recording;
pub(crate) use player::Player;
pub(crate) use recorder::Recorder;
pub(crate) use timeline::{Played, Timeline};
