//! JSON as it really comes: a member that is missing, null or of another kind than the documented one is simply not there.
//!
//! A level is read at a time, and only as far as the limits below: an event costs little more memory than its text, however
//! it is made. Who goes down level by level has to know where to stop: nothing here does so to a depth that the text gives.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// How many members of an object are read: an OpenAI response, the largest object of all, has 35.
const MOST_MEMBERS: usize = 128;

/// How many elements of a list are read: far more than any provider sends in one event. The others are counted.
const MOST_ELEMENTS: usize = 64;

/// An object: its members as they stand in the text.
#[derive(Debug, Default)]
pub(super) struct Object<'a> {
    members: Vec<(Cow<'a, str>, &'a str)>,
}

/// A list of objects.
#[derive(Debug, Default)]
pub(super) struct List<'a> {
    /// Those of the first [`MOST_ELEMENTS`] elements that are objects.
    pub(super) objects: Vec<Object<'a>>,
    /// How many elements there are besides.
    pub(super) unread: u64,
}

impl<'a> Object<'a> {
    /// Reads an object; `None` if the text is not one.
    pub(super) fn read(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// Whether there is such a member.
    pub(super) fn has(&self, key: &str) -> bool {
        self.json(key).is_some()
    }

    /// The member's text, if it is a string and not empty.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.parse(key).filter(|text: &String| !text.is_empty())
    }

    /// What the member holds if it is a string, its JSON if not; never empty.
    pub(super) fn text_or_json(&self, key: &str) -> Option<String> {
        let json = self.json(key)?;
        if json.starts_with('"') { self.text(key) } else { Some(json.to_owned()) }
    }

    /// The member, if it is a whole number that is not negative.
    pub(super) fn number(&self, key: &str) -> Option<u64> {
        self.parse(key)
    }

    /// The member, if it is true or false.
    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        self.parse(key)
    }

    /// The member, if it is an object; one without members if not.
    pub(super) fn object(&self, key: &str) -> Object<'a> {
        self.parse(key).unwrap_or_default()
    }

    /// The objects of the member, if it is a list; none if not.
    pub(super) fn list(&self, key: &str) -> List<'a> {
        self.parse(key).unwrap_or_default()
    }

    fn parse<T: Deserialize<'a>>(&self, key: &str) -> Option<T> {
        serde_json::from_str(self.json(key)?).ok()
    }

    fn json(&self, key: &str) -> Option<&'a str> {
        let (_, json) = self.members.iter().find(|(name, _)| name == key)?;
        (*json != "null").then_some(json)
    }
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectReader)
    }
}

impl<'de> Deserialize<'de> for List<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ListReader)
    }
}

struct ObjectReader;

impl<'de> Visitor<'de> for ObjectReader {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
        let mut members = Vec::new();
        while members.len() < MOST_MEMBERS {
            let Some((name, json)) = map.next_entry::<Cow<'de, str>, &'de RawValue>()? else {
                return Ok(Object { members });
            };
            members.push((name, json.get()));
        }
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Object { members })
    }
}

struct ListReader;

impl<'de> Visitor<'de> for ListReader {
    type Value = List<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<List<'de>, A::Error> {
        let (mut objects, mut elements) = (Vec::new(), 0);
        while elements < MOST_ELEMENTS as u64 {
            let Some(element) = list.next_element::<&'de RawValue>()? else { break };
            elements += 1;
            objects.extend(Object::read(element.get()));
        }
        while list.next_element::<IgnoredAny>()?.is_some() {
            elements += 1;
        }
        let unread = elements - objects.len() as u64;
        Ok(List { objects, unread })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_of_another_kind_is_not_there_and_spoils_nothing() {
        let event = Object::read(r#" {"text":{"a":[1]},"n":-1,"o":["x"],"null":null,"code":529,"t\u0065xt2":"a\nb"}"#);
        let event = event.expect("an object");
        assert_eq!((event.text("text"), event.number("n"), event.flag("code")), (None, None, None));
        assert!(!event.object("o").has("x") && !event.has("null") && !event.has("missing"));
        assert_eq!((event.number("code"), event.text("text2").as_deref()), (Some(529), Some("a\nb")));
        for not_an_object in ["", "[]", "7", "{", r#"{"a":1}}"#] {
            assert!(Object::read(not_an_object).is_none(), "{not_an_object}");
        }
    }

    #[test]
    fn a_text_may_stand_for_itself_or_for_json() {
        let event = Object::read(r#"{"a":"x\"y","b":{"c": 1.0},"d":null,"e":""}"#).expect("an object");
        let found = ["a", "b", "d", "e"].map(|key| event.text_or_json(key));
        assert_eq!(found, [Some("x\"y".to_owned()), Some(r#"{"c": 1.0}"#.to_owned()), None, None]);
    }

    #[test]
    fn of_what_is_too_long_the_beginning_is_read_and_the_rest_counted() {
        let json = format!(r#"{{"list":[1,{}]{}}}"#, vec!["{}"; 10_000].join(","), r#","k":1"#.repeat(10_000));
        let event = Object::read(&json).expect("an object");
        let list = event.list("list");
        assert_eq!((list.objects.len(), list.unread), (MOST_ELEMENTS - 1, 10_002 - MOST_ELEMENTS as u64));
        assert_eq!(event.members.len(), MOST_MEMBERS);
    }
}
