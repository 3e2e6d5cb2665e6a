//! The path of live events: what was appended since the last turn, to all who keep up.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use super::behind::Behind;
use super::connection::Written;
use super::worker::Worker;
use super::{audience, framing};
use crate::metrics::Closed;
use crate::store::Record;

/// Bytes of events that go into one chunk, if there is more than one: about what a socket takes at once.
const CHUNK_BYTES: usize = 64 << 10;

/// Events, and writes, that a publisher makes itself at most: more of them are worth a change of threads.
const FEW: usize = 16;

impl Worker {
    /// Gives what was appended since the last turn to all who are where we are.
    pub(super) fn advance(&mut self) {
        let newest = self.hub.newest();
        if newest == self.seen {
            return;
        }
        match self.hub.tail_after(self.seen) {
            Some(batch) => self.give(&batch),
            None => self.fall_behind(newest),
        }
    }

    /// The same on the thread of a publisher, if that keeps it for no longer than waking ours would; `false` if it is left
    /// to ours.
    pub(super) fn deliver_few(&mut self) -> bool {
        if self.hub.newest() - self.seen > FEW as u64 {
            return false;
        }
        let Some(batch) = self.hub.tail_after(self.seen) else { return false };
        let few = batch.len() <= FEW && self.audiences.reach(&batch, FEW) <= FEW;
        if few {
            self.give(&batch);
            self.report_lag();
        }
        few
    }

    fn give(&mut self, batch: &[Arc<Record>]) {
        let Some(last) = batch.last().map(|record| record.seq) else { return };
        for audience in self.audiences.distribute(batch) {
            self.tell(audience);
        }
        self.seen = last;
    }

    /// The tail has moved on while this thread was busy: everyone reads on from the log.
    fn fall_behind(&mut self, newest: u64) {
        tracing::warn!(events = newest - self.seen, "a shard has fallen off the shared tail; raise --tail-bytes");
        let keeping_up = self.connections.iter().filter(|(_, connection)| connection.behind.is_none());
        for key in keeping_up.map(|(key, _)| audience::key(key)).collect::<Vec<_>>() {
            self.leave_behind(key, Behind::left_at(self.seen));
            self.runnable.push_back(key);
        }
        self.seen = newest;
    }

    /// Gives an audience its part of the batch.
    fn tell(&mut self, audience: u32) {
        let place = self.audiences.at(audience);
        let (records, members) = (std::mem::take(&mut place.batch), std::mem::take(&mut place.members));
        let tick = self.wheels[place.style.place()].now();
        let mut broken = Vec::new();
        let mut rest: &[Arc<Record>] = &records;
        while let (now, later) = rest.split_at(fits(rest))
            && let Some(last) = now.last()
        {
            let chunk = framing::events(&[], now);
            let reached = self.write_to(&members, &chunk, last.seq, tick, &mut broken);
            self.count(now.len(), chunk.len(), reached);
            self.time(now);
            rest = later;
        }
        self.audiences.at(audience).members = members;
        for key in broken {
            self.close(key, Closed::Lost);
        }
    }

    /// Writes a chunk to those members that keep up; returns to how many.
    fn write_to(&mut self, members: &[u32], chunk: &Bytes, last: u64, tick: u32, broken: &mut Vec<u32>) -> u64 {
        let mut reached = 0;
        for key in members {
            let connection = &mut self.connections[*key as usize];
            if connection.behind.is_some() {
                continue;
            }
            reached += 1;
            connection.touched = tick;
            match connection.write(chunk) {
                Written::All => {}
                Written::Left(unsent) => self.leave_behind(*key, Behind::blocked_at(last, unsent)),
                Written::Broken => {
                    // Keeps the chunks that follow from being written to it.
                    self.leave_behind(*key, Behind::blocked_at(last, Bytes::new()));
                    broken.push(*key);
                }
            }
        }
        reached
    }

    pub(super) fn count(&self, records: usize, bytes: usize, connections: u64) {
        self.metrics.deliveries.inc_by(records as u64 * connections);
        self.metrics.delivered_bytes.inc_by(bytes as u64 * connections);
    }

    /// Takes the time from publish to here.
    fn time(&self, records: &[Arc<Record>]) {
        let now = Instant::now();
        for record in records {
            self.metrics.publish_to_write.observe(now.duration_since(record.appended).as_secs_f64());
        }
    }
}

/// How many of the records go into the next chunk: one at least.
fn fits(records: &[Arc<Record>]) -> usize {
    let mut bytes = 0;
    let fit = records.iter().take_while(|record| {
        bytes += record.frame.len();
        bytes <= CHUNK_BYTES
    });
    fit.count().max(1).min(records.len())
}
