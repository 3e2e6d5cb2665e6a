//! Data as the value that a filter sees: what it holds if it is JSON, its text if not.
//!
//! JSON is what RFC 8259 says; jaq alone would also take comments, NaN and byte strings for it. Numbers are not rounded.

use jaq_json::{Val, read};
use serde::de::IgnoredAny;

/// How deep JSON may be nested: jaq calls itself for each level.
const DEEPEST: usize = 512;

/// How many digits a number may have: the time to read one grows with the square of them.
const MOST_DIGITS: usize = 10_000;

/// Why a text is not read as JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotRead {
    #[error("the JSON is nested deeper than {DEEPEST} levels")]
    TooDeep,
    #[error("a number in the JSON has more than {MOST_DIGITS} digits")]
    TooManyDigits,
    #[error("{0}")]
    NotJson(String),
}

/// The data of an event, unless it is JSON that goes beyond the limits.
pub(super) fn read(data: &str) -> Result<Val, NotRead> {
    match parse(data) {
        Err(NotRead::NotJson(_)) => Ok(Val::from(data.to_owned())),
        value => value,
    }
}

/// The value that a text is as JSON.
pub(super) fn parse(text: &str) -> Result<Val, NotRead> {
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| NotRead::NotJson(error.to_string()))?;
    check(text)?;
    read::parse_single(text.as_bytes()).map_err(|error| NotRead::NotJson(error.to_string()))
}

/// The number that a text of digits is, with leading zeros too, which JSON does not know.
pub(super) fn digits(text: &str) -> Option<Val> {
    let digits = text.len() <= MOST_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
    read::parse_single_num(text.as_bytes()).filter(|_| digits).map(Val::Num)
}

/// Holds a text that is JSON against the limits.
fn check(text: &str) -> Result<(), NotRead> {
    let (mut depth, mut digits, mut quoted, mut escaped) = (0_usize, 0_usize, false, false);
    for byte in text.bytes() {
        digits = if byte.is_ascii_digit() && !quoted { digits + 1 } else { 0 };
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => depth += 1,
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Err(NotRead::TooDeep);
        }
        if digits > MOST_DIGITS {
            return Err(NotRead::TooManyDigits);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(data: &str) -> String {
        read(data).unwrap().to_string()
    }

    #[test]
    fn json_is_read_without_rounding() {
        let data = r#"{"a":12345678901234567890,"b":1.10,"c":1E400,"d":[null,true,"\u00e4\n"]}"#;
        assert_eq!(shown(data), r#"{"a":12345678901234567890,"b":1.10,"c":1E400,"d":[null,true,"ä\n"]}"#);
        assert_eq!(shown(" 7\n"), "7");
    }

    #[test]
    fn what_is_not_json_is_text() {
        for data in [
            "",
            "a b",
            "NaN",
            "-Infinity",
            "+1",
            "007",
            "1 2",
            "# comment\n1",
            "b\"x\"",
            "{\"a\":1",
            "[1,]",
            "\"\\ud800\"",
        ] {
            assert_eq!(read(data), Ok(Val::from(data.to_owned())), "{data}");
        }
    }

    #[test]
    fn nesting_is_read_to_its_limit_only() {
        let nested = |depth| r#"{"]":["\"[[[","#.repeat(depth / 2) + "1" + &"]}".repeat(depth / 2);
        assert_eq!(shown(&nested(DEEPEST)), nested(DEEPEST));
        assert_eq!(read(&nested(DEEPEST + 2)), Err(NotRead::TooDeep));
        assert_eq!(read(&"[".repeat(1 << 20)), Ok(Val::from("[".repeat(1 << 20))), "this is not JSON");
    }

    #[test]
    fn numbers_are_read_to_their_limit_only() {
        let ones = |count| "1".repeat(count);
        assert_eq!(shown(&ones(MOST_DIGITS)), ones(MOST_DIGITS));
        assert_eq!(read(&format!("[{}]", ones(1 << 22))), Err(NotRead::TooManyDigits));
        assert_eq!(shown(&format!("[\"{}\"]", ones(1 << 22))).len(), (1 << 22) + 4, "this is a text");
        assert_eq!((digits(&"0".repeat(1 << 22)), digits("+1"), digits("")), (None, None, None));
    }
}
