//! `sse listen` against servers that follow a script: requests, reconnections, refusals.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::process::{run, sse, stderr, stdout};
use crate::recording::on_terminal;
use crate::scripted::Answer::{Close, Hold};
use crate::scripted::{Scripted, answer, nobody, stream};

/// The lines of `-o json`.
pub fn lines(output: &Output) -> Vec<Value> {
    stdout(output).lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// Those of one kind.
pub fn of_kind(lines: &[Value], kind: &str) -> Vec<Value> {
    lines.iter().filter(|line| line["kind"] == kind).cloned().collect()
}

fn listen(server: &Scripted, options: &[&str]) -> Output {
    run(&[&["listen", &server.url("/stream")], options].concat(), "")
}

/// Starts `sse` with all its streams as pipes.
pub fn spawn(args: &[&str]) -> Child {
    sse().args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// How it ends by itself; if it does not, it must not outlive the test.
pub fn ended(child: &mut Child) -> ExitStatus {
    let deadline = Instant::now() + Duration::from_secs(10);
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    panic!("it does not end");
}

#[test]
fn the_request_is_that_of_an_event_source() {
    let server = Scripted::start(vec![Close(stream("data: 1\n\n"))]);
    let output = listen(&server, &["-n", "1", "-o", "data", "-H", "X-Key: räume"]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), "1\n"));
    let request = server.request();
    assert_eq!(request.line, "GET /stream HTTP/1.1");
    assert_eq!(request.header("accept"), Some(&b"text/event-stream"[..]));
    assert_eq!(request.header("cache-control"), Some(&b"no-cache"[..]));
    assert_eq!(request.header("accept-encoding"), Some(&b"identity"[..]));
    assert_eq!(request.header("x-key"), Some("räume".as_bytes()));
    assert_eq!(request.header("last-event-id"), None);
}

#[test]
fn a_topic_is_found_on_the_broker_that_the_environment_names() {
    let server = Scripted::start(vec![Close(stream("data: 1\n\n"))]);
    let status = sse().args(["listen", "rooms/*", "-n", "1"]).env("SSE_URL", server.url("")).output().unwrap().status;
    assert_eq!(status.code(), Some(0));
    assert_eq!(server.request().line, "GET /events/rooms/* HTTP/1.1");
}

#[test]
fn a_broker_that_the_environment_names_wrongly_is_told_and_an_empty_name_is_none() {
    let said = |url: &str, args: &[&str]| {
        let output = sse().args(args).env("SSE_URL", url).output().unwrap();
        (output.status.code(), stderr(&output))
    };
    let (code, words) = said("nowhere", &["listen", "a", "-n", "1"]);
    assert_eq!(code, Some(2));
    assert!(words.starts_with("sse: SSE_URL: \"nowhere\" is not a URL"), "{words}");
    // Refused for its topic, which is looked at when the broker is known.
    let (_, words) = said("", &["send", "a/../b", "x"]);
    assert!(words.contains("http://127.0.0.1:8080/events?topic=…"), "{words}");
    for (args, usage) in
        [(&["listen"][..], "sse listen [OPTIONS] <TARGET>\n"), (&["send"], "sse send [OPTIONS] <TARGET>")]
    {
        let (code, words) = said("http://127.0.0.1:1", args);
        assert_eq!(code, Some(2));
        assert!(words.contains(usage) && !words.contains("--url"), "{words}");
    }
}

