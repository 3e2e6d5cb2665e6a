//! One item of a batch: a JSON object that describes an event.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::place::Place;
use super::{Publisher, misfit};
use crate::broker::{Draft, Terms};
use crate::server::publish::may_publish;
use crate::server::refusal::Refusal;
use crate::server::terms;
use crate::topic::Topic;
use crate::wire::Event;

/// Topics that one event may be published to: bounds what one item can cost.
const MAX_TOPICS: usize = 100;

/// An item as a publisher writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item<'j> {
    #[serde(borrow)]
    topic: Option<Cow<'j, str>>,
    topics: Option<Vec<String>>,
    #[serde(borrow)]
    event: Option<Cow<'j, str>>,
    #[serde(borrow)]
    id: Option<Cow<'j, str>>,
    /// Milliseconds.
    retry: Option<u64>,
    #[serde(borrow)]
    ttl: Option<Cow<'j, str>>,
    #[serde(borrow)]
    key: Option<Cow<'j, str>>,
    /// A string is taken for what it says; any other JSON is the data itself, as it is written. Only what ends the state of a
    /// key needs none.
    #[serde(borrow)]
    data: Option<&'j RawValue>,
}

/// Parses an item.
///
/// # Errors
/// If it is no such object, or does not make an event.
pub(super) fn draft(publisher: &Publisher, json: &[u8], place: Place) -> Result<Draft, Refusal> {
    // A list would be taken for the members in their order.
    if json.trim_ascii_start().starts_with(b"[") {
        return Err(misfit::no_object(place).into());
    }
    let item: Item = serde_json::from_slice(json).map_err(|error| misfit::fault(json, place, &error))?;
    let topics = item.topics()?;
    topics.iter().try_for_each(|topic| may_publish(&publisher.grant, topic))?;
    let terms = Terms {
        ttl: item.ttl.as_deref().map(terms::ttl).transpose()?,
        key: item.key.as_deref().map(terms::key).transpose()?,
        idempotency: None,
    };
    let event = Event {
        id: item.id.map(|id| id.parse()).transpose()?,
        name: item.event.filter(|name| !name.is_empty()).map(|name| name.parse()).transpose()?,
        retry: item.retry.map(Duration::from_millis),
        data: match item.data {
            Some(data) => text(data, place)?,
            None if terms.key.is_some() => String::new(),
            None => return Err(place.no_event("missing field `data`").into()),
        },
    };
    let app = &publisher.app;
    if event.data.len() as u64 > app.settings.max_event_size {
        return Err(Refusal::EventTooLarge(app.settings.max_event_size));
    }
    Ok(app.broker.draft(topics, event, terms)?)
}

impl Item<'_> {
    /// The topics, each once.
    fn topics(&self) -> Result<Vec<Topic>, Refusal> {
        let topic = |text: &str| text.parse().map_err(|error| Refusal::Topic(text.to_owned(), error));
        if let (Some(only), None) = (&self.topic, &self.topics) {
            return Ok(vec![topic(only)?]);
        }
        let named = self.topic.iter().map(AsRef::as_ref).chain(self.topics.iter().flatten().map(String::as_str));
        let topics = named.map(topic).collect::<Result<BTreeSet<Topic>, _>>()?;
        match topics.len() {
            0 => Err(Refusal::NoTopicInItem),
            count if count > MAX_TOPICS => Err(Refusal::TooManyTopics { count, limit: MAX_TOPICS }),
            _ => Ok(topics.into_iter().collect()),
        }
    }
}

fn text(data: &RawValue, place: Place) -> Result<String, Refusal> {
    if data.get().starts_with('"') {
        Ok(serde_json::from_str(data.get()).map_err(|error| place.fault(&error))?)
    } else {
        Ok(data.get().to_owned())
    }
}
