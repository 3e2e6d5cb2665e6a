//! Errors that a provider reports within a stream, after it has answered 200.

use std::fmt;

use serde::Serialize;

use super::json::Object;
use super::{LONGEST_NAME, cut};

/// How much of a message is kept, in bytes: enough for a sentence and the details that some providers add.
const LONGEST_MESSAGE: usize = 2048;

/// An error in the provider's words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Its kind, such as `overloaded_error` or `UNAVAILABLE`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Its code, such as `429` or `rate_limit_exceeded`.
    pub code: Option<String>,
    /// What the provider says about it; empty if nothing.
    pub message: String,
}

impl Failure {
    /// Reads an error: an object with the usual members, or a text that is the message. `None` if it says nothing.
    pub(super) fn read(error: &str) -> Option<Self> {
        let body = Object::read(error).unwrap_or_default();
        let short = |text: String| cut(&text, LONGEST_NAME);
        // `{"type":"error"}` only says that it is one. What Gemini calls the status is a type elsewhere.
        let kind = body.text("type").filter(|kind| kind != "error").or(body.text("status")).map(short);
        let (code, message) = (body.text_or_json("code").map(short), body.text_or_json("message"));
        if kind.is_none() && code.is_none() && message.is_none() {
            let empty = matches!(error.trim(), "" | "{}" | "[]" | "false");
            return (!empty).then(|| Self { message: cut(error.trim(), LONGEST_MESSAGE), ..Self::default() });
        }
        Some(Self { kind, code, message: cut(&message.unwrap_or_default(), LONGEST_MESSAGE) })
    }

    /// Reads a member that is an error.
    pub(super) fn within(object: &Object<'_>, key: &str) -> Option<Self> {
        Self::read(&object.text_or_json(key)?)
    }
}

impl fmt::Display for Failure {
    /// `overloaded_error: Overloaded`, `UNAVAILABLE (503): try again later`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let label = match (&self.kind, &self.code) {
            (Some(kind), Some(code)) => format!("{kind} ({code})"),
            (Some(label), None) | (None, Some(label)) => label.clone(),
            (None, None) => String::new(),
        };
        match (label.as_str(), self.message.as_str()) {
            ("", "") => f.write_str("no reason given"),
            (text, "") | ("", text) => f.write_str(text),
            (label, message) => write!(f, "{label}: {message}"),
        }
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_read_whatever_shape_it_has() {
        let shown = |error: &str| Failure::read(error).map(|failure| failure.to_string());
        let said = |error: &str, expected: &str| assert_eq!(shown(error).as_deref(), Some(expected), "{error}");
        said(r#"{"type":"overloaded_error","message":"Overloaded"}"#, "overloaded_error: Overloaded");
        said(r#"{"code":503,"message":"later","status":"UNAVAILABLE"}"#, "UNAVAILABLE (503): later");
        said(r#"{"type":"error","code":"timeout","message":"late","param":null}"#, "timeout: late");
        said(r#"{"type":"server_error","code":null,"message":""}"#, "server_error");
        said("the runner stopped", "the runner stopped");
        said(r#"{"reason":"none of the usual"}"#, r#"{"reason":"none of the usual"}"#);
        for nothing in ["", "{}", "false"] {
            assert_eq!(shown(nothing), None, "{nothing:?}");
        }
        assert_eq!(Failure::default().to_string(), "no reason given");
    }

    #[test]
    fn a_long_error_is_cut() {
        let failure = Failure::read(&"ä".repeat(1 << 20)).expect("an error");
        assert!(failure.message.len() <= LONGEST_MESSAGE + '…'.len_utf8());
    }
}