#[test]
fn a_stream_that_breaks_off_is_resumed_after_its_last_complete_block() {
    let server = Scripted::start(vec![
        Close(stream("retry: 100\nid: ä-1\ndata: 1\n\nid: lost\ndata: lost")),
        // An ID counts without an event too.
        Close(stream("id: only\n\n")),
        // And it stays when a connection brings none.
        Close(stream("data: 2\n\n")),
        Close(stream("data: 3\n\n")),
    ]);
    let output = listen(&server, &["-n", "3", "-o", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let seen: Vec<_> = lines(&output).iter().map(|line| (line["data"].clone(), line["id"].clone())).collect();
    assert_eq!(seen, [("1".into(), "ä-1".into()), ("2".into(), "only".into()), ("3".into(), "only".into())]);
    let sent: Vec<_> = (0..4).map(|_| server.request().header("last-event-id").map(<[u8]>::to_vec)).collect();
    assert_eq!(sent, [None, Some("ä-1".into()), Some("only".into()), Some("only".into())]);
}

#[test]
fn an_id_that_no_header_can_carry_is_not_dropped_in_silence() {
    let server =
        Scripted::start(vec![Close(stream("retry: 100\nid: \u{7}\ndata: 1\n\n")), Close(stream("data: 2\n\n"))]);
    let output = listen(&server, &["-n", "2", "-o", "json", "--lifecycle"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(of_kind(&lines(&output), "warning").len(), 1);
    assert!(stderr(&output).contains("cannot be sent"), "{}", stderr(&output));
    server.request();
    assert_eq!(server.request().header("last-event-id"), None);
}

#[test]
fn the_lifecycle_tells_opening_comments_waiting_and_the_final_error() {
    let server = Scripted::start(vec![
        Close(stream(":hi\nretry: 1234\ndata: 1\n\n")),
        Close(answer("503 Service Unavailable", "text/plain", "closed for today")),
    ]);
    let output = listen(&server, &["-o", "json", "--lifecycle"]);
    assert_eq!(output.status.code(), Some(3));
    let (mut lines, url) = (lines(&output), server.url("/stream"));
    assert!(lines.pop().unwrap()["error"].as_str().unwrap().contains("503 Service Unavailable"), "{url}");
    assert_eq!(
        lines,
        [
            json!({ "kind": "open", "status": 200 }),
            json!({ "kind": "comment", "comment": "hi" }),
            json!({ "kind": "retry", "ms": 1234 }),
            json!({ "kind": "event", "type": "message", "data": "1", "id": "" }),
            json!({ "kind": "retrying", "in_ms": 1234, "reason": "the stream ended" }),
        ]
    );
    assert!(
        stdout(&output).contains(r#"{"kind":"event","type":"message","data":"1","id":""}"#),
        "keys keep their order"
    );
}

#[test]
fn a_server_that_is_gone_after_the_stream_was_open_is_tried_again() {
    let server = Scripted::start(vec![Close(stream("retry: 100\ndata: 1\n\n"))]);
    let mut child = spawn(&["listen", &server.url("/"), "-o", "json", "--lifecycle"]);
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let reasons = lines.map_while(Result::ok).filter_map(|line| {
        let line: Value = serde_json::from_str(&line).unwrap();
        (line["kind"] == "retrying").then(|| line["reason"].as_str().unwrap().to_owned())
    });
    assert_eq!(reasons.take(3).collect::<Vec<_>>(), ["the stream ended", "connection refused", "connection refused"]);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_first_connection_that_is_refused_is_an_error_with_a_hint() {
    let output = run(&["listen", &format!("http://{}/", nobody())], "");
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), ""));
    let said = stderr(&output);
    assert!(said.starts_with("sse: cannot connect to 127.0.0.1:") && said.contains(": connection refused\n"), "{said}");
    assert!(said.contains("hint: ") && said.contains("sse serve") && said.contains("--wait"), "{said}");
}

#[test]
fn a_server_that_hangs_up_instead_of_answering_is_told_apart_from_one_that_is_not_there() {
    let server = Scripted::start(vec![Close(Vec::new())]);
    let output = listen(&server, &[]);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.starts_with(&format!("sse: {} did not answer: ", server.address)), "{said}");
    assert!(said.contains("\nhint: ") && said.contains("--wait") && !said.contains("check the address"), "{said}");
    let server = Scripted::start(vec![Close(Vec::new()), Close(stream("data: 1\n\n"))]);
    let output = listen(&server, &["--wait", "-n", "1", "-o", "data"]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), "1\n"), "{}", stderr(&output));
}

