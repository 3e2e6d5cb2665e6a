//! Pushpin: <https://pushpin.org/docs/getting-started/>. The control port ends the connection after each answer, and the
//! events have no ID.

use serde_json::Value;

use super::stand_in::{Answer, Request, stream};
use super::{StandIn, System, assert_clean, bench};
use crate::bench::fails;

struct Pushpin;

impl System for Pushpin {
    fn answer(&self, request: &Request) -> Answer {
        let answer = |status: &str, body: &str| {
            let length = body.len();
            format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}")
        };
        match request.line() {
            "GET /stream?x=1 HTTP/1.1" => Answer::Stream(stream(""), ": opened\n\n".into()),
            "POST /publish/ HTTP/1.1" => {
                assert_eq!(request.header("Content-Type"), Some("application/json"));
                let asked: Value = serde_json::from_str(&request.body).expect("JSON");
                let item = &asked["items"][0];
                assert_eq!(item["channel"], "bench");
                let content = item["formats"]["http-stream"]["content"].as_str().expect("text");
                Answer::Taken(answer("200 OK", "Published\n"), content.to_owned())
            }
            _ => Answer::Refused(answer("404 Not Found", "Not Found\n")),
        }
    }
}

#[test]
fn pushpin_is_told_what_to_write_to_the_streams() {
    let (server, control) = (StandIn::start(Pushpin), String::from("/publish/"));
    let (target, control) = (server.url("/stream?x=1"), server.url(&control));
    assert_clean(&bench(&["--preset", "pushpin", &target, "--publish-url", &control]));
    let body = r#"{"items":[{"channel":"bench","formats":{"http-stream":{"content":"data: PAYLOAD\n\n"}}}]}"#;
    let length = body.len() - "PAYLOAD".len() + 200;
    let expected = format!(
        "POST /publish/ HTTP/1.1\r\nHost: ADDRESS\r\nContent-Length: {length}\r\nUser-Agent: sse-bench/VERSION\r\n\
         content-type: application/json\r\n\r\n{body}"
    );
    assert_eq!(server.first("POST"), expected);
}

#[test]
fn a_stream_that_its_backend_does_not_have_is_a_refusal() {
    let server = StandIn::start(Pushpin);
    let output = bench(&["--preset", "pushpin", &server.url("/other"), "--publish-url", &server.url("/publish/")]);
    fails(&output, 3, &["status 404: Not Found", "hint: ", "`Grip-Hold: stream`"]);
}
