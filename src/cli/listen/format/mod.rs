//! `--format`: a line for each event from a template such as `{time} {type} {data.user.name}`. What looks like a
//! placeholder and is none is an error, because it is a slip more often than it is meant.
//!
//! What of the data a path leads to is found by `path`. Line feeds inside values stay, and so does what acts on a
//! terminal: how output reaches one is up to the caller.

mod path;

use std::str::FromStr;

use serde_json::value::RawValue;

use super::arrival::Arrival;
use path::Path;

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotATemplate {
    /// What is between the braces.
    #[error(
        "{{{0}}} is no placeholder: there are {{time}}, {{delta}}, {{type}}, {{id}}, {{data}}, {{data.KEY}} and \
         {{data.\"ODD KEY\"}}, and for braces themselves {{{{ and }}}}"
    )]
    Unknown(String),
    /// A brace, or a quote inside of it, that is never closed.
    #[error("a placeholder begins with {{ and is not closed; a brace itself is {{{{")]
    Open,
    /// A closing brace alone.
    #[error("a }} closes nothing; a brace itself is }}}}")]
    Close,
    /// The backslash and what follows it.
    #[error("{0} is no escape: there are \\n, \\t and \\\\")]
    Escape(String),
}

/// A part of the line.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    /// When the event came.
    Time,
    /// The seconds since the event before.
    Delta,
    Type,
    /// The last event ID.
    Id,
    /// The data as it is.
    Data,
    /// A value inside data that is JSON.
    Value(Path),
}

/// A template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Format(Vec<Part>);

impl Format {
    /// Appends what the template makes of the event, without a line feed. A text inside the data is written without its
    /// quotes, any other value as it stands there; nothing where the path leads nowhere or the data is not JSON.
    pub(super) fn write(&self, arrival: &Arrival<'_>, out: &mut Vec<u8>) {
        let message = arrival.message;
        for part in &self.0 {
            match part {
                Part::Text(text) => out.extend_from_slice(text.as_bytes()),
                Part::Time => out.extend_from_slice(arrival.time().as_bytes()),
                Part::Delta => out.extend_from_slice(arrival.delta().as_bytes()),
                Part::Type => out.extend_from_slice(message.event_type.as_bytes()),
                Part::Id => out.extend_from_slice(message.last_event_id.as_bytes()),
                Part::Data => out.extend_from_slice(message.data.as_bytes()),
                Part::Value(path) => {
                    if let Some(value) = path.find(&message.data) {
                        write_value(value, out);
                    }
                }
            }
        }
    }
}

/// A text that no Unicode can hold, such as half a surrogate pair, stays the JSON that it is.
fn write_value(value: &RawValue, out: &mut Vec<u8>) {
    match serde_json::from_str::<String>(value.get()) {
        Ok(text) => out.extend_from_slice(text.as_bytes()),
        Err(_) => out.extend_from_slice(value.get().as_bytes()),
    }
}

impl FromStr for Format {
    type Err = NotATemplate;

    fn from_str(template: &str) -> Result<Self, NotATemplate> {
        let (mut parts, mut text, mut rest) = (Vec::new(), String::new(), template);
        while let Some(at) = rest.find(['{', '}', '\\']) {
            text += &rest[..at];
            let (piece, after) = special(&rest[at..])?;
            rest = after;
            match piece {
                Part::Text(piece) => text += &piece,
                placeholder => parts.extend([Part::Text(std::mem::take(&mut text)), placeholder]),
            }
        }
        parts.push(Part::Text(text + rest));
        parts.retain(|part| *part != Part::Text(String::new()));
        Ok(Self(parts))
    }
}

/// What a text that begins with a brace or a backslash begins with, and what is after it.
fn special(text: &str) -> Result<(Part, &str), NotATemplate> {
    let literal = [("{{", "{"), ("}}", "}"), ("\\n", "\n"), ("\\t", "\t"), ("\\\\", "\\")];
    for (escape, meant) in literal {
        if let Some(after) = text.strip_prefix(escape) {
            return Ok((Part::Text(meant.to_owned()), after));
        }
    }
    match text.strip_prefix('{') {
        Some(inside) => {
            let (name, after) = up_to_brace(inside).ok_or(NotATemplate::Open)?;
            Ok((placeholder(name)?, after))
        }
        None if text.starts_with('}') => Err(NotATemplate::Close),
        None => Err(NotATemplate::Escape(text.chars().take(2).collect())),
    }
}

