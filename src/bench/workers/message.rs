//! What a run and its workers say to each other.

use serde::{Deserialize, Serialize};

use crate::bench::account::{Account, Over};
use crate::bench::load::Place;
use crate::bench::sequences::Sequences;
use crate::bench::series::Open;
use crate::bench::subscribers::Part;
use crate::bench::{Plan, Progress};

/// What a run tells a worker, in this order.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Order {
    /// Let your subscribers connect.
    Begin(Box<Assignment>),
    /// The series begins at this moment, with intervals of this length; nanoseconds.
    Series(u64, u64),
    /// Let the storm come.
    Storm,
    /// All is published, and this is what the server has acknowledged, by publisher.
    Expect(Vec<Sequences>),
    /// End them, and give their account.
    End(Over),
}

/// What a worker is to do.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Assignment {
    pub(super) plan: Plan,
    /// The number of the run, by which its events are known.
    pub(super) run: u64,
    pub(super) part: Part,
    /// What subscribers are to have that was published before they came, and the ID of the event before it.
    pub(super) replayed: Option<(String, Vec<Sequences>)>,
}

/// What a worker tells.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum News {
    /// It waits for orders.
    Ready,
    /// Its threads run.
    Threads(Vec<Place>),
    /// How far its subscribers are; also a sign of life.
    Counts(Counts),
    /// An interval of the series is over: its number, what was noted in it, and how many events are overtaken so far.
    Interval(u64, Box<Open>, u64),
    /// Nothing follows any more.
    Account(Box<Account>),
    /// It cannot go on.
    Failed(String),
}

/// The counters of [`Progress`] that subscribers raise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    requested: u64,
    opened: u64,
    refused: u64,
    closed: u64,
    back: u64,
    probed: u64,
    deaf: u64,
    arrived: u64,
    received: u64,
    /// Whether every open stream has brought all that was acknowledged.
    pub(super) complete: bool,
}

impl Counts {
    /// Those of this process.
    pub(super) fn of(progress: &Progress, complete: bool) -> Self {
        // What follows on something else is read before it, so that it never seems to be ahead.
        let (back, probed, deaf) = (progress.back.value(), progress.probed.value(), progress.deaf.value());
        let (received, closed) = (progress.received.value(), progress.closed.value());
        Self {
            back,
            probed,
            deaf,
            received,
            closed,
            arrived: progress.arrived.value(),
            opened: progress.opened.value(),
            refused: progress.refused.value(),
            requested: progress.requested.value(),
            complete,
        }
    }

    /// Adds to the counters of the run what came since `before`.
    pub(super) fn add_to(self, progress: &Progress, before: Self) {
        let counters = [
            (&progress.requested, self.requested, before.requested),
            (&progress.refused, self.refused, before.refused),
            (&progress.opened, self.opened, before.opened),
            (&progress.arrived, self.arrived, before.arrived),
            (&progress.closed, self.closed, before.closed),
            (&progress.received, self.received, before.received),
            (&progress.deaf, self.deaf, before.deaf),
            (&progress.probed, self.probed, before.probed),
            (&progress.back, self.back, before.back),
        ];
        for (counter, now, before) in counters {
            counter.add(now.saturating_sub(before));
        }
    }
}
