//! Who comes to a topic and who has gone for good: whoever is back within a time has not been away. The clock is an argument.
//!
//! Topics count that are asked for by name. Who listens by a pattern listens to topics without number, and comes to none.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::topic::{Selection, Topic};

/// As good as never, where a clock does not reach as far as somebody wants to wait.
const FAR: Duration = Duration::from_hours(30 * 365 * 24);

/// A place that is taken as long as somebody listens: that of a user at a topic, or that of anybody at all.
pub(in crate::broker) type Place = (Topic, Option<Arc<str>>);

/// Who is watched, and what is known of them. It takes memory for each who is there, and for who has just gone.
#[derive(Debug)]
pub(in crate::broker) struct Attendance {
    /// The places of users count.
    users: bool,
    /// The places of anybody count.
    anybody: bool,
    grace: Duration,
    places: HashMap<Place, Taken>,
    /// When something is to be told of which places.
    due: BTreeSet<(Instant, Place)>,
}

/// How a place is taken.
#[derive(Debug, Default)]
struct Taken {
    connections: usize,
    /// It was told that somebody is there.
    told: bool,
    due: Option<Instant>,
}

/// A place was taken, or is free.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::broker) struct Turn {
    pub(in crate::broker) place: Place,
    /// None if it is free.
    pub(in crate::broker) connections: usize,
}

impl Attendance {
    pub(in crate::broker) fn new(users: bool, anybody: bool, grace: Duration) -> Self {
        Self { users, anybody, grace, places: HashMap::new(), due: BTreeSet::new() }
    }

    /// A connection listens to these topics.
    pub(super) fn enter(&mut self, topics: &Selection, user: Option<&Arc<str>>, now: Instant) {
        for place in self.places_of(topics, user) {
            let taken = self.places.entry(place.clone()).or_default();
            taken.connections += 1;
            if taken.connections == 1 {
                let due = (!taken.told).then_some(now);
                self.schedule(&place, due);
            }
        }
    }

    /// A connection does not listen to these topics any more.
    pub(super) fn leave(&mut self, topics: &Selection, user: Option<&Arc<str>>, now: Instant) {
        for place in self.places_of(topics, user) {
            let Some(taken) = self.places.get_mut(&place) else { continue };
            taken.connections -= 1;
            if taken.connections == 0 {
                let due = now.checked_add(self.grace).unwrap_or(now + FAR);
                self.schedule(&place, Some(due));
            }
        }
    }

    /// What is to be told by now, not more than so much, and when there is more.
    pub(in crate::broker) fn turns(&mut self, now: Instant, most: usize) -> (Vec<Turn>, Option<Instant>) {
        let mut turns = Vec::new();
        while turns.len() < most
            && self.due.first().is_some_and(|(due, _)| *due <= now)
            && let Some((_, place)) = self.due.pop_first()
        {
            let Some(taken) = self.places.get_mut(&place) else { continue };
            taken.due = None;
            let (connections, told) = (taken.connections, std::mem::replace(&mut taken.told, true));
            if connections == 0 {
                self.places.remove(&place);
            }
            // Who came and went before anything was told was not there.
            if told == (connections == 0) {
                turns.push(Turn { place, connections });
            }
        }
        (turns, self.due.first().map(|(due, _)| *due))
    }

    /// Has something told of a place at this time, or not at all.
    fn schedule(&mut self, place: &Place, due: Option<Instant>) {
        let Some(taken) = self.places.get_mut(place) else { return };
        if let Some(before) = std::mem::replace(&mut taken.due, due) {
            self.due.remove(&(before, place.clone()));
        }
        self.due.extend(due.map(|due| (due, place.clone())));
    }

