//! Who is there: users of a topic, and events when they come and go, over whatever transport.

use serde_json::{Value, json};
use sse::auth::{Claims, SigningKey};

use super::{Config, bearer, mint};
use crate::http::{Stream, request};
use crate::process::{Broker, wait_until};
use crate::transports::Site;

fn open(broker: &Broker, token: &str, path: &str) -> Stream {
    Stream::open(broker.address, path, &[("authorization", &bearer(token))])
}

fn present(broker: &Broker, token: &str, topic: &str) -> Value {
    let headers = [("authorization", &*bearer(token))];
    request(broker.address, "GET", &format!("/api/presence/{topic}"), &headers, b"").json()
}

/// A token for the topics of a room.
fn of(user: &str) -> String {
    mint(&["--sub", user, "--subscribe", "room/**", "--subscribe", "other"])
}

fn nobody() -> String {
    mint(&["--subscribe", "room/**"])
}

/// What an event says: its type, its user and the number of connections.
fn said(stream: &mut Stream) -> (String, String, u64) {
    let event = stream.event();
    let data: Value = serde_json::from_str(&event.data).expect("JSON");
    assert_eq!(data["topic"], "room/1");
    let user = data["user"].as_str().expect("a user").to_owned();
    (event.event_type, user, data["connections"].as_u64().expect("a number"))
}

#[test]
fn users_are_there_once_with_all_their_connections_and_others_are_a_number() {
    let broker = Config::of_tenants("").start(&["--shards", "2"]);
    let (anna, bert) = (of("anna"), of("bert"));
    let _annas = [open(&broker, &anna, "/events/room/1"), open(&broker, &anna, "/events?topic=room/1&topic=room/*")];
    let berts = open(&broker, &bert, "/events/room/**");
    let _nobodies = [open(&broker, &nobody(), "/events/room/1"), open(&broker, &nobody(), "/events/room/2")];
    let found = present(&broker, &anna, "room/1");
    assert_eq!((&found["subscribers"], &found["anonymous"], found.get("more")), (&4.into(), &1.into(), None));
    let users = found["users"].as_array().expect("a list").clone();
    let names: Vec<_> =
        users.iter().map(|user| (user["user"].as_str().unwrap(), user["connections"].as_u64().unwrap())).collect();
    assert_eq!(names, [("anna", 2), ("bert", 1)]);
    let since = |user: &Value| user["since"].as_str().expect("a time").parse::<jiff::Timestamp>().expect("RFC 3339");
    assert!(since(&users[0]) <= since(&users[1]) && since(&users[1]) <= jiff::Timestamp::now());
    drop(berts);
    wait_until("he has gone", || {
        present(&broker, &anna, "room/2")["users"].as_array().is_some_and(|users| users.len() == 1)
    });
    let foreign = present(&broker, &mint(&["--sub", "carl", "--subscribe", "other"]), "room/1");
    assert_eq!((&foreign["code"], foreign.to_string().contains("anna")), (&"not_allowed".into(), false));
}

#[test]
fn very_many_users_are_not_all_told() {
    let broker = Config::of_tenants("").start(&[]);
    let streams: Vec<Stream> = (0..1005).map(|n| open(&broker, &of_number(n), "/events/room/1")).collect();
    let found = present(&broker, &nobody(), "room/1");
    let users = found["users"].as_array().expect("a list");
    assert_eq!((users.len(), &found["more"], &found["subscribers"]), (1000, &true.into(), &1005.into()));
    drop(streams);
}

/// A token of one of many: made here, since a process for each takes long.
fn of_number(n: usize) -> String {
    let claims =
        json!({ "sub": format!("user-{n:04}"), "exp": 99_999_999_999_u64, "sse": { "subscribe": ["room/1"] } });
    let key = SigningKey::from_secret(super::SECRET.as_bytes()).expect("a key");
    key.sign(&Claims::from(claims.as_object().expect("an object").clone()), None).expect("a token")
}

#[test]
fn the_first_connection_of_a_user_joins_and_the_last_one_leaves_over_every_transport() {
    let config = Config::of_tenants("");
    for site in Site::both(&["--config", &config.file(), "--presence-events", "--presence-grace", "0s"]) {
        let with = |token: &str| format!("authorization: {}", bearer(token));
        let opened = site.open_each("/events/$presence/room/1", &["--header", &with(&of("watcher"))]).nth(1);
        let mut watcher = opened.expect("a stream");
        let told = |watcher: &mut crate::transports::Listener| {
            let data: Value = serde_json::from_str(&watcher.data(1)[0]).expect("JSON");
            (data["user"].as_str().expect("a user").to_owned(), data["connections"].as_u64().expect("a number"))
        };
        let mut number = 0;
        for listener in
            site.open_each("/events?topic=room/1&topic=room/*&topic=other", &["--header", &with(&of("anna"))])
        {
            assert_eq!(told(&mut watcher), ("anna".to_owned(), 1));
            number += 1;
            drop(listener);
            // One that nobody reads to is found out by a write: an event, to HTTP/1.0 and over HTTP/2.
            let root = with(&mint(&["--role", "superadmin"]));
            wait_until("its end was noticed", || {
                site.ask("POST", "/events/room/1", &["--header", &root, "--data", "x"]);
                let listed = site.ask("GET", "/api/connections?user=anna", &["--header", &root]).1;
                listed["connections"].as_array().is_some_and(Vec::is_empty)
            });
            assert_eq!(told(&mut watcher), ("anna".to_owned(), 0));
        }
        assert_eq!(number, 3);
    }
}

