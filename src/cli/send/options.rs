//! The options of `sse send`, and what follows from them before anything is read or sent.

use std::collections::VecDeque;
use std::time::Duration;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use super::super::request::Headers;
use super::super::target::{self, Broker};
use super::super::{Common, transport, values};
use super::pace::Pace;
use super::progress::Progress;
use super::replay::Speed;
use super::tally::Format;
use crate::client::{Header, IdempotencyKey};
use crate::wire::{EventId, EventName};

/// Publish events to a broker, and print the ID that each was given.
///
/// Without DATA the event is what stdin holds up to its end, byte for byte: a line end there is part of it. With --lines,
/// --ndjson and --replay events are published while they arrive; a line or an event that is refused is reported with its
/// number, and the others go on. The exit code is then that of a refusal, if there was one. Publishing goes on to the end
/// also where nobody reads the IDs any more.
// Of its own clap would name --url as if it had to be given wherever SSE_URL is set.
#[derive(Debug, Args)]
#[command(override_usage = "sse send [OPTIONS] <TARGET> [DATA]\n       sse send [OPTIONS] --ndjson [TARGET]\n       \
                      sse send [OPTIONS] --to-user <USER> [DATA]")]
pub(crate) struct Options {
    /// A topic on the broker, or the URL to post to.
    #[arg(required_unless_present_any = ["ndjson", "to_users", "to_sessions", "broadcast"])]
    pub(super) target: Option<String>,
    /// The event's data, or @FILE to read it from a file; @@ stands for an @ at the beginning. Read from stdin if it is
    /// not given, or @-.
    #[arg(conflicts_with_all = ["lines", "ndjson", "replay"])]
    pub(super) data: Option<String>,
    /// A further topic that the event is for; may be repeated. It is one event, with one ID, which all of them have.
    #[arg(long = "topic", value_name = "TOPIC", conflicts_with = "ndjson")]
    pub(super) topics: Vec<String>,
    #[command(flatten)]
    addressees: Addressees,
    #[command(flatten)]
    pub(super) broker: Broker,
    #[command(flatten)]
    pub(super) headers: Headers,
    #[command(flatten)]
    pub(super) transport: transport::Options,
    /// How long a request may take until its answer is there.
    #[arg(long, env = "SSE_TIMEOUT", value_name = "DURATION", default_value = "30s")]
    #[arg(value_parser = values::positive_duration, help_heading = "Request")]
    pub(super) timeout: Duration,
    /// How often a request that failed is repeated: one that was not answered only where a broker then takes it once,
    /// which is with --idempotency-key, with --ndjson, or where the target is a topic.
    #[arg(long, env = "SSE_RETRIES", value_name = "N", default_value_t = 3, help_heading = "Request")]
    pub(super) retries: u32,
    /// Publish each line of stdin as an event.
    #[arg(short, long, conflicts_with = "ndjson", help_heading = "Input")]
    pub(super) lines: bool,
    /// Publish what each line of stdin describes: {"topic" or "topics", "event", "data", "id", "retry", "ttl",
    /// "key"}. A target is then a URL to post to, that of the broker by default.
    #[arg(long, conflicts_with_all = ["event", "id", "retry", "ttl", "key", "idempotency_key"], help_heading = "Input")]
    pub(super) ndjson: bool,
    #[command(flatten)]
    pub(super) replay: Replay,
    #[command(flatten)]
    pub(super) wait: Wait,
    /// Publish the event N times, with the placeholders in its data filled in as --template does.
    #[arg(long, value_name = "N", value_parser = values::count, conflicts_with_all = ["lines", "ndjson", "id"])]
    #[arg(help_heading = "Input")]
    pub(super) repeat: Option<u64>,
    /// The time from one of them to the next.
    #[arg(long, value_name = "DURATION", value_parser = values::duration, default_value = "0s", requires = "repeat")]
    #[arg(help_heading = "Input")]
    pub(super) interval: Duration,
    /// Publish at most so many events a second.
    #[arg(long, value_name = "N", value_parser = values::count, conflicts_with = "interval", help_heading = "Input")]
    pub(super) rate: Option<u64>,
    /// Fill in placeholders in the data, or in every line: `{{ n }}` (the number of the event or line),
    /// `{{ uuid }}`, `{{ now }}`, `{{ unix_ms }}`, `{{ random MIN MAX }}`.
    #[arg(long, conflicts_with = "ndjson", help_heading = "Input")]
    pub(super) template: bool,
    /// The type of the event.
    #[arg(short, long, value_name = "TYPE", help_heading = "Event")]
    pub(super) event: Option<EventName>,
    /// An ID of your own for the event, instead of the broker's.
    #[arg(long, conflicts_with = "lines", help_heading = "Event")]
    pub(super) id: Option<EventId>,
    /// The reconnection time that its receivers are asked to use from then on.
    #[arg(long, value_name = "DURATION", value_parser = values::duration, help_heading = "Event")]
    pub(super) retry: Option<Duration>,
    /// Do not replay the event when it is older than this; 0s is for those who listen now.
    #[arg(long, value_name = "DURATION", value_parser = values::duration, help_heading = "Event")]
    pub(super) ttl: Option<Duration>,
    /// The event is the current state of its topic under this key, which new subscribers get.
    #[arg(long, value_parser = NonEmptyStringValueParser::new(), help_heading = "Event")]
    pub(super) key: Option<String>,
    /// A name for this act of publishing: a broker that has seen it publishes nothing again, and answers as it did. With
    /// --lines the name of a line is KEY#LINE, with --repeat and --replay that of an event KEY#NUMBER.
    #[arg(long, value_name = "KEY", help_heading = "Event")]
    pub(super) idempotency_key: Option<IdempotencyKey>,
    /// How to show what was published.
    #[arg(short, long, value_name = "FORMAT", default_value = "id", help_heading = "Output")]
    pub(super) output: Format,
}

