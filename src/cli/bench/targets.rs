//! Where a run goes: one target for both sides, a URL for each, or a system whose URLs are known. All of it can come from
//! the environment, and what is typed wins over it. clap takes both sources for equal, so what excludes what is decided
//! here.

use std::borrow::Cow;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, FromArgMatches, value_parser};
use url::Url;

use super::form::{self, Form};
use super::presets::{Dialect, Preset};
use super::{scenario, topics, wire};
use crate::bench::Scenario;
use crate::cli::failure::Failure;
use crate::cli::target::{self, Broker};

/// The topic of a preset, unless it is given.
const TOPIC: &str = "bench";

/// The options as they are written.
#[derive(Debug, Args)]
struct Written {
    /// What is measured. `fanout`, which is also what runs if none is named: events at a fixed rate, and what became of each
    /// at every subscriber. `reconnect`: the same, and in the middle of it subscribers lose their streams and come back.
    /// `replay`: events are published first, and then all subscribers come and want all of them. `connect`: how fast
    /// connections are opened. `idle`: connections that are held for --duration while nothing is published. `stream`: any
    /// streams, opened again and again for --duration: time to the first event, and between events. A topic of such a name is
    /// measured by its URL.
    #[arg(value_name = "SCENARIO")]
    scenario: Option<String>,
    /// A topic, or the URL at which events are both read and published; with --preset the base URL of the server. Without
    /// it, and without the two URLs below, a broker is started for the run.
    target: Option<String>,
    #[command(flatten)]
    broker: Broker,
    /// The URL that subscribers read, on any server; with --publish-url. In it and in headers `{i}` stands for the number of
    /// the subscriber, from 0: each may have a URL of its own, and is expected to get every event of its topic all the same.
    #[arg(long, env = "SSE_BENCH_SUBSCRIBE_URL", value_name = "URL")]
    subscribe_url: Option<String>,
    /// The URL that takes an event's data as the body of a POST; with --subscribe-url. In it and in headers `{i}` stands for
    /// the number of the publisher, from 0.
    #[arg(long, env = "SSE_BENCH_PUBLISH_URL", value_name = "URL")]
    publish_url: Option<String>,
    /// The system that is measured: how it is published to and subscribed to. Each of the two URLs can be given
    /// instead of the usual one.
    #[arg(long, env = "SSE_BENCH_PRESET", value_name = "SYSTEM")]
    preset: Option<Preset>,
    /// The topic, channel or whatever the system of --preset calls it; `bench` if it is not given.
    #[arg(long, env = "SSE_BENCH_TOPIC", value_name = "NAME")]
    topic: Option<String>,
    /// To how many topics the events go in turn; subscriber `i` listens to topic `i` modulo this number, and is expected to
    /// get the events of that topic. The number of the topic, from 0, stands for `{t}` in URLs, headers and --publish-body, or
    /// goes behind the name of the topic that is given: `bench-0`, `bench-1` and so on.
    #[arg(long, env = "SSE_BENCH_TOPICS", value_name = "COUNT", default_value_t = 1)]
    #[arg(value_parser = value_parser!(u32).range(1..=1_000_000))]
    topics: u32,
    #[command(flatten)]
    form: form::Requests,
}

/// The same, with nothing typed that something else that is typed excludes.
#[derive(Debug)]
pub(super) struct Targets {
    written: Written,
    scenario: Scenario,
    /// Whether --rate is typed.
    has_rate: bool,
}

/// The options that name the two sides, as clap and as the user know them.
const SIDES: [(&str, &str); 2] = [("subscribe_url", "--subscribe-url <URL>"), ("publish_url", "--publish-url <URL>")];

