//! `sse bench` against servers with forms of their own: URLs, headers, methods and bodies as the options have them.

use std::collections::BTreeSet;
use std::process::Output;

use serde_json::Value;

use crate::bench::{count, fails, report, warnings};
use crate::bench_presets::stand_in::{Answer, Request, StandIn, System, response, stream};
use crate::process;

/// Takes whatever is published anywhere, and streams the bodies from anywhere.
#[derive(Default)]
struct Any {
    /// What it answers instead of `{}`.
    answer: Option<&'static str>,
    /// Whether what it streams has nothing to do with what is published.
    mangles: bool,
}

impl System for Any {
    fn answer(&self, request: &Request) -> Answer {
        let is_json = request.header("Content-Type") == Some("application/json");
        if is_json {
            serde_json::from_str::<Value>(&request.body).expect("JSON");
        }
        if request.head.starts_with("GET") {
            return Answer::Stream(stream(""), String::new());
        }
        let data = if self.mangles { "\x1b[31msomething else" } else { request.body.trim_end() };
        let event = format!("data: {}\n\n", data.replace('\n', "\ndata: "));
        Answer::Taken(response("200 OK", "application/json", self.answer.unwrap_or("{}")), event)
    }
}

fn bench(server: &StandIn, options: &[&str]) -> Output {
    let short = ["-c", "3", "-r", "100", "-d", "1s", "--warmup", "100ms", "-o", "json"];
    let urls = [("--subscribe-url", server.url("/stream")), ("--publish-url", server.url("/publish"))];
    let urls = urls.iter().filter(|(name, _)| !options.contains(name));
    let urls: Vec<&str> = urls.flat_map(|(name, url)| [*name, url.as_str()]).collect();
    process::run(&[&["bench"], &urls[..], &short, options].concat(), "")
}

fn assert_clean(output: &Output) {
    let report = report(output);
    let deliveries = ["expected", "received", "lost", "foreign"].map(|name| count(&report, "deliveries", name));
    assert_eq!(deliveries, [300, 300, 0, 0], "{report}");
}

#[test]
fn a_publish_has_the_method_the_headers_and_the_body_that_are_given() {
    let server = StandIn::start(Any::default());
    let body = r#"{"from":"ä","list":[{"text":"{payload}"}]}"#;
    let headers = ["--publish-header", "X-Api-Key: a: b", "--publish-header", "User-Agent: mine"];
    assert_clean(&bench(&server, &[&["--publish-method", "PUT", "--publish-body", body], &headers[..]].concat()));
    let length = body.len() - "{payload}".len() + 200;
    let expected = format!(
        "PUT /publish HTTP/1.1\r\nHost: ADDRESS\r\nContent-Length: {length}\r\ncontent-type: application/json\r\n\
         x-api-key: a: b\r\nuser-agent: mine\r\n\r\n{}",
        body.replace("{payload}", "PAYLOAD")
    );
    assert_eq!(server.first("PUT"), expected);
}

#[test]
fn a_body_from_a_file_is_sent_byte_for_byte() {
    let server = StandIn::start(Any::default());
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), "first\n{payload}\nlast\n").expect("it can be written");
    let name = format!("@{}", file.path().display());
    assert_clean(&bench(&server, &["--publish-body", &name, "--publish-header", "Content-Type: text/x"]));
    assert!(server.first("POST").ends_with("\r\n\r\nfirst\nPAYLOAD\nlast\n"), "{}", server.first("POST"));
    std::fs::write(file.path(), vec![b'x'; (64 << 10) + 1]).expect("it can be written");
    fails(&bench(&server, &["--publish-body", &name]), 2, &["more than 65536 bytes"]);
    fails(&bench(&server, &["--publish-body", "@/no/such/file"]), 1, &["cannot open /no/such/file"]);
}

#[test]
fn each_side_has_a_url_and_headers_for_each_of_its_number() {
    let server = StandIn::start(Any::default());
    let (subscribe, publish) = (server.url("/user/{i}?n={i}"), server.url("/from/{i}"));
    let urls = ["--subscribe-url", &subscribe, "--publish-url", &publish];
    let headers = ["--subscribe-header", "X-User: u{i}", "--publish-body", "{\"from\":{i},\"text\":\"{payload}\"}"];
    assert_clean(&bench(&server, &[&urls[..], &headers, &["--publishers", "2", "--threads", "2"]].concat()));
    let lines: BTreeSet<String> = server.lines().into_iter().collect();
    let expected = ["GET /user/0?n=0", "GET /user/1?n=1", "GET /user/2?n=2", "POST /from/0", "POST /from/1"];
    assert_eq!(lines, expected.map(|line| format!("{line} HTTP/1.1")).into());
    let first = server.first("GET");
    let number = first.split("/user/").nth(1).and_then(|rest| rest.split('?').next()).expect("a number");
    assert!(first.contains(&format!("x-user: u{number}\r\n")), "{first}");
    assert!(server.first("POST /from/1").contains("{\"from\":1,\"text\":\"PAYLOAD\"}"));
}

