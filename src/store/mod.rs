//! The log: the one order of all events, and what is retained of it.
//!
//! [`Log`] is the contract, [`Memory`] the engine that keeps the log in this process. The broker appends to a log and
//! moves cursors over it; nothing else in the program holds events. A store knows no connection and no HTTP.

mod filter;
mod log;
mod memory;
mod position;
mod record;
mod retention;

pub use filter::Filter;
pub use log::{Appending, Error, Log, Newest, Observer, Page, Place, Span};
pub use memory::Memory;
pub use position::{Epoch, Position};
pub use record::{Draft, Record};
pub use retention::Retention;
