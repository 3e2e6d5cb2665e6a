//! The command line: one definition per option, one file per subcommand, output and exit codes.
//!
//! The only layer that prints, and the only one that composes the others. It holds no protocol and no policy.

mod bench;
mod completions;
mod config;
mod descriptors;
mod environment;
mod exit;
mod failure;
mod identity;
mod input;
mod listen;
mod output;
mod recording;
mod request;
mod runtime;
mod secret;
mod send;
mod serve;
mod target;
mod terminal;
mod token;
mod transport;
mod values;
mod words;

use std::process::ExitCode;

use clap::{ArgAction, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use tracing::Level;

use crate::telemetry;
use exit::Exit;
use failure::Failure;
use terminal::ColorChoice;

/// Server-Sent Events in one binary: a broker, a client, a publisher and a load generator.
#[derive(Debug, Parser)]
#[command(name = "sse", version, propagate_version = true, arg_required_else_help = true, max_term_width = 100)]
#[command(after_long_help = exit::HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

/// Options that every subcommand takes.
#[derive(Debug, Args)]
struct Common {
    /// Say less: errors only.
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Output")]
    quiet: bool,
    /// Say more on stderr; twice for everything.
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = "Output")]
    verbose: u8,
    /// When to use colour. `auto` means on a terminal, unless `NO_COLOR` is set.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Output")]
    color: ColorChoice,
}

impl Common {
    /// Starts the diagnostic log at the level that was asked for; `usual` is that of the command.
    fn start_log(&self, usual: Level) -> Result<(), Failure> {
        let level = match (self.quiet, self.verbose) {
            (true, _) => Level::ERROR,
            (false, 0) => usual,
            (false, 1) => Level::DEBUG,
            (false, _) => Level::TRACE,
        };
        telemetry::start(level, colored::control::SHOULD_COLORIZE.should_colorize())
            .map_err(|error| Failure::new(Exit::Usage, error).hint("give it as debug, or as sse=debug,hyper=info"))
    }
}

// An option's variable is SSE_ and its long name, so that the configuration of a broker reads as its command line; that
// of a `bench` option is SSE_BENCH_ and its long name. Only what makes sense as a standing default has one: not what is
// about a single call, such as --data or --count, and not what would share the variable of an option that means something
// else (--max-event-size of `listen` counts a block of the stream, that of `serve` its data).
#[derive(Debug, Subcommand)]
enum Command {
    Serve(Box<serve::Options>),
    Listen(Box<listen::Options>),
    #[command(visible_alias = "publish")]
    Send(Box<send::Options>),
    Bench(Box<bench::Options>),
    Token(token::Options),
    Completions(completions::Options),
}

impl Command {
    /// A server tells what it does, the other commands only what goes wrong.
    fn usual_log_level(&self) -> Level {
        match self {
            Self::Serve(_) => Level::INFO,
            _ => Level::WARN,
        }
    }

    fn run(self, common: &Common) -> Result<Exit, Failure> {
        match self {
            Self::Serve(options) => serve::run(*options),
            Self::Listen(options) => listen::run(&options, common),
            Self::Send(options) => send::run(&options.addressed(), common),
            Self::Bench(options) => bench::run(&options, common),
            Self::Token(options) => token::run(&options),
            Self::Completions(options) => completions::run(&options),
        }
    }
}

/// Runs the program with the arguments of the process.
#[must_use]
pub fn main() -> ExitCode {
    if bench::is_worker() {
        return bench::work().unwrap_or_else(Failure::report).into();
    }
    let command = match config::apply(command()) {
        Ok(command) => command,
        Err(failure) => return failure.report().into(),
    };
    let parsed = environment::matches(command).and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(message) => return usage(&message),
    };
    terminal::set_color(cli.common.color);
    let log = cli.common.start_log(cli.command.usual_log_level());
    let result = log.and_then(|()| cli.command.run(&cli.common));
    result.unwrap_or_else(Failure::report).into()
}

/// The definition of the whole command line, from which man pages and completions are made.
#[must_use]
pub fn command() -> clap::Command {
    // Help and man pages name the environment variables, never what this user has put into them.
    Cli::command().mut_subcommands(|command| command.mut_args(|option| option.hide_env_values(true)))
}

/// What `sse serve` is told by what was typed, by the environment and by the config file, as that is now.
fn serve_options() -> Result<serve::Options, Failure> {
    let matches = environment::matches(config::apply(command())?);
    let cli = matches.and_then(|matches| Cli::from_arg_matches(&matches));
    match cli.map_err(|error| Failure::usage(config::first_line(&error)))?.command {
        Command::Serve(options) => Ok(*options),
        _ => Err(Failure::usage("this is no broker")),
    }
}

/// Prints what clap has to say: help and version are answers, anything else is an error in the arguments.
fn usage(message: &clap::Error) -> ExitCode {
    match message.print() {
        // If stderr is gone the arguments make no more sense for it.
        _ if message.use_stderr() => Exit::Usage.into(),
        Ok(()) => Exit::Done.into(),
        Err(error) => Failure::from(error).report().into(),
    }
}