#[test]
fn credentials_of_a_url_and_tokens_become_headers_of_their_side() {
    let server = StandIn::start(Any::default());
    let subscribe = server.url("/s").replace("http://", "http://ann:s%3Acret@");
    assert_clean(&bench(&server, &["--subscribe-url", &subscribe, "--publish-token", "tok"]));
    assert!(server.first("GET").contains("\r\nHost: ADDRESS\r\n"), "{}", server.first("GET"));
    assert!(server.first("GET").contains("\r\nAuthorization: Basic YW5uOnM6Y3JldA==\r\n"), "{}", server.first("GET"));
    assert!(server.first("POST").contains("\r\nauthorization: Bearer tok\r\n"), "{}", server.first("POST"));
}

#[test]
fn an_answer_with_the_text_of_a_refusal_is_one_whatever_its_status() {
    let server = StandIn::start(Any { answer: Some("{\"ok\":false,\"why\":\"no\"}"), ..Any::default() });
    assert_clean(&bench(&server, &[]));
    let output = bench(&server, &["--publish-refusal", "\"ok\":false"]);
    fails(&output, 3, &["does not let us publish: status 200: {\"ok\":false,\"why\":\"no\"}", "hint: "]);
}

#[test]
fn a_server_that_streams_something_else_is_quoted() {
    let server = StandIn::start(Any { mangles: true, ..Any::default() });
    let said = "no subscriber received one within 10 s; what arrived instead: \\x1b[31msomething else";
    fails(&bench(&server, &[]), 1, &[said, "hint: "]);
}

#[test]
fn the_first_foreign_event_is_quoted() {
    let server = crate::faulty::Faulty::start(crate::faulty::Manners { foreign: true, ..Default::default() });
    let url = server.url();
    let output = process::run(&["bench", &url, "-c", "2", "-r", "100", "-d", "1s", "--warmup", "0s", "-o", "json"], "");
    let said = "200 events arrived that this run has not sent; the first: not one of yours";
    assert!(warnings(&report(&output)).contains(said), "{}", process::stdout(&output));
}

#[test]
fn forms_without_sense_are_usage_errors() {
    let server = StandIn::start(Any::default());
    let base = server.url("");
    for (options, part) in [
        (&["--publish-body", "{data}"][..], "no {payload} stands where"),
        (&["--publish-body", "{payload}{payload}"], "more than once"),
        (&["--publish-method", "HEAD"], "HEAD publishes nothing"),
        (&["--publish-method", "a b"], "invalid value"),
        (&["--publish-header", "no colon"], "`Name: value`"),
        (&["--publish-header", "Content-Length: 5"], "leave the header away"),
        (&["--publish-token", "a\nb"], "--publish-token: the value of a header cannot hold control characters"),
        (&["--subscribe-token", "a\nb"], "--subscribe-token: "),
        (&["--topic", "x"], "needs '--preset <SYSTEM>'"),
        (&["--preset", "unknown"], "mercure"),
        (&["--preset", "nchan", "--topic", "{i}"], "cannot be the topic"),
        (&["--preset", "nchan", "--topic", ".."], "cannot be the topic"),
    ] {
        fails(&bench(&server, options), 2, &[part]);
    }
    fails(&process::run(&["bench", "--preset", "nchan"], ""), 2, &["the base URL of the server"]);
    fails(&process::run(&["bench", "--preset", "nchan", &format!("{base}/?a=b")], ""), 2, &["has a query"]);
    fails(&process::run(&["bench", "--preset", "nchan", "localhost:80"], ""), 2, &["use http://"]);
}

#[test]
fn a_target_that_is_typed_wins_over_one_url_of_the_environment_also_with_a_preset() {
    let server = StandIn::start(Any::default());
    let mut command = process::sse();
    command.args(["bench", &server.url(""), "-c", "2", "-r", "50", "-d", "1s", "--warmup", "0s", "-o", "json"]);
    command.envs([("SSE_BENCH_PRESET", "ntfy"), ("SSE_BENCH_SUBSCRIBE_URL", "http://127.0.0.1:1/")]);
    let report = report(&command.output().expect("sse runs"));
    assert_eq!(count(&report, "deliveries", "received"), 100, "{report}");
    assert!(server.lines().contains(&"GET /bench/sse HTTP/1.1".to_owned()));
}
