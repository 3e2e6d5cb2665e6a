//! Reading by the index: which numbers are worth a look, and what becomes of the records behind them.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::SystemTime;

use super::Index;
use crate::store::{Epoch, Filter, Missing, Newest, Page, Place, Position, Record};
use crate::topic::Topic;
use crate::wire::EventId;

/// Topics that are looked up one by one; for more of them, a look at every record costs less.
const INDEXED_TOPICS: usize = 16;

/// Events of a topic that are looked at, from the newest back, for those of the wanted types: what a request may cost.
const LOOKED_BACK: usize = 10_000;

/// Events with one ID that are looked at for one that is wanted.
const WITH_ONE_ID: usize = 1000;

/// Where an engine keeps the records that its index names.
pub(in crate::store) trait Shelf {
    /// The record with this number; `None` if it is damaged.
    fn get(&mut self, seq: u64) -> Option<Arc<Record>>;
}

impl Index {
    pub(in crate::store) fn read(&self, after: u64, filter: &Filter, store: &mut impl Shelf, now: SystemTime) -> Page {
        let from = after.max(self.span.first - 1);
        let expired = (from > after).then_some(Missing { through: from, damaged: false });
        if let Some(end) = self.hole_at(from + 1) {
            return Page { records: Vec::new(), through: end, gap: Some(Missing { through: end, damaged: true }) };
        }
        let before_hole = self.holes.range(from + 1..).next().map_or(u64::MAX, |(start, _)| start - 1);
        let (candidates, complete_to) = self.candidates(from, self.span.last.min(before_hole).max(from), filter);
        let mut page =
            collect(from, candidates, complete_to, store, |record, _| filter.wants(record) && !record.has_expired(now));
        page.gap = page.gap.or(expired);
        page
    }

    pub(in crate::store) fn read_newest(
        &self,
        after: u64,
        filter: &Filter,
        newest: Newest,
        store: &mut impl Shelf,
        now: SystemTime,
    ) -> Page {
        let until = newest.until.max(after);
        let from = after.max(self.span.first - 1);
        let (mut candidates, mut complete_to) = (Vec::new(), until);
        if newest.count > 0 && from < until {
            (candidates, complete_to) = self.candidates(from, until, filter);
        }
        candidates.extend(self.state_candidates(after, complete_to, filter));
        complete_to = first_page(&mut candidates, complete_to);
        candidates.retain(|seq| self.hole_at(*seq).is_none());
        let mut newest_from = HashMap::new();
        let wants = |record: &Record, store: &mut _| {
            let mut is_newest = |topic: &Topic, store: &mut _| {
                let from = newest_from.entry(topic.clone());
                *from.or_insert_with(|| self.newest_from(topic, filter, newest, store, now)) <= record.seq
            };
            let mut is_among_newest = |store: &mut _| {
                let mut topics = record.topics.iter().filter(|topic| filter.topics.matches(topic));
                newest.count > 0 && record.seq >= self.span.first && topics.any(|topic| is_newest(topic, store))
            };
            let is_wanted = filter.wants(record) && !record.has_expired(now);
            is_wanted && (self.is_state(record, filter) || is_among_newest(store))
        };
        let mut page = collect(after, candidates, complete_to, store, wants);
        page.gap = page.gap.or(self.missing_state(after, page.through));
        page
    }

    /// What is missing may have been the newest of its topic, or its current state.
    fn missing_state(&self, after: u64, through: u64) -> Option<Missing> {
        let hole = self.holes.range(..=through).next_back().map(|(_, end)| *end).filter(|end| *end > after);
        let lost = (after == 0 && self.lost_state > 0).then_some(0);
        hole.or(lost).map(|last| Missing { through: last.min(through), damaged: true })
    }

    /// The place of a position, or of the oldest record with this ID that the filter wants.
    pub(in crate::store) fn find(&self, id: &EventId, epoch: Epoch, filter: &Filter, store: &mut impl Shelf) -> Place {
        let position = id.as_str().parse::<Position>();
        if let Some(position) = position.ok().filter(|position| position.epoch == epoch) {
            return self.place(position.seq, filter);
        }
        let wanted = |seq: &&u64| store.get(**seq).is_some_and(|record| filter.wants(&record));
        match self.by_id.get(id).and_then(|seqs| seqs.iter().take(WITH_ONE_ID).find(wanted)) {
            Some(seq) => Place::After(*seq),
            None if position.is_ok() => Place::OtherEpoch,
            None => Place::Unknown,
        }
    }

    /// The place before the first retained record that was published at this time or later.
    pub(in crate::store) fn since(&self, time: SystemTime, store: &mut impl Shelf) -> Place {
        if self.dropped_time.is_some_and(|dropped| dropped >= time) {
            return Place::Expired;
        }
        // All up to `older` are older, and none after `newer` is.
        let (mut older, mut newer) = (self.span.first - 1, self.span.last);
        while older < newer {
            let middle = older + (newer - older).div_ceil(2);
            // What is missing goes with what comes after it: it may not be older, and is told then.
            match self.first_of(middle, newer, store).filter(|record| record.published < time) {
                Some(record) => older = record.seq,
                None => newer = middle - 1,
            }
        }
        Place::After(older)
    }

