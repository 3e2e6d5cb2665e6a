//! Which users listen to what: found by topic, for whoever asks who is there. Who is nobody in particular costs nothing here.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::selections::Selections;
use crate::topic::{Selection, Topic};

/// Users that are looked at for one answer: meanwhile no subscription can come or go.
const EXAMINED: usize = 10_000;

/// The users, by what they ask for.
#[derive(Debug, Default)]
pub(super) struct Users(Selections<BySelection>);

/// Those that ask for the same.
#[derive(Debug, Default)]
struct BySelection {
    users: BTreeMap<Arc<str>, There>,
    connections: usize,
}

/// A user who is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::broker) struct There {
    /// With how many connections.
    pub(in crate::broker) connections: usize,
    /// Since when without a break, in milliseconds since 1970.
    pub(in crate::broker) since: u64,
}

/// Who listens to a topic.
#[derive(Debug, Default)]
pub(in crate::broker) struct Present {
    /// The connections of all of them.
    pub(in crate::broker) connections: usize,
    /// Users by name, not more than were asked for.
    pub(in crate::broker) users: BTreeMap<Arc<str>, There>,
    /// There are more of them.
    pub(in crate::broker) more: bool,
}

impl Users {
    pub(super) fn enter(&mut self, asked: &Selection, user: &Arc<str>, since: u64) {
        let key = self.0.enter(asked);
        let Some(kept) = self.0.at(key) else { return };
        kept.connections += 1;
        kept.users.entry(Arc::clone(user)).or_insert(There { connections: 0, since }).connections += 1;
    }

    pub(super) fn leave(&mut self, asked: &Selection, user: &Arc<str>) {
        let Some(key) = self.0.find(asked) else { return };
        let Some(kept) = self.0.at(key) else { return };
        kept.connections -= 1;
        if let Some(there) = kept.users.get_mut(user) {
            there.connections -= 1;
            if there.connections == 0 {
                kept.users.remove(user);
            }
        }
        if kept.users.is_empty() {
            self.0.remove(key);
        }
    }

    /// Who listens to a topic: at most so many users, the first by name as far as can be seen soon.
    pub(super) fn present(&self, topic: &Topic, most: usize) -> Present {
        let (mut present, mut left) = (Present::default(), EXAMINED);
        for kept in self.0.of_topic(topic) {
            present.connections += kept.connections;
            let examined = kept.users.len().min(most).min(left);
            left -= examined;
            present.more |= examined < kept.users.len();
            for (user, there) in kept.users.iter().take(examined) {
                present.add(user, *there);
            }
        }
        while present.users.len() > most {
            present.users.pop_last();
            present.more = true;
        }
        present
    }
}

impl Present {
    /// A user, who may be there already because of another selection.
    fn add(&mut self, user: &Arc<str>, there: There) {
        let known = self.users.entry(Arc::clone(user)).or_insert(There { connections: 0, since: there.since });
        known.connections += there.connections;
        known.since = known.since.min(there.since);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broker::presence::selection;

    #[test]
    fn a_user_is_there_once_whatever_the_selections_and_no_longer_than_the_connections() {
        let mut users = Users::default();
        let (named, both, other) = (selection(&["a"]), selection(&["a", "*"]), selection(&["b"]));
        let (anna, bert): (Arc<str>, Arc<str>) = ("anna".into(), "bert".into());
        for (selection, user, since) in [(&both, &anna, 5), (&named, &anna, 3), (&named, &anna, 9), (&other, &bert, 1)]
        {
            users.enter(selection, user, since);
        }
        let seen = |users: &Users, topic: &str| {
            let present = users.present(&topic.parse().expect("a topic"), 10);
            let list =
                present.users.into_iter().map(|(user, there)| (user.to_string(), there.connections, there.since));
            (present.connections, list.collect::<Vec<_>>(), present.more)
        };
        assert_eq!(seen(&users, "a"), (3, vec![("anna".to_owned(), 3, 3)], false));
        assert_eq!(seen(&users, "b"), (2, vec![("anna".to_owned(), 1, 5), ("bert".to_owned(), 1, 1)], false));
        users.leave(&named, &anna);
        users.leave(&named, &anna);
        assert_eq!(seen(&users, "a"), (1, vec![("anna".to_owned(), 1, 5)], false));
        users.leave(&both, &anna);
        users.leave(&other, &bert);
        assert!(users.0.is_empty(), "nothing is left behind");
    }

    #[test]
    fn so_many_are_told_as_were_asked_for_and_that_there_are_more() {
        let mut users = Users::default();
        for number in 0..2 * EXAMINED {
            users.enter(&selection(&["a", &format!("of/{}", number % 100)]), &format!("{number:05}").into(), 0);
        }
        let present = users.present(&"a".parse().expect("a topic"), 3);
        assert_eq!((present.connections, present.more), (2 * EXAMINED, true));
        assert_eq!(present.users.keys().map(AsRef::as_ref).collect::<Vec<&str>>(), ["00000", "00001", "00002"]);
        let present = users.present(&"of/7".parse().expect("a topic"), 1000);
        assert_eq!((present.connections, present.users.len(), present.more), (200, 200, false));
    }
}
