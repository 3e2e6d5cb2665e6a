//! Real layers that keep events back, and the same ones told not to.

use std::time::Duration;

use super::nginx::Nginx;
use super::ticker::{self, Coding, Pace};
use super::{assert_found, end, watch};
use crate::process::stdout;

/// Buffers of nginx fill several times a second at this pace.
const BRISK: Pace = Pace { every: Duration::from_millis(25), size: 300, coding: Coding::Identity };

/// An encoder has enough about every two seconds.
const FAST: Pace = Pace { every: Duration::from_millis(10), ..BRISK };

#[test]
fn a_proxy_that_collects_events_is_found_and_one_that_passes_them_on_is_not() {
    let nginx = Nginx::to(ticker::start(BRISK));
    let buffered = watch(&nginx.url("/buffered"), &["--for", "4s", "-o", "json"]);
    let passed = watch(&nginx.url("/passed"), &["--for", "4s"]);

    let output = end(buffered);
    assert_found(&output, 1, &["problem buffering", "note http1"]);
    let report = stdout(&output);
    assert!(report.contains("of 4096 bytes that end in the middle of an event"), "{report}");
    assert!(report.contains("set `proxy_buffering off;`"), "{report}");

    let output = end(passed);
    let report = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert!(report.contains("\n\nnote  http1\n") && report.ends_with("\n\nnothing wrong found\n"), "{report}");
    assert!(!report.contains("problem"), "{report}");
}

#[test]
fn an_encoder_that_is_not_flushed_is_found_and_one_that_is_flushed_is_not() {
    let compressed = |coding| format!("http://{}/", ticker::start(Pace { coding, ..FAST }));
    let nginx = Nginx::to(ticker::start(BRISK));
    let kept = watch(&compressed(Coding::Kept), &["--for", "6s", "-o", "json"]);
    let flushed = watch(&compressed(Coding::Flushed), &["--for", "6s", "-o", "json"]);
    let of_nginx = watch(&nginx.url("/compressed"), &["--for", "6s", "-o", "json"]);
    let passed = watch(&nginx.url("/compressed/passed"), &["--for", "6s", "-o", "json"]);

    for (output, also) in [(end(kept), false), (end(of_nginx), true)] {
        let report = stdout(&output);
        assert_found(&output, 1, &["problem compression", "note http1"]);
        assert!(report.contains("the stream is compressed (gzip), and that holds events back"), "{report}");
        assert!(report.contains("flush the encoder after every event"), "{report}");
        assert_eq!(report.contains("nginx also needs `proxy_buffering off;`"), also, "{report}");
    }
    for output in [end(flushed), end(passed)] {
        assert_found(&output, 0, &["note http1"]);
    }
}