#[test]
fn a_second_connection_a_pattern_and_who_is_nobody_do_not_join() {
    let broker = Config::of_tenants("").start(&["--presence-events", "--presence-grace", "0s"]);
    let mut watcher = open(&broker, &of("watcher"), "/events/$presence/room/**?event=join&event=leave&topic=room/1");
    let _pattern = open(&broker, &of("bert"), "/events/room/*");
    let _nobody = open(&broker, &nobody(), "/events/room/1");
    assert_eq!(said(&mut watcher), ("join".into(), "watcher".into(), 1), "the watcher itself");
    let first = open(&broker, &of("anna"), "/events/room/1");
    assert_eq!(said(&mut watcher), ("join".into(), "anna".into(), 1));
    let second = open(&broker, &of("anna"), "/events/room/1");
    drop(first);
    let _carl = open(&broker, &of("carl"), "/events/room/1");
    assert_eq!(said(&mut watcher), ("join".into(), "carl".into(), 1), "anna is there all the time");
    drop(second);
    assert_eq!(said(&mut watcher), ("leave".into(), "anna".into(), 0));
}

#[test]
fn who_reconnects_within_the_grace_time_was_not_away() {
    let broker = Config::of_tenants("").start(&["--presence-events", "--presence-grace", "1h"]);
    let mut watcher = open(&broker, &of("watcher"), "/events/$presence/room/1");
    for _ in 0..3 {
        drop(open(&broker, &of("anna"), "/events/room/1"));
        wait_until("she has gone", || present(&broker, &nobody(), "room/1")["subscribers"] == 0);
    }
    let _bert = open(&broker, &of("bert"), "/events/room/1");
    assert_eq!([said(&mut watcher), said(&mut watcher)].map(|(_, user, _)| user), ["anna", "bert"]);
}

#[test]
fn topics_that_are_changed_join_and_leave_too_and_those_that_stay_do_not() {
    let broker = Config::of_tenants("").start(&["--presence-events", "--presence-grace", "0s"]);
    let mut watcher = open(&broker, &of("watcher"), "/events/$presence/room/1");
    let anna = open(&broker, &of("anna"), "/events/other");
    let id = anna.head.lines().find_map(|line| line.strip_prefix("sse-connection: ")).expect("an ID").to_owned();
    let change = |topics: &[&str]| {
        let body = json!({ "topics": topics }).to_string();
        let headers = [("authorization", bearer(&of("anna"))), ("content-length", body.len().to_string())];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        let reply = request(broker.address, "PATCH", &format!("/api/connections/{id}"), &headers, body.as_bytes());
        assert_eq!(reply.status, 200, "{reply:?}");
    };
    change(&["room/1"]);
    assert_eq!(said(&mut watcher), ("join".into(), "anna".into(), 1));
    change(&["room/1", "other"]);
    change(&["other"]);
    assert_eq!(said(&mut watcher), ("leave".into(), "anna".into(), 0));
    let _bert = open(&broker, &of("bert"), "/events/room/1");
    assert_eq!(said(&mut watcher).1, "bert");
}

#[test]
fn a_watcher_that_resumes_is_told_what_happened_meanwhile() {
    let broker = Config::of_tenants("").start(&["--presence-events"]);
    let mut watcher = open(&broker, &of("watcher"), "/events/$presence/room/1");
    let _anna = open(&broker, &of("anna"), "/events/room/1");
    let id = watcher.event().last_event_id;
    drop(watcher);
    let _bert = open(&broker, &of("bert"), "/events/room/1");
    let headers = [("authorization", bearer(&of("watcher"))), ("last-event-id", id)];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    let mut watcher = Stream::open(broker.address, "/events/$presence/room/1", &headers);
    assert_eq!(said(&mut watcher), ("join".into(), "bert".into(), 1));
}

#[test]
fn nobody_is_told_who_comes_unless_that_is_switched_on() {
    let broker = Config::of_tenants("").start(&[]);
    let mut everything = open(&broker, &of("watcher"), "/events?topic=$presence/room/*&topic=room/1");
    let _anna = open(&broker, &of("anna"), "/events/room/1");
    let publisher = mint(&["--publish", "room/1"]);
    request(broker.address, "POST", "/events/room/1", &[("authorization", &bearer(&publisher))], b"the only event");
    assert_eq!(everything.data(1), ["the only event"]);
}
