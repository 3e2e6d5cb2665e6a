//! What a search looks for, between which values, and how long each of its runs is.

use std::time::Duration;

use super::super::fit::{Fit, Room};
use super::super::{Extent, Options};
use super::options::Sought;
use crate::bench::figures::{grouped, seconds};
use crate::bench::{Bound, MAX_EVENTS, Needed, Search, Step};
use crate::cli::failure::Failure;

/// What a search begins with unless it is said: any server holds that, and a few steps lead from there to any limit.
const START: u32 = 100;

/// The most that `--rate` and `--connections` take.
const OPTION: u32 = 1_000_000;

/// A search before it begins.
#[derive(Clone, Debug)]
pub(in super::super) struct Quest {
    pub(super) sought: Sought,
    pub(super) bounds: Vec<Bound>,
    start: u32,
    most: u32,
    pub(super) ceiling: Ceiling,
    /// What does not vary.
    extent: Extent,
    /// How long a step is, and the run that confirms.
    step: Duration,
    confirm: Duration,
    /// How many events a run has to have.
    events: u64,
}

/// What limits a search upwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ceiling {
    /// This process may open no more files.
    OpenFiles,
    /// A run may have no more events.
    Events,
    /// The option takes no more.
    Option,
}

impl Quest {
    /// That of the options, if it is one.
    pub(in super::super) fn new(options: &Options, room: Room<'_>) -> Result<Option<Self>, Failure> {
        let Some((sought, bounds)) = options.search.sought() else { return Ok(None) };
        if let Some(sentence) = bounds.iter().find_map(|bound| bound.known_in(options.targets.scenario()).err()) {
            return Err(Failure::usage(format!("{}: {sentence}", sought.option())));
        }
        let needed = bounds.iter().map(Bound::needs).fold(Needed::default(), |one, other| Needed {
            events: one.events.max(other.events),
            connections: one.connections.max(other.connections),
        });
        let extent = options.extent(options.connections());
        let step = options.search.step();
        let confirm = step.max(options.duration);
        let (given, ceiling, most) = match sought {
            Sought::Rate => {
                let most = most_rate(options.warmup.saturating_add(confirm));
                (options.rate, Ceiling::Events, most)
            }
            Sought::Connections => (options.connections(), Ceiling::OpenFiles, room.subscribers()),
        };
        let (ceiling, most) = if most < OPTION { (ceiling, most) } else { (Ceiling::Option, OPTION) };
        let least = u32::try_from(needed.connections).unwrap_or(OPTION);
        let begin = if sought == Sought::Connections { START.max(least) } else { START };
        let start = if options.search.begins() { given } else { begin };
        let bounds = bounds.to_vec();
        let quest = Self { sought, bounds, start, most, ceiling, extent, step, confirm, events: needed.events };
        quest.check(least).map(|()| Some(quest))
    }

    fn check(&self, least: u32) -> Result<(), Failure> {
        let first = self.first().connections;
        if first < least {
            let (first, least) = (grouped(first.into()), grouped(least.into()));
            let sentence = format!("with {first} subscribers a limit would never be judged: its figure takes {least}");
            return Err(Failure::usage(sentence).hint("raise --connections, or take a lower percentile"));
        }
        if self.sought == Sought::Rate && self.start > self.most {
            let (start, confirm) = (grouped(self.start.into()), seconds(self.confirm.as_secs_f64()));
            let most = grouped(MAX_EVENTS);
            let sentence = format!("a run of {confirm} at {start} events per second has more than {most} events");
            return Err(Failure::usage(sentence).hint("lower --rate or --duration"));
        }
        Ok(())
    }

    /// The search that it is.
    pub(super) fn search(&self) -> Search {
        Search::new(self.start, self.most)
    }

    /// How large its first run is.
    pub(in super::super) fn first(&self) -> Extent {
        self.of_value(self.start, false)
    }

    /// How large a run is.
    pub(super) fn extent(&self, step: Step, fit: Fit<'_>) -> Extent {
        let extent = self.of_value(step.value, step.confirms);
        fit.shared_out(match self.sought {
            Sought::Rate => Extent { connections: fit.connections, ..extent },
            Sought::Connections => extent,
        })
    }

