//! Where a run goes: one target for both sides, or a URL for each. The URLs can come from the environment, and what is
//! typed wins over it. clap takes both sources for equal, so what excludes what is decided here.

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, FromArgMatches};
use url::Url;

use crate::cli::failure::Failure;
use crate::cli::target::{self, Broker};

/// The options as they are written.
#[derive(Debug, Args)]
struct Written {
    /// A topic, or the URL at which events are both read and published. Without it, and without the two URLs below, a
    /// broker is started for the run.
    target: Option<String>,
    #[command(flatten)]
    broker: Broker,
    /// The URL that subscribers read, on any server; with --publish-url.
    #[arg(long, env = "SSE_BENCH_SUBSCRIBE_URL", value_name = "URL")]
    subscribe_url: Option<String>,
    /// The URL that takes an event's data as the body of a POST; with --subscribe-url.
    #[arg(long, env = "SSE_BENCH_PUBLISH_URL", value_name = "URL")]
    publish_url: Option<String>,
}

/// The same, with nothing typed that something else that is typed excludes.
#[derive(Debug)]
pub(super) struct Targets(Written);

/// The options that name the two sides, as clap and as the user know them.
const SIDES: [(&str, &str); 2] = [("subscribe_url", "--subscribe-url <URL>"), ("publish_url", "--publish-url <URL>")];

impl Targets {
    /// Where to subscribe and where to publish; `None` if that is up to us.
    pub(super) fn urls(&self) -> Result<Option<(Url, Url)>, Failure> {
        let Written { target, broker, subscribe_url, publish_url } = &self.0;
        match (target, subscribe_url, publish_url) {
            (Some(target), ..) => {
                let url = broker.resolve(target)?;
                Ok(Some((url.clone(), url)))
            }
            (None, Some(subscribe), Some(publish)) => Ok(Some((target::parse(subscribe)?, target::parse(publish)?))),
            (None, Some(_), None) => Err(Failure::usage("--subscribe-url needs --publish-url")),
            (None, None, Some(_)) => Err(Failure::usage("--publish-url needs --subscribe-url")),
            (None, None, None) => Ok(None),
        }
    }
}

impl FromArgMatches for Targets {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let typed = |name: &str| matches.value_source(name) == Some(ValueSource::CommandLine);
        let excluded = SIDES.iter().find(|(name, _)| typed("target") && typed(name));
        if let Some((_, shown)) = excluded {
            let sentence = format!("the argument '[TARGET]' cannot be used with '{shown}'\n");
            return Err(clap::Error::raw(ErrorKind::ArgumentConflict, sentence));
        }
        Written::from_arg_matches(matches).map(Self)
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
