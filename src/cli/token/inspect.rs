//! `sse token inspect` and `verify`: what a broker with these options would make of a token. The broker's own code decides,
//! so that both give the same reason.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::time::SystemTime;

use clap::{Args, ValueEnum, ValueHint};
use colored::Colorize as _;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::auth::{Denied, Forbidden, Grant, Inspection, Missed, Why};
use crate::cli::config;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::serve::routes;
use crate::cli::terminal::escape_control;
use crate::cli::{identity, runtime};
use crate::server::Route;
use crate::topic::{Pattern, Selection, Topic};

/// The longest token that is read from stdin, in bytes.
const LONGEST: u64 = 64 << 10;

/// Say what a token claims, what it may do at a broker with these options and this config file, and why not.
///
/// Nothing is asked but the key set of --jwks. Ends with exit code 3 if the token, or what --subscribe, --publish or --path ask
/// for, would be refused.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The token; without it, or as -, it is read from stdin, so that it is in no list of processes.
    token: Option<String>,
    /// The config file of the broker.
    #[arg(long, env = "SSE_CONFIG", value_name = "FILE", value_hint = ValueHint::FilePath)]
    config: Option<PathBuf>,
    /// Whether it may subscribe to this topic or pattern; can be repeated.
    #[arg(long = "subscribe", value_name = "TOPIC", value_parser = selection)]
    subscribe: Vec<Selection>,
    /// Whether it may publish to this topic; can be repeated.
    #[arg(long = "publish", value_name = "TOPIC")]
    publish: Vec<Topic>,
    /// What it would listen to at this path of a [[route]], such as /sse/events?room=1; can be repeated.
    #[arg(long = "path", value_name = "PATH", value_parser = path)]
    paths: Vec<String>,
    /// How it is written.
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Format,
    #[command(flatten)]
    identity: identity::Options,
}

/// How an inspection is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines for people.
    Text,
    /// One JSON object.
    Json,
}

/// What is said of a token.
#[derive(Serialize)]
struct Said {
    valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    algorithm: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    claims: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grant: Option<Granted>,
    /// What would be listened to at paths of routes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    routes: Vec<Heard>,
    /// What was asked for and is refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refused: Vec<Refused>,
}

#[derive(Serialize)]
struct Granted {
    /// The name of a static token.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    user: Option<String>,
    session: Option<String>,
    roles: Vec<String>,
    subscribe: Vec<String>,
    publish: Vec<String>,
    admin: bool,
    /// The rules that do not apply, and why.
    missed: Vec<String>,
}

/// What would be listened to at a path.
#[derive(Serialize)]
struct Heard {
    path: String,
    topics: Vec<String>,
}

#[derive(Serialize)]
struct Refused {
    code: &'static str,
    reason: String,
}

/// `sse token inspect`.
pub(super) fn inspect(options: &Options) -> Result<Exit, Failure> {
    let (said, exit) = options.said()?;
    let mut stdout = std::io::stdout().lock();
    match options.output {
        Format::Json => writeln!(stdout, "{}", serde_json::to_string(&said)?)?,
        Format::Text => stdout.write_all(text(&said).as_bytes())?,
    }
    Ok(exit)
}

/// `sse token verify`: the verdict alone.
pub(super) fn verify(options: &Options) -> Result<Exit, Failure> {
    let (said, exit) = options.said()?;
    let said = Said { algorithm: None, kid: None, claims: None, grant: None, routes: Vec::new(), ..said };
    let mut stdout = std::io::stdout().lock();
    match options.output {
        Format::Json => writeln!(stdout, "{}", serde_json::to_string(&said)?)?,
        Format::Text => stdout.write_all(verdict(&said).as_bytes())?,
    }
    Ok(exit)
}

impl Options {
    fn said(&self) -> Result<(Said, Exit), Failure> {
        if self.identity.is_open() {
            return Err(Failure::usage("a broker with --auth none looks at no token")
                .hint("give --auth jwt or --auth token, and what else it has: --config takes all of it"));
        }
        let mut tables = config::tables(self.config.as_deref())?;
        let keys = match self.identity.jwks() {
            Some(source) => Some(runtime::block_on(source.load())?),
            None => None,
        };
        let routes = routes::of_tokens(std::mem::take(&mut tables.routes))?;
        let wanted: Vec<Vec<String>> = tables.rules.iter().map(|rule| rule.roles.clone()).collect();
        let authority = self.identity.authority(tables, keys.as_deref())?;
        let authority = authority.ok_or_else(|| Failure::usage("a broker with --auth none looks at no token"))?;
        let Inspection { header, claims, verdict } = authority.inspect(&self.token()?, SystemTime::now());
        let (algorithm, kid) = header.map_or((None, None), |(algorithm, kid)| (Some(algorithm), kid));
        let claims = claims.map(|claims| claims.all().clone());
        let (mut refused, mut heard) = (Vec::new(), Vec::new());
        if let Ok(grant) = &verdict {
            refused = self.refused(grant);
            for asked in &self.paths {
                match listened(&routes, grant, asked) {
                    Ok(found) => heard.push(found),
                    Err(not) => refused.push(not),
                }
            }
        }
        let exit = if verdict.is_ok() && refused.is_empty() { Exit::Done } else { Exit::Refused };
        let (code, reason) = verdict.as_ref().err().map(|denied: &Denied| (denied.code(), denied.to_string())).unzip();
        let grant = verdict.ok().map(|grant| Granted::new(grant, &wanted));
        Ok((Said { valid: grant.is_some(), code, reason, algorithm, kid, claims, grant, routes: heard, refused }, exit))
    }

