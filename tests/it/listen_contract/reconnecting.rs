//! When and how a client connects again: WHATWG HTML §9.2.2 and §9.2.3, and `--retry`, `--max-backoff`.

use std::time::{Duration, Instant};

use super::many::{self, Stream};
use super::{Listening, listen};
use crate::scripted::Answer::{Close, Keep};
use crate::scripted::{Scripted, answer, chunked, stream};

#[test]
fn a_retry_is_made_of_ascii_digits() {
    let valid = [("0", 0), ("100", 100), ("007", 7), ("99999999999999999999", u64::MAX)];
    let bogus = ["", " ", "-5", "+5", "1.5", "1x", "x1", "1 ", "  1", "0x10", "1e3", "1_000", "\u{661}", "1\0"];
    let streams: Vec<String> =
        valid.iter().map(|(text, _)| *text).chain(bogus).map(|text| format!("retry: {text}\n")).collect();
    let streams = streams.iter().map(|stream| Stream { last_event_id: "", pieces: vec![stream.as_bytes()] });
    let read = many::read(&streams.collect::<Vec<_>>());
    for (read, (text, time)) in read.iter().zip(valid) {
        assert_eq!(read.of_kind("retry")[0]["ms"], time, "{text:?}");
    }
    for (read, text) in read[valid.len()..].iter().zip(bogus) {
        assert!(read.of_kind("retry").is_empty(), "{text:?}");
    }
}

#[test]
fn the_reconnection_time_is_that_of_the_user_until_the_server_sets_another_which_then_stays() {
    let server = Scripted::start(vec![
        Close(stream("data: 1\n\n")),
        // It holds from its own line on, also in a block that never ends.
        Close(stream("data: 2\nretry: 150\n")),
        Close(stream("")),
        Close(stream("retry: 5x\nretry:\nretry\nretry: -5\nid: 1\n\n")),
        Close(stream("retry: 5000\nretry: 110\n\n")),
        Close(stream("retry: 0\n\n")),
        Close(answer("204 No Content", "text/plain", "")),
    ]);
    assert_eq!(listen(&server, &["--retry", "20ms"]).waits(), [20, 150, 150, 150, 110, 100]);
}

#[test]
fn without_a_word_from_anyone_it_is_a_second() {
    let server = Scripted::start(vec![Close(stream("data: 1\n\n"))]);
    let listening = Listening::start(&server.url("/"), &[]);
    assert_eq!(listening.next("retrying")["in_ms"], 1000);
}

#[test]
fn a_reconnection_time_of_zero_that_the_user_asks_for_is_none_at_all() {
    const STREAMS: usize = 100;
    let mut script: Vec<_> = (0..STREAMS).map(|_| Keep(chunked([&b"data: 1\n\n"[..]]))).collect();
    script.push(Close(answer("204 No Content", "text/plain", "")));
    let began = Instant::now();
    let heard = listen(&Scripted::start(script), &["--retry", "0ms"]);
    assert_eq!((heard.data().len(), heard.waits()), (STREAMS, vec![0; STREAMS]));
    // A tenth of a second each would be longer.
    assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
}

#[test]
fn the_longest_wait_holds_for_what_the_server_asks_and_after_failures() {
    let server = Scripted::start(vec![Close(stream("retry: 60000\ndata: 1\n\n"))]);
    let listening = Listening::start(&server.url("/"), &["--max-backoff", "150ms"]);
    for reason in ["the stream ended", "connection refused", "connection refused", "connection refused"] {
        let line = listening.next("retrying");
        assert_eq!((&line["reason"], &line["in_ms"]), (&reason.into(), &150.into()));
    }
}

#[test]
fn failures_raise_the_wait() {
    let server = Scripted::start(vec![Close(stream("retry: 100\ndata: 1\n\n"))]);
    let listening = Listening::start(&server.url("/"), &[]);
    let wait = || listening.next("retrying")["in_ms"].as_u64().unwrap();
    for (least, most) in [(100, 100), (100, 200), (100, 400), (100, 800)] {
        let wait = wait();
        assert!((least..=most).contains(&wait), "{wait} ms");
    }
}

#[test]
fn the_request_is_the_same_each_time_but_for_the_last_event_id() {
    let server = Scripted::start(vec![Close(stream("id: 7\ndata: 1\n\n")), Close(stream("data: 2\n\n"))]);
    let options = ["-n", "2", "--retry", "0ms", "-H", "X-Key: a", "-H", "X-Key: b", "-u", "me:secret", "-d", "body"];
    assert_eq!(listen(&server, &options).data(), ["1", "2"]);
    let (first, second) = (server.request(), server.request());
    assert_eq!((&first.line, &first.body), (&second.line, &second.body));
    let others = second.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("last-event-id"));
    let sorted = |mut headers: Vec<(String, Vec<u8>)>| {
        headers.sort();
        headers
    };
    assert_eq!(sorted(others.cloned().collect()), sorted(first.headers));
}

#[test]
fn a_stream_that_breaks_off_is_resumed_like_one_that_ends() {
    let mut cut = chunked([&b"id: 1\ndata: 1\n\n"[..], b"id: 2\ndata: 2"]);
    cut.truncate(cut.len() - b"0\r\n\r\n".len());
    let server = Scripted::start(vec![Close(cut), Close(stream("id: 3\ndata: 3\n\n"))]);
    let heard = listen(&server, &["--retry", "0ms", "-n", "2"]);
    assert_eq!((heard.data(), heard.code), (vec!["1", "3"], Some(0)));
    assert_ne!(heard.texts("retrying", "reason"), ["the stream ended"]);
    server.request();
    assert_eq!(server.request().text("last-event-id"), Some("1"));
}

#[test]
fn each_connection_is_told_when_it_opens_and_the_server_ends_it_all_by_204() {
    let server = Scripted::start(vec![
        Close(stream("data: opened\n\n")),
        Close(stream("data: reconnected\n\n")),
        Close(answer("204 No Content", "text/event-stream", "")),
    ]);
    let heard = listen(&server, &["--retry", "0ms"]);
    let kinds: Vec<_> = heard.lines.iter().map(|line| line["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["open", "event", "retrying", "open", "event", "retrying", "error"]);
    assert_eq!((heard.code, heard.data()), (Some(3), vec!["opened", "reconnected"]));
}
