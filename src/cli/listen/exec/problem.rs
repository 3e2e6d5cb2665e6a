//! What can go wrong with a command, in a sentence that names the event.

use std::fmt::{self, Display, Formatter};
use std::io;
use std::process::ExitStatus;

use super::command::Variable;
use crate::wire::Message;

/// What is told of a type or an ID at most, in characters.
const LONGEST_NAME: usize = 60;

/// Something to tell about the command for an event. The text is remote in part.
#[derive(Debug, thiserror::Error)]
pub(in super::super) enum Problem {
    /// There is no such command as `sh`, or no room for one more process.
    #[error("the command for {event} cannot be started: {cause}")]
    NotStarted { event: Which, cause: io::Error },
    /// It ended, but not well.
    #[error("the command for {event} failed: {status}")]
    Failed { event: Which, status: ExitStatus },
    /// It was started, and nothing more is known of it.
    #[error("what became of the command for {event} cannot be told: {cause}")]
    Lost { event: Which, cause: io::Error },
    /// Told once for each variable; the command runs without it.
    #[error("{} is not set for {event} and others like it: it is too large for an environment, or holds a NUL{}",
        variable.name(), elsewhere(*variable))]
    TooLarge { event: Which, variable: Variable },
}

fn elsewhere(variable: Variable) -> &'static str {
    if variable == Variable::Data { "; the command has it on stdin" } else { "" }
}

/// An event as messages name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Which {
    event_type: String,
    id: String,
}

impl Which {
    pub(super) fn of(message: &Message) -> Self {
        Self { event_type: short(&message.event_type), id: short(&message.last_event_id) }
    }
}

impl Display for Which {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "the event {:?}", self.event_type)?;
        if self.id.is_empty() { Ok(()) } else { write!(f, " with the ID {:?}", self.id) }
    }
}

fn short(name: &str) -> String {
    match name.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}
