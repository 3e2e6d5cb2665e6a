//! Who listens to a topic, and how many. Each shard counts its connections by the index that delivers to them; the
//! subscriptions that hyper serves have no index, so they are registered here, as long as they are open. What is kept is one
//! entry for each selection, however many subscriptions have made it, and publishing never looks at it. Users are in the
//! roster.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tokio::sync::oneshot;

use super::Broker;
use super::roster::time;
use super::selections::Selections;
use super::shard::{Command, Shard};
use crate::topic::{Selection, Topic};

/// The selections of the subscriptions that hyper serves, with how many have made each.
#[derive(Debug, Default)]
pub(super) struct Register(Mutex<Selections<usize>>);

/// Who listens to a topic. The numbers are put together from several places, so they may be a moment apart.
#[derive(Clone, Debug)]
pub struct Presence {
    /// The open subscriptions that select it, by its name or by a pattern.
    pub subscribers: usize,
    /// Those of them that are for nobody in particular.
    pub anonymous: usize,
    /// Whom the others are for, by name.
    pub users: Vec<Attendee>,
    /// There are more users than these.
    pub more: bool,
}

/// A user who listens.
#[derive(Clone, Debug)]
pub struct Attendee {
    /// The user.
    pub user: Arc<str>,
    /// With how many subscriptions.
    pub connections: usize,
    /// Since when without a break.
    pub since: SystemTime,
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
        Registration { register: Arc::clone(self), selection: self.lock().add(selection) }
    }

    /// How many subscriptions select the topic.
    fn count(&self, topic: &Topic) -> usize {
        let selections = self.lock();
        selections.of_topic(topic).sum()
    }

    fn lock(&self) -> MutexGuard<'_, Selections<usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Selections<usize> {
    fn add(&mut self, selection: &Selection) -> usize {
        let key = self.enter(selection);
        if let Some(count) = self.at(key) {
            *count += 1;
        }
        key
    }

    fn leave(&mut self, key: usize) {
        let Some(count) = self.at(key) else { return };
        *count -= 1;
        if *count == 0 {
            self.remove(key);
        }
    }
}

impl Registration {
    /// The subscription selects something else.
    pub(super) fn change(&mut self, selection: &Selection) {
        let mut selections = self.register.lock();
        let left = std::mem::replace(&mut self.selection, selections.add(selection));
        selections.leave(left);
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.register.lock().leave(self.selection);
    }
}

impl Broker {
    /// Who listens to a topic: how many, and at most so many users. `None` if the broker is ending.
    pub async fn presence(&self, topic: &Topic, most: usize) -> Option<Presence> {
        let counted = self.subscribers(std::slice::from_ref(topic)).await?.into_iter().sum();
        let present = self.admission.roster().present(topic, most);
        // One that came since then is a user already, and was not counted.
        let subscribers = present.connections.max(counted);
        let attendee = |(user, there): (Arc<str>, super::roster::There)| Attendee {
            user,
            connections: there.connections,
            since: time(there.since),
        };
        Some(Presence {
            subscribers,
            anonymous: subscribers - present.connections,
            users: present.users.into_iter().map(attendee).collect(),
            more: present.more,
        })
    }

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

/// What asks for these, in tests.
#[cfg(test)]
pub(super) fn selection(texts: &[&str]) -> Selection {
    let mut selection = Selection::default();
    for text in texts {
        selection.add(text).expect("a topic or a pattern");
    }
    selection
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(register.lock().is_empty());
        assert_eq!(count("a"), 0);
    }
}
