//! The request: WHATWG HTML §9.2.2 and what the options make of it.

use super::{Heard, Listening, listen};
use crate::process::sse;
use crate::scripted::Answer::Close;
use crate::scripted::{Request, Scripted, stream};

/// The request that is made with these options.
fn asked(options: &[&str]) -> Request {
    let server = Scripted::start(vec![Close(stream("data: 1\n\n"))]);
    let heard: Heard = listen(&server, &[options, &["-n", "1"]].concat());
    assert_eq!(heard.data(), ["1"], "{}", heard.stderr);
    server.request()
}

#[test]
fn it_is_the_request_of_an_event_source_and_nothing_more() {
    let request = asked(&[]);
    let mut names: Vec<_> = request.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    names.sort();
    assert_eq!(names, ["accept", "accept-encoding", "cache-control", "host", "user-agent"]);
    assert!(request.text("user-agent").unwrap().starts_with("sse/"));
}

#[test]
fn a_header_that_is_given_replaces_its_default_and_may_be_given_twice() {
    let given = ["-H", "accept: text/event-stream, x/y", "-H", "User-Agent: me", "-H", "Cache-Control: max-age=0"];
    let request = asked(&[&given[..], &["-H", "Host: example.com", "-H", "X-Empty:"]].concat());
    assert_eq!(request.text("accept"), Some("text/event-stream, x/y"));
    assert_eq!(request.text("user-agent"), Some("me"));
    assert_eq!(request.text("cache-control"), Some("max-age=0"));
    assert_eq!((request.text("host"), request.text("x-empty")), (Some("example.com"), Some("")));
    let request = asked(&["-H", "X-Key: a", "-H", "x-key: b"]);
    let values: Vec<_> = request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("x-key")).collect();
    assert!(values.iter().map(|(_, value)| &value[..]).eq([&b"a"[..], b"b"]), "{values:?}");
}

#[test]
fn of_several_credentials_a_header_goes_first_then_the_user_then_the_token() {
    let authorization = |options: &[&str]| asked(options).text("authorization").map(str::to_owned);
    assert_eq!(authorization(&["--bearer", "token"]).as_deref(), Some("Bearer token"));
    assert_eq!(authorization(&["-u", "me:pass:word"]).as_deref(), Some("Basic bWU6cGFzczp3b3Jk"));
    assert_eq!(authorization(&["--bearer", "token", "--user", "me:secret"]).as_deref(), Some("Basic bWU6c2VjcmV0"));
    let all = ["--bearer", "token", "-u", "me:secret", "-H", "authorization: Own key"];
    assert_eq!(authorization(&all).as_deref(), Some("Own key"));
}

#[test]
fn credentials_may_stand_in_the_environment_where_no_process_list_shows_them() {
    let variables = [("SSE_TOKEN", "token"), ("SSE_COOKIE", "a=1; b=2")];
    let server = Scripted::start(vec![Close(stream("data: 1\n\n"))]);
    let url = server.url("/");
    let mut command = sse();
    command.args(["listen", &url, "-n", "1", "-o", "json"]).envs(variables);
    assert_eq!(Listening::start_as(&mut command).end().data(), ["1"]);
    let request = server.request();
    assert_eq!((request.text("authorization"), request.text("cookie")), (Some("Bearer token"), Some("a=1; b=2")));
}

#[test]
fn cookies_go_along_and_those_that_the_server_sets_do_not_stay() {
    let setting = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nSet-Cookie: b=2\r\n\r\ndata: 1\n\n";
    let server = Scripted::start(vec![Close(setting.into()), Close(stream("data: 2\n\n"))]);
    listen(&server, &["-n", "2", "--retry", "0ms", "--cookie", "a=1"]);
    for _ in 0..2 {
        assert_eq!(server.request().text("cookie"), Some("a=1"));
    }
}

#[test]
fn credentials_in_the_url_are_sent_and_not_shown() {
    let server = Scripted::start(vec![Close(stream("data: 1\n\n")), Close(Vec::new())]);
    let url = format!("http://me:secret@{}/", server.address);
    let heard = super::listen_to(&url, &["--no-reconnect", "-v"]);
    assert_eq!(heard.data(), ["1"]);
    assert_eq!(server.request().text("authorization"), Some("Basic bWU6c2VjcmV0"));
    assert!(!heard.stderr.contains("secret") && !format!("{:?}", heard.lines).contains("secret"), "{heard:?}");
}

#[test]
fn a_body_is_sent_with_its_type_under_the_method_that_is_asked_for() {
    let request = asked(&["-X", "REPORT", "-d", "a=1"]);
    assert_eq!((request.line.as_str(), &request.body[..]), ("REPORT /stream HTTP/1.1", &b"a=1"[..]));
    assert_eq!(request.text("content-type"), Some("text/plain; charset=utf-8"));
    let request = asked(&["-d", "[1]", "-H", "Content-Type: application/x"]);
    assert_eq!((request.line.as_str(), request.text("content-type")), ("POST /stream HTTP/1.1", Some("application/x")));
    let request = asked(&["-X", "GET", "-d", "{}"]);
    assert_eq!((request.line.as_str(), &request.body[..]), ("GET /stream HTTP/1.1", &b"{}"[..]));
    assert_eq!((asked(&["-d", "@@a"]).body, asked(&["-d", "a@"]).body), (b"@a".to_vec(), b"a@".to_vec()));
    // A POST says that its body is empty.
    for options in [["-d", ""], ["-X", "POST"]] {
        let request = asked(&options);
        assert_eq!((request.line.as_str(), request.text("content-length")), ("POST /stream HTTP/1.1", Some("0")));
    }
    assert_eq!(asked(&["-X", "REPORT"]).header("content-length"), None);
}

#[test]
fn a_report_sends_its_body_anew_with_each_connection() {
    let server = Scripted::start((1..=3).map(|n| Close(stream(&format!("id: {n}\ndata: {n}\n\n")))).collect());
    let file = crate::recording::recording(b"<report/>\r\n");
    let body = format!("@{}", file.path().display());
    assert_eq!(listen(&server, &["-n", "3", "--retry", "0ms", "-X", "REPORT", "-d", &body]).data(), ["1", "2", "3"]);
    for id in [None, Some("1"), Some("2")] {
        let request = server.request();
        assert_eq!((request.line.as_str(), &request.body[..]), ("REPORT /stream HTTP/1.1", &b"<report/>\r\n"[..]));
        assert_eq!(request.text("last-event-id"), id);
    }
}

#[test]
fn the_url_is_asked_for_as_it_is_but_for_its_fragment() {
    let server = Scripted::start(vec![Close(stream("data: 1\n\n"))]);
    super::listen_to(&server.url("/a%20b/räume/{x}?q=a+b&c[]=%2F#fragment"), &["-n", "1"]);
    assert_eq!(server.request().line, "GET /a%20b/r%C3%A4ume/%7Bx%7D?q=a+b&c[]=%2F HTTP/1.1");
}
