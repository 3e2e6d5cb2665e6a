//! `sse token`: makes tokens, and says what they are good for.

mod hash;
mod inspect;
mod mint;

use clap::{Args, Subcommand};

use super::exit::Exit;
use super::failure::Failure;

/// Make tokens for a broker, and see what they may do and why not.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Mint(Box<mint::Options>),
    Inspect(Box<inspect::Options>),
    Verify(Box<inspect::Options>),
    Hash(hash::Options),
}

pub(crate) fn run(options: &Options) -> Result<Exit, Failure> {
    match &options.command {
        Command::Mint(options) => mint::run(options),
        Command::Inspect(options) => inspect::inspect(options),
        Command::Verify(options) => inspect::verify(options),
        Command::Hash(options) => hash::run(options),
    }
}
