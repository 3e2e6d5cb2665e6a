//! Who selects a topic: found by what the topic is called, not by asking everyone.

use std::collections::HashMap;
use std::hash::Hash;

use super::keys::Keys;
use super::{Pattern, Selection, Topic};

/// An index from topics to the keys of the selections that match them. A look-up costs the segments of the topic and the
/// keys that are found, however many selections there are.
#[derive(Debug)]
pub struct Index<K> {
    topics: HashMap<Topic, Keys<K>>,
    patterns: Node<K>,
}

/// The patterns that share a beginning.
#[derive(Debug)]
struct Node<K> {
    next: HashMap<Box<str>, Self>,
    /// After a `*`.
    any: Option<Box<Self>>,
    /// The keys of the patterns that end here.
    here: Keys<K>,
    /// The keys of the patterns that end here with `**`.
    tail: Keys<K>,
}

impl<K: Copy + Eq + Hash> Index<K> {
    /// An index without selections.
    pub fn new() -> Self {
        Self { topics: HashMap::new(), patterns: Node::new() }
    }

    /// Adds a selection under a key of its own.
    pub fn insert(&mut self, selection: &Selection, key: K) {
        for topic in selection.topics() {
            self.topics.entry(topic.clone()).or_default().add(key);
        }
        for pattern in selection.patterns() {
            self.patterns.keys(pattern).add(key);
        }
    }

    /// Takes a selection out that was added under this key.
    pub fn remove(&mut self, selection: &Selection, key: K) {
        for topic in selection.topics() {
            let Some(keys) = self.topics.get_mut(topic) else { continue };
            keys.remove(key);
            if keys.is_empty() {
                self.topics.remove(topic);
            }
        }
        for pattern in selection.patterns() {
            self.patterns.remove(&mut pattern.as_str().split('/'), key);
        }
    }

    /// Calls `each` with the keys of the selections that match; a key comes as often as its selection matches.
    pub fn matching(&self, topic: &Topic, each: &mut impl FnMut(K)) {
        if let Some(keys) = self.topics.get(topic) {
            keys.each(each);
        }
        if self.patterns.is_empty() {
            return;
        }
        let mut segments = topic.as_str().split('/');
        if topic.native().is_none() {
            self.patterns.matching(segments, each);
        } else if let Some(node) = segments.next().and_then(|first| self.patterns.next.get(first)) {
            // A star at the beginning does not stand for the broker's own.
            node.matching(segments, each);
        }
    }
}

impl<K: Copy + Eq + Hash + Ord> Index<K> {
    /// The keys of the selections that match, each once.
    pub fn matching_once(&self, topic: &Topic) -> Vec<K> {
        let mut keys = Vec::new();
        self.matching(topic, &mut |key| keys.push(key));
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

impl<K: Copy + Eq + Hash> Default for Index<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Copy + Eq + Hash> Node<K> {
    fn new() -> Self {
        Self { next: HashMap::new(), any: None, here: Keys::default(), tail: Keys::default() }
    }

    fn is_empty(&self) -> bool {
        self.next.is_empty() && self.any.is_none() && self.here.is_empty() && self.tail.is_empty()
    }

    /// The keys of a pattern, at the node to which it leads.
    fn keys(&mut self, pattern: &Pattern) -> &mut Keys<K> {
        let mut node = self;
        for segment in pattern.as_str().split('/') {
            node = match segment {
                "**" => return &mut node.tail,
                "*" => node.any.get_or_insert_with(|| Box::new(Self::new())),
                text => node.next.entry(text.into()).or_insert_with(Self::new),
            };
        }
        &mut node.here
    }

    fn remove<'p>(&mut self, segments: &mut impl Iterator<Item = &'p str>, key: K) {
        match segments.next() {
            None => self.here.remove(key),
            Some("**") => self.tail.remove(key),
            Some("*") => {
                let Some(node) = &mut self.any else { return };
                node.remove(segments, key);
                self.any.take_if(|node| node.is_empty());
            }
            Some(text) => {
                let Some(node) = self.next.get_mut(text) else { return };
                node.remove(segments, key);
                if node.is_empty() {
                    self.next.remove(text);
                }
            }
        }
    }

    fn matching<'t>(&self, mut segments: impl Iterator<Item = &'t str> + Clone, each: &mut impl FnMut(K)) {
        self.tail.each(each);
        let Some(segment) = segments.next() else {
            self.here.each(each);
            return;
        };
        if let Some(node) = &self.any {
            node.matching(segments.clone(), each);
        }
        if let Some(node) = self.next.get(segment) {
            node.matching(segments, each);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn selection(texts: &[String]) -> Selection {
        let mut selection = Selection::default();
        for text in texts {
            selection.add(text).expect("a topic or a pattern");
        }
        selection
    }

    fn found(index: &Index<usize>, topic: &str) -> Vec<usize> {
        index.matching_once(&topic.parse().expect("a topic"))
    }

    proptest! {
        #[test]
        fn the_index_finds_exactly_the_selections_that_match(
            selections in proptest::collection::vec(proptest::collection::vec("[ab*](/[ab*]){0,2}(/\\*\\*)?|\\*\\*|\\$user/[ab*]|\\$all|\\$user/\\*\\*", 1..4), 0..8),
            removed in any::<prop::sample::Index>(),
            topic in "[ab](/[ab]){0,3}|\\$all|\\$user/[ab](/a)?",
        ) {
            let selections: Vec<Selection> = selections.iter().map(|texts| selection(texts)).collect();
            let mut index = Index::new();
            selections.iter().enumerate().for_each(|(key, selection)| index.insert(selection, key));
            let parsed = topic.parse().expect("a topic");
            let expected = |skip: Option<usize>| -> Vec<usize> {
                let matching = selections.iter().enumerate().filter(|(key, s)| Some(*key) != skip && s.matches(&parsed));
                matching.map(|(key, _)| key).collect()
            };
            prop_assert_eq!(found(&index, &topic), expected(None));
            if !selections.is_empty() {
                let removed = removed.index(selections.len());
                index.remove(&selections[removed], removed);
                prop_assert_eq!(found(&index, &topic), expected(Some(removed)));
            }
            selections.iter().enumerate().for_each(|(key, selection)| index.remove(selection, key));
            prop_assert!(index.topics.is_empty() && index.patterns.is_empty(), "nothing is left behind");
        }
    }
}
