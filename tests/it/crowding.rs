//! What one client can take of the broker: connections of a user, requests at once, and signatures of bad tokens.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use crate::auth::{Config, bearer, mint, mint_with};
use crate::http::{Reply, Stream, get, post, request};
use crate::process::{Broker, run, stdout, wait_until};

fn open(broker: &Broker, token: &str) -> Result<Stream, Value> {
    let authorization = bearer(token);
    let headers = [("authorization", authorization.as_str())];
    let head = request(broker.address, "HEAD", "/events/a", &headers, b"");
    assert_eq!(head.status, 200, "the token is good: {head:?}");
    Stream::open_or(broker.address, "/events/a", &headers).map_err(|reply: Reply| reply.json())
}

#[test]
fn a_user_has_so_many_streams_open_and_no_more_whatever_the_token() {
    let broker = Config::of_tenants("max-connections-per-user = 2").start(&[]);
    let of = |user: &str, session: &str| mint(&["--sub", user, "--session", session, "--subscribe", "a"]);
    let first = open(&broker, &of("anna", "1")).expect("a stream");
    let _second = open(&broker, &of("anna", "2")).expect("a stream");
    let refused = open(&broker, &of("anna", "3")).err().expect("a refusal");
    assert_eq!(refused["code"], "too_many_connections_of_user");
    let detail =
        "all 2 connections that one user may have are taken; try again later, or raise --max-connections-per-user";
    assert_eq!((&refused["detail"], &refused["status"]), (&detail.into(), &429.into()));
    let _other = open(&broker, &of("bert", "1")).expect("another user");
    let nobody = mint(&["--subscribe", "a"]);
    let _nobodies = [(); 3].map(|()| open(&broker, &nobody).expect("whoever is no user is not counted"));
    drop(first);
    wait_until("there is room again", || open(&broker, &of("anna", "3")).is_ok());
}

/// A request whose body does not come yet.
fn begin(broker: &Broker) -> TcpStream {
    let mut connection = TcpStream::connect(broker.address).expect("the broker accepts");
    connection.set_read_timeout(Some(Duration::from_secs(20))).expect("a time-out");
    write!(connection, "POST /events/a HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 1\r\n\r\n")
        .expect("a head");
    connection
}

fn end(mut connection: TcpStream) -> String {
    connection.write_all(b"x").expect("the body");
    let mut reply = String::new();
    connection.read_to_string(&mut reply).expect("a reply");
    reply
}

#[test]
fn beyond_so_many_requests_at_once_others_are_told_to_come_again() {
    let broker = Broker::start(&["--max-requests", "2"]);
    let _streams = [(); 3].map(|()| Stream::open(broker.address, "/events/a", &[]));
    let under_way = [begin(&broker), begin(&broker)];
    wait_until("both are under way", || get(broker.address, "/api/stats").status == 503);
    let refused = post(broker.address, "/events/a", "x");
    assert_eq!((refused.status, &refused.json()["code"]), (503, &"too_many_requests".into()));
    assert!(refused.head.contains("retry-after: 1\r\n"), "{}", refused.head);
    for path in ["/healthz", "/readyz"] {
        assert_eq!(get(broker.address, path).status, 200, "{path}: it lives");
    }
    for reply in under_way.map(end) {
        assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    }
    wait_until("there is room again", || post(broker.address, "/events/a", "x").status == 200);
}

#[test]
fn newline_delimited_json_is_under_way_until_it_ends() {
    let broker = Broker::start(&["--max-requests", "1"]);
    let mut connection = TcpStream::connect(broker.address).expect("the broker accepts");
    connection.set_read_timeout(Some(Duration::from_secs(20))).expect("a time-out");
    let head = "POST /events HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/x-ndjson\r\n\
                transfer-encoding: chunked\r\n\r\n";
    let item = "{\"topic\":\"a\",\"data\":1}\n";
    write!(connection, "{head}{:x}\r\n{item}\r\n", item.len()).expect("a head and an item");
    // Its answer has begun, and it goes on.
    let mut answer = [0; 12];
    connection.read_exact(&mut answer).expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 200");
    assert_eq!(get(broker.address, "/api/stats").status, 503);
    connection.write_all(b"0\r\n\r\n").expect("the end");
    wait_until("there is room again", || get(broker.address, "/api/stats").status == 200);
}