#[test]
fn waiting_for_the_first_connection_goes_with_ending_when_the_stream_does() {
    let server = Scripted::start(vec![Close(Vec::new()), Close(stream("data: 1\n\n")), Close(stream("data: 2\n\n"))]);
    let output = listen(&server, &["--wait", "--no-reconnect", "-o", "data"]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), "1\n"), "{}", stderr(&output));
}

#[test]
fn standing_defaults_come_from_the_environment_and_options_go_before() {
    let defaults = [("SSE_OUTPUT", "data"), ("SSE_HEADER", "X-Key: a"), ("SSE_WAIT", "1"), ("SSE_NO_RECONNECT", "yes")];
    let server = Scripted::start(vec![Close(Vec::new()), Close(stream("data: 1\n\n"))]);
    let output = sse().args(["listen", &server.url("/")]).envs(defaults).output().unwrap();
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), "1\n"), "{}", stderr(&output));
    assert_eq!(server.request().header("x-key"), Some(&b"a"[..]));
    // A recording takes no notice of those that are about connections.
    let file = crate::recording::recording(b"data: 1\n\n");
    let output = sse().arg("listen").arg(file.path()).args(["-o", "raw"]).envs(defaults).output().unwrap();
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), "data: 1\n\n"), "{}", stderr(&output));
}

#[test]
fn a_first_connection_that_is_refused_is_tried_again_on_request() {
    let mut child = spawn(&["listen", &format!("http://{}/", nobody()), "--wait", "-o", "json", "--lifecycle"]);
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&line["kind"], &line["reason"]), (&json!("retrying"), &json!("connection refused")));
    assert!((1000..=2000).contains(&line["in_ms"].as_u64().unwrap()), "{line}");
}

#[test]
fn what_is_not_an_event_stream_is_shown_with_status_headers_and_body() {
    let long = "x".repeat(5000);
    let cases = [
        (answer("204 No Content", "text/event-stream", ""), "204 No Content", "text/event-stream"),
        (answer("202 Accepted", "text/event-stream", "data: 1\n\n"), "202 Accepted", "data: 1"),
        (answer("500 Internal Server Error", "text/plain", "it \x1b[31mbroke"), "500 Internal", "it \\x1b[31mbroke"),
        (answer("200 OK", "text/html", "<p>hello"), "200 OK", "its content type is text/html"),
        (answer("200 OK", "text/plain", &long), "200 OK", &format!("\n{}…\n(only the beginning", &long[..1024])),
    ];
    for (bytes, status, part) in cases {
        let server = Scripted::start(vec![Close(bytes)]);
        let output = listen(&server, &[]);
        let said = stderr(&output);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(3), ""), "{said}");
        assert!(said.starts_with(&format!("HTTP/1.1 {status}")) && said.contains("content-type: text/"), "{said}");
        assert!(said.contains(part) && said.contains("\nsse: http://") && said.contains("\nhint: "), "{said}");
    }
}

#[test]
fn a_body_that_is_no_stream_and_never_ends_does_not_keep_the_message_back() {
    let server = Scripted::start(vec![Hold(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nhello".to_vec())]);
    let output = listen(&server, &[]);
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("\nhello…\n(only the beginning of the body is shown)\n"), "{}", stderr(&output));
}

#[test]
fn a_stream_that_is_compressed_is_shown_as_it_arrives_whether_that_was_asked_for_or_not() {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(b"data: 1\n\n").unwrap();
    gzip.flush().unwrap();
    let head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n\r\n";
    for (options, asked) in [(&[][..], "identity"), (&["--compressed"], "gzip, deflate, br, zstd")] {
        // The stream goes on: what was flushed is there nevertheless.
        let server = Scripted::start(vec![Hold([&head[..], gzip.get_ref()].concat())]);
        let output = listen(&server, &[&["-n", "1", "-o", "data"], options].concat());
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), "1\n"), "{}", stderr(&output));
        assert_eq!(server.request().header("accept-encoding"), Some(asked.as_bytes()));
    }
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: compress\r\n\r\n";
    let output = listen(&Scripted::start(vec![Close(head.into())]), &[]);
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("compressed in an unknown way (compress)"), "{}", stderr(&output));
}

