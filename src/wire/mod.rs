//! text/event-stream in and out, as WHATWG HTML §9.2 defines it.
//!
//! Pure: no I/O, no async, no clock. The server encodes with it, the client and the load generator decode with it, and
//! the test vectors run against it directly. It does not reconnect, wait or buffer more than one unfinished event.

mod block;
mod decode;
mod encode;
mod field;

pub use decode::{Decoder, Item, TooLong};
pub use encode::{encode_comment, encode_comment_verbatim, encode_event, encode_id, encode_retry};
pub use field::{EventId, EventName};

use std::time::Duration;

/// The media type of a stream: WHATWG HTML §9.2.6.
pub const MEDIA_TYPE: &str = "text/event-stream";

/// An event as a publisher gives it: the fields that [`encode_event`] writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// The `id` field; `None` writes no `id` line, so that a client's last event ID stays as it is.
    pub id: Option<EventId>,
    /// The `event` field; `None` is the default type, `message`.
    pub name: Option<EventName>,
    /// The `retry` field: the reconnection time that clients are asked to use, sent in whole milliseconds.
    pub retry: Option<Duration>,
    /// The payload. CR, LF and CRLF separate `data` lines, and each reaches the client as LF.
    pub data: String,
}

/// An event as a client dispatches it: the attributes of a `MessageEvent`, WHATWG HTML §9.2.6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The event type: `message` where the stream named none.
    pub event_type: String,
    /// The `data` lines of the block joined with LF.
    pub data: String,
    /// The last event ID of the stream after this block; empty where none was ever set.
    pub last_event_id: String,
}

/// Says that a text cannot be a field value: it holds the character that is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} cannot hold {}", name_of(*.found))]
pub struct Forbidden {
    what: &'static str,
    found: char,
}

/// Returns an error if `text` holds CR, LF or NUL, which no field value may carry over the wire.
fn refuse_forbidden(what: &'static str, text: &str) -> Result<(), Forbidden> {
    match text.chars().find(|c| matches!(c, '\r' | '\n' | '\0')) {
        Some(found) => Err(Forbidden { what, found }),
        None => Ok(()),
    }
}

fn name_of(found: char) -> &'static str {
    match found {
        '\r' => "a carriage return",
        '\n' => "a line feed",
        _ => "a NUL character",
    }
}