    fn of_value(&self, value: u32, confirms: bool) -> Extent {
        let Extent { connections, rate, .. } = self.extent;
        let (connections, rate) = match self.sought {
            Sought::Rate => (connections, value),
            Sought::Connections => (value, rate),
        };
        let usual = if confirms { self.confirm } else { self.step };
        let needed = Duration::from_millis((self.events * 1000).div_ceil(rate.into()));
        Extent { connections, rate, duration: usual.max(needed), ..self.extent }
    }

    /// What has to hold, in words.
    pub(super) fn bounds(&self) -> String {
        self.bounds.iter().map(Bound::to_string).collect::<Vec<_>>().join(" and ")
    }

    /// What a value is, in words.
    pub(super) fn in_words(&self, value: u32) -> String {
        let count = grouped(value.into());
        match (self.sought, value) {
            (Sought::Rate, 1) => "1 event per second".to_owned(),
            (Sought::Rate, _) => format!("{count} events per second"),
            (Sought::Connections, 1) => "1 subscriber".to_owned(),
            (Sought::Connections, _) => format!("{count} subscribers"),
        }
    }

    /// A sentence about what is searched for; `connections` is their number where it does not vary.
    pub(in super::super) fn sentence(&self, connections: u32) -> String {
        let (bounds, rate) = (self.bounds(), grouped(self.extent.rate.into()));
        let hold = if self.bounds.len() == 1 { "holds" } else { "hold" };
        match self.sought {
            Sought::Rate => {
                let subscribers = if connections == 1 { "subscriber" } else { "subscribers" };
                let connections = grouped(connections.into());
                format!("for the highest rate at which {bounds} {hold}, with {connections} {subscribers}")
            }
            Sought::Connections => {
                format!("for the most subscribers with which {bounds} {hold}, at {rate} events per second")
            }
        }
    }

    /// How it goes about it, for who only wants to know.
    pub(in super::super) fn course(&self, connections: u32) -> String {
        let (runs, length) = (Search::MOST_RUNS, seconds(self.confirm.as_secs_f64()));
        format!(
            "{}; beginning with {}, doubled until it does not hold, then between, at most {runs} runs; the last one of \
             {length} confirms",
            self.sentence(connections),
            self.in_words(self.start.min(self.most))
        )
    }
}

/// The highest rate at which a run of this length has no more events than a run may have.
fn most_rate(length: Duration) -> u32 {
    // Warm-up and measurement are each rounded up.
    let exact = u128::from(MAX_EVENTS - 2) * 1_000_000_000 / length.as_nanos().max(1);
    u32::try_from(exact).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quest(sought: Sought, events: u64) -> Quest {
        Quest {
            sought,
            bounds: vec!["p99<100ms".parse().expect("a bound")],
            start: 10,
            most: 1_000,
            ceiling: Ceiling::Option,
            extent: Extent { connections: 7, rate: 50, duration: Duration::from_secs(10), workers: 1 },
            step: Duration::from_secs(5),
            confirm: Duration::from_secs(10),
            events,
        }
    }

    #[test]
    fn a_run_is_as_long_as_its_figures_need() {
        let length = |value, confirms| quest(Sought::Rate, 1_000).of_value(value, confirms).duration.as_millis();
        assert_eq!(
            [length(10, false), length(400, false), length(400, true), length(30, true)],
            [100_000, 5_000, 10_000, 33_334]
        );
        let Extent { connections, rate, duration, .. } = quest(Sought::Connections, 1_000).of_value(99, false);
        assert_eq!((connections, rate, duration.as_secs()), (99, 50, 20));
    }

    #[test]
    fn no_rate_leads_to_more_events_than_a_run_may_have() {
        for length in [1, 7, 1_000, 11_000, 3_601_000].map(Duration::from_millis) {
            let rate = most_rate(length);
            let events = f64::from(rate) * length.as_secs_f64();
            assert!(events <= 20_000_000.0 && (rate == u32::MAX || events >= 19_990_000.0), "{rate} for {length:?}");
        }
    }

    #[test]
    fn what_is_searched_for_is_said() {
        let said = quest(Sought::Rate, 0).sentence(7);
        assert_eq!(said, "for the highest rate at which p99<100ms holds, with 7 subscribers");
        assert_eq!(quest(Sought::Connections, 0).in_words(1), "1 subscriber");
    }
}
