//! nginx-push-stream-module: <https://github.com/wandenberg/nginx-push-stream-module>, with the template of its example for
//! `EventSource`, and the bytes of a stream as its own tests have them.

use super::stand_in::{Answer, Request, response, stream};
use super::{StandIn, System, assert_clean, bench};
use crate::bench::fails;

struct PushStream;

impl System for PushStream {
    fn answer(&self, request: &Request) -> Answer {
        match request.line() {
            "GET /ev/a%20b HTTP/1.1" => Answer::Stream(stream("Transfer-Encoding: chunked\r\n"), ": \n".into()),
            "POST /pub?id=a%20b HTTP/1.1" => {
                let info = r#"{"channel": "a b", "published_messages": 1, "stored_messages": 0, "subscribers": 3}"#;
                let event = format!(": -1\ndata: {{\"id\":1,\"channel\":\"a b\",\"text\":\"{}\"}}\n\n", request.body);
                Answer::Taken(response("200 OK", "application/json", info) + "\r\n", event)
            }
            line if line.starts_with("POST") => {
                Answer::Refused(response("403 Forbidden", "text/plain", "Number of channels were exceeded."))
            }
            _ => Answer::Stream(stream(""), String::new()),
        }
    }
}

#[test]
fn push_stream_is_published_to_by_query_and_read_by_path() {
    let server = StandIn::start(PushStream);
    assert_clean(&bench(&["--preset", "push-stream", &server.url(""), "--topic", "a b"]));
    let expected = "POST /pub?id=a%20b HTTP/1.1\r\nHost: ADDRESS\r\nContent-Type: text/plain\r\nContent-Length: 200\r\n\
                    User-Agent: sse-bench/VERSION\r\n\r\nPAYLOAD";
    assert_eq!(server.first("POST"), expected);
}

#[test]
fn a_channel_that_cannot_be_made_is_a_refusal_in_its_words() {
    let server = StandIn::start(PushStream);
    let output = bench(&["--preset", "push-stream", &server.url("")]);
    fails(&output, 3, &["status 403: Number of channels were exceeded.", "hint: ", "at /pub?id=TOPIC"]);
}
