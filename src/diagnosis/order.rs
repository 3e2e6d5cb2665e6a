//! The word with which a broker such as ours ends a connection that the client would have kept: `sse.end`.

use serde::Deserialize;

use super::finding::{Finding, plural};
use super::lint::Seen;

/// The type of the event.
pub const ENDED: &str = "sse.end";

/// Its data.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Told {
    reason: String,
}

/// What its data means.
#[must_use]
pub fn why_ended(data: &[u8]) -> &'static str {
    let told: Told = serde_json::from_slice(data).unwrap_or_default();
    match told.reason.as_str() {
        "token_expired" => "the token for which it was opened has expired",
        "kicked" => "somebody who may do so has ended it",
        _ => "it does not say why",
    }
}

/// What is to be known of connections that were ended so.
pub(super) fn finding(seen: &Seen) -> Option<Finding> {
    let Seen { times, first } = seen;
    (*times > 0).then(|| {
        let what = format!(
            "the server said of {} that it ends it (`sse.end`): {}",
            plural(*times, "connection"),
            why_ended(first)
        );
        let fix = "a client that is to go on after that connects with a new token";
        Finding::note("ended-by-order", what, fix)
    })
}