#[test]
fn a_request_body_may_come_from_stdin_and_go_with_another_method() {
    let server = Scripted::start(vec![Close(stream("data: 1\n\n"))]);
    run(&["listen", &server.url("/"), "-n", "1", "-X", "PUT", "-d", "@-"], "from stdin");
    let request = server.request();
    assert_eq!((request.line.as_str(), &request.body[..]), ("PUT / HTTP/1.1", &b"from stdin"[..]));
    assert_eq!(request.header("content-type"), Some(&b"text/plain; charset=utf-8"[..]));
}

#[test]
fn redirections_in_a_circle_are_a_failure_that_names_the_url() {
    let circle = "HTTP/1.1 302 F\r\nLocation: /\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    let server = Scripted::start((0..30).map(|_| Close(circle.into())).collect());
    let output = listen(&server, &[]);
    assert_eq!(output.status.code(), Some(1));
    let said = format!("sse: the request to {} failed: too many redirects\nhint: ", server.url("/stream"));
    assert!(stderr(&output).starts_with(&said), "{}", stderr(&output));
}

#[test]
fn a_standard_method_goes_out_as_servers_know_it_and_another_as_it_is() {
    for (given, sent) in [("get", "GET"), ("Post", "POST"), ("Subscribe", "Subscribe")] {
        let server = Scripted::start(vec![Close(stream("data: 1\n\n"))]);
        listen(&server, &["-n", "1", "-X", given]);
        assert_eq!(server.request().line, format!("{sent} /stream HTTP/1.1"));
    }
}

#[test]
fn a_reader_that_goes_ends_it_also_while_the_stream_is_silent() {
    let server = Scripted::start(vec![Hold(stream("data: 1\n\n"))]);
    let mut child = spawn(&["listen", &server.url("/"), "-o", "data"]);
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
    let status = ended(&mut child);
    assert_eq!(status.code(), Some(0));
}

#[test]
fn without_reconnecting_the_end_of_a_stream_is_the_end_and_a_cut_is_a_failure() {
    let server = Scripted::start(vec![Close(stream("data: 1\n\n"))]);
    let output = listen(&server, &["--no-reconnect", "-o", "data"]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), "1\n"));
    let head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n";
    let server = Scripted::start(vec![Close(head.into())]);
    let output = listen(&server, &["--no-reconnect", "-o", "data"]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), "1\n"));
    assert!(stderr(&output).starts_with("sse: the stream broke off: "), "{}", stderr(&output));
}

#[test]
fn reconnections_are_said_on_stderr_unless_quiet() {
    let script = || vec![Close(stream("retry: 100\ndata: 1\n\n")), Close(stream("data: 2\n\n"))];
    let output = listen(&Scripted::start(script()), &["-n", "2"]);
    assert_eq!(stderr(&output), "sse: the stream ended; reconnecting in 0.1 s\n");
    assert_eq!(stderr(&listen(&Scripted::start(script()), &["-n", "2", "-q"])), "");
}

