//! Retention on the disk: records leave the index one by one, and their file goes when it has none left.

use std::collections::BTreeMap;
use std::io;
use std::time::SystemTime;

use super::format::{Head, Identity};
use super::kept::{self, Item};
use super::writer::Writer;
use super::{History, codec};
use crate::store::Retention;
use crate::store::index::{Index, Shelf as _};
use crate::store::intake::{Act, Intake};

impl History {
    /// Drops the oldest records until the retention is kept. What is missing is as old as the record after it.
    pub(super) fn expire(&mut self, retention: &Retention, now: SystemTime) {
        self.end_state(now);
        let Self { index, shelves, oldest } = self;
        let mut reading = shelves.read();
        loop {
            let span = index.span();
            // What is missing at the new end stays: those who come for it are told.
            if index.hole_at(span.first).unwrap_or(span.first - 1) >= span.last {
                return;
            }
            let known = oldest.filter(|(seq, _)| *seq == span.first);
            if known.is_some_and(|(_, published)| !retention.exceeded(span, published, now)) {
                return;
            }
            let record = index.first_of(span.first, span.last, &mut reading);
            let published = record.as_ref().map_or(index.newest_time, |record| record.published);
            *oldest = Some((span.first, published));
            if !retention.exceeded(span, published, now) {
                return;
            }
            match record.filter(|record| record.seq == span.first) {
                Some(record) => drop(index.drop_oldest(&record)),
                None => index.drop_missing(published),
            }
        }
    }

    /// Ends the state whose time is over.
    fn end_state(&mut self, now: SystemTime) {
        while let Some(seq) = self.index.ended_state(now) {
            let record = self.shelves.read().get(seq);
            for released in self.index.end_state(seq, record.as_deref()) {
                self.shelves.release(released);
            }
        }
    }

    /// What outlives the events before this number.
    fn outlives(&self, first: u64, intake: &Intake, now: SystemTime) -> BTreeMap<u64, Item> {
        let mut items: BTreeMap<u64, Item> = BTreeMap::new();
        for (at, name, seen) in intake.remembered(now).filter(|(.., seen)| seen.seq < first) {
            items.entry(seen.seq).or_default().act = Some((at, Act { name: *name, sum: seen.sum }));
        }
        let mut reading = self.shelves.read();
        for seq in self.index.state_before(first) {
            match reading.get(seq) {
                Some(record) => items.entry(seq).or_default().state = Some(self.index.as_state(&record)),
                // An item that is nothing stands for state that is lost.
                None => drop(items.insert(seq, Item::default())),
            }
        }
        if self.index.has_lost_state()
            && let Some(free) = (1..first).rev().find(|seq| !items.contains_key(seq))
        {
            items.insert(free, Item::default());
        }
        items
    }
}

impl Index {
    /// The head of a file that begins with the next event.
    pub(super) fn next_head(&self, identity: Identity) -> Head {
        Head { identity, first: self.span().last + 1, before: codec::nanos(self.newest_time) }
    }
}

impl Writer {
    /// Drops what has become too old, and the files of which nothing is retained.
    pub(super) fn drop_expired(&mut self) {
        let now = SystemTime::now();
        if self.shared.read().is_expiring(&self.retention, now) {
            self.shared.write().expire(&self.retention, now);
        }
        while let Some(next) = self.shared.unretained() {
            if let Err(error) = self.drop_file(next, now) {
                return tracing::warn!("a file of the history that is not needed any more cannot be dropped: {error}");
            }
        }
    }

    /// Drops the oldest file; `next` is the head of the one after it.
    fn drop_file(&mut self, next: Head, now: SystemTime) -> io::Result<()> {
        let history = self.shared.read();
        let items = history.outlives(next.first, &self.intake, now);
        let unchanged = items.is_empty() && history.shelves.kept.is_none();
        let oldest = history.shelves.segments.front().map(|oldest| oldest.path.clone());
        drop(history);
        let kept = if unchanged { None } else { Some(kept::write(&self.directory, next, &items)?) };
        match oldest.map_or(Ok(()), std::fs::remove_file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut history = self.shared.write();
        history.shelves.segments.pop_front();
        history.shelves.kept = kept;
        let last = history.index.span().last;
        drop(history);
        self.note(last);
        Ok(())
    }
}