impl Targets {
    /// Where to subscribe and where to publish; `None` if that is up to us.
    pub(super) fn urls(&self) -> Result<Option<(Url, Url)>, Failure> {
        let Written { target, broker, subscribe_url, publish_url, preset, .. } = &self.written;
        if preset.is_some() {
            return self.preset_urls().map(Some);
        }
        match (target, subscribe_url, publish_url) {
            (Some(target), ..) => {
                let target = if target::is_url(target) { target.into() } else { self.named(target) };
                let url = broker.resolve(&target)?;
                Ok(Some((url.clone(), url)))
            }
            (None, Some(subscribe), Some(publish)) => Ok(Some((target::parse(subscribe)?, target::parse(publish)?))),
            (None, Some(subscribe), None) if !self.scenario.publishes() => {
                let url = target::parse(subscribe)?;
                Ok(Some((url.clone(), url)))
            }
            (None, Some(_), None) => Err(Failure::usage("--subscribe-url needs --publish-url")),
            (None, None, Some(_)) => Err(Failure::usage("--publish-url needs --subscribe-url")),
            (None, None, _) if self.scenario == Scenario::Stream => {
                Err(Failure::usage("`sse bench stream` needs the URL of a stream: it publishes nothing"))
            }
            (None, None, None) => Ok(None),
        }
    }

    /// The form of the requests.
    pub(super) fn form(&self) -> Result<Form, Failure> {
        self.written.form.form(&self.dialect()?, self.scenario)
    }

    /// Makes sure that both sides say which topic they mean.
    pub(super) fn check_topics(&self, urls: Option<&(Url, Url)>, form: &Form) -> Result<(), Failure> {
        urls.map_or(Ok(()), |urls| topics::check_places(self.topics(), urls, form))
    }

    /// How many topics there are.
    pub(super) fn topics(&self) -> u32 {
        if self.scenario == Scenario::Fanout { self.written.topics } else { 1 }
    }

    /// The name of every topic.
    pub(super) fn named<'t>(&self, topic: &'t str) -> Cow<'t, str> {
        topics::name(topic, self.topics())
    }

    /// The topic of a running broker that is the target, if it is given as one.
    pub(super) fn topic(&self) -> Option<&str> {
        self.written.target.as_deref().filter(|target| self.written.preset.is_none() && !target::is_url(target))
    }

    pub(super) fn scenario(&self) -> Scenario {
        self.scenario
    }

    /// Whether the rate is typed.
    pub(super) fn has_rate(&self) -> bool {
        self.has_rate
    }

    pub(super) fn preset(&self) -> Option<Preset> {
        self.written.preset
    }

    fn dialect(&self) -> Result<Dialect, Failure> {
        let (topic, tokens) = (self.written.topic.as_deref().unwrap_or(TOPIC), self.written.form.tokens());
        let Some(preset) = self.written.preset else { return Ok(Dialect::plain(tokens)) };
        if matches!(topic, "" | "." | "..") || topic.replace(topics::PLACE, "").contains('{') {
            // No path can hold the first ones, and the others would be taken for places to fill in.
            return Err(Failure::usage(format!("{topic:?} cannot be the topic of a run")));
        }
        Ok(preset.dialect(&self.named(topic), tokens))
    }

    fn preset_urls(&self) -> Result<(Url, Url), Failure> {
        let Written { target, subscribe_url, publish_url, .. } = &self.written;
        let dialect = self.dialect()?;
        let base = target.as_deref().map(target::parse).transpose()?;
        let side = |given: &Option<String>, tail: &str, port: Option<u16>| match (given, &base) {
            (Some(url), _) => target::parse(url),
            (None, Some(base)) => below(base, tail, port),
            (None, None) => Err(Failure::usage("--preset needs the base URL of the server as target")),
        };
        Ok((side(subscribe_url, &dialect.subscribe, None)?, side(publish_url, &dialect.publish, dialect.control_port)?))
    }
}

