//! Subscribers that read slowly, beside those that are measured: how many, how slowly, and what became of what was published
//! to them. What they cost is in the figures of the others; they have an account of their own.

use serde::{Deserialize, Serialize};

use super::member::{Member, State};
use super::schedule::Schedule;
use super::sequences::Sequences;
use super::tally::Tally;
use super::verdict::plural;

/// What they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slow {
    /// How many there are, at least 1.
    pub connections: u32,
    /// How much each reads at most.
    pub bytes_per_second: u64,
}

/// What became of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SlowReaders {
    /// How many there were to be.
    pub subscribers: u32,
    /// Those that had a stream.
    pub opened: u32,
    /// Those whose stream the server ended, as it may.
    pub closed: u32,
    /// Measured events that they have read, repetitions not counted.
    pub received: u64,
    /// Measured events that a later one has overtaken.
    pub lost: u64,
    /// Measured events that they have read again.
    pub duplicated: u64,
    /// Measured events that were still to be read on open streams when the run was over.
    pub behind: u64,
    /// What they have read of their streams, without heads and what frames chunks.
    pub bytes: u64,
    /// Why the first one had no stream.
    #[serde(skip)]
    first_refusal: Option<String>,
}

impl SlowReaders {
    /// That of so many, from the notes of their thread and what the server has acknowledged.
    pub(super) fn of(slow: Slow, tallies: Vec<Tally>, acknowledged: &[Sequences], schedule: &Schedule) -> Self {
        let mut readers = Self { subscribers: slow.connections, ..Self::default() };
        for tally in tallies {
            readers.bytes += tally.passive.traffic().bytes;
            tally.members.iter().for_each(|member| readers.add(member, acknowledged, schedule));
            readers.first_refusal = readers.first_refusal.or(tally.firsts.refusal.map(|why| why.to_string()));
        }
        readers
    }

    fn add(&mut self, member: &Member, acknowledged: &[Sequences], schedule: &Schedule) {
        let is_closed = member.state == State::Closed;
        if !is_closed && member.state != State::Open {
            return;
        }
        let (so_far, all) = (member.account_so_far(acknowledged, schedule), member.account(acknowledged, schedule));
        self.opened += 1;
        self.closed += u32::from(is_closed);
        self.received += so_far.received;
        self.lost += so_far.lost;
        self.duplicated += so_far.duplicated;
        self.behind += all.lost - so_far.lost;
    }

    /// All counts, each with its name.
    pub(super) fn counts(&self) -> (&'static str, Vec<(&'static str, u64)>) {
        let counts = vec![
            ("opened", self.opened.into()),
            ("closed", self.closed.into()),
            ("received", self.received),
            ("lost", self.lost),
            ("still to read", self.behind),
        ];
        ("slow", counts)
    }

    /// What makes the run invalid: fewer of them than were asked for.
    pub(super) fn fault(&self) -> Option<String> {
        let (missing, asked) = (self.subscribers - self.opened, self.subscribers);
        let why = self.first_refusal.as_deref().unwrap_or("no answer until the run was over");
        (missing > 0).then(|| format!("{missing} of {asked} slow subscribers without a stream; the first: {why}"))
    }

    /// That they were not slow after all.
    pub(super) fn remark(&self) -> Option<String> {
        let kept_up = self.opened > 0 && self.closed == 0 && self.behind + self.lost == 0;
        kept_up.then(|| {
            let slow = plural(self.opened.into(), "slow subscriber");
            format!("{slow} kept up: a stream brings less than they read, so they cost no more than others")
        })
    }
}
