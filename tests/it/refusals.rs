//! What becomes of requests that are well-formed and mean nothing: each is answered, and a refusal says why, in words that a
//! terminal and a log can show and that hold nothing of what is secret.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;
use serde_json::Value;

use crate::auth::{Config, bearer, mint};
use crate::http::status_of;
use crate::process::{Broker, sse};

/// A part of all tokens, tickets and cookies that are sent and are not valid.
const MARK: &str = "hunter2hunter2";

/// A path of the operator's own, which takes a topic from the path and one from the query.
const ROUTE: &str = "[[route]]\npath = \"/rooms/{room}\"\ntopics = [\"room/{path.room}\", \"room/{query.q}/x\"]\n";

/// Places to ask at; what is made up goes where `@` stands.
const PATHS: [&str; 14] = [
    "/events",
    "/events/@",
    "/events/@",
    "/events/",
    "/api/tickets",
    "/api/stats",
    "/api/topics",
    "/api/connections",
    "/api/connections/@",
    "/api/presence/@",
    "/metrics",
    "/rooms/@",
    "/@",
    "/",
];

const PARAMETERS: [&str; 18] = [
    "topic",
    "topic",
    "event",
    "last_event_id",
    "since",
    "last",
    "id",
    "retry",
    "ttl",
    "key",
    "limit",
    "after",
    "user",
    "address",
    "q",
    "lastEventId",
    "token",
    "ticket",
];

const HEADERS: [&str; 22] = [
    "last-event-id",
    "sse-event",
    "sse-id",
    "sse-retry",
    "sse-ttl",
    "sse-key",
    "sse-ttk",
    "idempotency-key",
    "origin",
    "origin",
    "content-type",
    "content-type",
    "forwarded",
    "x-forwarded-for",
    "accept",
    "accept-encoding",
    "sec-fetch-site",
    "sec-fetch-mode",
    "access-control-request-method",
    "access-control-request-headers",
    "expect",
    "x-anything",
];

/// Values that mean something somewhere, or nearly do.
const VALUES: [&str; 34] = [
    "",
    "a",
    "a/**",
    "**",
    "*x",
    "$all",
    "$user/u",
    "$presence/a",
    "sse.gap",
    "earliest",
    "10m",
    "0s",
    "-5s",
    "9223372036854775807s",
    "99999999999999999999h",
    "2026-01-31T12:00:00Z",
    "-009999-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "0",
    "1",
    "1000",
    "1001",
    "-1",
    "18446744073709551615",
    "18446744073709551616",
    "1e9",
    "00000000-18446744073709551615",
    "00000000-0",
    "127.0.0.1",
    "::ffff:1.2.3.4",
    "for=\"[::1]:80\"",
    "http://localhost",
    "application/x-ndjson",
    "gzip;q=1, *;q=0",
];

const BODIES: [&str; 16] = [
    "",
    "data",
    "{}",
    "[]",
    "[1]",
    "{\"topic\":\"a\",\"data\":1}",
    "[{\"topic\":\"a\",\"data\":1},{\"topic\":\"\",\"data\":1},{\"topics\":[1],\"data\":1}]",
    "{\"topic\":\"a\",\"data\":1}\n{\"topic\":\"a\",\"retry\":-1,\"data\":1}\n\n{",
    "{\"topic\":\"a\",\"data\":1,\"\\u001b[31m\\u0085\":1}",
    "{\"topic\":\"a\",\"data\":1,\"x at line y\\u0000\":1}",
    "{\"topic\":\"\\u0000\",\"data\":1}",
    "{\"topic\":7,\"event\":\"\u{85}\",\"id\":[],\"ttl\":{},\"data\":1}",
    "{\"topic\":\"a\",\"id\":\"\\u0007\",\"data\":\"\\ud800\"}",
    "{\"topics\":[\"a\"],\"subscribe\":[\"b\"]}",
    "{\"subscribe\":[\"b\\u009b\"],\"x\\u009b\":1}",
    "[[[[[[[[[[[[[[[[[[[[[[[[",
];

