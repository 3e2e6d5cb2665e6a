//! Redirections of `sse send`: an event goes along where the request is repeated as it is, credentials to their own server
//! only.

use crate::process::{run, stderr, stdout};
use crate::scripted::Answer::{self, Close};
use crate::scripted::{Scripted, answer};
use crate::send::published;

fn moved(status: u16, location: &str) -> Answer {
    let head = format!("HTTP/1.1 {status} X\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    Close(head.into_bytes())
}

const GIVEN: [&str; 6] = ["-H", "X-Api-Key: secret", "--bearer", "secret", "--idempotency-key", "k"];

#[test]
fn an_event_goes_to_another_server_without_credentials_and_under_the_same_key() {
    for status in [307, 308] {
        let other = Scripted::start(vec![published("1")]);
        let server = Scripted::start(vec![moved(status, "/b"), moved(status, &other.url("/c"))]);
        let output = run(&[&["send", &server.url("/a"), "x"], &GIVEN[..]].concat(), "");
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), "1\n"), "{}", stderr(&output));
        for request in server.requests(2) {
            assert_eq!(
                (request.text("x-api-key"), request.text("authorization")),
                (Some("secret"), Some("Bearer secret"))
            );
        }
        let request = other.request();
        assert_eq!((request.line.as_str(), &request.body[..]), ("POST /c HTTP/1.1", &b"x"[..]));
        assert!(!request.headers.iter().any(|(_, value)| value.ends_with(b"secret")), "{request:?}");
        assert_eq!(request.text("idempotency-key"), Some("k"));
        assert_eq!(request.text("content-type"), Some("text/plain; charset=utf-8"));
    }
}

#[test]
fn a_refusal_of_another_server_says_what_it_was_not_told() {
    let other = Scripted::start(vec![Close(answer("401 Unauthorized", "text/plain", "who?"))]);
    let server = Scripted::start(vec![moved(307, &other.url("/c"))]);
    let output = run(&[&["send", &server.url("/a"), "x"], &GIVEN[..]].concat(), "");
    assert_eq!(output.status.code(), Some(3));
    let hint = "hint: it redirects to another server, which is not sent authorization and x-api-key: if it shall have \
                them, give its URL\n";
    assert!(stderr(&output).ends_with(hint), "{}", stderr(&output));
}

#[test]
fn where_no_event_can_go_is_a_failure() {
    for (script, said) in [
        (vec![moved(307, "ftp://example.com/")], "its redirection leads to ftp:, where no HTTP is spoken"),
        ((0..30).map(|_| moved(308, "/")).collect(), "too many redirects"),
    ] {
        let server = Scripted::start(script);
        let output = run(&["send", &server.url("/a"), "x"], "");
        assert_eq!(output.status.code(), Some(1));
        let said = format!("sse: the request to {} failed: {said}\nhint: ", server.url("/a"));
        assert!(stderr(&output).starts_with(&said), "{}", stderr(&output));
    }
}
