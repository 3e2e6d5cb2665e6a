//! What is let into a log: each act of publishing once, and no more state than there is room for.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, SystemTime};

use aws_lc_rs::digest;

use super::{Appended, Draft, Record, Refused};
use crate::topic::Topic;
use crate::wire::encode_event;

/// Idempotency keys that are remembered at most: some 100 bytes each.
const MAX_KEYS: usize = 1_000_000;

/// The bounds of an intake.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// How long an idempotency key is remembered.
    pub idempotency_window: Duration,
    /// How large the current state of all topics may be, in bytes as [`super::Record::size`] counts them.
    pub state_bytes: u64,
}

/// The keys that came with events, for as long as they are remembered.
#[derive(Debug)]
pub(super) struct Intake {
    allowance: Allowance,
    seen: HashMap<Name, Seen>,
    oldest: VecDeque<(SystemTime, Name)>,
}

/// A digest of an idempotency key and the topics for which it was given: however long those are, it is not.
pub(super) type Name = [u8; 16];

/// The event that came with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) seq: u64,
    /// A sum over the event, to tell it from another.
    pub(super) sum: u32,
}

impl Intake {
    pub(super) fn new(allowance: Allowance) -> Self {
        Self { allowance, seen: HashMap::new(), oldest: VecDeque::new() }
    }

    /// Lets a draft in that will have this number, or says what becomes of it instead; `act` is what [`act`] says of it.
    pub(super) fn admit(
        &mut self,
        draft: Draft,
        act: Option<&Act>,
        seq: u64,
        now: SystemTime,
    ) -> Result<Draft, Appended> {
        let refused = |reason| Err(Appended::Refused(reason));
        if let Some((seen, sum)) = act.and_then(|act| Some((self.recall(&act.name, now)?, act.sum))) {
            return if seen.sum == sum {
                Err(Appended::Repeated(seen.seq, Box::new(draft)))
            } else {
                refused(Refused::KeyReused)
            };
        }
        if let Some(Act { name, sum }) = act {
            if self.seen.len() >= MAX_KEYS {
                return refused(Refused::TooManyKeys);
            }
            self.remember(*name, Seen { seq, sum: *sum }, now);
        }
        Ok(draft)
    }

    /// Whether there is room for a record that takes the place of `replaced` bytes of the `state_bytes` that there are.
    pub(super) fn has_room(&self, record: &Record, replaced: u64, state_bytes: u64) -> bool {
        let grows = record.is_state() && record.stored > replaced;
        !grows || state_bytes + record.stored - replaced <= self.allowance.state_bytes
    }

    /// Enters a key that was seen at this time.
    pub(super) fn remember(&mut self, name: Name, seen: Seen, at: SystemTime) {
        self.seen.insert(name, seen);
        self.oldest.push_back((at, name));
    }

    fn recall(&mut self, name: &Name, now: SystemTime) -> Option<Seen> {
        let window = self.allowance.idempotency_window;
        while let Some((_, gone)) = self.oldest.pop_front_if(|(at, _)| has_passed(*at, window, now)) {
            self.seen.remove(&gone);
        }
        self.seen.get(name).copied()
    }

    /// Forgets those that were to have this number or a later one: their events did not come to be in the log.
    pub(super) fn forget_from(&mut self, seq: u64) {
        while let Some((_, name)) =
            self.oldest.pop_back_if(|(_, name)| self.seen.get(name).is_some_and(|seen| seen.seq >= seq))
        {
            self.seen.remove(&name);
        }
    }

    /// What is still remembered at this time, the oldest first.
    pub(super) fn remembered(&self, now: SystemTime) -> impl Iterator<Item = (SystemTime, &Name, Seen)> {
        let window = self.allowance.idempotency_window;
        let remembered = self.oldest.iter().filter(move |(at, _)| !has_passed(*at, window, now));
        remembered.filter_map(|(at, name)| Some((*at, name, *self.seen.get(name)?)))
    }
}

/// An act of publishing that is to be carried out once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Act {
    pub(super) name: Name,
    pub(super) sum: u32,
}

/// The act that a draft is, if it has an idempotency key.
pub(super) fn act(draft: &Draft) -> Option<Act> {
    let key = draft.terms.idempotency.as_ref()?;
    let mut context = digest::Context::new(&digest::SHA256);
    // Neither a topic nor a key holds a line feed.
    for text in draft.topics.iter().map(Topic::as_str).chain([key.as_str()]) {
        context.update(text.as_bytes());
        context.update(b"\n");
    }
    let mut name = Name::default();
    name.copy_from_slice(&context.finish().as_ref()[..size_of::<Name>()]);
    Some(Act { name, sum: sum(draft) })
}

/// Whether this long has passed since then.
fn has_passed(since: SystemTime, window: Duration, now: SystemTime) -> bool {
    now.duration_since(since).is_ok_and(|passed| passed > window)
}

fn sum(draft: &Draft) -> u32 {
    let mut event = Vec::new();
    encode_event(&draft.event, &mut event);
    let key = draft.terms.key.as_ref().map_or("", |key| key.as_str());
    let ttl = draft.terms.ttl.unwrap_or(Duration::MAX).as_nanos().to_le_bytes();
    crc32c::crc32c_append(crc32c::crc32c_append(crc32c::crc32c(&event), key.as_bytes()), &ttl)
}
