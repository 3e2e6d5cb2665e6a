//! Which scenario is meant, and which options mean something in it: what is typed and means nothing there is refused.

use clap::ArgMatches;
use clap::error::ErrorKind;
use clap::parser::ValueSource;

use crate::bench::Scenario;

/// Options that say something of what is published, as clap and as the user know them.
const OF_PUBLISHING: [(&str, &str); 10] = [
    ("rate", "--rate"),
    ("drain", "--drain"),
    ("size", "--size"),
    ("publishers", "--publishers"),
    ("publish_url", "--publish-url"),
    ("publish_header", "--publish-header"),
    ("publish_token", "--publish-token"),
    ("publish_method", "--publish-method"),
    ("publish_body", "--publish-body"),
    ("publish_refusal", "--publish-refusal"),
];

/// Those of events on a schedule and of nothing else.
const OF_FANOUT: [(&str, &str); 4] = [
    ("topics", "--topics"),
    ("find_max", "--find-max"),
    ("find_max_connections", "--find-max-connections"),
    ("step_duration", "--step-duration"),
];

/// Those that search for a limit.
const SEARCHES: [(&str, &str); 2] = [("find_max", "--find-max"), ("find_max_connections", "--find-max-connections")];

/// Those of a time before what is measured.
const OF_WARMUP: [(&str, &str); 1] = [("warmup", "--warmup")];

/// Those of a time that is measured.
const OF_TIME: [(&str, &str); 1] = [("duration", "--duration")];

/// Those of a storm.
const OF_STORMS: [(&str, &str); 3] =
    [("drop", "--drop"), ("drop_after", "--drop-after"), ("restart_server", "--restart-server")];

/// Those of slow readers.
const OF_SLOW: [(&str, &str); 2] = [("slow", "--slow"), ("slow_rate", "--slow-rate")];

/// Those of a replay.
const OF_REPLAYS: [(&str, &str); 2] = [("events", "--events"), ("no_last_event_id", "--no-last-event-id")];

/// Those of the request for a stream.
const OF_STREAMS: [(&str, &str); 2] = [("request_body", "--request-body"), ("until", "--until")];

/// The scenario of this name.
pub(super) fn named(word: &str) -> Option<Scenario> {
    Scenario::ALL.into_iter().find(|scenario| scenario.name() == word)
}

/// Refuses what is typed and means nothing.
pub(super) fn check(scenario: Scenario, matches: &ArgMatches) -> Result<(), clap::Error> {
    let meaningless: &[&[(&str, &str)]] = match scenario {
        Scenario::Fanout => &[&OF_STREAMS, &OF_STORMS, &OF_REPLAYS],
        Scenario::Reconnect => &[&OF_FANOUT, &OF_STREAMS, &OF_REPLAYS, &OF_SLOW],
        Scenario::Replay => &[&OF_FANOUT, &OF_WARMUP, &OF_TIME, &OF_STREAMS, &OF_STORMS, &OF_SLOW],
        Scenario::Connect => {
            &[&OF_PUBLISHING, &OF_FANOUT, &OF_WARMUP, &OF_TIME, &OF_STREAMS, &OF_STORMS, &OF_REPLAYS, &OF_SLOW]
        }
        Scenario::Idle => &[&OF_PUBLISHING, &OF_FANOUT, &OF_WARMUP, &OF_STREAMS, &OF_STORMS, &OF_REPLAYS, &OF_SLOW],
        Scenario::Stream => &[&OF_PUBLISHING, &OF_FANOUT, &OF_WARMUP, &OF_STORMS, &OF_REPLAYS, &OF_SLOW],
    };
    if matches!(scenario, Scenario::Reconnect | Scenario::Replay) && matches.get_flag("http2") {
        // Wherever it comes from: speaking something else in silence would measure something else.
        let sentence = format!(
            "--http2 cannot be used with `sse bench {}`: its subscribers speak HTTP/1.1 only\n",
            scenario.name()
        );
        return Err(clap::Error::raw(ErrorKind::ArgumentConflict, sentence));
    }
    let is_slow = matches.value_source("slow").is_some();
    if is_slow && matches.get_flag("http2") {
        let sentence =
            "--http2 cannot be used with --slow: a connection that streams share is not read slowly for one\n";
        return Err(clap::Error::raw(ErrorKind::ArgumentConflict, sentence));
    }
    if is_slow && let Some((_, option)) = SEARCHES.iter().find(|(name, _)| matches.value_source(name).is_some()) {
        let sentence = format!("--slow cannot be used with {option}\n");
        return Err(clap::Error::raw(ErrorKind::ArgumentConflict, sentence));
    }
    let typed = |name: &str| matches.value_source(name) == Some(ValueSource::CommandLine);
    if typed("regression") && matches.value_source("baseline").is_none() {
        let sentence = "--regression means nothing without --baseline\n";
        return Err(clap::Error::raw(ErrorKind::MissingRequiredArgument, sentence));
    }
    match meaningless.iter().copied().flatten().find(|(name, _)| typed(name)) {
        None => Ok(()),
        Some((_, option)) => {
            let name = scenario.name();
            let sentence = if OF_FANOUT.iter().any(|(_, fanout)| fanout == option) && scenario.publishes() {
                format!("{option} cannot be used with `sse bench {name}`: only `sse bench fanout` has it\n")
            } else {
                format!("{option} means nothing to `sse bench {name}`\n")
            };
            Err(clap::Error::raw(ErrorKind::ArgumentConflict, sentence))
        }
    }
}
