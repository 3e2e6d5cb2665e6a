//! Answers that are accepted though they are no event stream: JSON, lines of JSON, and MCP's streamable HTTP.

use super::{Listening, listen};
use crate::scripted::Answer::{Close, Hold};
use crate::scripted::{Scripted, answer, stream};

const REQUEST: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#;

const RESPONSE: &str = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;

#[test]
fn json_is_shown_whole_where_it_is_accepted_and_is_the_end() {
    let body = "{\n \"a\": [1]\n}\n";
    let json = || Close(answer("200 OK", "application/json; charset=utf-8", body));
    for given in [
        &["-H", "Accept: application/json"][..],
        &["-H", "Accept: text/event-stream, Application/JSON;q=0.5"],
        &["--resume-with-get", "-d", REQUEST],
    ] {
        let server = Scripted::start(vec![json(), Close(stream("data: too much\n\n"))]);
        let heard = listen(&server, given);
        assert_eq!((heard.code, heard.texts("document", "data")), (Some(0), vec![body]), "{}", heard.stderr);
        assert_eq!(heard.texts("document", "type"), ["application/json"]);
        assert_eq!((heard.data().len(), heard.waits().len()), (0, 0));
        server.request();
        assert!(server.is_done());
    }
    let heard = listen(&Scripted::start(vec![json()]), &[]);
    assert_eq!((heard.code, heard.of_kind("document").len()), (Some(3), 0));
}

#[test]
fn a_document_is_bounded_like_an_event() {
    let long = answer("200 OK", "application/json", &format!("[{}1]", "1,".repeat(600)));
    let options = ["-H", "Accept: application/json", "--max-event-size", "1KiB"];
    let heard = listen(&Scripted::start(vec![Close(long)]), &options);
    assert_eq!((heard.code, heard.of_kind("document").len()), (Some(1), 0));
    assert!(heard.stderr.contains("--max-event-size"), "{}", heard.stderr);
}

#[test]
fn lines_are_events_where_they_are_accepted() {
    let body = "{\"a\":1}\n\n{\"a\":2}\r\n{\"a\":\"…\"}\n";
    for kind in ["application/x-ndjson", "application/jsonl", "application/ndjson; charset=utf-8"] {
        let server = Scripted::start(vec![Close(answer("200 OK", kind, body))]);
        let heard = listen(&server, &["-H", "Accept: application/x-ndjson", "--no-reconnect"]);
        assert_eq!((heard.code, heard.data()), (Some(0), vec!["{\"a\":1}", "{\"a\":2}", "{\"a\":\"…\"}"]), "{kind}");
    }
    let server = Scripted::start(vec![Close(answer("200 OK", "application/x-ndjson", body))]);
    assert_eq!(listen(&server, &["--no-reconnect"]).code, Some(3));
    // They have no IDs, so the one to begin with stays.
    let lines = || Close(answer("200 OK", "application/x-ndjson", "1\n"));
    let server = Scripted::start(vec![lines(), lines()]);
    let options = ["-H", "Accept: application/x-ndjson", "--retry", "0ms", "-n", "2", "--last-event-id", "7"];
    assert_eq!(listen(&server, &options).texts("event", "id"), ["", ""]);
    for _ in 0..2 {
        assert_eq!(server.request().text("last-event-id"), Some("7"));
    }
}

#[test]
fn an_mcp_stream_that_breaks_off_goes_on_with_a_get_until_the_response_has_come() {
    let session = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nMcp-Session-Id: s-1\r\n\r\n";
    let first = format!("{session}id: 1\ndata: {{\"method\":\"progress\"}}\n\n");
    let last = format!("id: 3\ndata: {RESPONSE}\n\n");
    let server = Scripted::start(vec![Close(first.into()), Close(stream("id: 2\ndata: 2\n\n")), Hold(stream(&last))]);
    let options = ["--resume-with-get", "-d", REQUEST, "--retry", "0ms", "-H", "MCP-Protocol-Version: 2025-06-18"];
    let heard = listen(&server, &options);
    assert_eq!((heard.code, heard.data()), (Some(0), vec!["{\"method\":\"progress\"}", "2", RESPONSE]));
    let post = server.request();
    assert_eq!((post.line.as_str(), &post.body[..]), ("POST /stream HTTP/1.1", REQUEST.as_bytes()));
    assert_eq!(post.text("accept"), Some("application/json, text/event-stream"));
    assert_eq!((post.header("mcp-session-id"), post.header("last-event-id")), (None, None));
    for id in ["1", "2"] {
        let get = server.request();
        assert_eq!((get.line.as_str(), get.body.len()), ("GET /stream HTTP/1.1", 0));
        assert_eq!((get.header("content-type"), get.header("content-length")), (None, None));
        assert_eq!((get.text("mcp-session-id"), get.text("last-event-id")), (Some("s-1"), Some(id)));
        assert_eq!(get.text("mcp-protocol-version"), Some("2025-06-18"));
    }
}

#[test]
fn a_post_that_got_no_answer_is_posted_again() {
    let server = Scripted::start(vec![Close(Vec::new()), Hold(stream(&format!("data: {RESPONSE}\n\n")))]);
    let heard = listen(&server, &["--resume-with-get", "-d", REQUEST, "--wait", "--retry", "0ms"]);
    assert_eq!((heard.code, heard.data()), (Some(0), vec![RESPONSE]));
    for _ in 0..2 {
        assert_eq!((server.request().line.as_str()), "POST /stream HTTP/1.1");
    }
}

#[test]
fn a_message_that_is_only_taken_is_answered_without_a_word() {
    for body in ["", "{}"] {
        let server = Scripted::start(vec![Close(answer("202 Accepted", "application/json", body))]);
        let heard = listen(&server, &["--resume-with-get", "-d", r#"{"jsonrpc":"2.0","method":"notified"}"#]);
        assert_eq!((heard.code, heard.texts("document", "data")), (Some(0), vec![body]), "{}", heard.stderr);
    }
    let bare = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";
    let heard = listen(&Scripted::start(vec![Close(bare.into())]), &["--resume-with-get", "-d", "{}"]);
    assert_eq!(heard.code, Some(0), "{}", heard.stderr);
}

#[test]
fn a_stream_without_a_request_to_answer_goes_on() {
    let server = Scripted::start(vec![Close(stream(&format!("data: {RESPONSE}\n\n"))), Hold(stream("data: 2\n\n"))]);
    let notification = r#"{"jsonrpc":"2.0","method":"notified"}"#;
    let listening = Listening::start(&server.url("/"), &["--resume-with-get", "-d", notification, "--retry", "0ms"]);
    assert_eq!((listening.data().as_str(), listening.data().as_str()), (RESPONSE, "2"));
}
