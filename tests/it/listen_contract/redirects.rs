//! Redirections: Fetch §4.4, "HTTP-redirect fetch".

use super::{listen, listen_to};
use crate::scripted::Answer::{self, Close, Keep};
use crate::scripted::{Request, Scripted, answer, pieces, stream};

/// A redirection, whose own body is not meant for anyone.
fn moved(status: u16, location: &str) -> Answer {
    let (head, body) = (format!("HTTP/1.1 {status} Moved\r\nLocation: {location}\r\n"), "data: not here\n\n");
    let length = body.len();
    Keep(format!("{head}Content-Type: text/event-stream\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes())
}

fn gone() -> Answer {
    Close(answer("204 No Content", "text/plain", ""))
}

/// The request that follows a redirection with this status, and an event that came of it.
fn followed(status: u16, options: &[&str]) -> Request {
    let server = Scripted::start(vec![moved(status, "/b?x=1"), Close(stream("data: there\n\n"))]);
    let heard = listen(&server, &[options, &["-n", "1"]].concat());
    assert_eq!((heard.code, heard.data()), (Some(0), vec!["there"]), "{status}: {}", heard.stderr);
    server.request();
    server.request()
}

#[test]
fn a_get_follows_with_its_headers_and_each_connection_begins_at_the_url_that_was_given() {
    for status in [301, 302, 303, 307, 308] {
        let server = Scripted::start(vec![
            moved(status, "/b"),
            Close(stream("id: 7\ndata: 1\n\n")),
            moved(status, "/c"),
            Close(stream("data: 2\n\n")),
            gone(),
        ]);
        let heard = listen(&server, &["--retry", "0ms", "--last-event-id", "6", "-H", "X-Key: a", "-u", "me:secret"]);
        assert_eq!((heard.code, heard.data()), (Some(3), vec!["1", "2"]), "{status}");
        let requests = server.requests(5);
        let asked = requests.iter().map(|request| (request.line.as_str(), request.text("last-event-id")));
        let get = |path, id| (path, Some(id));
        assert_eq!(
            asked.collect::<Vec<_>>(),
            [
                get("GET /stream HTTP/1.1", "6"),
                get("GET /b HTTP/1.1", "6"),
                get("GET /stream HTTP/1.1", "7"),
                get("GET /c HTTP/1.1", "7"),
                get("GET /stream HTTP/1.1", "7"),
            ]
        );
        for request in requests {
            assert_eq!(request.text("accept"), Some("text/event-stream"));
            assert_eq!(request.text("cache-control"), Some("no-cache"));
            assert_eq!(request.text("x-key"), Some("a"));
            assert_eq!(request.text("authorization"), Some("Basic bWU6c2VjcmV0"));
            assert_eq!(request.header("referer"), None, "nobody is told where it came from");
        }
    }
}

#[test]
fn a_post_becomes_a_get_where_fetch_says_so_and_is_repeated_otherwise() {
    for status in [301, 302, 303] {
        let request = followed(status, &["-d", "{}"]);
        assert_eq!((request.line.as_str(), request.body.len()), ("GET /b?x=1 HTTP/1.1", 0), "{status}");
        assert_eq!((request.header("content-type"), request.header("content-length")), (None, None), "{status}");
        assert_eq!(request.text("accept"), Some("text/event-stream"));
    }
    for status in [307, 308] {
        let request = followed(status, &["-d", "{}"]);
        assert_eq!((request.line.as_str(), &request.body[..]), ("POST /b?x=1 HTTP/1.1", &b"{}"[..]), "{status}");
        assert_eq!(request.text("content-type"), Some("application/json"));
    }
}

#[test]
fn any_other_method_is_repeated_but_after_303() {
    for status in [301, 302, 307, 308] {
        let request = followed(status, &["-X", "REPORT", "-d", "{}"]);
        assert_eq!((request.line.as_str(), &request.body[..]), ("REPORT /b?x=1 HTTP/1.1", &b"{}"[..]), "{status}");
    }
    let request = followed(303, &["-X", "REPORT", "-d", "{}"]);
    assert_eq!((request.line.as_str(), request.body.len()), ("GET /b?x=1 HTTP/1.1", 0));
    assert_eq!(request.header("content-type"), None);
}

#[test]
fn credentials_do_not_go_to_another_host() {
    let other = Scripted::start(vec![Close(stream("id: 7\ndata: 1\n\n"))]);
    let server = Scripted::start(vec![moved(307, &other.url("/other")), gone()]);
    let given = ["--bearer", "secret", "--cookie", "a=secret", "-H", "X-Key: b", "--last-event-id", "6"];
    assert_eq!(listen(&server, &[&given[..], &["--retry", "0ms"]].concat()).data(), ["1"]);
    let request = other.request();
    assert!((request.header("authorization"), request.header("cookie")) == (None, None), "{request:?}");
    assert!(!format!("{:?}", request.headers).contains(&server.address.to_string()), "{request:?}");
    assert_eq!((request.text("x-key"), request.text("last-event-id")), (None, Some("6")));
    // The host that they are for is asked with them again.
    server.request();
    let request = server.request();
    assert_eq!((request.text("authorization"), request.text("last-event-id")), (Some("Bearer secret"), Some("7")));
    assert_eq!(request.text("cookie"), Some("a=secret"));
}

/// Headers of all kinds, and what of them another server may see.
const GIVEN: [&str; 8] = [
    "X-Api-Key: secret",
    "Mcp-Session-Id: secret",
    "Proxy-Authorization: secret",
    "Host: example.com",
    "Accept: text/event-stream, a/b",
    "Accept-Language: de",
    "User-Agent: me",
    "Content-Type: c/d",
];

#[test]
fn of_the_headers_only_those_that_cannot_be_a_secret_go_to_another_server_however_it_is_come_to() {
    let given: Vec<_> = GIVEN.iter().flat_map(|header| ["-H", header]).collect();
    // Another port, and another name of the same machine.
    for by_name in [false, true] {
        let end = Scripted::start(vec![Close(stream("data: 1\n\n"))]);
        let there = end.url("/end");
        let there = if by_name { there.replace("127.0.0.1", "localhost") } else { there };
        let middle = Scripted::start(vec![moved(307, "/on"), moved(308, &there)]);
        let server = Scripted::start(vec![moved(307, &middle.url("/middle"))]);
        let heard = listen(&server, &[&given[..], &["-d", "body", "--last-event-id", "6", "-n", "1"]].concat());
        assert_eq!(heard.data(), ["1"], "{}", heard.stderr);
        assert_eq!(server.request().text("x-api-key"), Some("secret"));
        for request in [middle.request(), middle.request(), end.request()] {
            assert!(!request.headers.iter().any(|(_, value)| value == b"secret"), "{request:?}");
            assert_ne!(request.text("host"), Some("example.com"));
            assert_eq!(
                (request.text("accept"), request.text("accept-language")),
                (Some("text/event-stream, a/b"), Some("de"))
            );
            assert_eq!((request.text("user-agent"), request.text("content-type")), (Some("me"), Some("c/d")));
            assert_eq!((request.text("last-event-id"), &request.body[..]), (Some("6"), &b"body"[..]));
        }
    }
}

#[test]
fn what_has_been_left_behind_does_not_come_back_on_the_way() {
    let (bytes, answer) = pieces();
    let server = Scripted::start(vec![answer, Close(stream("data: 1\n\n"))]);
    let other = Scripted::start(vec![moved(302, &server.url("/back"))]);
    let head =
        format!("HTTP/1.1 302 X\r\nLocation: {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", other.url("/"));
    bytes.send(head.into_bytes()).unwrap();
    drop(bytes);
    assert_eq!(listen(&server, &["-H", "X-Api-Key: secret", "-n", "1"]).data(), ["1"]);
    let keys: Vec<_> = server.requests(2).iter().map(|request| request.text("x-api-key").is_some()).collect();
    assert_eq!(keys, [true, false]);
}

#[test]
fn a_refusal_of_another_server_says_what_it_was_not_told() {
    let refuse = || Scripted::start(vec![Close(answer("401 Unauthorized", "text/plain", "who?"))]);
    let listen_by = |options: &[&str], other: &Scripted| {
        let server = Scripted::start(vec![moved(302, &other.url("/other"))]);
        let heard = listen(&server, options);
        assert_eq!(heard.code, Some(3), "{}", heard.stderr);
        heard.stderr.lines().last().unwrap().to_owned()
    };
    let hint = listen_by(&["-u", "me:secret", "-H", "X-Api-Key: secret"], &refuse());
    let expected = "hint: it redirects to another server, which is not sent authorization and x-api-key: if it shall have \
                    them, give its URL";
    assert_eq!(hint, expected);
    assert!(listen_by(&["-H", "Accept-Language: de"], &refuse()).starts_with("hint: a token goes into SSE_TOKEN"));
    // With -v it is said also where nothing is refused.
    let other = Scripted::start(vec![Close(stream("data: 1\n\n"))]);
    let server = Scripted::start(vec![moved(302, &other.url("/other"))]);
    let heard = listen(&server, &["-H", "X-Api-Key: secret", "-n", "1", "-v"]);
    assert!(heard.stderr.contains("x-api-key") && !heard.stderr.contains("secret"), "{}", heard.stderr);
}

#[test]
fn credentials_of_the_url_stay_with_its_server() {
    let other = Scripted::start(vec![Close(stream("data: 1\n\n"))]);
    let (bytes, answer) = pieces();
    let server = Scripted::start(vec![moved(302, "/a"), answer, moved(302, &other.url("/"))]);
    let absolute = format!("HTTP/1.1 302 X\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", server.url("/b"));
    bytes.send(absolute.into_bytes()).unwrap();
    drop(bytes);
    let url = server.url("/stream").replace("http://", "http://me:secret@");
    assert_eq!(listen_to(&url, &["-n", "1"]).data(), ["1"]);
    for request in server.requests(3) {
        assert_eq!(request.text("authorization"), Some("Basic bWU6c2VjcmV0"), "{request:?}");
    }
    assert_eq!(other.request().header("authorization"), None);
}

#[test]
fn twenty_redirections_in_a_row_are_followed_and_more_are_an_error() {
    let script = |redirections: u32| {
        let mut script: Vec<_> = (1..=redirections).map(|n| moved(302, &format!("/{n}"))).collect();
        script.push(Close(stream("data: there\n\n")));
        script
    };
    let heard = listen(&Scripted::start(script(20)), &["-n", "1"]);
    assert_eq!((heard.code, heard.data()), (Some(0), vec!["there"]));
    let heard = listen(&Scripted::start(script(21)), &["-n", "1"]);
    assert_eq!((heard.code, heard.data().len()), (Some(1), 0));
    assert!(heard.stderr.contains("failed: too many redirects\nhint: "), "{}", heard.stderr);
}

#[test]
fn a_location_is_relative_to_where_it_was_found() {
    let server = Scripted::start(vec![
        moved(302, "a/b?x=1"),
        moved(302, "../c#top"),
        moved(302, "?y=2"),
        moved(302, "/räume"),
        Close(stream("data: there\n\n")),
    ]);
    assert_eq!(listen(&server, &["-n", "1"]).data(), ["there"]);
    let lines: Vec<_> = server.requests(5).into_iter().map(|request| request.line).collect();
    let expected =
        ["/stream", "/a/b?x=1", "/c", "/c?y=2", "/r%C3%A4ume"].map(|target| format!("GET {target} HTTP/1.1"));
    assert_eq!(lines, expected);
}

#[test]
fn a_redirection_to_what_is_not_http_is_an_error() {
    for (location, why) in [
        ("ftp://example.com/", "its redirection leads to ftp:, where no HTTP is spoken"),
        ("file:///etc/passwd", "its redirection leads to file:, where no HTTP is spoken"),
        ("data:text/event-stream,data:1", "its redirection leads to data:, where no HTTP is spoken"),
        ("http://", "its redirection leads to no URL: empty host"),
        ("http://a:b/", "its redirection leads to no URL: invalid port number"),
    ] {
        let server = Scripted::start(vec![moved(302, location)]);
        let heard = listen(&server, &["-n", "1"]);
        assert_eq!((heard.code, heard.data().len()), (Some(1), 0), "{location}: {heard:?}");
        let said = format!("sse: the request to {} failed: {why}\nhint: ", server.url("/stream"));
        assert!(heard.stderr.starts_with(&said), "{location}: {}", heard.stderr);
    }
}
