//! Which topics there are: those that somebody listens to by name, and those of which something is kept.

use std::collections::BTreeMap;

use super::connections::AT_ONCE;
use super::guest::ConnectionId;
use super::{Broker, Held};
use crate::topic::{Native, Topic};

impl Broker {
    /// The first topics in the order of their names, after one and at most `limit`, each with how many listen to it; and
    /// whether there are more. `None` if the broker is ending.
    pub async fn topics(&self, after: Option<&Topic>, limit: usize) -> Option<(Vec<(Held, usize)>, bool)> {
        let mut found = BTreeMap::new();
        for held in self.hub.log.topics(after, limit + 1) {
            found.insert(held.topic.clone(), held);
        }
        let mut next = Some(ConnectionId(0));
        while let Some(from) = next {
            next = self.look_for_topics(from, after, limit + 1, &mut found);
            tokio::task::yield_now().await;
        }
        let more = found.len() > limit;
        let held: Vec<Held> = found.into_values().take(limit).collect();
        let topics: Vec<Topic> = held.iter().map(|held| held.topic.clone()).collect();
        let counts = self.subscribers(&topics).await?;
        Some((held.into_iter().zip(counts).collect(), more))
    }

    /// Adds what the next subscriptions listen to by name, as far as it is among the first `most`; returns after which
    /// subscription to go on.
    fn look_for_topics(
        &self,
        from: ConnectionId,
        after: Option<&Topic>,
        most: usize,
        found: &mut BTreeMap<Topic, Held>,
    ) -> Option<ConnectionId> {
        let roster = self.admission.roster();
        let (entries, next) = roster.after(from, AT_ONCE);
        let named = entries.flat_map(|(_, entry)| entry.filter.topics.topics());
        for topic in named.filter(|topic| after.is_none_or(|after| *topic > after)) {
            let is_last = |found: &BTreeMap<Topic, Held>| found.last_key_value().is_some_and(|(last, _)| topic > last);
            if topic.native().is_some_and(Native::is_unasked) || found.len() == most && is_last(found) {
                continue;
            }
            found.entry(topic.clone()).or_insert_with(|| Held { topic: topic.clone(), retained: 0, state: 0 });
            if found.len() > most {
                found.pop_last();
            }
        }
        next
    }
}
