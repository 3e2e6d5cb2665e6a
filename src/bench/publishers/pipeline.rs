//! The usual publisher: one connection that stays open, all that is due in one write, answers read in order by a thread
//! of their own. Should the connection end, the next event gets a new one, and what was unanswered stays so.

use std::io::{self, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use super::{Connection, Published, Share, Slot, Work};
use crate::bench::clock;
use crate::bench::payload::Purpose;

/// How many requests may be without an answer on a connection. Beyond it the publisher waits, and is late: a server that
/// is that far behind is not kept up by more.
const UNANSWERED: usize = 65_536;

/// How many requests go out in one write: what is due beyond them follows at once.
const BATCH: u64 = 1_024;

/// How many bytes go out in one write, give or take a request.
const BATCH_BYTES: usize = 256 << 10;

/// Works off a share of the schedule.
pub(super) fn publish(work: &Arc<Work>, connection: Connection, share: &Share) -> io::Result<Published> {
    clock::sharpen_sleep();
    let mut publisher = Publisher { work, share, published: Published::new(), pipe: Some(Pipe::new(connection)?) };
    let mut next = 0;
    while next < share.len() && work.wait(share, share.slot(next)) {
        next = publisher.send_due(next)?;
    }
    let left = (next..share.len()).filter(|index| share.slot(*index).purpose == Purpose::Measured).count();
    if !work.progress.is_stopped() {
        publisher.published.unsent += left as u64;
    }
    publisher.close_pipe();
    Ok(publisher.published)
}

struct Publisher<'w> {
    work: &'w Work,
    share: &'w Share,
    published: Published,
    pipe: Option<Pipe>,
}

/// A connection in use.
struct Pipe {
    writer: TcpStream,
    unanswered: SyncSender<Slot>,
    /// Set by the reader when no further answer will come.
    ended: Arc<AtomicBool>,
    reader: JoinHandle<Published>,
}

impl Publisher<'_> {
    /// Sends what is due from event `next` on, in one write, and returns the next event.
    fn send_due(&mut self, next: u64) -> io::Result<u64> {
        if self.pipe.as_ref().is_some_and(|pipe| pipe.ended.load(Ordering::Acquire)) {
            self.close_pipe();
        }
        if self.pipe.is_none() {
            self.pipe = self.work.connect().ok().map(Pipe::new).transpose()?;
        }
        let actual = clock::now();
        let due = (next..self.share.len()).map(|index| self.share.slot(index)).take_while(|s| s.intended <= actual);
        let mut requests = Vec::new();
        let mut slots = Vec::new();
        for slot in due.take(usize::try_from(BATCH).unwrap_or(usize::MAX)) {
            self.work.write(&self.work.head, self.share.publisher(), slot, actual, &mut requests);
            slots.push(slot);
            if requests.len() >= BATCH_BYTES {
                break;
            }
        }
        self.send(&slots, &requests, actual);
        Ok(next + slots.len() as u64)
    }

    fn send(&mut self, slots: &[Slot], requests: &[u8], actual: u64) {
        let Some(pipe) = &mut self.pipe else {
            self.published.unsent += slots.iter().filter(|slot| slot.purpose == Purpose::Measured).count() as u64;
            return;
        };
        for slot in slots {
            self.published.sending(*slot, actual);
            // That the reader is gone shows in `ended`; the event stays unanswered.
            let _ = pipe.unanswered.send(*slot);
        }
        self.work.progress.sent.add(slots.len() as u64);
        if pipe.writer.write_all(requests).is_err() {
            self.close_pipe();
        }
    }

    /// Waits for the answers that are outstanding, and notes them.
    fn close_pipe(&mut self) {
        let Some(Pipe { unanswered, reader, writer, .. }) = self.pipe.take() else { return };
        drop(unanswered);
        // A reader that panicked has noted nothing: all its events are unanswered.
        let Ok(read) = reader.join() else { return };
        drop(writer);
        self.published.acknowledged.extend(&read.acknowledged);
        self.published.merge(read);
    }
}

impl Pipe {
    fn new(connection: Connection) -> io::Result<Self> {
        let writer = connection.writer()?;
        let (unanswered, slots) = sync_channel(UNANSWERED);
        let ended = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&ended);
        let named = std::thread::Builder::new().name("answers".into());
        let reader = named.spawn(move || read_answers(connection, &slots, &flag))?;
        Ok(Self { writer, unanswered, ended, reader })
    }
}

/// The body of the reading thread: one answer for each slot, in order, until there are no more slots or the connection
/// ends.
fn read_answers(mut connection: Connection, slots: &Receiver<Slot>, ended: &AtomicBool) -> Published {
    let mut published = Published::new();
    for slot in slots {
        let Ok(answer) = connection.answer() else {
            published.broken += 1;
            break;
        };
        let last = !answer.keep_alive;
        published.answered(slot, answer);
        if last {
            published.broken += 1;
            break;
        }
    }
    ended.store(true, Ordering::Release);
    published
}
