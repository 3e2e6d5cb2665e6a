//! One subscriber: a cursor in the log.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::watch;

use super::subscribe::Beginning;
use super::{Broker, Gap, Reason};
use crate::metrics::Metrics;
use crate::store::{Filter, Log, Page, Record};

/// Snapshot events that are fetched at once: bounds the work of one turn.
const SNAPSHOT_PAGE: usize = 256;

/// An open subscription. It costs its cursor and its filter, however far behind it is; dropping it ends it.
#[derive(Debug)]
pub struct Subscription {
    log: Arc<dyn Log>,
    metrics: Metrics,
    filter: Filter,
    /// The number of the last event that was passed.
    cursor: u64,
    /// Events before the cursor that are still to be handed out: the snapshot on connect.
    snapshot: VecDeque<u64>,
    /// A gap that the client has not been told of.
    gap: Option<Gap>,
    newest: watch::Receiver<u64>,
    closed: watch::Receiver<bool>,
}

impl Subscription {
    pub(super) fn open(broker: &Broker, filter: Filter, beginning: Beginning) -> Self {
        Self {
            log: Arc::clone(&broker.log),
            metrics: broker.metrics.clone(),
            filter,
            cursor: beginning.cursor,
            snapshot: beginning.snapshot,
            gap: beginning.gap,
            newest: broker.log.follow(),
            closed: broker.closed.subscribe(),
        }
    }

    /// Waits for the next events and returns them as text/event-stream; `None` once the broker is closed and all that is
    /// in the log has been handed out. Nothing is lost if the future is dropped before it is ready.
    pub async fn next(&mut self) -> Option<Bytes> {
        loop {
            // Marks the newest number as seen before the log is read: what is appended from here on wakes us again.
            let newest = *self.newest.borrow_and_update();
            if let Some(chunk) = self.advance() {
                return Some(chunk);
            }
            if self.cursor < newest {
                // A long stretch without an event for us: let the others have their turn.
                tokio::task::yield_now().await;
                continue;
            }
            if *self.closed.borrow() {
                return None;
            }
            tokio::select! {
                _ = self.newest.changed() => {}
                _ = self.closed.changed() => {}
            }
        }
    }

    /// Moves on by at most a page, and returns what there was to tell.
    fn advance(&mut self) -> Option<Bytes> {
        let records = if self.snapshot.is_empty() { self.read_log() } else { self.read_snapshot() };
        let chunk = self.chunk(&records);
        self.metrics.deliveries.inc_by(records.len() as u64);
        self.metrics.delivered_bytes.inc_by(chunk.len() as u64);
        (!chunk.is_empty()).then_some(chunk)
    }

    fn read_log(&mut self) -> Vec<Arc<Record>> {
        let Page { records, through, gap } = self.log.read(self.cursor, &self.filter);
        if let Some(resumed) = gap {
            self.note_gap(self.cursor, resumed);
        }
        self.cursor = through;
        records
    }

    fn read_snapshot(&mut self) -> Vec<Arc<Record>> {
        let count = self.snapshot.len().min(SNAPSHOT_PAGE);
        let seqs: Vec<u64> = self.snapshot.drain(..count).collect();
        let records = self.log.fetch(&seqs);
        if records.len() < seqs.len() {
            self.note_gap(seqs[0], self.log.span().first - 1);
        }
        records
    }

    /// Retention overtook the cursor. A gap that is still to be told reaches over this one too.
    fn note_gap(&mut self, requested: u64, resumed: u64) {
        let at = |seq| self.log.epoch().at(seq).to_string();
        match &mut self.gap {
            Some(untold) => untold.resumed = at(resumed),
            None => self.gap = Some(Gap { requested: at(requested), resumed: at(resumed), reason: Reason::Slow }),
        }
    }

    /// The gap, if there is one, and the frames; a single frame is shared, not copied.
    fn chunk(&mut self, records: &[Arc<Record>]) -> Bytes {
        if let (None, [record]) = (&self.gap, records) {
            return record.frame.clone();
        }
        let mut chunk = Vec::with_capacity(records.iter().map(|record| record.frame.len()).sum());
        if let Some(gap) = self.gap.take() {
            self.metrics.gaps.inc();
            gap.encode(&mut chunk);
        }
        for record in records {
            chunk.extend_from_slice(&record.frame);
        }
        chunk.into()
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.metrics.connections.dec();
    }
}
