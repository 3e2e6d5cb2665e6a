//! `--max-retries`: how often in a row a client connects again in vain before it gives up.

use super::{Listening, listen, listen_to};
use crate::scripted::Answer::{Close, Keep};
use crate::scripted::{Scripted, answer, chunked, nobody, stream};

#[test]
fn streams_that_say_nothing_are_given_up_and_an_event_starts_the_count_anew() {
    let bodies = ["data: 1\n\n", "", "data: 2\n\n", "", "data: 3\n\n", "", ""];
    let mut script: Vec<_> = bodies.iter().map(|body| Keep(chunked([body.as_bytes()]))).collect();
    script.push(Keep(chunked([&b"data: too much\n\n"[..]])));
    let server = Scripted::start(script);
    let heard = listen(&server, &["--retry", "0ms", "--max-retries", "2"]);
    assert_eq!((heard.code, heard.data()), (Some(1), vec!["1", "2", "3"]));
    let again = "sse: the stream ended; reconnecting in 0 ms\n".repeat(6);
    let end = "sse: giving up: 2 reconnections brought nothing\nsse: the stream ended\n";
    assert_eq!(heard.stderr, again + end);
    assert_eq!(heard.texts("warning", "warning"), ["giving up: 2 reconnections brought nothing"]);
    assert_eq!(heard.texts("error", "error"), ["the stream ended"]);
    server.requests(bodies.len());
    assert!(server.is_done());
}

#[test]
fn a_server_that_is_gone_is_given_up() {
    let server = Scripted::start(vec![Close(stream("data: 1\n\n"))]);
    let heard = listen(&server, &["--retry", "0ms", "--max-backoff", "10ms", "--max-retries", "3"]);
    let refused = "connection refused";
    assert_eq!((heard.code, heard.texts("retrying", "reason")), (Some(1), vec!["the stream ended", refused, refused]));
    let said = format!("sse: giving up: 3 reconnections brought nothing\nsse: cannot connect to {}", server.address);
    assert!(heard.stderr.contains(&said), "{}", heard.stderr);
}

#[test]
fn without_a_first_connection_it_counts_only_for_those_who_wait() {
    let url = format!("http://{}/", nobody());
    let options = ["--max-backoff", "10ms", "--max-retries", "2"];
    let heard = listen_to(&url, &options);
    assert_eq!((heard.code, heard.waits().len()), (Some(1), 0));
    let heard = listen_to(&url, &[&options[..], &["--wait"]].concat());
    assert_eq!((heard.code, heard.waits().len()), (Some(1), 2));
    assert!(heard.stderr.contains("sse: giving up: 2 reconnections brought nothing\nsse: cannot connect to "));
}

#[test]
fn no_retries_at_all_is_not_to_reconnect() {
    let server = Scripted::start(vec![Close(stream("data: 1\n\n"))]);
    let heard = listen(&server, &["--max-retries", "0"]);
    assert_eq!((heard.code, heard.data(), heard.waits().len()), (Some(1), vec!["1"], 0));
    assert_eq!(heard.stderr, "sse: the stream ended\n", "nothing was tried in vain");
}

#[test]
fn without_the_option_it_never_gives_up_on_a_stream_that_was_open_once() {
    let mut script: Vec<_> = (0..30).map(|_| Close(chunked([]))).collect();
    script.push(Close(stream("data: at last\n\n")));
    let server = Scripted::start(script);
    let listening = Listening::start(&server.url("/"), &["--retry", "0ms", "--max-backoff", "0ms"]);
    assert_eq!(listening.data(), "at last");
}

#[test]
fn a_refusal_ends_it_at_once_whatever_is_left_of_the_retries() {
    let server =
        Scripted::start(vec![Close(stream("data: 1\n\n")), Close(answer("404 Not Found", "text/plain", "no"))]);
    let heard = listen(&server, &["--retry", "0ms", "--max-retries", "9"]);
    assert_eq!((heard.code, heard.waits().len()), (Some(3), 1));
}