/// A path and query of a server, on another port of it if that is given.
fn below(base: &Url, tail: &str, port: Option<u16>) -> Result<Url, Failure> {
    if tail.is_empty() {
        return Ok(base.clone());
    }
    let (path, query) = tail.split_once('?').map_or((tail, None), |(path, query)| (path, Some(query)));
    let mut url = base.clone();
    if let Some(port) = port {
        // It fails for URLs without a host only.
        let _ = url.set_port(Some(port));
        url.set_path(path);
    } else if base.query().is_some() {
        return Err(Failure::usage(format!("a base URL ends with the path: {base} has a query")));
    } else {
        let start = base.path().trim_end_matches('/');
        // Of what has a well-known place many know the whole URL by heart, not its base.
        let known = path.starts_with("/.well-known/");
        let start = start.strip_suffix(path).filter(|_| known).unwrap_or(start);
        url.set_path(&format!("{start}{path}"));
    }
    url.set_query(query);
    Ok(url)
}

impl Written {
    /// The scenario; a first word that names none is the target.
    fn take_scenario(&mut self) -> Result<Scenario, clap::Error> {
        let Some(word) = self.scenario.take() else { return Ok(Scenario::default()) };
        if let Some(scenario) = scenario::named(&word) {
            return Ok(scenario);
        }
        if self.target.is_some() {
            let names = Scenario::ALL.map(Scenario::name).join(", ");
            let sentence = format!("{word:?} is no scenario: there are {names}\n");
            return Err(clap::Error::raw(ErrorKind::InvalidValue, sentence));
        }
        self.target = Some(word);
        Ok(Scenario::default())
    }
}

impl FromArgMatches for Targets {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let typed = |name: &str| matches.value_source(name) == Some(ValueSource::CommandLine);
        let preset = matches.value_source("preset").is_some();
        let mut written = Written::from_arg_matches(matches)?;
        let scenario = written.take_scenario()?;
        scenario::check(scenario, matches)?;
        wire::check(matches)?;
        let has_target = written.target.is_some();
        let excluded = SIDES.iter().find(|(name, _)| has_target && typed(name) && !preset);
        if let Some((_, shown)) = excluded {
            let sentence = format!("the argument '[TARGET]' cannot be used with '{shown}'\n");
            return Err(clap::Error::raw(ErrorKind::ArgumentConflict, sentence));
        }
        if typed("topic") && !preset {
            let sentence = "the argument '--topic <NAME>' needs '--preset <SYSTEM>'\n";
            return Err(clap::Error::raw(ErrorKind::MissingRequiredArgument, sentence));
        }
        for (name, url) in [("subscribe_url", &mut written.subscribe_url), ("publish_url", &mut written.publish_url)] {
            url.take_if(|_| has_target && !typed(name));
        }
        written.publish_url.take_if(|_| !scenario.publishes());
        Ok(Self { written, scenario, has_rate: typed("rate") })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Targets {
    fn augment_args(command: Command) -> Command {
        Written::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Written::augment_args_for_update(command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(base: &str, tail: &str, port: Option<u16>) -> Option<String> {
        below(&Url::parse(base).expect("a URL"), tail, port).ok().map(String::from)
    }

    #[test]
    fn paths_of_a_system_are_below_its_base() {
        let base = "http://ann:x@host:3000/hub/";
        assert_eq!(joined(base, "/pub?id=a%20b", None).as_deref(), Some("http://ann:x@host:3000/hub/pub?id=a%20b"));
        assert_eq!(joined("http://host", "/sub/a%2Fb", None).as_deref(), Some("http://host/sub/a%2Fb"));
        assert_eq!(joined("http://host?a=b", "/sub/x", None), None);
        let known = "/.well-known/mercure?topic=x";
        assert_eq!(joined("http://host/.well-known/mercure", known, None), joined("http://host/", known, None));
        assert_eq!(joined("http://host/x", "/x", None).as_deref(), Some("http://host/x/x"));
    }

    #[test]
    fn a_control_port_has_paths_of_its_own_and_a_target_may_be_all_there_is() {
        let target = "http://ann:x@host:7999/stream?x=1";
        assert_eq!(joined(target, "/publish/", Some(5561)).as_deref(), Some("http://ann:x@host:5561/publish/"));
        assert_eq!(joined(target, "", None).as_deref(), Some(target));
    }
}