#[test]
fn a_narrow_terminal_shows_state_and_count_and_a_dumb_one_plain_lines() {
    let shown = |term: &str| {
        let server = Scripted::start(vec![
            Close(stream("retry: 100\ndata: 1\n\n")),
            Close(stream("data: 2\n\n")),
            Hold(stream("")),
        ]);
        let url = server.url("/events/a/long/path/to/somewhere");
        on_terminal(term, 40, &format!("listen {url} -o data --for 800ms --color never"))
    };
    let drawn = shown("xterm");
    assert!(drawn.contains("\x1b[2K● live  http://127") && drawn.contains("…"), "{drawn:?}");
    assert!(drawn.contains("somewhere  2 events"), "{drawn:?}");
    assert!(drawn.contains("\x1b[2K● offline  the stream e"), "{drawn:?}");
    let again = "sse: the stream ended; reconnecting in 0.1 s\r\n";
    assert_eq!(shown("dumb"), format!("1\r\n{again}2\r\n{again}"));
}

#[test]
fn a_stream_that_ends_inside_an_event_is_said_to_have_done_so() {
    let dropped = "the stream ended inside an event, which is dropped as the standard says";
    let server = Scripted::start(vec![
        Close(stream("retry: 100\ndata: 1\n\ndata: 2\n")),
        Close(stream("data: 3\n\n: comment")),
        Close(stream("data: 4\n\n")),
    ]);
    let output = listen(&server, &["-n", "3", "-o", "json", "--lifecycle"]);
    let again = "sse: the stream ended; reconnecting in 0.1 s\n";
    assert_eq!(stderr(&output), format!("sse: {dropped}\n{again}{again}"));
    assert_eq!(of_kind(&lines(&output), "warning"), [json!({ "kind": "warning", "warning": dropped })]);
    let server = Scripted::start(vec![Close(stream("data: 1"))]);
    let output = listen(&server, &["--no-reconnect"]);
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), format!("sse: {dropped}\n")));
    let output = run(&["listen", "-", "-o", "data"], "data: 1\n\nid: 2\ndata: 2\n");
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), "1\n"));
    assert_eq!(stderr(&output), format!("sse: {dropped}\n"));
}

#[test]
fn a_reconnection_time_beyond_all_reason_is_cut_and_said_once() {
    let body = "retry: 18446744073709551615\n\nretry: 18446744073709551614\ndata: 1\n\n";
    let server = Scripted::start(vec![Close(stream(body))]);
    let output = listen(&server, &["--for", "800ms", "-o", "json", "--lifecycle"]);
    let said = "sse: the server asks to wait years before reconnecting: 24 h is the most that is obeyed\n\
                sse: the stream ended; reconnecting in 24 h\n";
    assert_eq!(stderr(&output), said);
    let lines = lines(&output);
    assert_eq!(of_kind(&lines, "retry")[0]["ms"], u64::MAX, "what the stream says stays what it says");
    assert_eq!((of_kind(&lines, "warning").len(), &of_kind(&lines, "retrying")[0]["in_ms"]), (1, &json!(86_400_000)));
}

#[test]
fn arguments_that_make_no_sense_are_refused_with_a_sentence() {
    let cases: [(&[&str], &str); 14] = [
        (&["http://"], "is not a URL"),
        (&["ftp://example.com/"], "ftp: is not a scheme"),
        (&["localhost:8080/x"], "http://localhost:8080/x"),
        (&[""], "cannot be empty"),
        (&["x", "-H", "Authorization"], "Name: value"),
        (&["x", "-H", "a: b\nc: d"], "control characters"),
        (&["x", "-X", "B D"], "a method is a word, such as GET or POST"),
        (&["x", "--last-event-id", "a\nb"], "cannot hold a line feed"),
        (&["x", "--last-event-id", "\u{7}"], "control characters"),
        (&["x", "-n", "0"], "a whole number, 1 or more"),
        (&["x", "-n", "many"], "a whole number, 1 or more"),
        (&["x", "-H", "transfer-encoding: chunked"], "leave the header away"),
        (&["x", "-o", "raw", "--lifecycle"], "--lifecycle needs"),
        (&["-", "-d", "x"], "recorded stream"),
    ];
    for (args, sentence) in cases {
        let output = run(&[&["listen"], args].concat(), "");
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(sentence), "{args:?}: {}", stderr(&output));
    }
}
