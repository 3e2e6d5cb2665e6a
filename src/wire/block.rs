//! One block of a stream: the fields between two blank lines, and what they dispatch.

use super::Message;

/// The buffers of WHATWG HTML §9.2.6. `data` ends every line with LF, as the algorithm does; the last one is cut off when
/// the event is dispatched. Text is decoded from UTF-8 at the end, once, with U+FFFD for what is invalid: field
/// boundaries are ASCII, so no sequence can reach over one.
#[derive(Debug, Default)]
pub(super) struct Block {
    data: Vec<u8>,
    event_type: Vec<u8>,
    /// The ID buffer: unlike the others it keeps its value over blocks.
    id: String,
}

/// What a line of a block brings to an end.
pub(super) enum Notice {
    /// The block is an event: it is there until [`Block::message`] or [`Block::clear`].
    Event,
    Comment(String),
    /// Milliseconds.
    Retry(u64),
}

impl Block {
    /// Begins a stream whose last event ID is known from an earlier connection.
    pub(super) fn resuming_from(last_event_id: String) -> Self {
        Self { id: last_event_id, ..Self::default() }
    }

    /// The bytes that are held for the unfinished event.
    pub(super) fn size(&self) -> usize {
        self.data.len() + self.event_type.len() + self.id.len()
    }

    /// Whether a field has come that waits for the blank line; `last_event_id` is what the last one committed.
    pub(super) fn is_begun(&self, last_event_id: &str) -> bool {
        !self.data.is_empty() || !self.event_type.is_empty() || self.id != last_event_id
    }

    /// Takes one line that is not blank; only a comment has an empty field name.
    pub(super) fn take_line(&mut self, line: &[u8]) -> Option<Notice> {
        let (field, value) = split(line);
        match field {
            b"" => return Some(Notice::Comment(text(&line[1..]))),
            b"data" => {
                self.data.extend_from_slice(value);
                self.data.push(b'\n');
            }
            b"event" => {
                self.event_type.clear();
                self.event_type.extend_from_slice(value);
            }
            b"id" if !value.contains(&0) => {
                self.id.clear();
                self.id.push_str(&String::from_utf8_lossy(value));
            }
            b"retry" => return milliseconds(value).map(Notice::Retry),
            _ => {}
        }
        None
    }

    /// Takes a blank line: the ID is committed to `last_event_id` in any case, an event it is if there is data.
    pub(super) fn dispatch(&mut self, last_event_id: &mut String) -> Option<Notice> {
        last_event_id.clone_from(&self.id);
        if self.data.pop().is_none() {
            self.event_type.clear();
            return None;
        }
        Some(Notice::Event)
    }

    /// The data of the event, as it came.
    pub(super) fn data(&self) -> &[u8] {
        &self.data
    }

    /// Takes the event out as a message.
    pub(super) fn message(&mut self, last_event_id: &str) -> Message {
        let data = String::from_utf8(std::mem::take(&mut self.data)).unwrap_or_else(|invalid| text(invalid.as_bytes()));
        let event_type = if self.event_type.is_empty() { "message".to_owned() } else { text(&self.event_type) };
        self.clear();
        Message { event_type, data, last_event_id: last_event_id.to_owned() }
    }

    /// Forgets the event; the ID buffer keeps its value.
    pub(super) fn clear(&mut self) {
        self.data.clear();
        self.event_type.clear();
    }
}

/// Field name and value: the first colon separates them, one space after it is dropped.
fn split(line: &[u8]) -> (&[u8], &[u8]) {
    let Some(colon) = memchr::memchr(b':', line) else {
        return (line, b"");
    };
    let value = &line[colon + 1..];
    (&line[..colon], value.strip_prefix(b" ").unwrap_or(value))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// ASCII digits only; a number beyond 64 bits is the largest there is, an empty value is no number.
fn milliseconds(value: &[u8]) -> Option<u64> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(std::str::from_utf8(value).ok()?.parse().unwrap_or(u64::MAX))
}