    fn refused(&self, grant: &Grant) -> Vec<Refused> {
        let subscribe = self.subscribe.iter().filter_map(|selection| grant.may_subscribe(selection).err());
        let publish = self.publish.iter().filter_map(|topic| grant.may_publish(topic).err());
        let refused = |forbidden: Forbidden| Refused { code: forbidden.code(), reason: forbidden.to_string() };
        subscribe.chain(publish).map(refused).collect()
    }

    fn token(&self) -> Result<String, Failure> {
        match self.token.as_deref() {
            Some(token) if token != "-" => Ok(token.to_owned()),
            _ => {
                let mut text = String::new();
                std::io::stdin().lock().take(LONGEST).read_to_string(&mut text)?;
                Ok(text.trim().to_owned())
            }
        }
    }
}

impl Granted {
    /// `wanted` are the roles of the rules, one after the other.
    fn new(grant: Grant, wanted: &[Vec<String>]) -> Self {
        let texts = |patterns: &[Pattern]| patterns.iter().map(Pattern::to_string).collect();
        Self {
            subscribe: texts(grant.subscribe()),
            publish: texts(grant.publish()),
            admin: grant.may_administer().is_ok(),
            missed: grant.missed().iter().map(|missed| in_words(missed, &grant.roles, wanted)).collect(),
            token: grant.token,
            user: grant.user,
            session: grant.session,
            roles: grant.roles,
        }
    }
}

/// Why a rule gave nothing. The operator who asks may know of the roles of a rule; a client is not told.
fn in_words(missed: &Missed, roles: &[String], wanted: &[Vec<String>]) -> String {
    let Missed { rule, action, why } = missed;
    let Some(wanted) = rule.checked_sub(1).and_then(|index| wanted.get(index)) else {
        return format!("its own entry ({action}) {why}");
    };
    if *why != Why::Role {
        return format!("rule {rule} ({action}) {why}");
    }
    let has = if roles.is_empty() { "none".to_owned() } else { roles.join(", ") };
    format!("rule {rule} ({action}) needs a role of {}, and the token has {has}", wanted.join(", "))
}

fn text(said: &Said) -> String {
    let mut lines = Vec::new();
    let mut fact = |name: &str, value: String| lines.push(format!("{name:<14}{}", escape_control(&value, "")));
    if let Some(algorithm) = &said.algorithm {
        let kid = said.kid.as_ref().map(|kid| format!(", key {kid:?}")).unwrap_or_default();
        fact("signed with", format!("{algorithm}{kid}"));
    }
    for (name, value) in said.claims.iter().flatten() {
        fact("claims", format!("{name} = {}{}", value, when(name, value)));
    }
    if let Some(grant) = &said.grant {
        if let Some(token) = &grant.token {
            fact("token", token.clone());
        }
        let list = |texts: &[String]| if texts.is_empty() { "nothing".to_owned() } else { texts.join(", ") };
        fact("subscribe", list(&grant.subscribe));
        fact("publish", list(&grant.publish));
        fact("admin", if grant.admin { "yes" } else { "no" }.to_owned());
        grant.missed.iter().for_each(|missed| fact("not given", missed.clone()));
    }
    said.routes.iter().for_each(|heard| fact("listens to", format!("{} at {}", heard.topics.join(", "), heard.path)));
    lines.join("\n") + "\n" + &verdict(said)
}

fn verdict(said: &Said) -> String {
    let line = |label: colored::ColoredString, words: &str| format!("{label}{}\n", escape_control(words, ""));
    let mut out = match &said.reason {
        None => line("valid".green().bold(), ""),
        Some(reason) => line("not valid".red().bold(), &format!(": {reason}")),
    };
    for refused in &said.refused {
        out += &line("refused".red().bold(), &format!(": {}", refused.reason));
    }
    out
}

/// A time among the claims as people read it.
fn when(name: &str, value: &Value) -> String {
    let time = value.as_i64().filter(|_| ["exp", "nbf", "iat"].contains(&name));
    let time = time.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    time.map(|time| format!(" ({time})")).unwrap_or_default()
}

/// What would be listened to at a path.
fn listened(routes: &[Route], grant: &Grant, asked: &str) -> Result<Heard, Refused> {
    let none = || Err(("not_found", format!("there is no [[route]] for {asked}")));
    let found = routes.iter().find_map(|route| route.topics(grant, asked)).unwrap_or_else(none);
    let topics = found.map_err(|(code, reason)| Refused { code, reason })?;
    let topics = topics.topics().map(Topic::to_string).chain(topics.patterns().map(Pattern::to_string)).collect();
    Ok(Heard { path: asked.to_owned(), topics })
}

fn path(text: &str) -> Result<String, &'static str> {
    let path = text.starts_with('/').then(|| text.to_owned());
    path.ok_or("give the path and the query of a request, such as /sse/events?room=1")
}

fn selection(text: &str) -> Result<Selection, crate::topic::Error> {
    let mut selection = Selection::default();
    selection.add(text)?;
    Ok(selection)
}
