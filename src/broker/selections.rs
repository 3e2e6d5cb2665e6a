//! Something for each selection that is made, however many make it; found by topic, too.

use std::collections::HashMap;
use std::sync::Arc;

use slab::Slab;

use crate::topic::{Index, Selection, Topic};

/// What is kept for selections.
#[derive(Debug)]
pub(super) struct Selections<T> {
    all: Slab<(Arc<Selection>, T)>,
    by_selection: HashMap<Arc<Selection>, usize>,
    by_topic: Index<usize>,
}

impl<T> Default for Selections<T> {
    fn default() -> Self {
        Self { all: Slab::new(), by_selection: HashMap::new(), by_topic: Index::new() }
    }
}

impl<T: Default> Selections<T> {
    /// The key of a selection, which is added if it is new.
    pub(super) fn enter(&mut self, selection: &Selection) -> usize {
        if let Some(key) = self.find(selection) {
            return key;
        }
        let selection = Arc::new(selection.clone());
        let key = self.all.insert((Arc::clone(&selection), T::default()));
        self.by_topic.insert(&selection, key);
        self.by_selection.insert(selection, key);
        key
    }

    /// The key of a selection, if it is there.
    pub(super) fn find(&self, selection: &Selection) -> Option<usize> {
        self.by_selection.get(selection).copied()
    }

    /// What is kept for the selection with this key.
    pub(super) fn at(&mut self, key: usize) -> Option<&mut T> {
        self.all.get_mut(key).map(|(_, kept)| kept)
    }

    /// Takes the selection with this key out.
    pub(super) fn remove(&mut self, key: usize) {
        if let Some((selection, _)) = self.all.try_remove(key) {
            self.by_topic.remove(&selection, key);
            self.by_selection.remove(&selection);
        }
    }

    /// What is kept for the selections that have a topic.
    pub(super) fn of_topic(&self, topic: &Topic) -> impl Iterator<Item = &T> {
        self.by_topic.matching_once(topic).into_iter().map(|key| &self.all[key].1)
    }

    /// Whether there is none.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty() && self.by_selection.is_empty()
    }
}
