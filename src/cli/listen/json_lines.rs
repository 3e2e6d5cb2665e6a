//! `-o json`: one line of JSON for everything that is shown, `kind` first.

use serde::Serialize;

use super::stats::Figures;

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

impl Line<'_> {
    /// Appends the line.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        append(self, out);
    }
}

/// Appends a line of JSON.
pub(super) fn append(line: &impl Serialize, out: &mut Vec<u8>) {
    // Neither memory nor the plain values here can fail.
    let _ = serde_json::to_writer(&mut *out, line);
    out.push(b'\n');
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
}
