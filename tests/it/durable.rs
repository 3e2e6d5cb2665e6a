//! A broker with `--data` that is started again: what it goes on with, what it still knows, and what it does not bring back.

use std::net::SocketAddr;
use std::path::Path;
use std::thread;

use crate::history::{contents, replay, seq, serve, state};
use crate::http::{NDJSON, Reply, Stream, get, post, publish, request, try_request};
use crate::process::{Broker, wait_until};

/// A history of a few events, in files of 1 MiB of which those are dropped that have none of the last ten.
const SHORT: [&str; 4] = ["--retain-events", "10", "--retain-bytes", "16MiB"];

/// Publishes with headers that say more about the event.
fn publish_with(to: &Broker, topic: &str, headers: &[(&str, &str)], data: &str) -> Reply {
    let reply = request(to.address, "POST", &format!("/events/{topic}"), headers, data.as_bytes());
    assert_eq!(reply.status, 200, "{reply:?}");
    reply
}

/// Publishes 3 MiB to a topic, so that all that came before is in files that go.
fn roll(to: &Broker, topic: &str) {
    let line = format!("{{\"topic\":\"{topic}\",\"data\":\"{}\"}}\n", "x".repeat(32 << 10));
    assert_eq!(request(to.address, "POST", "/events", &NDJSON, line.repeat(96).as_bytes()).status, 200);
}

fn epoch(of: &Broker) -> String {
    get(of.address, "/api/stats").json()["epoch"].as_str().expect("an epoch").to_owned()
}

#[test]
fn the_epoch_stays_and_ids_go_on() {
    let directory = tempfile::tempdir().unwrap();
    let broker = serve(directory.path(), &[]);
    let (first, before) = (publish(broker.address, "a", "1"), epoch(&broker));
    broker.stop();
    let broker = serve(directory.path(), &[]);
    let second = publish(broker.address, "b", "2");
    assert_eq!((epoch(&broker), first, second), (before.clone(), format!("{before}-1"), format!("{before}-2")));
    broker.kill();
    let broker = serve(directory.path(), &[]);
    let mut stream = Stream::resume(broker.address, "/events?topic=**", &format!("{before}-0"));
    assert_eq!(stream.data(2), ["1", "2"]);
    assert_eq!(publish(broker.address, "a", "3"), format!("{before}-3"));
    assert_eq!(stream.data(1), ["3"]);
}

#[test]
fn a_restart_alone_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let broker = serve(directory.path(), &SHORT);
    publish_with(&broker, "a", &[("sse-key", "k"), ("idempotency-key", "once")], "kept");
    roll(&broker, "b");
    broker.stop();
    let before = contents(directory.path());
    serve(directory.path(), &SHORT).stop();
    serve(directory.path(), &SHORT).kill();
    let after = contents(directory.path());
    assert!(before == after, "{:?} before, {:?} after", before.keys(), after.keys());
}

#[test]
fn an_idempotency_key_is_known_after_kill_9() {
    let directory = tempfile::tempdir().unwrap();
    let once = |broker: &Broker| publish_with(broker, "a", &[("idempotency-key", "once")], "x");
    let broker = serve(directory.path(), &SHORT);
    let first = once(&broker).json();
    broker.kill();
    let broker = serve(directory.path(), &SHORT);
    let again = once(&broker);
    assert!(again.json() == first && again.head.contains("idempotent-replayed: true"), "{again:?}");
    let reused = request(broker.address, "POST", "/events/a", &[("idempotency-key", "once")], b"y");
    assert_eq!((reused.status, &reused.json()["code"]), (422, &"idempotency_key_reused".into()));
    roll(&broker, "b");
    broker.kill();
    let broker = serve(directory.path(), &SHORT);
    assert_eq!(once(&broker).json(), first, "also when its event has gone");
    assert_eq!(replay(broker.address).iter().filter(|event| event.data == "x").count(), 0);
}

#[test]
fn an_idempotency_key_that_is_no_longer_remembered_is_not_after_a_restart_either() {
    let directory = tempfile::tempdir().unwrap();
    let once = |broker: &Broker| {
        let reply = publish_with(broker, "a", &[("idempotency-key", "once")], "x");
        reply.json()["id"].as_str().expect("an ID").to_owned()
    };
    let broker = serve(directory.path(), &[]);
    let first = once(&broker);
    broker.stop();
    let broker = serve(directory.path(), &["--idempotency-window", "1ms"]);
    wait_until("it is forgotten", || once(&broker) != first);
}

/// The history as it is in memory goes: first with a word, then without.
fn start_again_twice(broker: Broker, directory: &Path, options: &[&str]) -> Broker {
    broker.stop();
    serve(directory, options).kill();
    serve(directory, options)
}

/// Waits until the file with the first event has gone.
fn wait_until_the_first_file_has_gone(directory: &Path) {
    let first = directory.join("00000000000000000001.log");
    wait_until("the first file has gone", || !first.exists());
}

#[test]
fn the_state_of_a_key_survives_when_its_event_has_gone() {
    let directory = tempfile::tempdir().unwrap();
    let mut broker = serve(directory.path(), &SHORT);
    publish_with(&broker, "a", &[("sse-key", "k")], "old");
    let reply = publish_with(&broker, "a", &[("sse-key", "k"), ("sse-event", "price")], "new");
    publish_with(&broker, "a", &[("sse-key", "mine"), ("sse-id", "given")], "with an ID");
    for _ in 0..2 {
        roll(&broker, "b");
        wait_until_the_first_file_has_gone(directory.path());
        broker = start_again_twice(broker, directory.path(), &SHORT);
    }
    let [price, given] = &state(broker.address, "a")[..] else { panic!("the state of two keys") };
    assert_eq!((&price.last_event_id, &price.data), (&reply.json()["id"].as_str().unwrap().to_owned(), &"new".into()));
    assert_eq!((price.event_type.as_str(), given.last_event_id.as_str()), ("price", "given"));
}

