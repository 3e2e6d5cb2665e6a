//! The options about who comes and who goes.

use std::time::Duration;

use clap::Args;
use clap::builder::BoolishValueParser;

use super::webhooks::Wanted;
use crate::broker::Watch;
use crate::cli::values::duration;

/// Who is told of those who come and go.
#[derive(Debug, Args)]
#[command(next_help_heading = "Presence")]
#[group(skip)]
pub(super) struct Options {
    /// Publish an event `join` on `$presence/TOPIC` when the first connection of a user listens to TOPIC by its name, and
    /// `leave` when the last one has gone.
    #[arg(long, env = "SSE_PRESENCE_EVENTS", value_parser = BoolishValueParser::new())]
    presence_events: bool,
    /// How long a user has to be away before that is told, and a topic to be without subscribers before a webhook tells of
    /// it: who reconnects was not away.
    #[arg(long, env = "SSE_PRESENCE_GRACE", value_name = "DURATION", default_value = "10s", value_parser = duration)]
    presence_grace: Duration,
}

impl Options {
    /// What the broker is told of it.
    pub(super) fn watch(&self, wanted: Wanted) -> Watch {
        let Wanted { notices, subscribers } = wanted;
        Watch { presence_events: self.presence_events, grace: self.presence_grace, notices, subscribers }
    }
}
