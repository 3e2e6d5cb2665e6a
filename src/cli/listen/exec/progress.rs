//! How far a sequence of events is done when they end in any order.
//!
//! Of events that are done one after the other only the last is kept, so that there are never more entries than twice
//! those that are not done, however long one of them takes.

use std::collections::VecDeque;

/// The events from the first that is not done on.
#[derive(Debug, Default)]
pub(super) struct Progress {
    entries: VecDeque<Entry>,
    next: u64,
    through: Option<String>,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    id: String,
    done: bool,
}

impl Progress {
    /// Takes in the next event, by the last event ID after it, and gives it a number.
    pub(super) fn begin(&mut self, id: &str) -> u64 {
        let number = self.next;
        self.next += 1;
        self.entries.push_back(Entry { number, id: id.to_owned(), done: false });
        number
    }

    /// The event with this number is done.
    pub(super) fn end(&mut self, number: u64) {
        let Ok(mut at) = self.entries.binary_search_by_key(&number, |entry| entry.number) else { return };
        self.entries[at].done = true;
        if self.entries.get(at + 1).is_some_and(|next| next.done) {
            self.entries.remove(at);
        }
        if at > 0 && self.entries[at - 1].done {
            at -= 1;
            self.entries.remove(at);
        }
        if at == 0 && self.entries[0].done {
            self.through = self.entries.pop_front().map(|entry| entry.id);
        }
    }

    /// The ID after the last event before and with which all are done.
    pub(super) fn done_through(&self) -> Option<&str> {
        self.through.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Events 0 to `count`, which end in this order; and how far they are done after each.
    fn through(count: u64, order: &[u64]) -> Vec<Option<u64>> {
        let mut progress = Progress::default();
        for number in 0..count {
            assert_eq!(progress.begin(&number.to_string()), number);
        }
        let end = |number: &u64| {
            progress.end(*number);
            progress.done_through().map(|id| id.parse().unwrap())
        };
        order.iter().map(end).collect()
    }

    #[test]
    fn it_goes_to_the_first_event_that_is_not_done() {
        assert_eq!(through(3, &[0, 1, 2]), [Some(0), Some(1), Some(2)]);
        assert_eq!(through(3, &[2, 1, 0]), [None, None, Some(2)]);
        assert_eq!(through(4, &[1, 3, 0, 2]), [None, None, Some(1), Some(3)]);
    }

    #[test]
    fn every_order_ends_at_the_same_place() {
        let mut orders = vec![vec![]];
        for number in 0..6 {
            let with = |order: &Vec<u64>| {
                (0..=order.len()).map(|at| [&order[..at], &[number], &order[at..]].concat()).collect::<Vec<_>>()
            };
            orders = orders.iter().flat_map(with).collect();
        }
        assert_eq!(orders.len(), 720);
        for order in orders {
            let expected = |ended: usize| (0..6).take_while(|number| order[..ended].contains(number)).last();
            let expected: Vec<_> = (1..=6).map(expected).collect();
            assert_eq!(through(6, &order), expected, "{order:?}");
        }
    }

    #[test]
    fn events_that_are_done_need_no_room_behind_one_that_is_not() {
        let mut progress = Progress::default();
        let slow = progress.begin("slow");
        for _ in 0..1000 {
            let (first, second) = (progress.begin("first"), progress.begin("second"));
            progress.end(second);
            progress.end(first);
            assert!(progress.entries.len() <= 2, "{progress:?}");
        }
        progress.end(slow);
        assert_eq!((progress.done_through(), progress.entries.len()), (Some("second"), 0));
    }
}
