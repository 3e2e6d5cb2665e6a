//! How many listen to a topic. Each shard counts its connections by the index that delivers to them; the subscriptions that
//! hyper serves have no index, so they are registered here, as long as they are open. What is kept is one entry for each
//! selection, however many subscriptions have made it, and publishing never looks at it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use slab::Slab;
use tokio::sync::oneshot;

use super::Broker;
use super::shard::{Command, Shard};
use crate::topic::{Index, Selection, Topic};

/// The selections of the subscriptions that hyper serves.
#[derive(Debug, Default)]
pub(super) struct Register(Mutex<Selections>);

#[derive(Debug, Default)]
struct Selections {
    /// Each with the number of subscriptions that have made it.
    all: Slab<(Arc<Selection>, usize)>,
    by_selection: HashMap<Arc<Selection>, usize>,
    by_topic: Index<usize>,
}

/// One open subscription in the register; dropping it takes it out.
#[derive(Debug)]
pub(super) struct Registration {
    register: Arc<Register>,
    selection: usize,
}

impl Register {
    /// Enters a subscription.
    pub(super) fn enter(self: &Arc<Self>, selection: &Selection) -> Registration {
        Registration { register: Arc::clone(self), selection: self.lock().enter(selection) }
    }

    /// How many subscriptions select the topic.
    fn count(&self, topic: &Topic) -> usize {
        let selections = self.lock();
        selections.by_topic.matching_once(topic).into_iter().map(|selection| selections.all[selection].1).sum()
    }

    fn lock(&self) -> MutexGuard<'_, Selections> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registration {
    /// The subscription selects something else.
    pub(super) fn change(&mut self, selection: &Selection) {
        let mut selections = self.register.lock();
        let left = std::mem::replace(&mut self.selection, selections.enter(selection));
        selections.leave(left);
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.register.lock().leave(self.selection);
    }
}

impl Selections {
    fn enter(&mut self, selection: &Selection) -> usize {
        if let Some(key) = self.by_selection.get(selection) {
            self.all[*key].1 += 1;
            return *key;
        }
        let selection = Arc::new(selection.clone());
        let key = self.all.insert((Arc::clone(&selection), 1));
        self.by_topic.insert(&selection, key);
        self.by_selection.insert(selection, key);
        key
    }

    fn leave(&mut self, key: usize) {
        let Some((_, count)) = self.all.get_mut(key) else { return };
        *count -= 1;
        if *count == 0 {
            let (selection, _) = self.all.remove(key);
            self.by_topic.remove(&selection, key);
            self.by_selection.remove(&selection);
        }
    }
}

impl Broker {
    /// How many open subscriptions select each of the topics, over whatever transport: one whose client has seen the head
    /// of its stream is counted. `None` if the broker is ending, and they with it.
    pub async fn subscribers(&self, topics: &[Topic]) -> Option<Vec<usize>> {
        let mut closing = self.closing.subscribe();
        tokio::select! {
            biased;
            // A shard that has ended answers no more.
            _ = closing.wait_for(Option::is_some) => None,
            counts = self.count(topics.into()) => counts,
        }
    }

    async fn count(&self, topics: Arc<[Topic]>) -> Option<Vec<usize>> {
        let ask = |shard: &Arc<Shard>| {
            let (answer, counted) = oneshot::channel();
            shard.tell(Command::Count { topics: Arc::clone(&topics), answer });
            counted
        };
        // All of them are asked before the first has answered.
        let answers: Vec<_> = self.shards.iter().map(ask).collect();
        let mut counts: Vec<usize> = topics.iter().map(|topic| self.register.count(topic)).collect();
        for counted in answers {
            counts.iter_mut().zip(counted.await.ok()?).for_each(|(count, more)| *count += more);
        }
        Some(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(texts: &[&str]) -> Selection {
        let mut selection = Selection::default();
        for text in texts {
            selection.add(text).expect("a topic or a pattern");
        }
        selection
    }

    #[test]
    fn what_has_gone_leaves_nothing_behind() {
        let register = Arc::new(Register::default());
        let count = |topic: &str| register.count(&topic.parse().expect("a topic"));
        let both = selection(&["a", "*"]);
        let mut open: Vec<_> = [&both, &both, &selection(&["b"])].map(|selection| register.enter(selection)).into();
        assert_eq!((count("a"), count("b"), count("a/b")), (2, 3, 0));
        open.remove(0);
        assert_eq!((count("a"), count("b")), (1, 2));
        open.clear();
        let selections = register.lock();
        assert!(selections.all.is_empty() && selections.by_selection.is_empty());
        assert!(selections.by_topic.matching_once(&"a".parse().expect("a topic")).is_empty());
    }
}
