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
