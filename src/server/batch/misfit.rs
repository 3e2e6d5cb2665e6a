//! What is wrong with an item that is JSON but no event: which member has a value of another kind than it should, in words
//! for those who write JSON. The parser's own words are about the types that it fills.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::place::{Fault, Place};

/// The longest number or string that is repeated in the answer, in bytes.
const SHOWN: usize = 40;

/// What the value of a member has to be; `null` stands for none, and `data` may be anything.
#[derive(Clone, Copy)]
enum Kind {
    String,
    Strings,
    Milliseconds,
}

const MEMBERS: [(&str, Kind, &str); 7] = [
    ("topic", Kind::String, "a string"),
    ("topics", Kind::Strings, "a list of strings"),
    ("event", Kind::String, "a string"),
    ("id", Kind::String, "a string"),
    ("retry", Kind::Milliseconds, "a whole number of milliseconds"),
    ("ttl", Kind::String, "a string such as \"30s\""),
    ("key", Kind::String, "a string"),
];

/// It is no object at all.
pub(super) fn no_object(place: Place) -> Fault {
    place.no_event("an object is needed, such as {\"topic\":\"a\",\"data\":1}")
}

/// What is wrong with the item that begins at this place, where a parser found this.
pub(super) fn fault(json: &[u8], place: Place, error: &serde_json::Error) -> Fault {
    if !error.is_data() {
        return place.fault(error);
    }
    if !json.trim_ascii_start().starts_with(b"{") {
        return no_object(place);
    }
    let members: BTreeMap<String, &RawValue> = match serde_json::from_slice(json) {
        Ok(members) => members,
        // What follows is not even JSON.
        Err(error) => return place.fault(&error),
    };
    let misfits = MEMBERS.iter().filter_map(|(name, kind, expected)| {
        let value = members.get(*name)?;
        let (found, verb) = kind.misfit(value)?;
        Some((found, format!("\"{name}\" has to be {expected}, {verb} {}", in_words(found.get()))))
    });
    let offset = |value: &RawValue| value.get().as_ptr().addr() - json.as_ptr().addr();
    match misfits.min_by_key(|(found, _)| offset(found)) {
        Some((found, sentence)) => place.within(Place::of(json, offset(found))).no_event(&sentence),
        None => place.fault(error),
    }
}

impl Kind {
    /// What of a value is not as it has to be, and how that is said.
    fn misfit(self, value: &RawValue) -> Option<(&RawValue, &'static str)> {
        let text = value.get();
        let fits = match self {
            _ if text == "null" => true,
            Self::String => text.starts_with('"'),
            Self::Milliseconds => text.parse::<u64>().is_ok(),
            Self::Strings => match serde_json::from_str::<Vec<&RawValue>>(text) {
                Ok(values) => {
                    let found = values.into_iter().find(|value| !value.get().starts_with('"'))?;
                    return Some((found, "and there is"));
                }
                Err(_) => false,
            },
        };
        (!fits).then_some((value, "not"))
    }
}

/// A value as people call it.
fn in_words(json: &str) -> Cow<'_, str> {
    let short = json.len() <= SHOWN;
    match json.as_bytes().first() {
        Some(b'{') => "an object".into(),
        Some(b'[') => "a list".into(),
        Some(b'"') if short => format!("the string {json}").into(),
        Some(b'"') => "a string".into(),
        Some(b'n' | b't' | b'f') => json.into(),
        _ if short => format!("the number {json}").into(),
        _ => "a number".into(),
    }
}
