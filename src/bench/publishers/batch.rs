//! What goes out in one write: the requests of all events that are due, made ready first and stamped last. It owns no
//! connection and decides nothing about one; `pipeline` does.

use std::io::{self, Write};

use super::{Share, Slot, Work, payload};
use crate::bench::clock;
use crate::bench::http::Publish;

/// How many requests go out in one write: what is due beyond them follows at once.
const MOST: u64 = 1_024;

/// How many bytes go out in one write, give or take a request.
const BYTES: usize = 256 << 10;

/// The requests of consecutive events.
pub(super) struct Batch {
    slots: Vec<Slot>,
    requests: Vec<u8>,
    /// Where in `requests` the actual time of each event goes.
    places: Vec<usize>,
    /// Where in `requests` each one ends.
    ends: Vec<usize>,
}

impl Batch {
    /// Makes what is due from event `next` on ready to be sent.
    pub(super) fn due(work: &Work, share: &Share, next: u64) -> Self {
        let now = clock::now();
        let last = share.len().min(next + MOST);
        let due = (next..last).map(|index| share.slot(index)).take_while(|slot| slot.intended <= now);
        Self::of(work, &work.requests(share.publisher()).staying, share.publisher(), due)
    }

    /// Makes events of a publisher ready, as many as one write may have.
    pub(super) fn of(work: &Work, request: &Publish, publisher: u32, slots: impl Iterator<Item = Slot>) -> Self {
        let mut batch = Self { slots: Vec::new(), requests: Vec::new(), places: Vec::new(), ends: Vec::new() };
        for slot in slots {
            batch.places.push(work.write(request, publisher, slot, &mut batch.requests));
            batch.ends.push(batch.requests.len());
            batch.slots.push(slot);
            if batch.requests.len() >= BYTES {
                break;
            }
        }
        batch
    }

    pub(super) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Writes all from request `from` on. Returns the number of the first one that is not wholly written, which is their
    /// count if all went well, and the actual time of those that are.
    pub(super) fn write(&mut self, from: usize, to: &mut impl Write) -> (usize, u64) {
        let mut written = from.checked_sub(1).map_or(0, |before| self.ends[before]);
        // One stamp for all of them: should the server take them slowly, that is its time.
        let actual = clock::now();
        payload::stamp(&mut self.requests, &self.places[from..], actual);
        while written < self.requests.len() {
            match to.write(&self.requests[written..]) {
                Ok(0) => break,
                Ok(count) => written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        (self.ends.partition_point(|end| *end <= written), actual)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::payload::{MIN_SIZE, Payload, Purpose};

    /// A peer that takes seven bytes at a time and goes away after some.
    struct Brief {
        taken: Vec<u8>,
        room: usize,
    }

    impl Write for Brief {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let count = bytes.len().min(7).min(self.room - self.taken.len());
            self.taken.extend_from_slice(&bytes[..count]);
            if count == 0 { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(count) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn batch(count: u64) -> Batch {
        let mut batch = Batch { slots: Vec::new(), requests: Vec::new(), places: Vec::new(), ends: Vec::new() };
        for sequence in 0..count {
            let (purpose, intended) = (Purpose::Measured, 1);
            let payload = Payload { run: 1, purpose, publisher: 0, sequence, intended, actual: 0 };
            batch.places.push(payload.write(MIN_SIZE, &mut batch.requests));
            batch.ends.push(batch.requests.len());
            batch.slots.push(Slot { intended, purpose, sequence });
        }
        batch
    }

    #[test]
    fn what_is_not_wholly_written_can_go_out_again_with_the_time_at_which_it_does() {
        let mut batch = batch(3);
        let mut brief = Brief { taken: Vec::new(), room: 2 * MIN_SIZE - 1 };
        let (gone, first) = batch.write(0, &mut brief);
        assert_eq!(gone, 1);
        let mut rest = Brief { taken: Vec::new(), room: usize::MAX };
        let (gone, second) = batch.write(gone, &mut rest);
        assert!(gone == 3 && second >= first);
        let found = |bytes: &[u8]| {
            let payload = Payload::find(bytes).expect("a payload");
            (payload.sequence, payload.actual)
        };
        assert_eq!(found(&brief.taken[..MIN_SIZE]), (0, first));
        let rest: Vec<_> = rest.taken.chunks(MIN_SIZE).map(found).collect();
        assert_eq!(rest, [(1, second), (2, second)]);
    }

    #[test]
    fn a_peer_that_takes_nothing_has_nothing() {
        assert_eq!(batch(2).write(0, &mut Brief { taken: Vec::new(), room: 0 }).0, 0);
    }
}
