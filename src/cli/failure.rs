//! How a command says that it failed: one line with the chain of causes, a hint where there is something to do, and the
//! exit code.

use std::io::Write as _;

use colored::Colorize as _;

use super::exit::Exit;
use super::terminal::{self, Tone};

/// The failure of a command.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    cause: anyhow::Error,
    hint: Option<String>,
}

impl Failure {
    /// A failure with an exit code of its own; any error converts into one with [`Exit::Failed`].
    pub(crate) fn new(exit: Exit, cause: impl Into<anyhow::Error>) -> Self {
        Self { exit, cause: cause.into(), hint: None }
    }

    /// Arguments that make no sense, in a sentence.
    pub(crate) fn usage(sentence: impl Into<String>) -> Self {
        Self::new(Exit::Usage, anyhow::Error::msg(sentence.into()))
    }

    /// Adds what the user can do about it.
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Adds something else that helps, behind the hint that there may be.
    pub(crate) fn also(self, hint: &str) -> Self {
        let hint = self.hint.as_ref().map_or_else(|| hint.to_owned(), |first| format!("{first}; {hint}"));
        self.hint(hint)
    }

    /// Puts in front what was being done.
    pub(crate) fn context(self, doing: impl std::fmt::Display + Send + Sync + 'static) -> Self {
        Self { cause: self.cause.context(doing), ..self }
    }

    /// What failed, with the chain of causes.
    pub(crate) fn sentence(&self) -> String {
        format!("{:#}", self.cause)
    }

    /// Prints the failure and returns its exit code. That the reader of our output has gone is no failure. A cause may
    /// hold what a server said: its line feeds are escaped too, or it could write lines of ours.
    pub(crate) fn report(self) -> Exit {
        if self.is_broken_pipe() {
            return Exit::Done;
        }
        let line = |label: &dyn std::fmt::Display, text: &str| {
            // If stderr is gone too there is nobody left to tell.
            let _ = writeln!(std::io::stderr(), "{label} {}", terminal::escape_control(text, ""));
        };
        line(&"sse:".color(Tone::Bad.color()).bold(), &self.sentence());
        if let Some(hint) = &self.hint {
            line(&"hint:".color(Tone::Name.color()).bold(), hint);
        }
        self.exit
    }

    /// The failure in one line, for a log.
    pub(crate) fn in_words(&self) -> String {
        let hint = self.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        format!("{:#}{hint}", self.cause)
    }

    fn is_broken_pipe(&self) -> bool {
        let broken = |error: &std::io::Error| error.kind() == std::io::ErrorKind::BrokenPipe;
        self.cause.downcast_ref::<std::io::Error>().is_some_and(broken)
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(cause: E) -> Self {
        Self::new(Exit::Failed, cause)
    }
}