    fn places_of(&self, topics: &Selection, user: Option<&Arc<str>>) -> Vec<Place> {
        // Nobody comes to a topic that is heard unasked, or that tells who comes to another.
        let named = topics.topics().filter(|topic| topic.native().is_none());
        let places = named.flat_map(|topic| {
            let user = user.filter(|_| self.users).map(|user| (topic.clone(), Some(Arc::clone(user))));
            user.into_iter().chain(self.anybody.then(|| (topic.clone(), None)))
        });
        places.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: Duration = Duration::from_secs(10);

    fn of(texts: &[&str]) -> Selection {
        let mut selection = Selection::default();
        for text in texts {
            selection.add(text).expect("a topic or a pattern");
        }
        selection
    }

    /// What is told: a topic, a user, and with how many connections.
    fn told(attendance: &mut Attendance, now: Instant) -> Vec<String> {
        let turns = attendance.turns(now, 100).0;
        let line = |Turn { place: (topic, user), connections }| {
            format!("{topic} {} {connections}", user.as_deref().unwrap_or("anybody"))
        };
        turns.into_iter().map(line).collect()
    }

    #[test]
    fn a_grace_time_beyond_all_clocks_is_as_good_as_for_ever() {
        let (mut attendance, start) = (Attendance::new(true, false, Duration::MAX), Instant::now());
        let (anna, topics) = (Arc::from("anna"), of(&["a"]));
        attendance.enter(&topics, Some(&anna), start);
        assert_eq!(told(&mut attendance, start), ["a anna 1"]);
        attendance.leave(&topics, Some(&anna), start);
        assert_eq!(told(&mut attendance, start + Duration::from_hours(24 * 365)), [""; 0]);
    }

    #[test]
    fn the_first_connection_comes_and_the_last_one_goes_after_the_grace_time() {
        let (mut attendance, start) = (Attendance::new(true, true, GRACE), Instant::now());
        let (anna, topics) = (Arc::from("anna"), of(&["a", "b/*", "$presence/a", "$user/anna"]));
        attendance.enter(&topics, Some(&anna), start);
        attendance.enter(&topics, Some(&anna), start);
        assert_eq!(told(&mut attendance, start), ["a anybody 2", "a anna 2"]);
        attendance.enter(&of(&["a"]), None, start);
        attendance.leave(&topics, Some(&anna), start);
        assert_eq!(told(&mut attendance, start + 2 * GRACE), [""; 0]);
        attendance.leave(&topics, Some(&anna), start);
        assert_eq!(attendance.turns(start + GRACE / 2, 9), (vec![], Some(start + GRACE)));
        assert_eq!(told(&mut attendance, start + GRACE), ["a anna 0"]);
        attendance.leave(&of(&["a"]), None, start + GRACE);
        assert_eq!(told(&mut attendance, start + 2 * GRACE), ["a anybody 0"]);
        assert!(attendance.places.is_empty() && attendance.due.is_empty(), "nothing is left behind");
    }

    #[test]
    fn who_is_back_within_the_grace_time_was_not_away() {
        let (mut attendance, start) = (Attendance::new(true, false, GRACE), Instant::now());
        let (anna, a) = (Arc::from("anna"), of(&["a"]));
        attendance.enter(&a, Some(&anna), start);
        assert_eq!(told(&mut attendance, start), ["a anna 1"]);
        for round in 1..5 {
            attendance.leave(&a, Some(&anna), start + GRACE * round);
            attendance.enter(&a, Some(&anna), start + GRACE * round + GRACE / 2);
        }
        assert_eq!(attendance.turns(start + 9 * GRACE, 9), (vec![], None));
        attendance.enter(&of(&["b"]), Some(&Arc::from("bert")), start);
        attendance.leave(&of(&["b"]), Some(&Arc::from("bert")), start);
        assert_eq!(told(&mut attendance, start + GRACE), [""; 0], "nobody was told that he had come");
        assert_eq!((attendance.places.len(), attendance.due.len()), (1, 0));
    }

    #[test]
    fn what_is_due_is_told_some_at_a_time() {
        let (mut attendance, now) = (Attendance::new(false, true, GRACE), Instant::now());
        attendance.enter(&of(&["a", "b", "c"]), None, now);
        let (turns, next) = attendance.turns(now, 2);
        assert_eq!((turns.len(), next), (2, Some(now)));
        assert_eq!(told(&mut attendance, now), ["c anybody 1"]);
    }
}