    /// The first record with one of these numbers that is not missing.
    pub(in crate::store) fn first_of(&self, first: u64, last: u64, store: &mut impl Shelf) -> Option<Arc<Record>> {
        let mut seq = first;
        while seq <= last {
            if let Some(end) = self.hole_at(seq) {
                seq = end + 1;
                continue;
            }
            match store.get(seq) {
                None => seq += 1,
                found => return found,
            }
        }
        None
    }

    /// The retained numbers after `from` that are worth a look, and the number up to which none was left out.
    fn candidates(&self, from: u64, until: u64, filter: &Filter) -> (Vec<u64>, u64) {
        let near = until.min(from + Page::EXAMINED as u64);
        if near == until || filter.topics.has_patterns() || filter.topics.len() > INDEXED_TOPICS {
            return ((from + 1..=near).collect(), near);
        }
        let of_topic = |topic| self.topics.get(topic).map(|of_topic| first_after(&of_topic.retained, from));
        let mut seqs: Vec<u64> = filter.topics.topics().filter_map(of_topic).flatten().collect();
        seqs.retain(|seq| *seq <= until);
        // Of each topic a page's worth was taken, so up to the last of a full page there can be no other.
        let complete_to = first_page(&mut seqs, until);
        (seqs, complete_to)
    }

    /// The numbers after `after` of what may be the current state of the topics, a page's worth of each topic.
    fn state_candidates(&self, after: u64, until: u64, filter: &Filter) -> Vec<u64> {
        if filter.topics.has_patterns() {
            let current = self.current.range(after + 1..).map(|(seq, _)| *seq);
            return current.take_while(|seq| *seq <= until).take(Page::EXAMINED).collect();
        }
        let states = filter.topics.topics().filter_map(|topic| self.topics.get(topic)?.state.as_ref());
        let seqs = states.flat_map(|state| state.seqs.range(after + 1..).take(Page::EXAMINED));
        seqs.copied().filter(|seq| *seq <= until).collect()
    }

    /// The number from which on the wanted events of a topic are among the newest.
    fn newest_from(
        &self,
        topic: &Topic,
        filter: &Filter,
        newest: Newest,
        store: &mut impl Shelf,
        now: SystemTime,
    ) -> u64 {
        let Some(of_topic) = self.topics.get(topic) else { return u64::MAX };
        let end = of_topic.retained.partition_point(|seq| *seq <= newest.until);
        let mut back = of_topic.retained.range(..end).rev().copied();
        // Without types to pick, all are wanted, and counting them needs no look at them.
        if filter.names.is_empty() && !self.expiring {
            return back.nth(newest.count - 1).unwrap_or(0);
        }
        let mut left = newest.count;
        for seq in back.by_ref().take(LOOKED_BACK) {
            let wanted = |later: &Record| filter.wants_name(later.name.as_ref()) && !later.has_expired(now);
            left -= usize::from(store.get(seq).is_some_and(|later| wanted(&later)));
            if left == 0 {
                return seq;
            }
        }
        back.next().map_or(0, |seq| seq + 1)
    }
}

/// Takes the records in their order until the page is full, one is damaged, or there are no more.
fn collect<S: Shelf>(
    after: u64,
    candidates: Vec<u64>,
    complete_to: u64,
    store: &mut S,
    mut wants: impl FnMut(&Record, &mut S) -> bool,
) -> Page {
    let mut page = Page { records: Vec::new(), through: after, gap: None };
    let mut bytes = 0;
    let mut candidates = candidates.into_iter();
    while let Some(seq) = candidates.next() {
        let Some(record) = store.get(seq) else {
            if page.through > after {
                page.through = seq - 1;
                return page;
            }
            // All that are damaged in a row are one gap.
            let through = candidates.take_while(|next| store.get(*next).is_none()).last().unwrap_or(seq);
            return Page { through, gap: Some(Missing { through, damaged: true }), ..page };
        };
        page.through = seq;
        if wants(&record, store) {
            bytes += record.frame.len();
            page.records.push(record);
        }
        if bytes >= Page::BYTES {
            return page;
        }
    }
    page.through = complete_to;
    page
}

/// Sorts the numbers and leaves a page's worth of them; returns up to where none is left out.
fn first_page(seqs: &mut Vec<u64>, complete_to: u64) -> u64 {
    seqs.sort_unstable();
    seqs.dedup();
    seqs.truncate(Page::EXAMINED);
    if seqs.len() < Page::EXAMINED { complete_to } else { seqs[Page::EXAMINED - 1] }
}

/// A page's worth of the numbers after `from`.
fn first_after(seqs: &VecDeque<u64>, from: u64) -> impl Iterator<Item = u64> {
    seqs.range(seqs.partition_point(|seq| *seq <= from)..).copied().take(Page::EXAMINED)
}
