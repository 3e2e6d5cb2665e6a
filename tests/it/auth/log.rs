//! What the log of a broker holds of what strangers send: never a secret, and never a line of their own.

use std::fs::{self, File};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::table::{ENDPOINTS, ROUTE, made_up};
use super::tickets::ticket;
use super::{Config, SECRET, bearer, mint};
use crate::http::{NDJSON, request};
use crate::process::{Broker, run, sse, stdout, wait_until};
use crate::scripted::{Answer, Scripted, answer};

/// Where a token may stand in a request.
#[derive(Clone, Copy, Debug)]
enum Place {
    Header,
    Cookie,
    Query,
    Ticket,
}

/// A path and a header with a token in its place.
fn placed(broker: &Broker, place: Place, path: &str, token: &str) -> (String, Option<(&'static str, String)>) {
    let join = if path.contains('?') { '&' } else { '?' };
    match place {
        Place::Header => (path.to_owned(), Some(("authorization", bearer(token)))),
        Place::Cookie => (path.to_owned(), Some(("cookie", format!("session={token}")))),
        Place::Query => (format!("{path}{join}token={token}"), None),
        Place::Ticket => (format!("{path}{join}ticket={}", ticket(broker, token)), None),
    }
}

/// Streams are asked for in a way that has an end.
fn with_end(method: &'static str, path: &str) -> &'static str {
    if method == "GET" && (path.starts_with("/events") || path.starts_with("/sse/")) { "HEAD" } else { method }
}

/// The same request over HTTP/2.
fn over_http2(broker: &Broker, method: &str, path: &str, headers: &[(&str, &str)]) {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--globoff", "--http2-prior-knowledge", &broker.url(path)]).stdout(Stdio::null());
    match method {
        "HEAD" => curl.arg("--head"),
        _ => curl.args(["--request", method]),
    };
    curl.args(headers.iter().flat_map(|(name, value)| ["--header".to_owned(), format!("{name}: {value}")]));
    assert!(curl.status().expect("curl starts").success(), "{method} {path}");
}

/// Asks at every endpoint and at a path where there is nothing; the tickets that were used for it.
fn ask_everything(broker: &Broker, place: Place, token: &str) -> Vec<String> {
    let mut tickets = Vec::new();
    for (method, path) in ENDPOINTS.into_iter().chain([("POST", "/nothing")]) {
        let method = with_end(method, path);
        let (path, header) = placed(broker, place, path, token);
        let headers: Vec<(&str, &str)> = header.iter().map(|(name, value)| (*name, value.as_str())).collect();
        request(broker.address, method, &path, &headers, b"{}");
        request(broker.address, method, &path, &[&headers[..], &NDJSON].concat(), b"{}");
        over_http2(broker, method, &path, &headers);
        tickets.extend(path.split_once("ticket=").map(|(_, ticket)| ticket.to_owned()));
    }
    tickets
}

#[test]
fn no_log_holds_a_token_a_ticket_or_a_secret() {
    let made = stdout(&run(&["token", "hash", "--name", "static"], ""));
    let known = made.lines().find_map(|line| line.strip_prefix("# ").filter(|text| !text.contains(' ')));
    let (known, entry) = (known.expect("a token"), made.replace("subscribe = []", "subscribe = [\"**\"]"));
    let keys = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    let set = || Answer::Close(answer("200 OK", "application/json", keys));
    let server = Scripted::start(vec![set(), Answer::Close(answer("404 Not Found", "text/plain", "no")), set()]);
    let url = |password: &str, path: &str| format!("http://me:{password}@{}{path}", server.address);
    let (jwks, hook) = (url("jwks-password", "/keys"), url("hook-password", "/hook"));
    let webhook = format!(
        "[[webhook]]\nurl = \"{hook}\"\nevents = [\"connect\"]\nsecret = \"the secret of this webhook, long\"\n"
    );
    let config = Config::of_tenants(&format!("jwks = \"{jwks}\"\n{ROUTE}{webhook}{entry}"));
    let log = config.path("log");
    let options = ["serve", "--listen", "127.0.0.1:0", "--allow-query-token", "--token-cookie", "session", "--config"];
    let mut command = sse();
    command.args(options).arg(config.file()).env("SSE_LOG", "trace").stderr(File::create(&log).expect("a file"));
    let broker = Broker::start_as(&mut command);
    let read = || fs::read_to_string(&log).expect("UTF-8");
    let good = mint(&["--subscribe", "**", "--publish", "**", "--admin"]);
    let bad = format!("{good}x");
    let mut secrets = Vec::new();
    for place in [Place::Header, Place::Cookie, Place::Query, Place::Ticket] {
        for token in [good.as_str(), bad.as_str(), known] {
            // For a token that is none there is no ticket.
            if token != bad || !matches!(place, Place::Ticket) {
                secrets.extend(ask_everything(&broker, place, token));
            }
        }
    }
    let mut open = sse();
    let listening = open.args(["listen", &broker.url("/events/a"), "--bearer", &good]).stdout(Stdio::null());
    let mut listening = listening.stderr(Stdio::null()).spawn().expect("sse starts");
    wait_until("the webhook has failed", || read().contains("was not told of connect"));
    listening.kill().expect("it runs");
    listening.wait().expect("an end");
    rustix::process::kill_process(broker.pid(), rustix::process::Signal::HUP).expect("it runs");
    let asked: Vec<String> = server.requests(3).iter().map(|request| request.line.clone()).collect();
    assert_eq!(asked, ["GET /keys HTTP/1.1", "POST /hook HTTP/1.1", "GET /keys HTTP/1.1"]);
    broker.stop();
    let log = read();
    assert!(log.contains(" TRACE "), "it is as talkative as it can be");
    for (method, path) in ENDPOINTS {
        let path = path.split('?').next().expect("a path");
        let line = format!("{} {path}", with_end(method, path));
        assert!(log.matches(&line).count() >= 10, "the log is that of these requests: {line}");
    }
    let signature = |token: &str| token.rsplit('.').next().expect("a signature").to_owned();
    secrets.extend([signature(&good), signature(&bad), known.to_owned(), SECRET.to_owned()]);
    secrets.extend(["jwks-password", "hook-password", "the secret of this webhook"].map(str::to_owned));
    secrets.extend(["me:jwks-password", "me:hook-password"].map(|pair| BASE64_STANDARD.encode(pair)));
    for secret in secrets {
        let told = log.lines().find(|line| line.contains(&secret));
        assert_eq!(told, None, "{secret}");
    }
}

#[test]
fn nobody_but_the_broker_writes_lines_of_its_log() {
    let config = Config::of_tenants("");
    let mut broker = Broker::start_quietly(&["--config", &config.file(), "-v"]);
    let to = broker.address;
    let tokens = [
        made_up(r#"{"alg":"x\nINJECTED 1"}"#, r#"{"exp":99999999999}"#, "c2ln"),
        made_up(r#"{"alg":"HS256","kid":"x\nINJECTED 2"}"#, r#"{"exp":99999999999}"#, "c2ln"),
        mint(&["--claim", r#"aud="x\nINJECTED 3\u001b[2J\u2028""#]),
    ];
    for token in tokens {
        assert_eq!(request(to, "GET", "/events/a", &[("authorization", &bearer(&token))], b"").status, 401);
    }
    let root = bearer(&mint(&["--role", "superadmin"]));
    let body = br#"{"topic":"a","data":1,"x\nINJECTED 4":1}"#;
    assert_eq!(request(to, "POST", "/events", &[("authorization", &root)], body).status, 400);
    let body = br#"{"x\nINJECTED 5":1}"#;
    assert_eq!(request(to, "PATCH", "/api/connections/1", &[("authorization", &root)], body).status, 400);
    assert_eq!(request(to, "GET", "/events?topic=a%0aINJECTED+6", &[("authorization", &root)], b"").status, 400);
    rustix::process::kill_process(broker.pid(), rustix::process::Signal::TERM).expect("it runs");
    let (_, log) = broker.end();
    for number in [1, 3, 4, 5, 6] {
        let told = log.lines().find(|line| line.contains(&format!("INJECTED {number}")));
        assert!(told.is_some_and(|line| line.contains(" DEBUG ")), "{number}: {log}");
    }
    assert!(!log.lines().any(|line| line.starts_with("INJECTED")), "{log}");
    assert!(!log.contains(['\u{1b}', '\u{2028}']), "{log}");
}
