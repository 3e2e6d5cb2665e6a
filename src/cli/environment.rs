//! What of the environment counts beside what is typed: one rule for all options that have a variable.
//!
//! An empty variable is as if it were not set, and so is that of a flag which says no. What is typed wins over a variable
//! where both exclude each other: clap takes both for equally given, so the variables that lose are taken out of the
//! definitions before it looks at them.

use clap::builder::{BoolishValueParser, TypedValueParser as _};
use clap::error::Error;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};

/// Parses the arguments of the process.
pub(super) fn matches(command: Command) -> Result<ArgMatches, Error> {
    // What is wrong with what is typed is said by the second look.
    let typed = without_variables(command.clone()).ignore_errors(true).try_get_matches();
    match typed.as_ref().map(ArgMatches::subcommand) {
        Ok(Some((name, typed))) => command.mut_subcommand(name, |command| heeding(command, typed)),
        // Help and the version, which do not look at variables.
        Ok(None) | Err(_) => command,
    }
    .try_get_matches()
}

fn without_variables(command: Command) -> Command {
    command.mut_subcommands(|command| command.mut_args(|option| option.env(None)))
}

/// The command with only those variables that count beside what is typed.
fn heeding(command: Command, typed: &ArgMatches) -> Command {
    let is_typed = |option: &Arg| typed.value_source(option.get_id().as_str()) == Some(ValueSource::CommandLine);
    let typed: Vec<&Arg> = command.get_arguments().filter(|option| is_typed(option)).collect();
    let loses = |option: &Arg| typed.iter().any(|typed| exclude(&command, option, typed));
    let unheeded = command.get_arguments().filter(|option| is_void(&command, option) || loses(option));
    let unheeded: Vec<_> = unheeded.map(|option| option.get_id().clone()).collect();
    unheeded.into_iter().fold(command, |command, id| command.mut_arg(id, |option| option.env(None)))
}

fn exclude(command: &Command, one: &Arg, other: &Arg) -> bool {
    let excludes =
        |one, other: &Arg| command.get_arg_conflicts_with(one).iter().any(|arg| arg.get_id() == other.get_id());
    excludes(one, other) || excludes(other, one)
}

/// Whether the variable of an option says nothing.
fn is_void(command: &Command, option: &Arg) -> bool {
    let Some(value) = option.get_env().and_then(std::env::var_os) else { return false };
    let is_flag = matches!(option.get_action(), ArgAction::SetTrue);
    value.is_empty() || (is_flag && matches!(BoolishValueParser::new().parse_ref(command, None, &value), Ok(false)))
}