#[test]
fn a_cleared_key_stays_cleared_when_the_event_that_cleared_it_has_gone() {
    let directory = tempfile::tempdir().unwrap();
    let mut broker = serve(directory.path(), &SHORT);
    for key in ["first", "second", "third"] {
        publish_with(&broker, "a", &[("sse-key", key)], key);
    }
    publish_with(&broker, "a", &[("sse-key", "first")], "");
    for cleared in ["second", "third"] {
        roll(&broker, "b");
        wait_until_the_first_file_has_gone(directory.path());
        broker = start_again_twice(broker, directory.path(), &SHORT);
        let expected: Vec<&str> = ["second", "third"].into_iter().skip_while(|key| *key != cleared).collect();
        let state = state(broker.address, "a");
        assert!(state.iter().map(|event| event.data.as_str()).eq(expected), "{state:?}");
        publish_with(&broker, "a", &[("sse-key", cleared)], "");
    }
    for _ in 0..2 {
        roll(&broker, "b");
        broker = start_again_twice(broker, directory.path(), &SHORT);
        assert_eq!(state(broker.address, "a"), []);
    }
}

#[test]
fn an_event_for_two_topics_stays_the_state_of_the_one_where_it_was_not_cleared() {
    let directory = tempfile::tempdir().unwrap();
    let mut broker = serve(directory.path(), &SHORT);
    let item = r#"{"topics":["a","b"],"key":"k","data":"both"}"#;
    assert_eq!(post(broker.address, "/events", item).status, 200);
    for round in 0..3 {
        roll(&broker, "c");
        wait_until_the_first_file_has_gone(directory.path());
        broker = start_again_twice(broker, directory.path(), &SHORT);
        let data = |topic| state(broker.address, topic).into_iter().map(|event| event.data).collect::<Vec<_>>();
        let of_a: &[&str] = if round == 0 { &["both"] } else { &[] };
        assert_eq!((data("a"), data("b")), (of_a.iter().map(ToString::to_string).collect(), vec!["both".to_owned()]));
        publish_with(&broker, "a", &[("sse-key", "k")], "");
    }
}

#[test]
fn a_ttl_goes_on_over_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let broker = serve(directory.path(), &[]);
    for ttl in ["1s", "0s", "1h"] {
        publish_with(&broker, "a", &[("sse-ttl", ttl), ("sse-key", ttl)], ttl);
    }
    publish(broker.address, "a", "end");
    broker.kill();
    let broker = serve(directory.path(), &[]);
    let alive = || {
        let mut stream = Stream::open(broker.address, "/events/a?since=earliest", &[]);
        let data = std::iter::from_fn(|| Some(stream.event().data).filter(|data| data != "end"));
        data.collect::<Vec<String>>()
    };
    assert!(!alive().contains(&"0s".to_owned()), "what was for those who listened then has not come back");
    wait_until("a second is over", || alive() == ["1h"]);
    let state = state(broker.address, "a");
    assert!(state.iter().map(|event| event.data.as_str()).eq(["1h"]), "{state:?}");
}

#[test]
fn a_time_before_what_is_retained_is_known_to_be_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let broker = serve(directory.path(), &SHORT);
    roll(&broker, "a");
    wait_until_the_first_file_has_gone(directory.path());
    let broker = start_again_twice(broker, directory.path(), &SHORT);
    let gap = Stream::open(broker.address, "/events/a?since=1h", &[]).event();
    assert!(gap.event_type == "sse.gap" && gap.data.contains(r#""reason":"expired""#), "{gap:?}");
}

#[test]
fn with_an_interval_of_an_hour_kill_9_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let broker = serve(directory.path(), &["--durability", "interval=1h"]);
    let ids: Vec<String> = (0..100).map(|n| publish(broker.address, "a", &n.to_string())).collect();
    broker.kill();
    let broker = serve(directory.path(), &["--durability", "interval=1h"]);
    assert!(replay(broker.address).iter().map(|event| &event.last_event_id).eq(&ids));
}

/// Publishes until the broker takes no more; returns the IDs of what was acknowledged.
fn publish_to_the_end(to: SocketAddr) -> Vec<String> {
    let reply = || try_request(to, "POST", "/events/a", &[], b"x").ok().filter(|reply| reply.status == 200);
    std::iter::from_fn(reply).map(|reply| reply.json()["id"].as_str().expect("an ID").to_owned()).collect()
}

#[test]
fn a_broker_that_is_told_to_stop_loses_nothing() {
    for durability in ["commit", "interval=1h"] {
        let directory = tempfile::tempdir().unwrap();
        let broker = serve(directory.path(), &["--durability", durability]);
        let address = broker.address;
        let publishers: Vec<_> = (0..4).map(|_| thread::spawn(move || publish_to_the_end(address))).collect();
        wait_until("some is published", || {
            get(address, "/api/stats").json()["retained"]["events"].as_u64() > Some(100)
        });
        broker.stop();
        let mut ids: Vec<String> = publishers.into_iter().flat_map(|one| one.join().expect("a publisher")).collect();
        ids.sort_by_key(|id| seq(id));
        let broker = serve(directory.path(), &[]);
        let found: Vec<String> = replay(broker.address).into_iter().map(|event| event.last_event_id).collect();
        assert!(ids.iter().all(|id| found.contains(id)), "{} are acknowledged, {} are there", ids.len(), found.len());
    }
}
