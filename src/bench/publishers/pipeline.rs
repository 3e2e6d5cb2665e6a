//! The usual publisher: one connection that stays open, all that is due in one write, answers read in order by a thread
//! of their own. Should the connection end, what is not wholly written by then goes out on a new one; what was written
//! and has no answer stays without one.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use super::batch::Batch;
use super::busy::Busy;
use super::connection::Connection;
use super::transport::{Sight, Transport};
use super::{AHEAD, Published, Share, Slot, Work};
use crate::bench::clock;

/// How many requests may be without an answer on a connection. Beyond it the publisher waits, and is late: a server that
/// is that far behind is not kept up by more. The report says so.
const UNANSWERED: usize = 65_536;

/// On how many connections an event is tried: one that has just been made and takes nothing will not on the next either.
pub(super) const TRIES: usize = 2;

/// Works off a share of the schedule.
pub(super) fn publish(work: &Arc<Work>, connection: Connection, share: &Share) -> io::Result<Published> {
    clock::sharpen_sleep();
    let mut pipeline = Pipeline { work, share, published: Published::new(), pipe: Some(Pipe::new(connection)?) };
    let (mut next, mut busy) = (0, Busy::default());
    while next < share.len() {
        busy.before(share.slot(next));
        pipeline.see_to_connection(share.slot(next))?;
        if !work.wait(share, share.slot(next)) {
            break;
        }
        next = pipeline.send_due(next)?;
    }
    if !work.progress.is_stopped() {
        pipeline.published.left_out((next..share.len()).map(|index| share.slot(index)));
    }
    // The wait for the last answers is idle time that would make it look less busy.
    pipeline.published.load = busy.load();
    pipeline.close(false);
    Ok(pipeline.published)
}

struct Pipeline<'w> {
    work: &'w Work,
    share: &'w Share,
    published: Published,
    pipe: Option<Pipe>,
}

/// A connection in use.
struct Pipe {
    writer: Transport,
    unanswered: SyncSender<Slot>,
    /// How many requests were handed to the reader.
    asked: u64,
    reading: Arc<Reading>,
    reader: JoinHandle<Published>,
}

/// How far the reader of a connection is.
#[derive(Default)]
struct Reading {
    /// How many answers it has read to their end.
    answered: AtomicU64,
    /// That no further answer will come.
    ended: AtomicBool,
}

impl Pipeline<'_> {
    /// If there is time before an event, waits until shortly before it and renews a connection that ended while idle.
    fn see_to_connection(&mut self, slot: Slot) -> io::Result<()> {
        let shortly_before = slot.intended.saturating_sub(clock::nanos(AHEAD));
        if clock::now() < shortly_before && clock::sleep_until(shortly_before, || self.work.progress.is_stopped()) {
            self.renew()?;
        }
        Ok(())
    }

    /// Sends what is due from event `next` on, in one write, and returns the next event.
    fn send_due(&mut self, next: u64) -> io::Result<u64> {
        let mut batch = Batch::due(self.work, self.share, next);
        let mut gone = 0;
        for _ in 0..TRIES {
            self.renew()?;
            let Some(pipe) = &mut self.pipe else { break };
            gone = pipe.send(self.work, &mut batch, gone, &mut self.published);
            if gone == batch.slots().len() {
                break;
            }
            self.close(true);
        }
        self.work.progress.sent.add(gone as u64);
        self.published.left_out(batch.slots()[gone..].iter().copied());
        Ok(next + batch.slots().len() as u64)
    }

    /// Sees to it that there is a connection that stands, as far as can be seen; there is none if it cannot be made.
    fn renew(&mut self) -> io::Result<()> {
        if self.pipe.as_ref().is_some_and(Pipe::is_over) {
            self.close(true);
        }
        if self.pipe.is_none() {
            self.pipe = self.work.connect().ok().map(Pipe::new).transpose()?;
        }
        Ok(())
    }

    /// Waits for the answers that are outstanding, and notes them. `broken` says that the connection should have stayed.
    fn close(&mut self, broken: bool) {
        let Some(Pipe { unanswered, reader, writer, reading, .. }) = self.pipe.take() else { return };
        drop(unanswered);
        // A reader that panicked has noted nothing: all its events are unanswered.
        let read = reader.join();
        drop(writer);
        self.published.broken += u64::from(broken || reading.ended.load(Ordering::Acquire));
        let Ok(read) = read else { return };
        self.published.acknowledged.extend(&read.acknowledged);
        self.published.merge(read);
    }
}

impl Pipe {
    fn new(connection: Connection) -> io::Result<Self> {
        let writer = connection.writer()?;
        let (unanswered, slots) = sync_channel(UNANSWERED);
        let reading = Arc::new(Reading::default());
        let shared = Arc::clone(&reading);
        let named = std::thread::Builder::new().name("answers".into());
        let reader = named.spawn(move || read_answers(connection, &slots, &shared))?;
        Ok(Self { writer, unanswered, asked: 0, reading, reader })
    }

    /// Whether what is written now would go nowhere.
    fn is_over(&self) -> bool {
        let idle = self.reading.answered.load(Ordering::Acquire) == self.asked;
        self.reading.ended.load(Ordering::Acquire)
            || match self.writer.sight(idle) {
                Sight::Quiet => false,
                // An answer, or the last word of a server to a connection that was idle too long, such as 408.
                Sight::Unread => idle,
                Sight::Over => true,
            }
    }

    /// Sends a batch from request `from` on, and returns the number of the first that is not wholly written.
    fn send(&mut self, work: &Work, batch: &mut Batch, from: usize, published: &mut Published) -> usize {
        for slot in &batch.slots()[from..] {
            if !self.await_room(*slot, published) {
                return from;
            }
            self.asked += 1;
        }
        let (gone, actual) = batch.write(from, &mut self.writer);
        published.waited += self.writer.take_waited();
        work.written(published, &batch.slots()[from..gone], actual);
        gone
    }

    /// Queues an event for its answer; returns whether there is still somebody to read it.
    fn await_room(&self, slot: Slot, published: &mut Published) -> bool {
        match self.unanswered.try_send(slot) {
            Err(TrySendError::Full(slot)) => {
                let begun = clock::now();
                let queued = self.unanswered.send(slot).is_ok();
                published.held_up += 1;
                published.waited += clock::now() - begun;
                queued
            }
            queued => queued.is_ok(),
        }
    }
}

/// The body of the reading thread: one answer for each slot, in order, until there are no more slots or the connection
/// ends.
fn read_answers(mut connection: Connection, slots: &Receiver<Slot>, reading: &Reading) -> Published {
    let mut published = Published::new();
    for slot in slots {
        let reply = connection.answer().ok();
        let last = !reply.as_ref().is_some_and(|reply| reply.keep_alive);
        // Before `answered`: who sees that all is answered sees whether more may be asked.
        reading.ended.store(last, Ordering::Release);
        if let Some(reply) = reply {
            published.answered(slot, reply);
            reading.answered.fetch_add(1, Ordering::AcqRel);
        }
        if last {
            break;
        }
    }
    published
}
