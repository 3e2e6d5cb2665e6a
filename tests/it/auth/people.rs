//! Who may see and end whose connections, and streams that end with their tokens.

use serde_json::json;

use super::{Config, bearer, mint};
use crate::http::{Stream, request};
use crate::process::Broker;
use crate::transports::Site;

fn open(broker: &Broker, token: &str, path: &str) -> Stream {
    Stream::open(broker.address, path, &[("authorization", &bearer(token))])
}

fn ask(broker: &Broker, method: &str, path: &str, token: &str) -> (u16, serde_json::Value) {
    let reply = request(broker.address, method, path, &[("authorization", &bearer(token))], b"");
    (reply.status, reply.json())
}

fn id_of(stream: &Stream) -> String {
    stream.head.lines().find_map(|line| line.strip_prefix("sse-connection: ")).expect("an ID").to_owned()
}

/// A token for two topics.
fn of(user: &str, more: &[&str]) -> String {
    mint(&[&["--sub", user, "--subscribe", "a", "--subscribe", "b"], more].concat())
}

#[test]
fn whoever_administers_sees_all_connections_and_everyone_their_own() {
    let broker = Config::of_tenants("").start(&[]);
    let (anna, bert, root) = (of("anna", &["--session", "s1"]), of("bert", &[]), mint(&["--role", "superadmin"]));
    let _streams = [open(&broker, &anna, "/events/a"), open(&broker, &bert, "/events?topic=a&topic=b")];
    let users = |query: &str, token: &str| {
        let (status, listed) = ask(&broker, "GET", &format!("/api/connections{query}"), token);
        assert_eq!(status, 200, "{listed}");
        let rows = listed["connections"].as_array().expect("a list").clone();
        rows.iter().map(|row| row["user"].as_str().expect("a user").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(users("", &root), ["anna", "bert"]);
    assert_eq!(users("?topic=b", &root), ["bert"]);
    assert_eq!(users("?topic=$user/anna", &root), ["anna"], "what is heard unasked is heard");
    assert_eq!(users("?user=anna", &anna), ["anna"]);
    let row = ask(&broker, "GET", "/api/connections?user=anna", &root).1["connections"][0].clone();
    assert_eq!((&row["session"], &row["topics"]), (&"s1".into(), &json!(["a"])), "what is not asked for is not shown");
    let expires: jiff::Timestamp = row["expires"].as_str().expect("a time").parse().expect("RFC 3339");
    assert!(expires > jiff::Timestamp::now());
    for path in ["/api/connections", "/api/connections?user=bert", "/api/connections?topic=a"] {
        for method in ["GET", "DELETE"] {
            let (status, said) = ask(&broker, method, path, &anna);
            assert_eq!((status, &said["code"]), (403, &"role_missing".into()), "{method} {path}");
            assert!(!said.to_string().contains("bert"), "{said}");
        }
    }
}

#[test]
fn a_user_ends_their_own_connections_and_an_admin_those_of_anyone() {
    let broker = Config::of_tenants("").start(&[]);
    let (anna, bert, root) = (of("anna", &[]), of("bert", &[]), mint(&["--role", "superadmin"]));
    let mut annas = [open(&broker, &anna, "/events/a"), open(&broker, &anna, "/events/b")];
    let mut berts = [open(&broker, &bert, "/events/a"), open(&broker, &bert, "/events/b")];
    let path = |stream: &Stream| format!("/api/connections/{}", id_of(stream));
    assert_eq!(ask(&broker, "DELETE", &path(&berts[0]), &anna).1["code"], "role_missing");
    assert_eq!(
        ask(&broker, "DELETE", "/api/connections/999", &anna).1["code"],
        "role_missing",
        "nor what there is not"
    );
    assert_eq!(ask(&broker, "DELETE", &path(&annas[0]), &anna), (200, json!({ "ended": 1 })));
    assert_eq!(annas[0].event().event_type, "sse.end");
    assert_eq!(ask(&broker, "DELETE", "/api/connections?user=anna&topic=b", &anna), (200, json!({ "ended": 1 })));
    assert_eq!(annas[1].event().data, r#"{"reason":"kicked"}"#);
    assert_eq!(ask(&broker, "DELETE", "/api/connections?user=bert", &root), (200, json!({ "ended": 2 })));
    for stream in &mut berts {
        assert_eq!(stream.event().event_type, "sse.end");
        assert_eq!(stream.next(), None);
    }
}

#[test]
fn a_stream_ends_with_its_token_over_every_transport_and_is_told_so() {
    let config = Config::of_tenants("jwt-leeway = \"0s\"");
    for site in Site::both(&["--config", &config.file()]) {
        let with = |token: &str| format!("authorization: {}", bearer(token));
        let lasting = site.open_all("/events/a", &["--header", &with(&of("anna", &[]))]);
        let short = of("anna", &["--expires", "5s"]);
        let ending = site.open_all("/events/a", &["--header", &with(&short)]);
        for listener in ending {
            assert_eq!(listener.rest(), "event: sse.end\ndata: {\"reason\":\"token_expired\"}\n\n");
        }
        let (status, said) = site.ask("GET", "/events/a", &["--header", &with(&short)]);
        assert_eq!((status, &said["code"]), (401, &"token_expired".into()));
        let root = with(&mint(&["--role", "superadmin"]));
        let listed = site.ask("GET", "/api/connections", &["--header", &root]).1;
        let open: Vec<_> = listed["connections"].as_array().expect("a list").iter().map(|row| &row["id"]).collect();
        assert_eq!(open, lasting.iter().map(|listener| listener.connection.as_str()).collect::<Vec<_>>());
    }
}

#[test]
fn a_stream_that_was_opened_with_a_ticket_ends_with_the_token_of_that() {
    let config = Config::of_tenants("jwt-leeway = \"0s\"");
    let broker = config.start(&[]);
    let (later, sooner) = (of("anna", &["--expires", "1h"]), of("anna", &["--expires", "3s"]));
    let mut stays = open(&broker, &later, "/events/a");
    let ticket = ask(&broker, "POST", "/api/tickets", &sooner).1["ticket"].as_str().expect("a ticket").to_owned();
    let mut stream = Stream::open(broker.address, &format!("/events/a?ticket={ticket}"), &[]);
    assert_eq!(stream.event().data, r#"{"reason":"token_expired"}"#);
    assert_eq!((stream.next(), stream.ended), (None, true));
    let publisher = mint(&["--publish", "a"]);
    request(broker.address, "POST", "/events/a", &[("authorization", &bearer(&publisher))], b"x");
    assert_eq!(stays.data(1), ["x"]);
    let root = mint(&["--role", "superadmin"]);
    let metrics = request(broker.address, "GET", "/metrics", &[("authorization", &bearer(&root))], b"").body;
    assert!(metrics.contains("sse_connections_closed_total{reason=\"expired\"} 1\n"), "{metrics}");
}

fn patch(broker: &Broker, stream: &Stream, token: &str, change: &serde_json::Value) -> (u16, serde_json::Value) {
    let (path, body) = (format!("/api/connections/{}", id_of(stream)), change.to_string());
    let headers = [("authorization", bearer(token)), ("content-length", body.len().to_string())];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    let reply = request(broker.address, "PATCH", &path, &headers, body.as_bytes());
    (reply.status, reply.json())
}

#[test]
fn topics_change_to_what_both_who_asks_and_the_stream_may_hear() {
    let broker = Config::of_tenants("").start(&[]);
    let (anna, bert, root) = (of("anna", &[]), of("bert", &[]), mint(&["--role", "superadmin"]));
    let mut stream = open(&broker, &anna, "/events/a");
    let listen_to = |token: &str, topics: &[&str]| patch(&broker, &stream, token, &json!({ "topics": topics }));
    for (token, topics) in [(&anna, &["a", "b"][..]), (&root, &["b"]), (&anna, &["a"])] {
        assert_eq!(listen_to(token, topics), (200, listen_to(token, topics).1), "{topics:?}");
        assert_eq!(listen_to(token, topics).1["topics"], json!(topics));
    }
    for (token, topics, said) in [
        (&anna, "c", "this token may not subscribe to c"),
        (
            &root,
            "c",
            "the token for which this connection was opened does not allow it: this token may not subscribe to c",
        ),
        (&bert, "b", "this token may not see or change what other clients do"),
        (&of("anna", &["--claim", "x=1"]), "company/c1/x", "this token may not subscribe to company/c1/x"),
        (&mint(&["--sub", "anna", "--subscribe", "a"]), "b", "this token may not subscribe to b: it may with a"),
    ] {
        let (status, found) = listen_to(token, &[topics]);
        assert_eq!(status, 403, "{found}");
        assert!(found["detail"].as_str().expect("a sentence").starts_with(said), "{found}");
    }
    let publisher = mint(&["--publish", "**", "--publish", "$user/*"]);
    for topic in ["b", "$user/anna", "a"] {
        request(
            broker.address,
            "POST",
            &format!("/events/{topic}"),
            &[("authorization", &bearer(&publisher))],
            topic.as_bytes(),
        );
    }
    assert_eq!(stream.data(2), ["$user/anna", "a"], "what is for its user it hears as before");
}

#[test]
fn a_static_token_that_is_nobodys_changes_its_own_connections_alone() {
    let entry = |name: &str| {
        let made = crate::process::stdout(&crate::process::run(&["token", "hash", "--name", name], ""));
        let token =
            made.lines().find_map(|line| line.strip_prefix("# ").filter(|text| !text.contains(' '))).map(str::to_owned);
        (token.expect("a token"), made.replace("subscribe = []", "subscribe = [\"a\", \"b\"]"))
    };
    let ((one, first), (other, second)) = (entry("one"), entry("other"));
    let broker = Config::new(&format!("auth = \"token\"\n{first}\n{second}")).start(&[]);
    let stream = open(&broker, &one, "/events/a");
    assert_eq!(patch(&broker, &stream, &one, &json!({ "topics": ["b"] })).1["token"], "one");
    assert_eq!(patch(&broker, &stream, &other, &json!({ "topics": ["a"] })).0, 403);
}

#[test]
fn streams_of_routes_are_connections_like_others() {
    let route = "[[route]]\npath = \"/sse/{room}\"\ntopics = [\"room/{path.room}\"]\n";
    let broker = Config::of_tenants(&format!("jwt-leeway = \"0s\"\n{route}")).start(&[]);
    let lasting = mint(&["--sub", "anna", "--subscribe", "room/*"]);
    let short = mint(&["--sub", "anna", "--subscribe", "room/*", "--expires", "3s"]);
    let (mut stream, mut ending) = (open(&broker, &lasting, "/sse/1"), open(&broker, &short, "/sse/2"));
    let row = ask(&broker, "GET", "/api/connections?user=anna", &lasting).1["connections"][0].clone();
    assert_eq!((&row["id"], &row["topics"]), (&id_of(&stream).as_str().into(), &json!(["room/1"])));
    assert_eq!(patch(&broker, &stream, &lasting, &json!({ "subscribe": ["room/3"] })).0, 200);
    let publisher = mint(&["--publish", "room/*"]);
    request(broker.address, "POST", "/events/room/3", &[("authorization", &bearer(&publisher))], b"x");
    assert_eq!(stream.data(1), ["x"]);
    assert_eq!(ending.event().data, r#"{"reason":"token_expired"}"#);
    assert_eq!((ending.next(), ending.ended), (None, true));
}
