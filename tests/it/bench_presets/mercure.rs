//! Mercure: <https://mercure.rocks/spec>, and the hub's answers as its source has them.

use url::form_urlencoded;

use super::stand_in::{Answer, Request, response, stream};
use super::{StandIn, System, assert_clean, bench};
use crate::bench::fails;

const TOPIC: &str = "https://example.com/books/1 ä";

const PUBLISHER: &str = "eyJwdWJsaXNoZXIi.x.y";

/// A hub, before or since 1.0.
struct Mercure {
    parameter: &'static str,
    /// What a subscriber has to present.
    subscriber: Option<&'static str>,
}

impl System for Mercure {
    fn answer(&self, request: &Request) -> Answer {
        let (path, query) = request.line().split_once('?').unwrap_or((request.line(), ""));
        if path == "GET /.well-known/mercure" {
            return self.subscribe(request, query.trim_end_matches(" HTTP/1.1"));
        }
        let form: Vec<_> = form_urlencoded::parse(request.body.as_bytes()).into_owned().collect();
        let authorized = request.header("Authorization") == Some(&format!("Bearer {PUBLISHER}"));
        match form.as_slice() {
            _ if !authorized => Answer::Refused(response("401 Unauthorized", "text/plain", "Unauthorized\n")),
            [(topic, name), (data, payload)] if topic == "topic" && name == TOPIC && data == "data" => {
                assert_eq!(request.header("Content-Type"), Some("application/x-www-form-urlencoded"));
                let id = "urn:uuid:e1ee88e2-532a-4d6f-ba70-f0f8bd584022";
                Answer::Taken(response("200 OK", "text/plain", id), format!("id: {id}\ndata: {payload}\n\n"))
            }
            _ => Answer::Refused(response("400 Bad Request", "text/plain", "Missing \"topic\" parameter\n")),
        }
    }
}

impl Mercure {
    fn subscribe(&self, request: &Request, query: &str) -> Answer {
        let token = self.subscriber.map(|token| format!("Bearer {token}"));
        let expected = form_urlencoded::Serializer::new(String::new()).append_pair(self.parameter, TOPIC).finish();
        if request.header("Authorization") != token.as_deref() {
            return Answer::Refused(response("401 Unauthorized", "text/plain", "Unauthorized\n"));
        }
        if query.replace("%20", "+") != expected {
            let words = format!("unknown topic matcher query parameter: {query}, use {:?}\n", self.parameter);
            return Answer::Refused(response("400 Bad Request", "text/plain", &words));
        }
        Answer::Stream(stream("Transfer-Encoding: chunked\r\n"), ":\n".into())
    }
}

fn run(server: &StandIn, preset: &str, more: &[&str]) -> std::process::Output {
    bench(&[&["--preset", preset, &server.url(""), "--topic", TOPIC], more].concat())
}

#[test]
fn mercure_is_published_to_with_a_form_and_read_by_topic() {
    let server = StandIn::start(Mercure { parameter: "topic", subscriber: None });
    assert_clean(&run(&server, "mercure", &["--publish-token", PUBLISHER]));
    let name = "https%3A%2F%2Fexample.com%2Fbooks%2F1%20%C3%A4";
    let expected = format!(
        "GET /.well-known/mercure?topic={name} HTTP/1.1\r\nHost: ADDRESS\r\nAccept: text/event-stream\r\n\
         Cache-Control: no-cache\r\nUser-Agent: sse-bench/VERSION\r\n\r\n"
    );
    assert_eq!(server.first("GET"), expected);
    let length = format!("topic={name}&data=").len() + 200;
    let expected = format!(
        "POST /.well-known/mercure HTTP/1.1\r\nHost: ADDRESS\r\nContent-Length: {length}\r\n\
         User-Agent: sse-bench/VERSION\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         authorization: Bearer {PUBLISHER}\r\n\r\ntopic={name}&data=PAYLOAD"
    );
    assert_eq!(server.first("POST"), expected);
}

#[test]
fn mercure_since_1_is_read_by_match_and_each_side_has_its_token() {
    let server = StandIn::start(Mercure { parameter: "match", subscriber: Some("eyJzdWIi") });
    assert_clean(&run(&server, "mercure-1", &["--publish-token", PUBLISHER, "--subscribe-token", "eyJzdWIi"]));
}

#[test]
fn the_whole_url_of_a_hub_is_a_base_too() {
    let server = StandIn::start(Mercure { parameter: "topic", subscriber: None });
    let url = server.url("/.well-known/mercure");
    assert_clean(&bench(&["--preset", "mercure", &url, "--topic", TOPIC, "--publish-token", PUBLISHER]));
}

/// What Caddy does at http:// of a site that it serves over https.
struct Redirects;

impl System for Redirects {
    fn answer(&self, _: &Request) -> Answer {
        let location = "https://localhost/.well-known/mercure";
        Answer::Refused(format!(
            "HTTP/1.1 308 Permanent Redirect\r\nConnection: close\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
        ))
    }
}

#[test]
fn a_hub_that_wants_https_says_where_it_is() {
    let output = run(&StandIn::start(Redirects), "mercure", &["--publish-token", PUBLISHER]);
    fails(&output, 3, &["status 308: it redirects to https://localhost/.well-known/mercure", "SERVER_NAME=:80"]);
}

#[test]
fn a_hub_that_refuses_is_quoted_and_what_it_needs_is_said() {
    let server = StandIn::start(Mercure { parameter: "match", subscriber: None });
    let output = run(&server, "mercure", &["--publish-token", PUBLISHER]);
    fails(&output, 3, &["status 400: unknown topic matcher query parameter", "use \"match\"", "Mercure before 1.0"]);
    let output = run(&server, "mercure-1", &["--publish-token", "another"]);
    fails(&output, 3, &["does not let us publish: status 401: Unauthorized", "hint: ", "--preset mercure-1: "]);
}
