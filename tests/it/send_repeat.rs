//! Events that `sse send` makes up: the same many times, and templates.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::http::Stream;
use crate::process::{Broker, run, stderr, stdout};
use crate::scripted::Scripted;
use crate::send::{published, refused};

/// Publishes to `a` and returns the data that its subscribers get.
fn sent(args: &[&str], stdin: &str) -> Vec<String> {
    let broker = Broker::start(&[]);
    let output = run(&[&["send", "--url", &broker.url(""), "a"], args].concat(), stdin);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    Stream::open(broker.address, "/events/a?since=earliest", &[]).data(stdout(&output).lines().count())
}

#[test]
fn an_event_is_published_as_often_as_was_asked_for_each_with_a_number_of_its_own() {
    assert_eq!(sent(&["{\"n\":{{n}}}", "--repeat", "3"], ""), ["{\"n\":1}", "{\"n\":2}", "{\"n\":3}"]);
    assert_eq!(sent(&["--repeat", "2"], "of stdin"), ["of stdin"; 2]);
}

#[test]
fn the_interval_is_kept_from_one_event_to_the_next() {
    let began = Instant::now();
    assert_eq!(sent(&["x", "--repeat", "4", "--interval", "200ms"], "").len(), 4);
    assert!(began.elapsed() >= Duration::from_millis(600));
}

#[test]
fn templates_are_filled_in_where_that_is_asked_for_and_stay_where_it_is_not() {
    assert_eq!(sent(&["{{n}} {{random 5 5}}", "--template"], ""), ["1 5"]);
    assert_eq!(sent(&["{{n}}"], ""), ["{{n}}"]);
    assert_eq!(sent(&["--lines", "--template"], "a {{n}}\nb\n{{n}}\n"), ["a 1", "b", "3"]);
    assert_eq!(sent(&["--lines"], "a {{n}}\n"), ["a {{n}}"]);
    let uuids = sent(&["{{uuid}}", "--repeat", "20"], "").into_iter().collect::<BTreeSet<_>>();
    assert!(uuids.len() == 20 && uuids.iter().all(|uuid| uuid.len() == 36), "{uuids:?}");
}

#[test]
fn an_event_that_is_refused_is_named_by_its_number_and_has_a_key_of_its_own() {
    let server = Scripted::start(vec![published("1"), refused("400 Bad Request", "too odd"), published("3")]);
    let output = run(&["send", &server.url("/"), "x", "--repeat", "3", "--idempotency-key", "k"], "");
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(3), "1\n3\n"));
    assert_eq!(stderr(&output), "sse: event 2: the broker refused: too odd\n");
    for key in ["k#1", "k#2", "k#3"] {
        assert_eq!(server.request().header("idempotency-key"), Some(key.as_bytes()));
    }
}

#[test]
fn a_line_that_is_no_template_is_reported_and_the_others_go_on() {
    let server = Scripted::start(vec![published("1")]);
    let output = run(&["send", &server.url("/"), "--lines", "--template"], "{{x}}\n{{n}}\n");
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), "1\n"));
    assert!(
        stderr(&output).starts_with("sse: line 1: {{x}} is no placeholder: there are {{n}}, "),
        "{}",
        stderr(&output)
    );
    assert_eq!(server.request().body, b"2");
}

#[test]
fn repetitions_that_make_no_sense_are_refused_with_a_sentence() {
    let cases: [(&[&str], &str); 6] = [
        (&["a", "x", "--repeat", "0"], "1 or more"),
        (&["a", "--lines", "--repeat", "2"], "cannot be used with"),
        (&["a", "x", "--id", "1", "--repeat", "2"], "cannot be used with"),
        (&["a", "x", "--interval", "1s"], "--repeat <N>"),
        (&["--ndjson", "--template"], "cannot be used with"),
        (&["a", "{{m}}", "--template"], "{{m}} is no placeholder"),
    ];
    for (args, sentence) in cases {
        let output = run(&[&["send"], args].concat(), "");
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(sentence), "{args:?}: {}", stderr(&output));
    }
}
