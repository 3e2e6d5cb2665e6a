//! The options of `sse bench replay`: what is there before the subscribers come, and how they ask for it.

use clap::{Args, value_parser};

use crate::bench::{MAX_EVENTS, Past, Scenario};

/// The options.
#[derive(Debug, Args)]
#[command(next_help_heading = "Replays")]
pub(super) struct ReplayOptions {
    /// `sse bench replay`: how many events are published before the subscribers come, as fast as the server takes them, or at
    /// --rate if that is given. Then each subscriber asks for all of them, with the ID of the event right before in
    /// `Last-Event-ID`; the run is over when all have all, or nothing more has come for --drain.
    #[arg(long, env = "SSE_BENCH_EVENTS", value_name = "COUNT", default_value_t = 10_000)]
    #[arg(value_parser = value_parser!(u64).range(1..=MAX_EVENTS))]
    events: u64,
    /// Send no `Last-Event-ID`, because the URL of subscribers asks for all that there is.
    #[arg(long)]
    no_last_event_id: bool,
}

impl ReplayOptions {
    /// What a scenario publishes before its subscribers come, if it does.
    pub(super) fn past(&self, scenario: Scenario, is_paced: bool) -> Option<Past> {
        let past = Past { events: self.events, is_paced, by_id: !self.no_last_event_id };
        (scenario == Scenario::Replay).then_some(past)
    }
}
