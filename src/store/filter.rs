//! Which events of the log a subscriber wants.

use crate::topic::Selection;
use crate::wire::EventName;

use super::record::Record;

/// Topics, and event types if only some are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// The topics and patterns.
    pub topics: Selection,
    /// The types; empty means all of them. `message` names the default type.
    pub names: Vec<EventName>,
}

impl Filter {
    /// Whether the subscriber wants this event.
    pub fn wants(&self, record: &Record) -> bool {
        record.topics.iter().any(|topic| self.topics.matches(topic)) && self.wants_name(record.name.as_ref())
    }

    /// Whether the subscriber wants events of this type.
    pub fn wants_name(&self, name: Option<&EventName>) -> bool {
        let name = name.map_or("message", EventName::as_str);
        self.names.is_empty() || self.names.iter().any(|wanted| wanted.as_str() == name)
    }
}
