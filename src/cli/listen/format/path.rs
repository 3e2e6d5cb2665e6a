//! A path into JSON, such as `.items.0.name`: it is followed level by level over the text, in which nothing is rounded,
//! reordered or kept but the value that it leads to.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Deserializer;
use serde_json::value::RawValue;

/// The keys, from the outside in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path(Vec<Key>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    name: String,
    /// Its place in an array, if it is a number that is not quoted.
    index: Option<usize>,
}

impl Path {
    /// Reads a path: each key after a dot, in quotes as in JSON if it is not a plain word.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (mut keys, mut rest) = (Vec::new(), text);
        while !rest.is_empty() {
            let (key, after) = Key::parse(rest.strip_prefix('.')?)?;
            keys.push(key);
            rest = after;
        }
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// The value in `data`, if that is JSON and has it; the last one where a key stands twice.
    pub(super) fn find<'d>(&self, data: &'d str) -> Option<&'d RawValue> {
        let whole: &RawValue = serde_json::from_str(data).ok()?;
        self.0.iter().try_fold(whole, |value, key| key.find(value.get()))
    }
}

impl Key {
    /// The key that the text begins with, and what is after it.
    fn parse(text: &str) -> Option<(Self, &str)> {
        if text.starts_with('"') {
            let mut quoted = Deserializer::from_str(text).into_iter();
            let name = quoted.next()?.ok()?;
            return Some((Self { name, index: None }, &text[quoted.byte_offset()..]));
        }
        let (name, after) = text.split_at(text.find('.').unwrap_or(text.len()));
        let odd = |c: char| c.is_whitespace() || matches!(c, '"' | '{' | '}' | '[' | ']');
        let plain = !name.is_empty() && !name.contains(odd);
        plain.then(|| (Self { name: name.to_owned(), index: name.parse().ok() }, after))
    }

    /// The value that it has in an object or an array.
    fn find<'d>(&self, json: &'d str) -> Option<&'d RawValue> {
        let mut reader = Deserializer::from_str(json);
        let found = if json.starts_with('[') { reader.deserialize_seq(self) } else { reader.deserialize_map(self) };
        found.ok()?
    }
}

impl<'de> Visitor<'de> for &Key {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut value = None;
        while let Some(name) = map.next_key::<Cow<'_, str>>()? {
            if name == self.name {
                value = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
        let (mut value, mut index) = (None, 0);
        while let Some(element) = array.next_element()? {
            if self.index == Some(index) {
                value = Some(element);
            }
            index += 1;
        }
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'d>(path: &str, data: &'d str) -> Option<&'d str> {
        Path::parse(path).unwrap().find(data).map(RawValue::get)
    }

    #[test]
    fn values_stand_as_they_are_in_the_data() {
        let data = r#"{"a": {"b" : [ 1E400, -0.0 ]}, "s": "\u0041"}"#;
        assert_eq!(found(".a.b", data), Some("[ 1E400, -0.0 ]"));
        assert_eq!(found(".a.b.0", data), Some("1E400"));
        assert_eq!(found(".s", data), Some(r#""\u0041""#));
    }

    #[test]
    fn keys_are_compared_as_what_they_mean() {
        assert_eq!(found(".A", r#"{"\u0041":1}"#), Some("1"));
        assert_eq!(found(r#"."\"\u00e4""#, r#"{"\"ä":1}"#), Some("1"));
        assert_eq!(found(".a-b:c", r#"{"a-b:c":1}"#), Some("1"));
        assert_eq!(found(".0", r#"{"0":1}"#), Some("1"));
        assert_eq!(found(r#"."0""#, "[1]"), None, "a key in quotes is no index");
    }

    #[test]
    fn the_last_of_equal_keys_counts() {
        assert_eq!(found(".a.b", r#"{"a":{"b":1},"a":{"b":2}}"#), Some("2"));
        assert_eq!(found(".a.b", r#"{"a":{"b":1},"a":null}"#), None);
    }

    #[test]
    fn values_of_every_kind_end_a_path() {
        for data in ["null", "true", "-1", "1", "1.5", "\"a\"", "[]", "{}"] {
            assert_eq!(found(".a.0", &format!(r#"{{"a":{data}}}"#)), None, "{data}");
        }
    }

    #[test]
    fn deep_nesting_beside_and_at_the_path_is_no_danger() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert_eq!(found(".a", &format!(r#"{{"b":{deep},"a":1}}"#)), Some("1"));
        assert_eq!(found(".b", &format!(r#"{{"b":{deep},"a":1}}"#)), Some(deep.as_str()));
        assert_eq!(found(&".0".repeat(150), &deep), Some(&deep[150..deep.len() - 150]));
    }
}
