//! `sse completions`: what a shell needs to complete the command line.

use std::io::Write as _;

use clap::Args;
use clap_complete::Shell;

use super::exit::Exit;
use super::failure::Failure;

/// Print the completion script for a shell.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The shell.
    shell: Shell,
}

pub(crate) fn run(options: &Options) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut super::command(), "sse", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(Exit::Done)
}
