//! The writing side: items and times in, bytes out. Opening files and reading clocks is for the caller.

use std::time::Duration;

use jiff::Timestamp;

use super::super::values::milliseconds;
use super::marks;
use crate::wire::{Event, Item, Message, encode_comment_verbatim, encode_event, encode_retry};

/// A recording that is under way. It keeps the last time and the last event ID, and nothing else.
#[derive(Debug)]
pub(crate) struct Recorder {
    /// In milliseconds.
    at: Option<u64>,
    last_event_id: String,
}

impl Recorder {
    /// Begins a recording: appends its first line to `out`.
    pub(crate) fn begin(now: Timestamp, out: &mut Vec<u8>) -> Self {
        encode_comment_verbatim(&marks::recorded(now), out);
        Self { at: None, last_event_id: String::new() }
    }

    /// Appends what came `at` so long after the beginning. In an event type, CR, LF and NUL become U+FFFD: no
    /// [`EventName`](crate::wire::EventName) can hold them, and of a stream only NUL comes.
    pub(crate) fn record(&mut self, at: Duration, item: &Item, out: &mut Vec<u8>) {
        let at = milliseconds(at);
        if self.at != Some(at) {
            encode_comment_verbatim(&marks::at(at), out);
            self.at = Some(at);
        }
        match item {
            Item::Event(message) => self.event(message, out),
            Item::Comment(text) => encode_comment_verbatim(&marks::of_stream(text), out),
            Item::Retry(time) => encode_retry(*time, out),
        }
    }

    fn event(&mut self, message: &Message, out: &mut Vec<u8>) {
        let Message { event_type, data, last_event_id } = message;
        let changed = *last_event_id != self.last_event_id;
        let name = Some(event_type).filter(|name| *name != "message");
        let event = Event {
            id: changed.then(|| last_event_id.parse().ok()).flatten(),
            name: name.and_then(|name| name.replace(['\r', '\n', '\0'], "\u{fffd}").parse().ok()),
            retry: None,
            data: data.clone(),
        };
        encode_event(&event, out);
        self.last_event_id.clone_from(last_event_id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(event_type: &str, data: &str, last_event_id: &str) -> Item {
        Item::Event(Message {
            event_type: event_type.to_owned(),
            data: data.to_owned(),
            last_event_id: last_event_id.to_owned(),
        })
    }

    #[test]
    fn a_recording_is_an_event_stream_with_times_where_they_change() {
        let mut out = Vec::new();
        let mut recorder = Recorder::begin("2026-11-20T12:00:00.1234Z".parse().expect("a time"), &mut out);
        let retry = Item::Retry(Duration::from_secs(3));
        for (at, item) in [
            (0, Item::Comment(" connected".to_owned())),
            (0, retry),
            (1234, message("message", "a\nb", "7")),
            (1234, message("price\0", "", "7")),
            (1500, Item::Comment("at 5".to_owned())),
            (1501, message("message", "", "")),
        ] {
            recorder.record(Duration::from_millis(at), &item, &mut out);
        }
        let expected = ":recorded 2026-11-20T12:00:00.123Z\n:at 0\n: connected\nretry: 3000\n\n\
            :at 1234\nid: 7\ndata: a\ndata: b\n\nevent: price\u{fffd}\ndata: \n\n\
            :at 1500\n:\\at 5\n:at 1501\nid: \ndata: \n\n";
        assert_eq!(String::from_utf8_lossy(&out), expected);
    }
}
