//! What `sse send` can say of an event, where it takes the data from, and how it shows what was published.

use crate::http::get;
use crate::process::{Broker, run, sse, stderr, stdout};
use crate::recording::recording;
use crate::scripted::Scripted;
use crate::send::{published, results};

/// The lines that a broker answers `sse send` with, as JSON.
fn answered(broker: &Broker, args: &[&str], stdin: &str) -> String {
    let url = broker.url("");
    let output = run(&[&["send", "--url", &url, "-o", "json"], args].concat(), stdin);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", stderr(&output));
    stdout(&output)
}

fn stored(broker: &Broker) -> u64 {
    get(broker.address, "/api/stats").json()["retained"]["events"].as_u64().unwrap()
}

#[test]
fn the_terms_of_an_event_go_into_the_query_and_its_idempotency_key_into_the_head() {
    let server = Scripted::start(vec![published("1")]);
    let options = ["--ttl", "1m 500us", "--key", "cpu 1", "--idempotency-key", "job ä"];
    let output = run(&[&["send", &server.url("/x"), "y"], &options[..]].concat(), "");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let request = server.request();
    assert_eq!(request.line, "POST /x?ttl=60001ms&key=cpu%201 HTTP/1.1");
    assert_eq!(request.header("idempotency-key"), Some("job ä".as_bytes()));
}

#[test]
fn a_broker_takes_the_terms_and_publishes_once_what_is_sent_again() {
    let broker = Broker::start(&[]);
    let options = ["a", "x", "--ttl", "90s", "--key", "k", "--idempotency-key", "job"];
    let first = answered(&broker, &options, "");
    assert!(first.starts_with("{\"id\":\"") && first.ends_with("\",\"topic\":\"a\"}\n"), "{first}");
    assert_eq!((answered(&broker, &options, ""), stored(&broker)), (first, 1));
    let options = ["a", "--lines", "--idempotency-key", "job"];
    let first = answered(&broker, &options, "one\none\n");
    let more = answered(&broker, &options, "one\none\nthree\n");
    assert!(more.starts_with(&first) && first.lines().count() == 2 && more.lines().count() == 3, "{first}{more}");
    assert_eq!(stored(&broker), 4);
}

#[test]
fn the_answer_is_shown_on_a_line_of_its_own_however_it_was_written() {
    let server = Scripted::start(vec![results("200 OK", &["{\"id\":\n \"1\",\"x\":1.10}", "{\"id\":\"2\"}"])]);
    let output = run(&["send", "--ndjson", &server.url("/"), "-o", "json"], "{}\n{}\n");
    assert_eq!(stdout(&output), "{\"id\":  \"1\",\"x\":1.10}\n{\"id\":\"2\"}\n", "{}", stderr(&output));
}

#[test]
fn data_comes_from_a_file_or_stdin_where_that_is_asked_for() {
    let file = recording(b"\xff\0\n");
    let named = format!("@{}", file.path().display());
    for (argument, expected) in [(named.as_str(), &b"\xff\0\n"[..]), ("@-", b"stdin\n"), ("@@a", b"@a"), ("a@", b"a@")]
    {
        let server = Scripted::start(vec![published("1")]);
        let output = run(&["send", &server.url("/"), argument], "stdin\n");
        assert_eq!(output.status.code(), Some(0), "{argument}: {}", stderr(&output));
        assert_eq!(server.request().body, expected, "{argument}");
    }
    let output = run(&["send", "a", "@/nowhere/at/all"], "");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stderr(&output), "sse: cannot open /nowhere/at/all: No such file or directory (os error 2)\n");
}

#[test]
fn a_bearer_token_is_a_header_unless_one_is_given_and_an_empty_one_is_none() {
    let sent = |args: &[&str], token: &str| {
        let server = Scripted::start(vec![published("1")]);
        let mut command = sse();
        let output = command.args(["send", &server.url("/"), "x"]).args(args).env("SSE_TOKEN", token).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        server.request().header("authorization").map(|value| String::from_utf8_lossy(value).into_owned())
    };
    assert_eq!(sent(&[], "t").as_deref(), Some("Bearer t"));
    assert_eq!(sent(&["--bearer", "u"], "t").as_deref(), Some("Bearer u"));
    assert_eq!(sent(&["-H", "authorization: Basic v"], "t").as_deref(), Some("Basic v"));
    assert_eq!(sent(&[], ""), None);
    let server = Scripted::start(vec![crate::scripted::Answer::Close(crate::scripted::stream("data: 1\n\n"))]);
    let output = run(&["listen", &server.url("/"), "--bearer", "w", "-n", "1"], "");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(server.request().header("authorization"), Some(&b"Bearer w"[..]));
}

#[test]
fn the_help_does_not_show_the_token() {
    for command in ["send", "listen"] {
        let output = sse().args([command, "--help"]).env("SSE_TOKEN", "secret").output().unwrap();
        assert!(stdout(&output).contains("SSE_TOKEN") && !stdout(&output).contains("secret"));
    }
}

#[test]
fn terms_that_make_no_sense_are_refused_with_a_sentence() {
    let cases: [(&[&str], &str); 6] = [
        (&["--ndjson", "--ttl", "1s"], "cannot be used with"),
        (&["--ndjson", "--key", "k"], "cannot be used with"),
        (&["--ndjson", "--idempotency-key", "k"], "cannot be used with"),
        (&["a", "x", "--idempotency-key", "a\nb"], "an idempotency key has 1 to 255 bytes"),
        (&["a", "x", "--ttl", "soon"], "give it as 500ms"),
        (&["a", "x", "--bearer", "a\nb"], "cannot hold control characters"),
    ];
    for (args, sentence) in cases {
        let output = run(&[&["send"], args].concat(), "");
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(sentence), "{args:?}: {}", stderr(&output));
    }
}
