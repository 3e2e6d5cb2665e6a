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

/// Those of the latency of what is published; the files show it.
const OF_LATENCY: [(&str, &str); 5] =
    [("warmup", "--warmup"), ("report", "--report"), ("hgrm", "--hgrm"), ("hlog", "--hlog"), ("csv", "--csv")];

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
        Scenario::Reconnect => &[&OF_STREAMS, &OF_REPLAYS, &OF_SLOW],
        Scenario::Replay => &[&OF_STREAMS, &OF_STORMS, &OF_LATENCY, &OF_TIME, &OF_SLOW],
        Scenario::Connect => &[&OF_PUBLISHING, &OF_LATENCY, &OF_STREAMS, &OF_TIME, &OF_STORMS, &OF_REPLAYS, &OF_SLOW],
        Scenario::Idle => &[&OF_PUBLISHING, &OF_LATENCY, &OF_STREAMS, &OF_STORMS, &OF_REPLAYS, &OF_SLOW],
        Scenario::Stream => &[&OF_PUBLISHING, &OF_LATENCY, &OF_STORMS, &OF_REPLAYS, &OF_SLOW],
    };
    let typed = |name: &str| matches.value_source(name) == Some(ValueSource::CommandLine);
    match meaningless.iter().copied().flatten().find(|(name, _)| typed(name)) {
        None => Ok(()),
        Some((_, option)) => {
            let sentence = format!("{option} means nothing to `sse bench {}`\n", scenario.name());
            Err(clap::Error::raw(ErrorKind::ArgumentConflict, sentence))
        }
    }
}
