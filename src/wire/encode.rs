//! Events and comments to bytes. What is written here decodes to the same event, whatever its text: see the property
//! tests. Nothing is allocated but the growth of the output.

use std::fmt;
use std::io::Write as _;
use std::time::Duration;

use memchr::memchr2;

use super::Event;

/// Appends an `id` line, for an event whose ID is not among its own fields; the event follows. The ID has to be what an
/// [`EventId`](super::EventId) may be.
pub fn encode_id(id: impl fmt::Display, out: &mut Vec<u8>) {
    // Writing to memory cannot fail.
    let _ = writeln!(out, "id: {id}");
}

/// Appends the event to `out` as one block with its closing blank line: WHATWG HTML §9.2.5.
pub fn encode_event(event: &Event, out: &mut Vec<u8>) {
    if let Some(id) = &event.id {
        line(out, b"id", id.as_str().as_bytes());
    }
    if let Some(name) = &event.name {
        line(out, b"event", name.as_str().as_bytes());
    }
    if let Some(retry) = event.retry {
        line(out, b"retry", retry.as_millis().to_string().as_bytes());
    }
    for text in lines(event.data.as_bytes()) {
        line(out, b"data", text);
    }
    out.push(b'\n');
}

/// Appends `text` to `out` as comment lines, without a blank line: a comment neither ends nor begins an event.
pub fn encode_comment(text: &str, out: &mut Vec<u8>) {
    for text in lines(text.as_bytes()) {
        line(out, b"", text);
    }
}

/// Appends `text` to `out` as comment lines that are decoded to just that: `encode_comment` puts a space before it.
pub fn encode_comment_verbatim(text: &str, out: &mut Vec<u8>) {
    for text in lines(text.as_bytes()) {
        out.push(b':');
        out.extend_from_slice(text);
        out.push(b'\n');
    }
}

/// Appends a block that is no event: from here on clients are asked to use this reconnection time, sent in whole
/// milliseconds.
pub fn encode_retry(time: Duration, out: &mut Vec<u8>) {
    line(out, b"retry", time.as_millis().to_string().as_bytes());
    out.push(b'\n');
}

/// `field: value`; the space is always written, so that a value's own leading space is not taken for it.
fn line(out: &mut Vec<u8>, field: &[u8], value: &[u8]) {
    out.extend_from_slice(field);
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.push(b'\n');
}

/// The lines of a text that ends in none: always at least one, so that empty data is an event too.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = memchr2(b'\r', b'\n', text) else {
            return rest.take();
        };
        let after = if text[end..].starts_with(b"\r\n") { 2 } else { 1 };
        rest = Some(&text[end + after..]);
        Some(&text[..end])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(event: &Event) -> String {
        let mut out = Vec::new();
        encode_event(event, &mut out);
        String::from_utf8(out).expect("text in, text out")
    }

    #[test]
    fn every_kind_of_line_end_becomes_a_data_line() {
        let event = Event { data: "a\rb\nc\r\nd\n".into(), ..Event::default() };
        assert_eq!(encoded(&event), "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n");
    }

    #[test]
    fn all_fields_are_written_and_data_comes_last() {
        let event = Event {
            id: Some("8f3a1c07-184".parse().expect("a valid ID")),
            name: Some("price".parse().expect("a valid name")),
            retry: Some(Duration::from_millis(1500)),
            data: String::new(),
        };
        assert_eq!(encoded(&event), "id: 8f3a1c07-184\nevent: price\nretry: 1500\ndata: \n\n");
    }

    #[test]
    fn a_comment_never_ends_an_event() {
        let mut out = Vec::new();
        encode_comment("two\n\nlines", &mut out);
        assert_eq!(out, b": two\n: \n: lines\n");
        out.clear();
        encode_comment_verbatim("two\n lines", &mut out);
        assert_eq!(out, b":two\n: lines\n");
    }
}
