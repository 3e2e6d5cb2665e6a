//! `sse bench --preset`: each system is spoken to as its documentation has it, and its answers are understood. The systems
//! are stand-ins that take nothing else, but for nchan, which is the real one.

mod centrifugo;
mod mercure;
mod nchan;
mod ntfy;
mod push_stream;
mod pushpin;
pub(crate) mod stand_in;

use std::process::Output;

use serde_json::Value;

use crate::bench::{count, report, warnings};
use crate::process;
use stand_in::{StandIn, System};

/// 200 measured events to 3 subscribers.
const SHORT: [&str; 10] = ["-c", "3", "-r", "200", "-d", "1s", "--warmup", "100ms", "-o", "json"];

fn bench(arguments: &[&str]) -> Output {
    process::run(&[&["bench"], arguments, &SHORT[..]].concat(), "")
}

/// Everything that was published has arrived everywhere, and nothing else.
fn assert_clean(output: &Output) {
    let report = report(output);
    assert_eq!(count(&report, "events", "acknowledged"), 200, "{report}");
    let deliveries = ["expected", "received", "lost", "duplicated", "foreign"];
    assert_eq!(deliveries.map(|name| count(&report, "deliveries", name)), [600, 600, 0, 0, 0], "{report}");
    assert_eq!(count(&report, "connections", "opened"), 3);
}

/// The report of a run in which the system refused some events.
fn assert_refused(output: &Output, warning: &str) -> Value {
    assert_eq!(output.status.code(), Some(5));
    let report = report(output);
    assert!(warnings(&report).contains(warning), "{warning:?} in: {report}");
    report
}