/// A request, as the bytes that are sent.
#[derive(Clone, Debug)]
struct Asked {
    method: &'static str,
    path: String,
    headers: Vec<(&'static str, Vec<u8>)>,
    body: Vec<u8>,
}

impl Asked {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\nconnection: close\r\n", self.method, self.path).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(format!("content-length: {}\r\n\r\n", self.body.len()).as_bytes());
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// A text of any bytes, or one that is nearly right.
fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => select(&VALUES[..]).prop_map(|text| text.as_bytes().to_vec()),
        1 => ".{0,20}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..20),
        1 => (select(&VALUES[..]), 1_usize..1200).prop_map(|(text, times)| text.repeat(times).into_bytes()[..].iter().copied().take(4000).collect()),
    ]
}

/// The same as the value of a header: what no header can hold is left out.
fn header_value() -> impl Strategy<Value = Vec<u8>> {
    let fits = |byte: &u8| *byte == b'\t' || (*byte >= b' ' && *byte != 0x7f);
    value().prop_map(move |bytes| bytes.into_iter().filter(fits).collect())
}

fn encoded(bytes: &[u8]) -> String {
    percent_encoding::percent_encode(bytes, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn path() -> impl Strategy<Value = String> {
    let query = prop::collection::vec((select(&PARAMETERS[..]), value()), 0..4);
    (select(&PATHS[..]), value(), query, prop::option::weighted(0.1, value())).prop_map(
        |(path, made_up, query, name)| {
            let pairs = query.iter().map(|(name, value)| match *name {
                "token" | "ticket" => format!("{name}={MARK}{}", encoded(value)),
                _ => format!("{name}={}", encoded(value)),
            });
            let pairs: Vec<String> = pairs.chain(name.map(|name| encoded(&name) + "=x")).collect();
            let mark = if pairs.is_empty() { "" } else { "?" };
            format!("{}{mark}{}", path.replace('@', &encoded(&made_up)), pairs.join("&"))
        },
    )
}

/// What says who asks: mostly a token that is valid, so that there is more behind it to be wrong.
fn credentials(token: &str) -> impl Strategy<Value = Vec<(&'static str, Vec<u8>)>> + use<> {
    let token = token.to_owned();
    (0..12_u8, header_value()).prop_map(move |(which, junk)| {
        let with = |before: &str, after: &str| [before.as_bytes(), MARK.as_bytes(), &junk, after.as_bytes()].concat();
        match which {
            0 => vec![],
            1 => vec![("authorization", with("Bearer ", ""))],
            2 => vec![("authorization", with("Basic ", ""))],
            3 => vec![("authorization", with("", ""))],
            4 => vec![("authorization", with("Bearer eyJhbGciOiJIUzI1NiJ9.e30.", ""))],
            5 => vec![("cookie", with("a=b; session=\"", "\"; c"))],
            6 => vec![("cookie", [b"session=".as_slice(), token.as_bytes()].concat())],
            7 => vec![("authorization", bearer(&token).into_bytes()), ("authorization", with("Bearer ", ""))],
            _ => vec![("authorization", bearer(&token).into_bytes())],
        }
    })
}

fn asked(token: &str) -> impl Strategy<Value = Asked> + use<> {
    let methods =
        vec!["GET", "GET", "GET", "HEAD", "POST", "POST", "POST", "POST", "PATCH", "DELETE", "OPTIONS", "PUT", "BREW"];
    let host = prop_oneof![8 => Just(b"localhost".to_vec()), 1 => header_value()];
    let headers = prop::collection::vec((select(&HEADERS[..]), header_value()), 0..3);
    let body = prop_oneof![
        4 => select(&BODIES[..]).prop_map(|body| body.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..40),
    ];
    (select(methods), path(), host, credentials(token), headers, body).prop_map(
        |(method, path, host, credentials, headers, body)| Asked {
            method,
            path,
            headers: [vec![("host", host)], credentials, headers].concat(),
            body,
        },
    )
}

/// Sends a request; returns the head of the answer and its body, which is left where it is a stream.
fn answer(to: SocketAddr, asked: &Asked) -> (String, String) {
    let mut connection = TcpStream::connect(to).expect("it listens");
    connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    connection.write_all(&asked.bytes()).expect("it is read");
    let (mut connection, mut head, mut body) = (BufReader::new(connection), Vec::new(), String::new());
    while !head.ends_with(b"\r\n\r\n") {
        assert!(connection.read_until(b'\n', &mut head).expect("a head") > 0, "it ends early");
    }
    // A preflight is answered with the names that it asks for, which may be no UTF-8.
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    if !head.contains("text/event-stream") {
        connection.read_to_string(&mut body).expect("a body in UTF-8");
    }
    (head, body)
}

/// Makes sure that a refusal says what it has to, and nothing that it must not.
fn check(problem: &Value) -> Result<(), TestCaseError> {
    let text = |name: &str| problem[name].as_str().unwrap_or_default();
    let (code, detail) = (text("code"), text("detail"));
    prop_assert!((400..500).contains(&problem["status"].as_u64().unwrap_or(0)), "{problem}");
    prop_assert!(
        !code.is_empty() && code.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase() || byte.is_ascii_digit()),
        "{problem}"
    );
    prop_assert!(detail.contains(' ') && !detail.contains(char::is_control), "{problem}");
    Ok(())
}

#[test]
fn a_request_that_means_nothing_is_refused_in_words_that_can_be_shown() {
    let config = Config::of_tenants(ROUTE);
    let token = mint(&["--sub", "u1", "--role", "superadmin"]);
    let log = tempfile::NamedTempFile::new().expect("a file");
    let options = ["--token-cookie", "session", "--trust-proxy", "loopback", "--max-auth-failures", "0", "-vv"];
    let mut command = sse();
    command.args(["serve", "--listen", "127.0.0.1:0", "--config", &config.file()]).args(options);
    let broker = Broker::start_as(command.stderr(File::create(log.path()).expect("a file")));
    let limits = ProptestConfig { source_file: Some(file!()), ..ProptestConfig::default() };
    let run = TestRunner::new(limits).run(&asked(&token), |asked| {
        let (head, body) = answer(broker.address, &asked);
        let status = status_of(&head);
        prop_assert!((200..500).contains(&status), "{head}{body}");
        prop_assert!(!head.contains(MARK) && !body.contains(MARK), "{head}{body}");
        if asked.method == "HEAD" {
            return Ok(());
        }
        if head.contains("application/problem+json") {
            let problem: Value = serde_json::from_str(&body).expect("JSON");
            prop_assert_eq!(&problem["status"], status);
            return check(&problem);
        }
        // A batch has an answer for each of its items.
        let items: Vec<Value> = match serde_json::from_str(&body) {
            Ok(Value::Array(items)) => items,
            _ => body.lines().filter_map(|line| serde_json::from_str(line).ok()).collect(),
        };
        prop_assert!(status < 400 || !items.is_empty(), "{head}{body}");
        items.iter().filter(|item| item.get("code").is_some()).try_for_each(check)
    });
    run.unwrap_or_else(|error| panic!("{error}"));
    drop(broker);
    let said = std::fs::read_to_string(log.path()).expect("UTF-8");
    let signature = token.rsplit_once('.').expect("a JWT").1;
    assert!(said.contains("refused: ") && !said.contains("panicked"), "it has a log, and no panic");
    for line in said.lines() {
        assert!(!line.contains(MARK) && !line.contains(signature), "{line}");
        assert!(!line.contains(char::is_control), "{line:?}");
    }
}
