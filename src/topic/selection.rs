//! What a subscriber listens to.

use std::str::FromStr;

use super::{Error, Native, Pattern, Topic};

/// A set of topics and patterns. Both are kept in order, so that equal selections compare as equal; as vectors, because
/// most have one entry and there may be one per connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Selection {
    topics: Vec<Topic>,
    patterns: Vec<Pattern>,
}

impl Selection {
    /// Adds a topic, or a pattern if the text has `*` or `**` as a segment. Adding one twice changes nothing.
    ///
    /// # Errors
    /// Says why the text is neither.
    pub fn add(&mut self, text: &str) -> Result<(), Error> {
        match Topic::from_str(text) {
            Ok(topic) => insert(&mut self.topics, topic),
            Err(Error::Wildcard) => insert(&mut self.patterns, text.parse()?),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// What these texts name, as [`Self::add`] takes them, each once: in one go, however many they are.
    ///
    /// # Errors
    /// The first text that is neither a topic nor a pattern, and why.
    pub fn of<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<Self, (&'t str, Error)> {
        let mut named = Self::default();
        for text in texts {
            match Topic::from_str(text) {
                Ok(topic) => named.topics.push(topic),
                Err(Error::Wildcard) => named.patterns.push(text.parse().map_err(|error| (text, error))?),
                Err(error) => return Err((text, error)),
            }
        }
        Ok(named.in_order())
    }

    /// All that either has.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.topics.extend(other.topics);
        self.patterns.extend(other.patterns);
        self.in_order()
    }

    fn in_order(mut self) -> Self {
        self.topics.sort_unstable();
        self.topics.dedup();
        self.patterns.sort_unstable();
        self.patterns.dedup();
        self
    }

    /// How many bytes the names have.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let topics = self.topics.iter().map(Topic::as_str);
        topics.chain(self.patterns.iter().map(Pattern::as_str)).map(str::len).sum()
    }

    /// How many topics and patterns there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.topics.len() + self.patterns.len()
    }

    /// Whether nothing is selected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.topics.is_empty() && self.patterns.is_empty()
    }

    /// Whether the topic is selected, by name or by a pattern.
    #[must_use]
    pub fn matches(&self, topic: &Topic) -> bool {
        self.topics.binary_search(topic).is_ok() || self.patterns.iter().any(|pattern| pattern.matches(topic))
    }

    /// The topics that are selected by name.
    pub fn topics(&self) -> impl Iterator<Item = &Topic> {
        self.topics.iter()
    }

    /// The patterns.
    pub fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.patterns.iter()
    }

    /// The same without what is heard unasked.
    #[must_use]
    pub fn asked(&self) -> Self {
        let topics = self.topics.iter().filter(|topic| !topic.native().is_some_and(Native::is_unasked));
        Self { topics: topics.cloned().collect(), patterns: self.patterns.clone() }
    }

    /// What is heard unasked.
    pub fn unasked(&self) -> impl Iterator<Item = &Topic> {
        self.topics.iter().filter(|topic| topic.native().is_some_and(Native::is_unasked))
    }

    /// The same without what another one has.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let topics = self.topics.iter().filter(|topic| other.topics.binary_search(topic).is_err());
        let patterns = self.patterns.iter().filter(|pattern| other.patterns.binary_search(pattern).is_err());
        Self { topics: topics.cloned().collect(), patterns: patterns.cloned().collect() }
    }

    /// Whether topics can be selected that are not named.
    #[must_use]
    pub fn has_patterns(&self) -> bool {
        !self.patterns.is_empty()
    }
}

impl From<Topic> for Selection {
    fn from(topic: Topic) -> Self {
        Self { topics: vec![topic], patterns: Vec::new() }
    }
}

impl Extend<Topic> for Selection {
    fn extend<I: IntoIterator<Item = Topic>>(&mut self, topics: I) {
        topics.into_iter().for_each(|topic| insert(&mut self.topics, topic));
    }
}

/// Inserts into a sorted vector without repeats.
fn insert<T: Ord>(sorted: &mut Vec<T>, new: T) {
    if let Err(place) = sorted.binary_search(&new) {
        sorted.insert(place, new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_is_the_union_of_its_topics_and_patterns() {
        let mut selection = Selection::default();
        for text in ["b", "a/*", "b", "a/*"] {
            selection.add(text).expect("valid");
        }
        assert_eq!(selection.len(), 2);
        let selects = |topic: &str| selection.matches(&topic.parse().expect("a topic"));
        assert!(selects("b") && selects("a/1") && !selects("a") && !selects("c"));
        assert_eq!(selection.add(""), Err(Error::Empty));
        assert_eq!(Selection::of(["b", "a/*", "b", "a/*"]), Ok(selection.clone()));
        assert_eq!((selection.bytes(), Selection::of(["b", "a*", ""])), (4, Err(("a*", Error::PartialWildcard))));
        let other = Selection::of(["b", "a", "**"]).expect("valid");
        assert_eq!(Ok(selection.and(other)), Selection::of(["**", "a", "a/*", "b"]));
    }
}
