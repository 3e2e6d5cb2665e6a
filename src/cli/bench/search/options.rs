//! The options of a search, and what does not go with one.

use std::time::Duration;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, FromArgMatches, value_parser};
use serde::Serialize;

use crate::bench::Bound;
use crate::cli::values;

/// The options as they are written.
#[derive(Debug, Args)]
struct Expressions {
    /// Find the highest rate at which this holds, such as p99<100ms or lost<=0.1%; may be given several times, and then all of
    /// them have to hold.
    ///
    /// Each step is a run of its own, at twice the rate of the one before until one does not hold, then between the two,
    /// down to a difference of 5 %; a last, longer run of --duration confirms what was found. It begins with --rate, or
    /// 100. Nothing may be refused, unsent or lost in a step, unless a limit allows it. What does not hold is tried
    /// again: of three runs two decide. The figures are those of --fail-if.
    #[arg(long, value_name = "EXPRESSION", value_parser = value_parser!(Bound))]
    #[arg(help_heading = "Search", conflicts_with = "find_max_connections")]
    find_max: Vec<Bound>,
    /// The same for --connections, at a fixed --rate: find how many subscribers there can be. It begins with
    /// --connections, or 100, and ends where this process may open no more files.
    #[arg(long, value_name = "EXPRESSION", value_parser = value_parser!(Bound), help_heading = "Search")]
    find_max_connections: Vec<Bound>,
    /// How long a step of a search is measured; longer if its figures need more events, 1,000 for p99.
    #[arg(long, env = "SSE_BENCH_STEP_DURATION", value_name = "DURATION", default_value = "5s")]
    #[arg(value_parser = values::positive_duration, help_heading = "Search")]
    step_duration: Duration,
}

/// The same, with what the other options say about it.
#[derive(Debug)]
pub(in super::super) struct SearchOptions {
    written: Expressions,
    /// Whether it is said what to begin with.
    begins: bool,
}

/// What is searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Sought {
    Rate,
    Connections,
}

/// What shows or judges one run, or several of the same, as clap and as the user know it.
const OF_ONE_RUN: [(&str, &str); 9] = [
    ("fail_if", "--fail-if"),
    ("baseline", "--baseline"),
    ("regression", "--regression"),
    ("runs", "--runs"),
    ("report", "--report"),
    ("hgrm", "--hgrm"),
    ("hlog", "--hlog"),
    ("csv", "--csv"),
    ("save_baseline", "--save-baseline"),
];

impl Sought {
    /// The option that asks for it.
    pub(super) fn option(self) -> &'static str {
        match self {
            Self::Rate => "--find-max",
            Self::Connections => "--find-max-connections",
        }
    }
}

impl SearchOptions {
    /// What is searched for, and what has to hold; `None` if nothing is.
    pub(super) fn sought(&self) -> Option<(Sought, &[Bound])> {
        let Expressions { find_max, find_max_connections, .. } = &self.written;
        match (find_max.as_slice(), find_max_connections.as_slice()) {
            ([], []) => None,
            ([], bounds) => Some((Sought::Connections, bounds)),
            (bounds, _) => Some((Sought::Rate, bounds)),
        }
    }

    /// Whether a limit is about times of TLS.
    pub(in super::super) fn is_about_tls(&self) -> bool {
        self.sought().is_some_and(|(_, bounds)| bounds.iter().any(Bound::is_of_tls))
    }

    /// Whether it is said what to begin with.
    pub(super) fn begins(&self) -> bool {
        self.begins
    }

    pub(super) fn step(&self) -> Duration {
        self.written.step_duration
    }
}

impl FromArgMatches for SearchOptions {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let typed = |name: &str| matches.value_source(name) == Some(ValueSource::CommandLine);
        let mut options = Self { written: Expressions::from_arg_matches(matches)?, begins: false };
        let (varied, option) = match options.sought() {
            Some((sought @ Sought::Rate, _)) => ("rate", sought.option()),
            Some((sought @ Sought::Connections, _)) => ("connections", sought.option()),
            None if typed("step_duration") => {
                let sentence = "--step-duration needs --find-max or --find-max-connections\n";
                return Err(clap::Error::raw(ErrorKind::MissingRequiredArgument, sentence));
            }
            None => return Ok(options),
        };
        if let Some((_, other)) = OF_ONE_RUN.into_iter().find(|(name, _)| typed(name)) {
            let sentence =
                format!("{other} does not go with {option}: a search has many runs, and a report of its own\n");
            return Err(clap::Error::raw(ErrorKind::ArgumentConflict, sentence));
        }
        options.begins = matches.value_source(varied).is_some_and(|source| source != ValueSource::DefaultValue);
        Ok(options)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for SearchOptions {
    fn augment_args(command: Command) -> Command {
        Expressions::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Expressions::augment_args_for_update(command)
    }
}