/// Events that were saved.
#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// Publish the events of a recording (`sse listen --record`) at the distances that they had, or those of any other
    /// stream that was saved (`sse listen -o raw`), which has no times, one after the other; - is stdin. Type and data are
    /// kept, IDs are given anew.
    #[arg(id = "replay", long, value_name = "FILE", conflicts_with_all = ["lines", "ndjson", "repeat", "template", "event", "id"])]
    #[arg(help_heading = "Input")]
    pub(super) file: Option<String>,
    /// How many times as fast as it was recorded, such as 10 or 0.5; max is without pauses.
    #[arg(long, value_name = "FACTOR", default_value = "1", requires = "replay", help_heading = "Input")]
    pub(super) speed: Speed,
    /// Publish what is replayed under the IDs that it had; a broker wants every ID to be used once.
    #[arg(long, requires = "replay", help_heading = "Input")]
    pub(super) keep_ids: bool,
}

/// When to begin.
#[derive(Debug, Args)]
#[command(next_help_heading = "Input")]
pub(crate) struct Wait {
    /// Publish nothing before so many connections listen to the topic, to each of them if there are several.
    #[arg(id = "wait_for_subscribers", long = "wait-for-subscribers", value_name = "N", value_parser = values::count, conflicts_with = "ndjson")]
    pub(super) count: Option<u64>,
    /// How long to wait for them at most; then nothing is published, and that is a failure.
    #[arg(long = "wait-timeout", value_name = "DURATION", value_parser = values::duration)]
    #[arg(requires = "wait_for_subscribers")]
    pub(super) patience: Option<Duration>,
}

/// Whom an event is for, instead of a topic or beside it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Addressees")]
struct Addressees {
    /// Publish to the connections of this user, of a broker that asks for tokens; can be repeated.
    #[arg(long = "to-user", value_name = "USER", conflicts_with = "ndjson")]
    to_users: Vec<String>,
    /// Publish to the connections of this session; can be repeated.
    #[arg(long = "to-session", value_name = "ID", conflicts_with = "ndjson")]
    to_sessions: Vec<String>,
    /// Publish to all connections.
    #[arg(long, conflicts_with = "ndjson")]
    broadcast: bool,
}

impl Options {
    /// The same with the topics that addressees stand for. An argument is then the data, and only of two the topic.
    pub(in crate::cli) fn addressed(mut self) -> Self {
        let Addressees { to_users, to_sessions, broadcast } = &self.addressees;
        let users = to_users.iter().map(|user| format!("$user/{user}"));
        let sessions = to_sessions.iter().map(|id| format!("$session/{id}"));
        let everyone = broadcast.then(|| "$all".to_owned());
        let mut topics: VecDeque<String> = users.chain(sessions).chain(everyone).collect();
        if topics.is_empty() {
            return self;
        }
        if self.data.is_none() && !self.lines && self.replay.file.is_none() {
            self.data = self.target.take();
        }
        self.target = self.target.or_else(|| topics.pop_front());
        self.topics.extend(topics);
        self
    }

    /// How fast events may go out.
    pub(super) fn pace(&self) -> Pace {
        let of_rate = |rate| Duration::from_nanos(1_000_000_000 / rate);
        Pace::every(self.rate.map_or(self.interval, of_rate))
    }

    /// The idempotency key to publish with: the one that was given, or one of our own where a request that is not
    /// answered is to be repeated. Of what is at a URL nobody knows whether it heeds a key: then there is none.
    pub(super) fn key(&self, headers: &[Header]) -> Option<IdempotencyKey> {
        let to_a_broker = self.ndjson || self.target.as_deref().is_some_and(|target| !target::is_url(target));
        let by_hand = headers.iter().any(|header| header.is("idempotency-key"));
        let of_our_own = || (to_a_broker && self.retries > 0 && !by_hand).then(IdempotencyKey::random);
        self.idempotency_key.clone().or_else(of_our_own)
    }

    /// The progress through what is read event by event.
    pub(super) fn progress(&self, common: &Common) -> Progress {
        match self.replay.file.as_deref() {
            _ if common.quiet => Progress::silent(),
            Some("-") => Progress::of_stdin(),
            Some(path) => Progress::of_file(path),
            None if self.lines || self.ndjson => Progress::of_stdin(),
            None => Progress::hidden(),
        }
    }
}
