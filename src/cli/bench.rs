//! `sse bench`.

use clap::Args;

use super::Common;
use super::exit::Exit;
use super::failure::Failure;

/// TODO bench
#[derive(Debug, Args)]
pub(crate) struct Options {}

pub(crate) fn run(_options: Options, _common: &Common) -> Result<Exit, Failure> {
    Err(Failure::usage("not yet"))
}