#[test]
fn beyond_so_many_bad_tokens_an_address_is_refused_before_any_signature_is_looked_at() {
    let made = stdout(&run(&["token", "hash", "--name", "known"], "")).replace("publish = []", "publish = [\"a\"]");
    let known = made.lines().find_map(|line| line.strip_prefix("# ").filter(|text| !text.contains(' ')));
    let known = known.expect("a token").to_owned();
    let config = Config::of_tenants(&format!(
        "max-auth-failures = 5\njwt-leeway = \"0s\"\ntrust-proxy = [\"loopback\"]\n{made}"
    ));
    let broker = config.start(&[]);
    let publish = |client: &str, token: &str| {
        let headers = [("x-forwarded-for", client), ("authorization", &bearer(token))];
        request(broker.address, "POST", "/events/a", &headers, b"x")
    };
    let good = mint(&["--publish", "a", "--subscribe", "a"]);
    let bad = mint_with("another secret, which is as long as that", &["--publish", "a"]);
    let ticket = request(broker.address, "POST", "/api/tickets", &[("authorization", &bearer(&good))], b"").json();
    let replies: Vec<Reply> = (0..100).map(|_| publish("192.0.2.1", &bad)).collect();
    let refused = replies.iter().find(|reply| reply.status != 401).expect("one of many is not looked at");
    assert_eq!((refused.status, &refused.json()["code"]), (429, &"too_many_bad_tokens".into()));
    let wait = refused.head.lines().find_map(|line| line.strip_prefix("retry-after: ")).expect("a time");
    assert!((1..=12).contains(&wait.parse::<u64>().expect("seconds")), "five in a minute: {wait}");
    let looked_at = replies.iter().filter(|reply| reply.status == 401).count();
    assert!(looked_at < 50, "{looked_at} of 100");
    // Each bad token that is looked at closes the way for twelve seconds.
    let new = mint(&["--publish", "a", "--sub", "new"]);
    let closed = || publish("192.0.2.1", &bad).status == 429 && publish("192.0.2.1", &new).status == 429;
    assert!(closed() || closed(), "new ones are not looked at either");
    assert_eq!(publish("192.0.2.1", &good).status, 200, "this one was accepted before");
    assert_eq!(publish("192.0.2.1", &known).status, 200, "a static token needs no signature");
    let path = format!("/events/a?ticket={}", ticket["ticket"].as_str().expect("a ticket"));
    let by_ticket = Stream::open_or(broker.address, &path, &[("x-forwarded-for", "192.0.2.1")]);
    assert!(by_ticket.is_ok(), "nor does a ticket");
    assert_eq!(publish("192.0.2.2", &good).status, 200, "another address");
    let expired = mint(&["--publish", "a", "--expires", "0s"]);
    for _ in 0..20 {
        assert_eq!(publish("192.0.2.3", &expired).json()["code"], "token_expired", "time passes for honest clients");
    }
    let no_token = request(broker.address, "POST", "/events/a", &[("x-forwarded-for", "192.0.2.3")], b"x");
    assert_eq!(no_token.json()["code"], "token_missing");
}

#[test]
fn by_default_fewer_bad_tokens_may_come_from_a_public_address_than_from_where_a_proxy_may_be() {
    let broker = Config::of_tenants("trust-proxy = [\"127.0.0.1\"]").start(&[]);
    let authorization = bearer("no token at all");
    let looked_at = |client: &str| {
        let headers = [("x-forwarded-for", client), ("authorization", authorization.as_str())];
        let code = |_| request(broker.address, "GET", "/events/a", &headers, b"").json()["code"].clone();
        (0..900).map(code).take_while(|code| *code != "too_many_bad_tokens").count()
    };
    let public = looked_at("192.0.2.1");
    assert!((600..900).contains(&public), "{public} were looked at");
    assert_eq!(looked_at("10.0.0.1"), 900);
}
