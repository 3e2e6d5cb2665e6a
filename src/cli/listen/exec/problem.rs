//! What can go wrong with a command, in a sentence that names the event.

use std::io;
use std::process::ExitStatus;

use super::command::Variable;

/// Something to tell about the command for an event. The text is remote in part.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    /// There is no such command as `sh`, or no room for one more process.
    #[error("the command for {event} cannot be started: {cause}")]
    NotStarted { event: String, cause: io::Error },
    /// It ended, but not well.
    #[error("the command for {event} failed: {status}")]
    Failed { event: String, status: ExitStatus },
    /// It was started, and nothing more is known of it.
    #[error("what became of the command for {event} cannot be told: {cause}")]
    Lost { event: String, cause: io::Error },
    /// Told once for each variable; the command runs without it.
    #[error("{} is not set for {event} and others like it: it is too large for an environment, or holds a NUL{}",
        variable.name(), elsewhere(*variable))]
    TooLarge { event: String, variable: Variable },
}

fn elsewhere(variable: Variable) -> &'static str {
    if variable == Variable::Data { "; the command has it on stdin" } else { "" }
}
