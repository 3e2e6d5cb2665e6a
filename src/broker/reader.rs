//! A reader: where a subscriber is in the log, and what it gets next. Both kinds of sink move one.

use std::sync::Arc;

use super::hub::Hub;
use super::subscribe::Beginning;
use super::{Gap, Reason};
use crate::metrics::Metrics;
use crate::store::{Filter, Missing, Newest, Record};

/// A cursor in the log.
#[derive(Debug)]
pub(super) struct Reader {
    /// The number of the last event that was passed.
    cursor: u64,
    /// It begins with the newest events of each topic, and has not come to the end of them yet.
    snapshot: Option<Newest>,
    /// A gap that the client has not been told of.
    gap: Option<Gap>,
    /// It began at the end of the log, or has been there since: if it is behind now, it is because it reads slowly.
    caught_up: bool,
}

/// What a reader gets in one turn: at most a page.
#[derive(Debug, Default)]
pub(super) struct Turn {
    /// To be told before the events.
    pub(super) gap: Option<Gap>,
    /// The events, in log order.
    pub(super) records: Vec<Arc<Record>>,
}

impl Turn {
    pub(super) fn is_empty(&self) -> bool {
        self.gap.is_none() && self.records.is_empty()
    }

    /// Counts it as written to one subscriber, and returns about how many bytes it has.
    pub(super) fn count(&self, metrics: &Metrics) -> usize {
        let bytes = self.records.iter().map(|record| record.frame.len()).sum();
        metrics.deliveries.inc_by(self.records.len() as u64);
        metrics.delivered_bytes.inc_by(bytes as u64);
        bytes
    }

    /// Appends the event that tells of the gap, if there is one.
    pub(super) fn encode_gap(&self, metrics: &Metrics, out: &mut Vec<u8>) {
        if let Some(gap) = &self.gap {
            metrics.count_gap(gap.reason.as_str());
            gap.encode(out);
        }
    }
}

impl Reader {
    pub(super) fn new(beginning: Beginning) -> Self {
        let Beginning { cursor, snapshot, gap, live } = beginning;
        Self { cursor, snapshot, gap, caught_up: live }
    }

    /// A reader that was at the end of the log until now, when it did not take all up to this number.
    pub(super) fn fallen_behind(cursor: u64) -> Self {
        Self { caught_up: true, ..Self::left_behind(cursor) }
    }

    /// A reader that was at the end of the log until now, when it was not served: that is not its fault.
    pub(super) fn left_behind(cursor: u64) -> Self {
        Self { cursor, snapshot: None, gap: None, caught_up: false }
    }

    /// The number of the last event that was passed.
    pub(super) fn cursor(&self) -> u64 {
        self.cursor
    }

    /// Whether all it needs is what follows its cursor.
    pub(super) fn is_plain(&self) -> bool {
        self.gap.is_none() && self.snapshot.is_none()
    }

    /// Passes over events that it has got from elsewhere.
    pub(super) fn skip_to(&mut self, through: u64) {
        self.cursor = through;
    }

    /// Whether there is nothing left up to this number.
    pub(super) fn has_reached(&mut self, newest: u64) -> bool {
        let reached = self.cursor >= newest && self.is_plain();
        self.caught_up |= reached;
        reached
    }

    /// Whether it reads so slowly that the shared tail has moved on without it.
    pub(super) fn is_too_slow(&self, hub: &Hub) -> bool {
        self.caught_up && self.snapshot.is_none() && !hub.tail_reaches(self.cursor)
    }

    /// Moves on by at most a page, not beyond number `until`.
    pub(super) fn turn(&mut self, hub: &Hub, filter: &Filter, until: u64) -> Turn {
        if self.cursor >= until && self.snapshot.is_none() {
            return Turn { gap: self.gap.take(), records: Vec::new() };
        }
        let page = match self.snapshot {
            Some(newest) => hub.log.read_newest(self.cursor, filter, newest),
            None => hub.page(self.cursor, until, filter, !self.caught_up),
        };
        if let Some(missing) = page.gap {
            self.note_gap(hub, self.cursor, missing);
        }
        self.cursor = page.through;
        self.snapshot = self.snapshot.filter(|newest| self.cursor < newest.until);
        Turn { gap: self.gap.take(), records: page.records }
    }

    /// Retention overtook the cursor, or it came to what cannot be read. A gap that is still to be told reaches over this one
    /// too.
    fn note_gap(&mut self, hub: &Hub, requested: u64, missing: Missing) {
        let at = |seq| hub.log.epoch().at(seq).to_string();
        let resumed = at(missing.through);
        let reason = if missing.damaged { Reason::Damaged } else { Reason::Slow };
        match &mut self.gap {
            // What is missing of older state does not move the place that is told already.
            Some(_) if self.snapshot.is_some() => {}
            Some(untold) => untold.resumed = resumed,
            None => self.gap = Some(Gap { requested: at(requested), resumed, reason }),
        }
    }
}
