//! The publisher of what is to be there before anybody asks for it: as fast as the server takes it, so it waits for
//! answers, and no time of it is measured.

use std::io;

use super::batch::Batch;
use super::{Connection, Published, Share, Slot, Work};
use crate::bench::clock;

/// How many requests are without an answer at once: so many answers fit into any socket, whose other end need not read them
/// to be able to write on.
const UNANSWERED: u64 = 128;

/// Works off a share of the schedule, whatever its times are. Without a connection the server ends each one after its
/// answer.
pub(super) fn publish(work: &Work, connection: Option<Connection>, share: &Share) -> Published {
    let at_once = if connection.is_some() { UNANSWERED } else { 1 };
    let mut filler = Filler { work, share, at_once, connection, next: 0, published: Published::new() };
    while filler.next < share.len() && !work.progress.is_stopped() {
        if !filler.step() {
            filler.published.left_out((filler.next..share.len()).map(|index| share.slot(index)));
            break;
        }
    }
    filler.published
}

struct Filler<'w> {
    work: &'w Work,
    share: &'w Share,
    at_once: u64,
    connection: Option<Connection>,
    next: u64,
    published: Published,
}

impl Filler<'_> {
    /// Sends some events and waits for their answers; returns whether any of them could be sent.
    fn step(&mut self) -> bool {
        let stands = self.connection.take().filter(|connection| !connection.is_over());
        let Ok(connection) = stands.map_or_else(|| self.work.connect(), Ok) else { return false };
        let Ok(mut writer) = connection.writer() else { return false };
        let now = clock::now();
        let last = self.share.len().min(self.next + self.at_once);
        let slots = (self.next..last).map(|index| Slot { intended: now, ..self.share.slot(index) });
        let requests = self.work.requests(self.share.publisher());
        let request = if self.at_once == 1 { &requests.closing } else { &requests.staying };
        let mut batch = Batch::of(self.work, request, self.share.publisher(), slots);
        let (gone, actual) = batch.write(0, &mut writer);
        let sent = &batch.slots()[..gone];
        self.work.written(&mut self.published, sent, actual);
        self.work.progress.sent.add(gone as u64);
        self.next += gone as u64;
        self.connection = self.await_answers(connection, sent).ok().flatten();
        gone > 0
    }

    /// Reads the answers as far as there are any; returns the connection if it goes on.
    fn await_answers(&mut self, mut connection: Connection, sent: &[Slot]) -> io::Result<Option<Connection>> {
        let mut goes_on = true;
        for slot in sent {
            let reply = connection.answer()?;
            goes_on = reply.keep_alive;
            self.published.answered(*slot, reply);
            if !goes_on {
                break;
            }
        }
        Ok(goes_on.then_some(connection))
    }
}
