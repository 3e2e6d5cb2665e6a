//! `-o json`: a line of JSON for each thing that is shown, `kind` first. The lines of `--llm` and `--diagnose` have shapes
//! of their own, and are written in the same way.
//!
//! What could act on a terminal is written as the `\u` escapes of JSON, in a pipe too: to a program it is the same text.

use std::io;

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

use super::super::terminal::acts_on_terminal;
use super::stats::Figures;
use crate::client::{Forwarded, NotForwarded};

/// A line. The keys stand in this order, whatever they hold; new keys may follow at the end.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum Line<'a> {
    Event {
        #[serde(rename = "type")]
        event_type: &'a str,
        data: &'a str,
        id: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        time: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        delta_ms: Option<f64>,
    },
    /// An answer that is no stream.
    Document {
        #[serde(rename = "type")]
        media_type: &'a str,
        data: &'a str,
    },
    /// What became of the event before at the target of `--forward-to`.
    Forwarded {
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<String>,
        attempts: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        ms: Option<u64>,
    },
    Stats(&'a Figures),
    Open {
        status: u16,
    },
    Comment {
        comment: &'a str,
    },
    Retry {
        ms: u64,
    },
    Retrying {
        in_ms: u64,
        reason: String,
    },
    Warning {
        warning: String,
    },
    Error {
        error: String,
    },
}

impl<'a> Line<'a> {
    /// What became of an event at the target of `--forward-to`.
    pub(super) fn forwarded(result: &'a Result<Forwarded, NotForwarded>) -> Self {
        match result {
            Ok(Forwarded { status, attempts, took }) => Self::Forwarded {
                status: Some(status),
                error: None,
                attempts: *attempts,
                ms: Some(u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
            },
            Err(NotForwarded { cause, attempts }) => {
                Self::Forwarded { status: None, error: Some(cause.to_string()), attempts: *attempts, ms: None }
            }
        }
    }

    /// Appends the line.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        append(self, out);
    }
}

/// Appends a line of JSON.
pub(super) fn append(line: &impl Serialize, out: &mut Vec<u8>) {
    // Neither memory nor the plain values here can fail.
    let _ = line.serialize(&mut Serializer::with_formatter(&mut *out, Harmless));
    out.push(b'\n');
}

/// JSON as compact as it can be, with escapes for C1, DEL and the marks that reorder text. JSON itself has them for C0.
struct Harmless;

impl Formatter for Harmless {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, mut text: &str) -> io::Result<()> {
        // All but DEL are beyond ASCII, and most text is not.
        while (!text.is_ascii() || text.contains('\u{7f}'))
            && let Some((at, c)) = text.char_indices().find(|(_, c)| acts_on_terminal(*c))
        {
            // All of these characters are in the first plane, so one escape is enough.
            write!(writer, "{}\\u{:04x}", &text[..at], u32::from(c))?;
            text = &text[at + c.len_utf8()..];
        }
        writer.write_all(text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_their_order_and_text_is_escaped_to_one_line() {
        let mut out = Vec::new();
        Line::Event { event_type: "message", data: "a\n\"b\"", id: "", time: None, delta_ms: None }.write(&mut out);
        Line::Retrying { in_ms: 1000, reason: "the stream ended".into() }.write(&mut out);
        let expected = concat!(
            r#"{"kind":"event","type":"message","data":"a\n\"b\"","id":""}"#,
            "\n",
            r#"{"kind":"retrying","in_ms":1000,"reason":"the stream ended"}"#,
            "\n"
        );
        assert_eq!(String::from_utf8_lossy(&out), expected);
    }

    #[test]
    fn what_acts_on_a_terminal_is_an_escape_of_json_and_the_same_text() {
        let text = "ä\u{9b}31m\u{7f}\u{202e}\u{1b}☃\u{9b}";
        let mut out = Vec::new();
        append(&text, &mut out);
        assert_eq!(String::from_utf8_lossy(&out), "\"ä\\u009b31m\\u007f\\u202e\\u001b☃\\u009b\"\n");
        assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
    }
}
