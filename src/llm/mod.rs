//! The answer of a language model, put together from the events of its stream, with figures about how it came.
//!
//! Pure: no I/O, no clock (the time of each event is an argument), no printing. It keeps counters and short texts, never
//! the answer itself: a [`Completion`] hands on each piece as a [`Step`] and sums up in a [`Report`]. What it reads is
//! the provider's word: text in it is for the caller to escape. Whether to connect or to try again is not decided here.

mod anthropic;
mod completion;
mod dialect;
mod facts;
mod failure;
mod gemini;
mod json;
mod ollama;
mod openai_chat;
mod openai_responses;
mod pace;
mod report;

pub use completion::Completion;
pub use dialect::Dialect;
pub use facts::Step;
pub use failure::Failure;
pub use pace::Stall;
pub use report::{Ending, Report};

/// How much of a name is kept, such as that of the model or the reason for the end, in bytes.
const LONGEST_NAME: usize = 128;

/// The text up to a limit in bytes; where it was longer, an ellipsis says so.
fn cut(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    format!("{}…", &text[..text.floor_char_boundary(limit)])
}