/// What is before the first closing brace that is not quoted, and what is after it.
fn up_to_brace(text: &str) -> Option<(&str, &str)> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = quoted,
            '"' => quoted = !quoted,
            '}' if !quoted => return Some((&text[..at], &text[at + 1..])),
            _ => {}
        }
    }
    None
}

fn placeholder(name: &str) -> Result<Part, NotATemplate> {
    let part = match name.trim() {
        "time" => Some(Part::Time),
        "delta" => Some(Part::Delta),
        "type" => Some(Part::Type),
        "id" => Some(Part::Id),
        "data" => Some(Part::Data),
        name => name.strip_prefix("data").and_then(Path::parse).map(Part::Value),
    };
    part.ok_or_else(|| NotATemplate::Unknown(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::wire::Message;

    fn written(template: &str, data: &str) -> String {
        let message = Message { event_type: "order".into(), data: data.into(), last_event_id: "7".into() };
        let time = jiff::Timestamp::from_millisecond(1_700_000_000_012).unwrap();
        let arrival = Arrival { message: &message, time: Some(time), delta: Some(Duration::from_millis(12)) };
        let mut out = Vec::new();
        template.parse::<Format>().unwrap().write(&arrival, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn refused(template: &str) -> NotATemplate {
        template.parse::<Format>().unwrap_err()
    }

    #[test]
    fn placeholders_are_replaced_and_the_rest_stays() {
        let shown = written("{time} {delta} {type} { id } {data} ä", "a b");
        assert_eq!(shown, "2023-11-14T22:13:20.012Z 0.012 order 7 a b ä");
        assert_eq!(written("", "x") + &written("plain", "x"), "plain");
    }

    #[test]
    fn braces_and_escapes_of_the_template_are_those_that_are_meant() {
        assert_eq!(written(r#"{{"d":{data}}}\t\\n\n"#, "1"), "{\"d\":1}\t\\n\n");
        assert_eq!(written("{{data}}", "1"), "{data}");
        assert_eq!(written("{data}", r"{id}\n"), r"{id}\n", "what the data holds is no template");
    }

    #[test]
    fn a_path_leads_into_json() {
        let data =
            r#" {"user":{"name":"Zoë \"Z\"\n","a.b":true,"}":null},"items":[{"n":1.10},[12345678901234567890]]} "#;
        assert_eq!(written("{data.user.name}|", data), "Zoë \"Z\"\n|");
        assert_eq!(written(r#"{data.user."a.b"} {data."user"."}"}"#, data), "true null");
        assert_eq!(
            written("{data.items.0.n} {data.items.1.0} {data.items.1}", data),
            "1.10 12345678901234567890 [12345678901234567890]"
        );
    }

    #[test]
    fn what_is_not_there_is_empty() {
        for data in [r#"{"a":[1]}"#, "text", "", r#"{"a":[1]} x"#, r#"{"a":{"0":"#] {
            assert_eq!(written("<{data.b}{data.a.1}{data.a.x}{data.a.0.0}>", data), "<>", "{data}");
        }
        assert_eq!(written("<{data.a.0}>", r#"{"a":[1]} x"#), "<>", "this is not JSON");
    }

    #[test]
    fn text_that_unicode_cannot_hold_stays_json() {
        assert_eq!(written("{data.a}", r#"{"a":"\ud800"}"#), r#""\ud800""#);
    }

    #[test]
    fn what_only_looks_like_a_placeholder_is_an_error() {
        for name in
            ["", "Time", "date", "data.", "data..a", "data.a b", "data\"a\"", "data.\"a\"b", "a{data.b", "data[0]"]
        {
            assert_eq!(refused(&format!("x {{{name}}}")), NotATemplate::Unknown(name.to_owned()), "{name}");
        }
        let said = refused("{user}").to_string();
        let known = ["{time}", "{delta}", "{type}", "{id}", "{data}", "{data.KEY}", "{{ and }}"];
        assert!(
            said.starts_with("{user} is no placeholder") && known.iter().all(|known| said.contains(known)),
            "{said}"
        );
    }

    #[test]
    fn what_is_not_closed_or_opened_is_an_error() {
        for open in ["{data", "{{{", "a {data.\"x}", "{data.\"\\\"}"] {
            assert_eq!(refused(open), NotATemplate::Open, "{open}");
        }
        assert_eq!((refused("a}"), refused("{id}}")), (NotATemplate::Close, NotATemplate::Close));
        assert_eq!(
            (refused(r"\x"), refused("\\")),
            (NotATemplate::Escape(r"\x".into()), NotATemplate::Escape("\\".into()))
        );
    }
}
