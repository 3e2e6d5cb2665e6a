//! Real layers that keep events back, and the same ones told not to.

use std::process::Output;
use std::time::Duration;

use super::nginx::Nginx;
use super::ticker::{Coding, Pace, Ticker};
use super::{found, interrupt, watch};
use crate::process::stdout;

/// The buffers of nginx fill three times a second, seven times in all.
const BUFFERS: Pace = Pace { every: Duration::from_millis(25), size: 300, enough: 100, coding: Coding::Identity };

/// An encoder that is not flushed has enough about every two seconds, twice in all.
const ENCODER: Pace = Pace { every: Duration::from_millis(10), enough: 420, ..BUFFERS };

/// That of nginx has enough about every second and a half, three times in all.
const BOTH: Pace = Pace { enough: 200, ..BUFFERS };

/// What comes of watching a stream at this pace on a path of nginx, or without it.
fn watched(pace: Pace, path: Option<&str>, options: &[&str]) -> impl FnOnce() -> Output {
    let ticker = Ticker::start(pace);
    let nginx = path.map(|path| (Nginx::to(ticker.address), path));
    let url = nginx.as_ref().map_or(format!("http://{}/", ticker.address), |(nginx, path)| nginx.url(path));
    let diagnosis = watch(&url, options);
    move || {
        ticker.wait();
        let output = interrupt(diagnosis);
        drop(nginx);
        output
    }
}

/// That it ended with this exit code, and found these problems; what it notes depends on how busy the machine is.
fn assert_problems(output: &Output, code: i32, expected: &[&str]) {
    let problems: Vec<String> = found(output).into_iter().filter(|found| found.starts_with("problem ")).collect();
    assert_eq!((problems, output.status.code()), (expected.iter().map(ToString::to_string).collect(), Some(code)));
}

#[test]
fn a_proxy_that_collects_events_is_found_and_one_that_passes_them_on_is_not() {
    let buffered = watched(BUFFERS, Some("/buffered"), &["-o", "json"]);
    let passed = watched(BUFFERS, Some("/passed"), &[]);

    let output = buffered();
    let report = stdout(&output);
    assert_problems(&output, 1, &["problem buffering"]);
    assert!(report.contains("that end in the middle of an event"), "{report}");
    assert!(report.contains("set `proxy_buffering off;`"), "{report}");

    let output = passed();
    let report = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert!(report.contains("\n\nnote  http1\n") && report.ends_with("\n\nnothing wrong found\n"), "{report}");
    assert!(!report.contains("problem"), "{report}");
}

#[test]
fn an_encoder_that_is_not_flushed_is_found_and_one_that_is_flushed_is_not() {
    let json = &["-o", "json"];
    let kept = watched(Pace { coding: Coding::Kept, ..ENCODER }, None, json);
    let flushed = watched(Pace { coding: Coding::Flushed, ..ENCODER }, None, json);
    let kept_by_nginx = watched(BOTH, Some("/compressed"), json);
    let flushed_by_nginx = watched(BOTH, Some("/compressed/passed"), json);

    for (output, also) in [(kept(), false), (kept_by_nginx(), true)] {
        let report = stdout(&output);
        assert_problems(&output, 1, &["problem compression"]);
        assert!(report.contains("the stream is compressed (gzip), and that holds events back"), "{report}");
        assert!(report.contains("flush the encoder after every event"), "{report}");
        assert_eq!(report.contains("nginx also needs `proxy_buffering off;`"), also, "{report}");
    }
    for output in [flushed(), flushed_by_nginx()] {
        assert_problems(&output, 0, &[]);
    }
}
