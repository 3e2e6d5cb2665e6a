//! A path into JSON, such as `.items.0.name`: it is followed in one pass over the text, in which nothing is rounded,
//! reordered or kept but the value that it leads to.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
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
        let mut json = serde_json::Deserializer::from_str(data);
        let found = Seek(&self.0).deserialize(&mut json).ok()?;
        json.end().ok()?;
        found
    }
}

impl Key {
    /// The key that the text begins with, and what is after it.
    fn parse(text: &str) -> Option<(Self, &str)> {
        if text.starts_with('"') {
            let mut quoted = serde_json::Deserializer::from_str(text).into_iter();
            let name = quoted.next()?.ok()?;
            return Some((Self { name, index: None }, &text[quoted.byte_offset()..]));
        }
        let (name, after) = text.split_at(text.find('.').unwrap_or(text.len()));
        let odd = |c: char| c.is_whitespace() || matches!(c, '"' | '{' | '}' | '[' | ']');
        let plain = !name.is_empty() && !name.contains(odd);
        plain.then(|| (Self { name: name.to_owned(), index: name.parse().ok() }, after))
    }
}

/// Follows the keys from a value on.
struct Seek<'k>(&'k [Key]);

impl<'de> DeserializeSeed<'de> for Seek<'_> {
    type Value = Option<&'de RawValue>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        match self.0.split_first() {
            None => serde::Deserialize::deserialize(json).map(Some),
            Some((key, rest)) => json.deserialize_any(Step { key, rest: Seek(rest) }),
        }
    }
}

/// Looks for a key in a value, and passes over the rest of it.
struct Step<'k> {
    key: &'k Key,
    rest: Seek<'k>,
}

impl<'de> Visitor<'de> for Step<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut value = None;
        while let Some(found) = map.next_key_seed(Is(&self.key.name))? {
            if found {
                value = map.next_value_seed(Seek(self.rest.0))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
        for _ in 0..self.key.index.unwrap_or(0) {
            if array.next_element::<IgnoredAny>()?.is_none() {
                return Ok(None);
            }
        }
        let value = match self.key.index {
            Some(_) => array.next_element_seed(self.rest)?.flatten(),
            None => None,
        };
        while array.next_element::<IgnoredAny>()?.is_some() {}
        Ok(value)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// Whether a key is this one.
struct Is<'k>(&'k str);

impl<'de> DeserializeSeed<'de> for Is<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<bool, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Is<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<bool, E> {
        Ok(key == self.0)
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
        let path = ".0".repeat(100_000);
        assert_eq!(found(&path, &deep), None, "so deep no path can lead");
    }
}
