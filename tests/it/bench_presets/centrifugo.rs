//! Centrifugo: <https://centrifugal.dev/docs/server/server_api> and its unidirectional SSE transport.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use url::form_urlencoded;

use super::stand_in::{Answer, Request, response, stream};
use super::{StandIn, System, assert_clean, assert_refused, bench};
use crate::bench::{count, fails, report, warnings};
use crate::process;

const KEY: &str = "my_api_key";

#[derive(Default)]
struct Centrifugo {
    /// What a subscriber has to present.
    token: Option<&'static str>,
    /// How many events it takes before its limits are reached.
    room: Option<u64>,
    taken: AtomicU64,
    /// Ends streams that it has just begun, as where a client may not connect.
    disconnects: bool,
}

impl System for Centrifugo {
    fn answer(&self, request: &Request) -> Answer {
        match request.line() {
            "POST /api/publish HTTP/1.1" => self.publish(request),
            line => {
                let query = line.strip_prefix("GET /connection/uni_sse?").expect("the endpoint of the transport");
                let query = query.trim_end_matches(" HTTP/1.1");
                let (name, connect) = form_urlencoded::parse(query.as_bytes()).next().expect("a parameter");
                assert_eq!(name, "cf_connect");
                self.subscribe(&serde_json::from_str(&connect).expect("JSON"))
            }
        }
    }
}

impl Centrifugo {
    fn subscribe(&self, connect: &Value) -> Answer {
        let mut expected = json!({ "subs": { "news:\"1\"": {} } });
        if let Some(token) = self.token {
            expected["token"] = token.into();
        }
        assert_eq!(*connect, expected);
        let push = if self.disconnects {
            json!({ "disconnect": { "code": 3501, "reason": "bad request" } })
        } else {
            json!({ "connect": { "client": "5c5b6011", "version": "6.0.0", "subs": { "news:\"1\"": {} }, "ping": 25 } })
        };
        let end = if self.disconnects { "0\r\n\r\n" } else { "" };
        let push = format!("\r\ndata: {push}\n\n");
        let head = stream("Transfer-Encoding: chunked\r\n");
        if self.disconnects {
            return Answer::Refused(format!("{head}{:x}\r\n{push}\r\n{end}", push.len()));
        }
        Answer::Stream(head, push)
    }

    fn publish(&self, request: &Request) -> Answer {
        assert_eq!(request.header("Content-Type"), Some("application/json"));
        if request.header("X-API-Key") != Some(KEY) {
            return Answer::Refused(response("401 Unauthorized", "text/plain", "Unauthorized\n"));
        }
        let asked: Value = serde_json::from_str(&request.body).expect("JSON");
        let members: Vec<_> = asked.as_object().expect("an object").keys().collect();
        assert_eq!(members, ["channel", "data"]);
        let refused = |code: u32, message: &str| {
            let error = json!({ "error": { "code": code, "message": message } });
            Answer::Refused(response("200 OK", "application/json", &error.to_string()))
        };
        if asked["channel"] != "news:\"1\"" {
            return refused(102, "unknown channel");
        }
        if self.room.is_some_and(|room| self.taken.fetch_add(1, Ordering::Relaxed) >= room) {
            return refused(106, "limit exceeded");
        }
        let push = json!({ "channel": asked["channel"], "pub": { "data": asked["data"], "offset": 7 } });
        // Its pings are events too.
        let event = format!("data: {push}\n\ndata: {{}}\n\n");
        Answer::Taken(response("200 OK", "application/json", r#"{"result":{"offset":7,"epoch":"xyz"}}"#), event)
    }
}

fn run(server: &StandIn, more: &[&str]) -> std::process::Output {
    let usual = ["--preset", "centrifugo", &server.url("/"), "--topic", "news:\"1\"", "--publish-token", KEY];
    bench(&[&usual[..], more].concat())
}

#[test]
fn centrifugo_is_published_to_with_json_and_read_by_a_connect_request_in_the_url() {
    let server = StandIn::start(Centrifugo::default());
    assert_clean(&run(&server, &[]));
    let expected = "GET /connection/uni_sse?cf_connect=%7B%22subs%22%3A%7B%22news%3A%5C%221%5C%22%22%3A%7B%7D%7D%7D \
                    HTTP/1.1\r\nHost: ADDRESS\r\nAccept: text/event-stream\r\nCache-Control: no-cache\r\n\
                    User-Agent: sse-bench/VERSION\r\n\r\n";
    assert_eq!(server.first("GET"), expected);
    let body = r#"{"channel":"news:\"1\"","data":{"payload":"PAYLOAD"}}"#;
    let length = body.len() - "PAYLOAD".len() + 200;
    let expected = format!(
        "POST /api/publish HTTP/1.1\r\nHost: ADDRESS\r\nContent-Length: {length}\r\nUser-Agent: sse-bench/VERSION\r\n\
         content-type: application/json\r\nx-api-key: {KEY}\r\n\r\n{body}"
    );
    assert_eq!(server.first("POST"), expected);
}

#[test]
fn the_token_of_a_subscriber_is_part_of_its_connect_request() {
    let server = StandIn::start(Centrifugo { token: Some("eyJ.a/b.c"), ..Centrifugo::default() });
    let output = run(&server, &["--subscribe-token", "eyJ.a/b.c"]);
    assert_clean(&output);
    let shown =
        process::stdout(&output) + &process::stdout(&run(&server, &["--subscribe-token", "eyJ.a/b.c", "--dry-run"]));
    assert!(shown.contains("cf_connect=***") && !shown.contains("eyJ"), "{shown}");
}

#[test]
fn an_answer_with_200_and_an_error_in_it_is_a_refusal() {
    let server = StandIn::start(Centrifugo::default());
    let output = run(&server, &["--publish-body", r#"{"channel":"other:1","data":"{payload}"}"#]);
    let said = "does not let us publish: status 200: {\"error\":{\"code\":102,\"message\":\"unknown channel\"}}";
    fails(&output, 3, &[said, "hint: ", "`uni_sse`"]);
    // The run begins with a probe, and 20 events are for the warm-up.
    let server = StandIn::start(Centrifugo { room: Some(121), ..Centrifugo::default() });
    let report =
        assert_refused(&run(&server, &[]), "events refused; the first with status 200: {\"error\":{\"code\":106");
    let taken = count(&report, "events", "acknowledged");
    assert!(taken > 0 && taken <= 100, "{report}");
    assert_eq!(count(&report, "deliveries", "received"), 3 * taken, "what was refused is neither expected nor lost");
    assert_eq!(count(&report, "deliveries", "lost"), 0);
}

#[test]
fn what_a_stream_says_before_it_ends_is_quoted() {
    let server = StandIn::start(Centrifugo { disconnects: true, ..Centrifugo::default() });
    let output = run(&server, &[]);
    assert_eq!(output.status.code(), Some(5));
    let report = report(&output);
    let warnings = warnings(&report);
    for said in ["3 of 3 streams ended before the run did", r#"the first: {"disconnect":{"code":3501"#] {
        assert!(warnings.contains(said), "{said:?} in: {report}");
    }
}
