//! The log: the one order of all events, and what is retained of it.
//!
//! [`Log`] is the contract; [`Memory`] keeps the log in this process, [`Disk`] in a directory. The broker appends to a log and
//! moves cursors over it; nothing else in the program holds events. A store knows no connection and no HTTP.
//!
//! Both engines find things by the same index, and let things in by the same rules; they differ in where the records are.

mod disk;
mod filter;
mod index;
mod intake;
mod log;
mod memory;
mod name;
mod position;
mod record;
mod retention;

pub use disk::{Disk, Durability, OpenError};
pub use filter::Filter;
pub use intake::Allowance;
pub use log::{
    Appended, Appending, Closing, Error, Held, Log, Missing, Newest, Observer, Page, Place, Queued, Refused, Span,
};
pub use memory::Memory;
pub use name::{IdempotencyKey, Key, NotAName};
pub use position::{Epoch, Position};
pub use record::{Draft, Record, Terms};
pub use retention::Retention;
