//! The config file of a broker, in TOML: a key is an option by its long name, a table is what no option can say.
//!
//! Options of the file are the defaults of the command line, so what is typed, and then the environment, win over them,
//! and there is no second schema. Whatever is wrong is told with file and line.

mod setting;
mod tables;
mod webhook;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{ArgMatches, Command};
use serde::Deserialize as _;
use toml::de::{DeTable, DeValue};

use super::exit::Exit;
use super::failure::Failure;
use crate::bench::System;
use setting::Setting;
pub(super) use setting::first_line;
pub(super) use tables::{Message, RouteTable, Tables};
pub(super) use webhook::{Happening, WebhookTable};

/// The command whose options the file may hold.
const SCHEMA: &str = "serve";

/// The option that names the file, and its variable.
const OPTION: &str = "config";
const VARIABLE: &str = "SSE_CONFIG";

/// A config file that was read; what is not there says nothing.
#[derive(Debug, Default)]
pub(super) struct Config {
    path: PathBuf,
    settings: Vec<Setting>,
    pub(super) tables: Tables,
}

/// The command line with the defaults of the config file that is asked for, if any. What the file may hold are the options
/// of `serve`; another command that reads it takes those that it has too.
pub(super) fn apply(command: Command) -> Result<Command, Failure> {
    let is_typed = std::env::args_os().any(|argument| argument.to_string_lossy().starts_with("--config"));
    if !is_typed && std::env::var_os(VARIABLE).is_none_or(|path| path.is_empty()) {
        return Ok(command);
    }
    // What is wrong with what is typed is said by the one who parses it.
    let Ok(typed) = command.clone().ignore_errors(true).try_get_matches() else { return Ok(command) };
    let subcommands = std::iter::successors(typed.subcommand(), |(_, matches)| matches.subcommand());
    let (names, levels): (Vec<&str>, Vec<&ArgMatches>) = subcommands.unzip();
    let path = levels.last().and_then(|matches| matches.try_get_one::<PathBuf>(OPTION).ok().flatten());
    match path {
        Some(path) => Config::read(path)?.set(command, &names),
        None => Ok(command),
    }
}

/// What no option can say, of the config file if there is one.
pub(super) fn tables(path: Option<&Path>) -> Result<Tables, Failure> {
    Ok(read(path)?.tables)
}

/// The config file, if there is one.
pub(super) fn read(path: Option<&Path>) -> Result<Config, Failure> {
    Ok(path.map(Config::read).transpose()?.unwrap_or_default())
}

impl Config {
    /// What is not as it was in an earlier one: options by their names, and tables but those about tokens.
    pub(super) fn changes(&self, earlier: &Self) -> BTreeSet<String> {
        let is_in = |other: &Self, one: &Setting| {
            other.settings.iter().any(|setting| setting.name == one.name && setting.value == one.value)
        };
        let new = self.settings.iter().filter(|setting| !is_in(earlier, setting));
        let old = earlier.settings.iter().filter(|setting| !is_in(self, setting));
        let tables = [
            ("[[route]]", self.tables.routes != earlier.tables.routes),
            ("[[webhook]]", self.tables.webhooks != earlier.tables.webhooks),
        ];
        let tables = tables.into_iter().filter(|(_, differ)| *differ).map(|(name, _)| name.to_owned());
        new.chain(old).map(|setting| setting.name.clone()).chain(tables).collect()
    }

    /// Reads a file.
    fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = std::fs::read(path).map_err(System::from);
        let bytes = bytes.with_context(|| format!("cannot read the config file {}", path.display()));
        let bytes = bytes.map_err(|error| Failure::new(Exit::Usage, error))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let line = line_of(error.as_bytes(), error.utf8_error().valid_up_to());
            wrong(path, line, "it is not UTF-8, in which TOML is written")
        })?;
        Self::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, Failure> {
        let line = |place: usize| line_of(text.as_bytes(), place);
        let located = |error: &toml::de::Error| {
            wrong(path, line(error.span().map_or(0, |span| span.start)), error.message().replace('\n', ", "))
        };
        let mut document = DeTable::parse(text).map_err(|error| located(&error))?;
        let mut settings = Vec::new();
        let mut tables = DeTable::new();
        for (key, value) in std::mem::take(document.get_mut()) {
            let line = line(key.span().start);
            match value.get_ref() {
                DeValue::Array(items) if items.iter().next().is_some_and(|item| item.get_ref().is_table()) => {
                    tables.insert(key, value);
                }
                DeValue::Table(_) => {
                    let sentence = format!(
                        "[{key}] is no table of this file; a list of them is written as [[{key}]]",
                        key = key.get_ref()
                    );
                    return Err(wrong(path, line, sentence));
                }
                other => {
                    settings.push(Setting::new(key.get_ref(), other, line).map_err(|said| wrong(path, line, said))?);
                }
            }
        }
        *document.get_mut() = tables;
        let mut tables =
            Tables::deserialize(toml::de::Deserializer::from(document)).map_err(|error| located(&error))?;
        for secret in tables.webhooks.iter_mut().filter_map(|webhook| webhook.secret.as_mut()) {
            *secret = secret.beside(directory(path));
        }
        Ok(Self { path: path.to_owned(), settings, tables })
    }

    /// The command line with these defaults for the command of this name below others.
    fn set(&self, command: Command, names: &[&str]) -> Result<Command, Failure> {
        let serve = command.find_subcommand(SCHEMA).cloned().unwrap_or_default();
        for setting in &self.settings {
            setting.check(&serve).map_err(|said| wrong(&self.path, setting.line, said))?;
        }
        let directory = directory(&self.path);
        let set =
            |command: Command| self.settings.iter().fold(command, |command, setting| setting.set(command, directory));
        Ok(below(command, names, set))
    }
}

/// From where the paths of a config file are seen.
fn directory(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

/// Changes the command that these names lead to.
fn below(command: Command, names: &[&str], change: impl FnOnce(Command) -> Command) -> Command {
    match names {
        [] => change(command),
        [name, rest @ ..] => command.mut_subcommand(*name, |command| below(command, rest, change)),
    }
}

fn wrong(path: &Path, line: usize, said: impl std::fmt::Display) -> Failure {
    Failure::usage(format!("{}:{line}: {said}", path.display()))
}

/// The line of a place, from 1.
fn line_of(text: &[u8], place: usize) -> usize {
    1 + memchr::memchr_iter(b'\n', &text[..place.min(text.len())]).count()
}

#[cfg(test)]
mod tests;
