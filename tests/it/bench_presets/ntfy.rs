//! ntfy: <https://docs.ntfy.sh/subscribe/api/> and its answers as the documentation shows them.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;

use super::stand_in::{Answer, Request, response, stream};
use super::{StandIn, System, assert_clean, assert_refused, bench};

#[derive(Default)]
struct Ntfy {
    authorization: Option<&'static str>,
    /// How many requests a visitor may make.
    burst: Option<u64>,
    requests: AtomicU64,
}

impl System for Ntfy {
    fn answer(&self, request: &Request) -> Answer {
        let message = |event: &str, text: &str| json!({ "id": "p0M5y6gcCY", "time": 1_635_528_909, "event": event, "topic": "bench", "message": text });
        if request.header("Authorization") != self.authorization {
            let refusal = json!({ "code": 40301, "http": 403, "error": "forbidden" });
            return Answer::Refused(response("403 Forbidden", "application/json", &refusal.to_string()));
        }
        match request.line() {
            "GET /bench/sse HTTP/1.1" => {
                let open = format!("event: open\ndata: {}\n\n", message("open", ""));
                Answer::Stream(stream("Transfer-Encoding: chunked\r\n"), open)
            }
            "POST /bench HTTP/1.1" => {
                if self.burst.is_some_and(|burst| self.requests.fetch_add(1, Ordering::Relaxed) >= burst) {
                    let error = json!({ "code": 42901, "http": 429, "error": "limit reached: too many requests" });
                    return Answer::Refused(response("429 Too Many Requests", "application/json", &error.to_string()));
                }
                let published = message("message", &request.body).to_string();
                let keepalive = message("keepalive", "");
                let event = format!("data: {published}\n\nevent: keepalive\ndata: {keepalive}\n\n");
                Answer::Taken(response("200 OK", "application/json", &(published + "\n")), event)
            }
            line => panic!("ntfy is not asked that: {line}"),
        }
    }
}

#[test]
fn ntfy_is_published_to_at_its_topic_and_its_keepalives_are_not_foreign() {
    let server = StandIn::start(Ntfy { authorization: Some("Bearer tk_1"), ..Ntfy::default() });
    let tokens = ["--publish-token", "tk_1", "--subscribe-token", "tk_1"];
    assert_clean(&bench(&[&["--preset", "ntfy", &server.url("")], &tokens[..]].concat()));
    let expected = "POST /bench HTTP/1.1\r\nHost: ADDRESS\r\nContent-Type: text/plain\r\nContent-Length: 200\r\n\
                    User-Agent: sse-bench/VERSION\r\nauthorization: Bearer tk_1\r\n\r\nPAYLOAD";
    assert_eq!(server.first("POST"), expected);
}

#[test]
fn user_and_password_in_the_base_url_are_for_both_sides() {
    let server = StandIn::start(Ntfy { authorization: Some("Basic cGhpbDpteSBwYXNz"), ..Ntfy::default() });
    let base = server.url("").replace("http://", "http://phil:my%20pass@");
    assert_clean(&bench(&["--preset", "ntfy", &base]));
}

#[test]
fn a_limit_that_is_reached_in_the_middle_is_quoted() {
    let server = StandIn::start(Ntfy { burst: Some(60), ..Ntfy::default() });
    let output = bench(&["--preset", "ntfy", &server.url("")]);
    assert_refused(&output, "status 429: {\"code\":42901,\"error\":\"limit reached: too many requests\"");
}
