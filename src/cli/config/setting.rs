//! One option of the config file.

use std::fmt;
use std::path::Path;

use clap::builder::ValueParser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command, value_parser};
use toml::de::DeValue;

use crate::cli::identity::Jwks;
use crate::cli::secret::{Hidden, Secret, beside};

/// Options that mean nothing in a file.
const NOT_HERE: [&str; 3] = [super::OPTION, "help", "version"];

/// An option by its long name, with its value as it would be typed; `Debug` shows no values, which may be secrets.
pub(super) struct Setting {
    pub(super) name: String,
    pub(super) value: Value,
    /// Where it stands in the file, from 1.
    pub(super) line: usize,
}

/// What is typed behind the name.
#[derive(PartialEq, Eq)]
pub(super) enum Value {
    Flag(bool),
    One(String),
    List(Vec<String>),
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = … in line {}", self.name, self.line)
    }
}

impl Setting {
    /// Takes a value of the file; an error is a sentence.
    pub(super) fn new(name: &str, value: &DeValue<'_>, line: usize) -> Result<Self, String> {
        let value = match value {
            DeValue::Boolean(flag) => Value::Flag(*flag),
            DeValue::Array(items) => {
                Value::List(items.iter().map(|item| text(name, item.get_ref())).collect::<Result<_, _>>()?)
            }
            other => Value::One(text(name, other)?),
        };
        Ok(Self { name: name.to_owned(), value, line })
    }

    /// Makes sure that a command has such an option, and that it takes the value; an error is a sentence.
    pub(super) fn check(&self, command: &Command) -> Result<(), String> {
        let Self { name, value, .. } = self;
        let Some(option) = self.option(command) else { return Err(self.unknown(command.clone())) };
        let takes_list = matches!(option.get_action(), ArgAction::Append) || option.get_value_delimiter().is_some();
        let is_flag = matches!(option.get_action(), ArgAction::SetTrue);
        match value {
            Value::Flag(_) if is_flag => return Ok(()),
            _ if is_flag => return Err(format!("{name} is true or false")),
            Value::Flag(_) => return Err(format!("{name} takes a value, not true or false")),
            Value::List(_) if !takes_list => return Err(format!("{name} takes one value, not a list")),
            Value::One(_) | Value::List(_) => {}
        }
        let typed = self.values().into_iter().map(|value| format!("--{name}={value}"));
        let parsed = command.clone().no_binary_name(true).try_get_matches_from(typed);
        match parsed.map_err(|error| (error.kind(), error)) {
            Err((ErrorKind::ValueValidation | ErrorKind::InvalidValue, error)) => Err(first_line(&error)),
            // Whether it goes with the others is seen when all are known.
            _ => Ok(()),
        }
    }

    /// The command with this default, if it has such an option; the files that it names are seen from this directory.
    pub(super) fn set(&self, command: Command, directory: &Path) -> Command {
        let Some(option) = self.option(&command) else { return command };
        let (id, kind, values) = (option.get_id().clone(), option.get_value_parser().type_id(), self.values());
        let values: Vec<String> = if kind == ValueParser::path_buf().type_id() {
            values.iter().map(|path| beside(directory, path)).collect()
        } else if kind == ValueParser::from(value_parser!(Hidden)).type_id() {
            values.into_iter().map(|text| Hidden::from(text).beside(directory).reveal().to_owned()).collect()
        } else if kind == ValueParser::new(Secret::<Jwks>::new()).type_id() {
            let is_file = |text: &str| text.parse().is_ok_and(|source: Jwks| source.file().is_some());
            values.into_iter().map(|text| if is_file(&text) { beside(directory, &text) } else { text }).collect()
        } else {
            values
        };
        command.mut_arg(id, |option: Arg| option.required(false).default_values(values))
    }

    fn option<'c>(&self, command: &'c Command) -> Option<&'c Arg> {
        let named = command.get_arguments().find(|option| option.get_long() == Some(&self.name));
        named.filter(|_| !NOT_HERE.contains(&self.name.as_str()))
    }

    fn values(&self) -> Vec<String> {
        match &self.value {
            Value::Flag(flag) => vec![flag.to_string()],
            Value::One(text) => vec![text.clone()],
            Value::List(texts) => texts.clone(),
        }
    }

    fn unknown(&self, command: Command) -> String {
        let typed = format!("--{}=x", self.name);
        let error = command.no_binary_name(true).try_get_matches_from([typed]).err();
        let similar = error.as_ref().and_then(|error| error.get(ContextKind::SuggestedArg));
        match similar {
            Some(ContextValue::String(similar)) => {
                let similar = similar.trim_start_matches('-');
                format!("{:?} is no option of this command; {similar:?} is", self.name)
            }
            _ => format!("{:?} is no option of this command: a key is the long name of one", self.name),
        }
    }
}

fn text(name: &str, value: &DeValue<'_>) -> Result<String, String> {
    match value {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Ok(number.as_str().replace('_', "")),
        DeValue::Float(number) => Ok(number.as_str().replace('_', "")),
        other => Err(format!("{name} takes text or a number, not {}", other.type_str())),
    }
}

/// What clap says, without how to get help.
pub(in crate::cli) fn first_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    let line = line.strip_prefix("error: ").unwrap_or(line);
    line.replace("invalid digit found in string", "give a whole number")
}
