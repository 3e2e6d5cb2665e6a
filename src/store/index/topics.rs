//! Which topics there is something of, by name: for people who look, not for delivery. It passes over all of them.

use std::collections::BTreeMap;

use super::{Index, OfTopic};
use crate::store::Held;
use crate::topic::Topic;

impl Index {
    /// The first topics in the order of their names, after one and not more than so many.
    pub(in crate::store) fn topics(&self, after: Option<&Topic>, most: usize) -> Vec<Held> {
        let mut first: BTreeMap<&Topic, &OfTopic> = BTreeMap::new();
        for (topic, of_topic) in self.topics.iter().filter(|(topic, _)| after.is_none_or(|after| *topic > after)) {
            if first.len() == most && first.last_key_value().is_some_and(|(last, _)| topic > *last) {
                continue;
            }
            first.insert(topic, of_topic);
            if first.len() > most {
                first.pop_last();
            }
        }
        let held = |(topic, of_topic): (&Topic, &OfTopic)| Held {
            topic: topic.clone(),
            retained: of_topic.retained.len(),
            state: of_topic.state.as_ref().map_or(0, |state| state.seqs.len()),
        };
        first.into_iter().map(held).collect()
    }
}
