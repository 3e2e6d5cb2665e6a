//! Connections that are not where the log ends: they have just come, replay, or read slowly. They are read to in turns, so
//! that however many there are and however far back they begin, live events wait for one page each of a few of them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::connection::Written;
use super::framing;
use super::worker::Worker;
use crate::broker::SlowConsumer;
use crate::broker::reader::Reader;
use crate::broker::subscribe::Beginning;
use crate::metrics::Closed;

/// Connections that get a page in one turn of the loop.
const SERVED_PER_TURN: usize = 128;

/// How long they may take, as far as they have to be read to from the disk: then the others have their turn.
const TIME_PER_TURN: Duration = Duration::from_millis(2);

/// Where such a connection is.
#[derive(Debug)]
pub(super) struct Behind {
    /// What it gets next from the log.
    reader: Reader,
    /// What the socket has not taken yet; everything before it was written.
    unsent: Bytes,
    /// The socket takes no more until it says so.
    pub(super) blocked: bool,
}

impl Behind {
    /// It has just come, and gets the head of its response first.
    pub(super) fn arriving(beginning: Beginning, head: Bytes) -> Self {
        Self { reader: Reader::new(beginning), unsent: head, blocked: false }
    }

    /// It kept up until now, and still has to get what is unsent of the events up to this number.
    pub(super) fn blocked_at(cursor: u64, unsent: Bytes) -> Self {
        Self { reader: Reader::fallen_behind(cursor), unsent, blocked: true }
    }

    /// It kept up until now, and has got everything up to this number.
    pub(super) fn left_at(cursor: u64) -> Self {
        Self { reader: Reader::left_behind(cursor), unsent: Bytes::new(), blocked: false }
    }

    pub(super) fn cursor(&self) -> u64 {
        self.reader.cursor()
    }

    /// What has to be sent before anything else can; `None` if the socket takes no more.
    pub(super) fn unsent(&self) -> Option<Bytes> {
        (!self.blocked).then(|| self.unsent.clone())
    }
}

/// The pages of one turn, by audience and place: many who replay from one place get one encoding.
type Pages = HashMap<(u32, u64), Page>;

/// Events as they are written, and where the reader is after them.
#[derive(Clone)]
struct Page {
    chunk: Bytes,
    records: usize,
    through: u64,
}

/// What a connection that was served does next.
enum Next {
    /// It has more to get, and its socket takes more.
    Again,
    /// Its socket will say when it takes more.
    Blocked,
    /// It is where the log ends.
    CaughtUp,
    /// It is over.
    Over(Closed),
}

impl Worker {
    /// Takes a connection out of those who keep up.
    pub(super) fn leave_behind(&mut self, key: u32, behind: Behind) {
        self.connections[key as usize].behind = Some(Box::new(behind));
        self.behind += 1;
    }

    /// Gives those who are behind, and whose turn it is, a page each.
    pub(super) fn serve_those_behind(&mut self) {
        let (mut pages, begun) = (Pages::new(), Instant::now());
        for _ in 0..self.runnable.len().min(SERVED_PER_TURN) {
            let Some(key) = self.runnable.pop_front() else { return };
            // What the list names may have gone, or may have been entered twice.
            let Some(connection) = self.connections.get_mut(key as usize) else { continue };
            let Some(mut behind) = connection.behind.take_if(|behind| !behind.blocked) else { continue };
            let next = self.serve(key, &mut behind, &mut pages);
            behind.blocked = matches!(next, Next::Blocked);
            match next {
                Next::CaughtUp => self.behind -= 1,
                Next::Over(reason) => {
                    self.connections[key as usize].behind = Some(behind);
                    self.close(key, reason);
                }
                Next::Again | Next::Blocked => self.connections[key as usize].behind = Some(behind),
            }
            if matches!(next, Next::Again) {
                self.runnable.push_back(key);
            }
            if begun.elapsed() > TIME_PER_TURN {
                return;
            }
        }
    }

    fn serve(&mut self, key: u32, behind: &mut Behind, pages: &mut Pages) -> Next {
        let unsent = std::mem::take(&mut behind.unsent);
        if !unsent.is_empty()
            && let Some(stuck) = self.write(key, behind, &unsent)
        {
            return stuck;
        }
        if self.policy.slow_consumer == SlowConsumer::Disconnect && behind.reader.is_too_slow(&self.hub) {
            return Next::Over(Closed::Slow);
        }
        if let Some(page) = self.page(key, &mut behind.reader, pages) {
            self.count(page.records, page.chunk.len(), 1);
            return self.write(key, behind, &page.chunk).unwrap_or(Next::Again);
        }
        if behind.reader.has_reached(self.seen) { Next::CaughtUp } else { Next::Again }
    }

    /// Writes, and says what to do if that did not take all.
    fn write(&mut self, key: u32, behind: &mut Behind, bytes: &Bytes) -> Option<Next> {
        let connection = &mut self.connections[key as usize];
        match connection.write(bytes) {
            Written::All => {
                let style = self.audiences.at(connection.audience).style;
                connection.touched = self.wheels[style.place()].now();
                None
            }
            Written::Left(left) => {
                behind.unsent = left;
                Some(Next::Blocked)
            }
            Written::Broken => Some(Next::Over(Closed::Lost)),
        }
    }

    /// The next page of a reader, from this turn's pages if another has been there; `None` if the page is empty.
    fn page(&mut self, key: u32, reader: &mut Reader, pages: &mut Pages) -> Option<Page> {
        let audience = self.connections[key as usize].audience;
        let place = reader.is_plain().then_some((audience, reader.cursor()));
        if let Some(page) = place.and_then(|place| pages.get(&place)) {
            reader.skip_to(page.through);
            return Some(page.clone());
        }
        let filter = Arc::clone(&self.audiences.at(audience).filter);
        let turn = reader.turn(&self.hub, &filter, self.seen);
        if turn.is_empty() {
            return None;
        }
        let mut before = Vec::new();
        turn.encode_gap(&self.metrics, &mut before);
        let chunk = framing::events(&before, &turn.records);
        let page = Page { chunk, records: turn.records.len(), through: reader.cursor() };
        if let Some(place) = place.filter(|_| before.is_empty()) {
            pages.insert(place, page.clone());
        }
        Some(page)
    }
}
