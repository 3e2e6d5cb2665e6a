//! Data as people read it: JSON indented and coloured, token by token, so that nothing of it is changed.
//!
//! A parser that builds values would round numbers, merge keys and reorder them: here only white space between tokens
//! changes, and characters that act on a terminal are written as the `\u` escapes that JSON has for them.

use std::fmt::Write as _;

use serde::de::IgnoredAny;

use super::super::terminal::{Paint, Tone, acts_on_terminal, escape_control};

/// What every line of data begins with.
const MARGIN: &str = "  ";

/// What every level of nesting adds to it.
const INDENT: &str = "  ";

/// Beyond this nesting JSON is shown as it came: no indentation makes it readable.
const DEEPEST: usize = 100;

/// Beyond this size JSON is shown as it came, in bytes once it is indented: nobody reads that much of one event, and the
/// indentation of a hostile one would be a hundred times its size.
const LARGEST: usize = 4 << 20;

/// Appends data as lines: indented JSON if it is JSON, its text if not.
pub(super) fn write(data: &str, paint: Paint, out: &mut String) {
    if serde_json::from_str::<IgnoredAny>(data).is_ok() && is_readable(data) {
        Indenter { rest: data.trim_ascii(), depth: 0, paint, out }.write();
        out.push('\n');
        return;
    }
    for line in data.split('\n') {
        let _ = writeln!(out, "{MARGIN}{}", escape_control(line, "\t"));
    }
}

/// Walks over the tokens of a text that is known to be JSON.
struct Indenter<'a> {
    rest: &'a str,
    depth: usize,
    paint: Paint,
    out: &'a mut String,
}

impl Indenter<'_> {
    fn write(mut self) {
        self.out.push_str(MARGIN);
        while let Some(first) = self.rest.chars().next() {
            let token = self.take(token_length(self.rest));
            match first {
                '{' | '[' => self.open(token),
                '}' | ']' => {
                    self.depth = self.depth.saturating_sub(1);
                    self.new_line();
                    self.out.push_str(token);
                }
                ',' => {
                    self.out.push_str(token);
                    self.new_line();
                }
                ':' => self.out.push_str(": "),
                '"' => self.string(token),
                _ => self.out.push_str(&self.paint.paint(Tone::Number, token)),
            }
        }
    }

    /// Takes a token, and the white space after it.
    fn take<'t>(&mut self, length: usize) -> &'t str
    where
        Self: 't,
    {
        let (token, rest) = self.rest.split_at(length);
        self.rest = rest.trim_ascii_start();
        token
    }

    /// What is empty stays on its line.
    fn open(&mut self, token: &str) {
        self.out.push_str(token);
        if self.rest.starts_with(['}', ']']) {
            let close = self.take(1);
            self.out.push_str(close);
            return;
        }
        self.depth += 1;
        self.new_line();
    }

    fn string(&mut self, token: &str) {
        let tone = if self.rest.starts_with(':') { Tone::Key } else { Tone::Text };
        let mut shown = String::with_capacity(token.len());
        for c in token.chars() {
            if acts_on_terminal(c) {
                // All of these characters are in the first plane, so one escape is enough.
                let _ = write!(shown, "\\u{:04x}", u32::from(c));
            } else {
                shown.push(c);
            }
        }
        self.out.push_str(&self.paint.paint(tone, &shown));
    }

    fn new_line(&mut self) {
        self.out.push('\n');
        self.out.push_str(MARGIN);
        for _ in 0..self.depth {
            self.out.push_str(INDENT);
        }
    }
}

/// Whether valid JSON, indented, is within [`DEEPEST`] and [`LARGEST`].
fn is_readable(data: &str) -> bool {
    let (mut rest, mut depth, mut size) = (data.trim_ascii_start(), 0_usize, 0);
    while !rest.is_empty() && depth <= DEEPEST && size <= LARGEST {
        let length = token_length(rest);
        size += length;
        match rest.as_bytes()[0] {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if matches!(rest.as_bytes()[0], b'{' | b'[' | b'}' | b']' | b',') {
            size += line_start(depth);
        }
        rest = rest[length..].trim_ascii_start();
    }
    depth <= DEEPEST && size <= LARGEST
}

/// The bytes of a line feed and the white space that indents the line after it.
fn line_start(depth: usize) -> usize {
    1 + MARGIN.len() + INDENT.len() * depth
}

/// The bytes of the token that the text begins with.
fn token_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    match bytes[0] {
        b'{' | b'}' | b'[' | b']' | b',' | b':' => 1,
        b'"' => string_length(bytes),
        _ => bytes.iter().position(|b| b",:]} \t\r\n".contains(b)).unwrap_or(bytes.len()),
    }
}

/// Both quotes included.
fn string_length(bytes: &[u8]) -> usize {
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(data: &str) -> String {
        let mut out = String::new();
        write(data, Paint::off(), &mut out);
        out
    }

    #[test]
    fn json_is_indented_and_empty_things_stay_together() {
        let expected = "  {\n    \"a\": [\n      1,\n      {}\n    ],\n    \"b\": [],\n    \"c\": \"x, y: {z}\"\n  }\n";
        assert_eq!(shown(r#" {"a":[1, { }],"b":[ ],"c":"x, y: {z}"} "#), expected);
    }

    #[test]
    fn numbers_keys_and_escapes_stay_as_they_are() {
        let data = r#"{"z":1.10,"a":123456789012345678901234567890,"a":1E400,"q":"\"\\\u0041\\"}"#;
        let compact: String = shown(data).split_whitespace().collect();
        assert_eq!(compact, data);
    }

    #[test]
    fn scalars_are_one_line() {
        assert_eq!(shown("42"), "  42\n");
        assert_eq!(shown("\"text\""), "  \"text\"\n");
    }

    #[test]
    fn text_keeps_its_lines_and_cannot_act_on_the_terminal() {
        assert_eq!(shown("one\n\ttwo\u{1b}[31m"), "  one\n  \ttwo\\x1b[31m\n");
        assert_eq!(shown(""), "  \n");
    }

    #[test]
    fn what_acts_on_a_terminal_inside_json_becomes_an_escape_of_json() {
        assert_eq!(shown("\"a\u{7f}\u{9b}\u{202e}\""), "  \"a\\u007f\\u009b\\u202e\"\n");
    }

    #[test]
    fn nesting_beyond_what_can_be_read_is_shown_as_text() {
        let nested = |depth| "[".repeat(depth) + "\"[[[\"" + &"]".repeat(depth);
        assert_eq!(shown(&nested(101)), format!("  {}\n", nested(101)));
        assert_eq!(shown(&nested(100)).lines().count(), 201);
    }

    #[test]
    fn what_indenting_would_blow_up_is_shown_as_text() {
        let inner = "1,".repeat(100_000) + "1";
        let data = format!("{}{inner}{}", "[".repeat(100), "]".repeat(100));
        assert_eq!(shown(&data), format!("  {data}\n"));
        assert!(shown(&format!("[{inner}]")).lines().count() > 100_000, "of the same size, but not as deep");
    }
}
