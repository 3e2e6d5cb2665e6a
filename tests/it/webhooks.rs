//! `[[webhook]]`: what happens to connections is posted, signed, repeated until it is taken, and bounded.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::http::{Stream, get};
use crate::process::{Broker, stderr, wait_until};
use crate::scripted::Answer::{self, Close, Hold};
use crate::scripted::{Request, Scripted, answer};
use crate::transports::Site;

const SECRET: &str = "the secret of these tests, long enough";

fn taken() -> Answer {
    Close(answer("200 OK", "text/plain", "ok"))
}

fn refused(status: &str) -> Answer {
    Close(answer(status, "text/plain", "no"))
}

/// A config file with one webhook.
fn config(receiver: &Scripted, more: &str) -> NamedTempFile {
    let file = NamedTempFile::new().unwrap();
    let url = receiver.url("/hook");
    std::fs::write(file.path(), format!("[[webhook]]\nurl = \"{url}\"\nsecret = \"{SECRET}\"\n{more}\n")).unwrap();
    file
}

fn start(config: &NamedTempFile, options: &[&str]) -> Broker {
    Broker::start(&[&["--config", config.path().to_str().unwrap()], options].concat())
}

/// What a message says, if its signature is ours.
fn verified(request: &Request) -> Value {
    assert_eq!(
        (request.line.as_str(), request.text("content-type")),
        ("POST /hook HTTP/1.1", Some("application/json"))
    );
    let header = |name: &str| request.text(name).unwrap_or_else(|| panic!("{name}: {request:?}")).to_owned();
    let time: i64 = header("webhook-timestamp").parse().expect("seconds");
    assert!((jiff::Timestamp::now().as_second() - time).abs() < 60, "{time}");
    let signature = header("webhook-signature");
    let signature = BASE64_STANDARD.decode(signature.strip_prefix("v1,").expect("a version")).expect("base64");
    let signed = [format!("{}.{time}.", header("webhook-id")).as_bytes(), &request.body].concat();
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), &signed, &signature).expect("our signature");
    serde_json::from_slice(&request.body).expect("JSON")
}

fn counted(broker: &Broker, outcome: &str) -> u64 {
    let metrics = get(broker.address, "/metrics").body;
    let start = format!("sse_webhooks_total{{outcome=\"{outcome}\"}} ");
    metrics.lines().find_map(|line| line.strip_prefix(&start)).map_or(0, |count| count.parse().expect("a number"))
}

#[test]
fn connections_that_come_and_go_are_told_over_every_transport() {
    let receiver = Scripted::start((0..12).map(|_| taken()).collect());
    let config = config(&receiver, "events = [\"connect\", \"disconnect\"]");
    for site in Site::both(&["--config", config.path().to_str().unwrap()]) {
        for listener in site.open_each("/events?topic=a&topic=b/*", &[]) {
            let (id, path) = (listener.connection.clone(), format!("/api/connections/{}", listener.connection));
            let row = site.ask("GET", "/api/connections", &[]).1["connections"][0].clone();
            let told = verified(&receiver.request());
            assert_eq!((&told["type"], &told["data"]["connection"]), (&"connect".into(), &id.as_str().into()));
            for member in ["topics", "since", "address", "transport"] {
                assert_eq!(told["data"][member], row[member], "{member}");
            }
            assert_eq!((&told["data"]["topics"], told["data"].get("reason")), (&json!(["a", "b/*"]), None));
            let time: jiff::Timestamp = told["timestamp"].as_str().expect("a time").parse().expect("RFC 3339");
            assert!(time <= jiff::Timestamp::now());
            assert_eq!(site.ask("DELETE", &path, &[]).0, 200);
            listener.rest();
            let told = verified(&receiver.request());
            assert_eq!((&told["type"], &told["data"]["connection"]), (&"disconnect".into(), &id.as_str().into()));
            assert_eq!(told["data"]["reason"], "kicked");
        }
    }
}

#[test]
fn the_first_and_the_last_subscriber_of_a_topic_are_told_once() {
    let receiver = Scripted::start((0..4).map(|_| taken()).collect());
    let config = config(&receiver, "events = [\"first_subscriber\", \"last_subscriber\"]\ntopics = [\"a/*\"]");
    let broker = start(&config, &["--presence-grace", "0s"]);
    let _pattern = Stream::open(broker.address, "/events/a/*", &[]);
    let first = Stream::open(broker.address, "/events?topic=a/1&topic=b/1", &[]);
    let second = Stream::open(broker.address, "/events?topic=a/1&topic=a/2", &[]);
    let told = || {
        let told = verified(&receiver.request());
        (told["type"].as_str().unwrap().to_owned(), told["data"]["topic"].as_str().unwrap().to_owned())
    };
    let said = |kind: &str, topic: &str| (kind.to_owned(), topic.to_owned());
    assert_eq!([told(), told()], [said("first_subscriber", "a/1"), said("first_subscriber", "a/2")]);
    drop(first);
    drop(second);
    // Which of them is seen to go first is up to the network.
    let mut last = [told(), told()];
    last.sort();
    assert_eq!(last, [said("last_subscriber", "a/1"), said("last_subscriber", "a/2")]);
}

#[test]
fn a_message_is_repeated_until_it_is_taken_and_one_that_is_refused_is_not() {
    let script =
        vec![refused("503 Service Unavailable"), Close(Vec::new()), taken(), refused("404 Not Found"), taken()];
    let receiver = Scripted::start(script);
    let config = config(&receiver, "events = [\"connect\"]\ntopics = [\"a\"]");
    let mut broker = Broker::start_quietly(&["--config", config.path().to_str().unwrap(), "-vv"]);
    let _streams = ["/events/a", "/events/b", "/events?topic=a&topic=b", "/events?topic=b&topic=a&topic=c"]
        .map(|path| Stream::open(broker.address, path, &[]));
    let attempts = receiver.requests(3);
    let first = verified(&attempts[0]);
    assert_eq!(first["data"]["topics"], json!(["a"]));
    for attempt in &attempts {
        assert_eq!((attempt.text("webhook-id"), verified(attempt)), (attempts[0].text("webhook-id"), first.clone()));
    }
    let [refused, last] = &receiver.requests(2)[..] else { panic!("two more") };
    assert_eq!(verified(refused)["data"]["topics"], json!(["a", "b"]), "in their order, and only of the topic");
    assert_eq!(verified(last)["data"]["topics"], json!(["a", "b", "c"]));
    assert_ne!(refused.text("webhook-id"), last.text("webhook-id"));
    wait_until("all are counted", || counted(&broker, "delivered") == 2 && counted(&broker, "failed") == 1);
    rustix::process::kill_process(broker.pid(), rustix::process::Signal::TERM).expect("it runs");
    let (_, log) = broker.end();
    assert!(log.contains("/hook was not told of connect: 404 Not Found"), "{log}");
    assert!(!log.contains(SECRET), "no log has a secret");
}

#[test]
fn a_message_is_for_the_receiver_that_was_named_and_for_no_other() {
    let elsewhere = Scripted::start(vec![taken()]);
    let away = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: {}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        elsewhere.url("/hook")
    );
    let receiver = Scripted::start(vec![Close(away.into_bytes()), taken()]);
    let config = config(&receiver, "events = [\"connect\"]");
    let broker = start(&config, &[]);
    let _streams = ["/events/a", "/events/b"].map(|path| Stream::open(broker.address, path, &[]));
    let told = receiver.requests(2);
    assert_eq!(verified(&told[1])["data"]["topics"], json!(["b"]), "the first one is not sent again");
    wait_until("both are counted", || counted(&broker, "delivered") == 1 && counted(&broker, "failed") == 1);
    assert!(elsewhere.is_done());
}

#[test]
fn a_receiver_that_does_not_answer_is_not_waited_for_and_what_is_oldest_is_dropped() {
    let receiver = Scripted::start(vec![Hold(Vec::new())]);
    let config = config(&receiver, "events = [\"first_subscriber\"]");
    let broker = start(&config, &[]);
    let streams = (0..12).map(|stream| {
        let topics: Vec<String> = (0..1000).map(|topic| format!("topic=t{stream}x{topic}")).collect();
        Stream::open(broker.address, &format!("/events?{}", topics.join("&")), &[])
    });
    let mut streams: Vec<Stream> = streams.collect();
    wait_until("some are dropped", || counted(&broker, "dropped") >= 1900);
    crate::http::publish(broker.address, "t3x3", "x");
    assert_eq!(streams[3].data(1), ["x"]);
    assert!(counted(&broker, "dropped") <= 2000);
}

#[test]
fn what_is_left_when_the_broker_stops_is_told_before_it_ends() {
    let receiver = Scripted::start((0..21).map(|_| taken()).collect());
    let config = config(&receiver, "events = [\"disconnect\"]");
    let broker = start(&config, &[]);
    let streams: Vec<Stream> = (0..20).map(|_| Stream::open(broker.address, "/events/a", &[])).collect();
    broker.stop();
    let told: Vec<Value> = receiver.requests(20).iter().map(verified).collect();
    assert!(told.iter().all(|told| told["data"]["reason"] == "drained"), "{told:?}");
    drop(streams);
}

#[test]
fn a_table_that_makes_no_sense_is_told_with_its_line() {
    let said = |table: &str| {
        let file = NamedTempFile::new().unwrap();
        std::fs::write(file.path(), format!("[[webhook]]\n{table}\n")).unwrap();
        let path = file.path().to_str().unwrap();
        let ended = Broker::try_start(&["--config", path]).err().expect("it does not start");
        assert_eq!(ended.status.code(), Some(2), "{table}");
        stderr(&ended).replace(path, "sse.toml")
    };
    let good = "url = \"http://x/\"\nevents = [\"connect\"]\n";
    for (table, expected) in [
        ("url = \"x\"\nevents = [\"connect\"]", "sse.toml:2: give the URL of a receiver"),
        ("url = \"ftp://x/\"\nevents = [\"connect\"]", "sse.toml:2: give the URL of a receiver"),
        ("url = \"http://x/\"", "sse.toml:1: missing field `events`"),
        ("url = \"http://x/\"\nevents = []", "sse.toml:3: name one of connect, disconnect, first_subscriber"),
        ("url = \"http://x/\"\nevents = [\"open\"]", "sse.toml:3: unknown variant `open`, expected one of"),
        (&format!("{good}topics = [\"a/**/b\"]"), "sse.toml:4: ** stands for any tail"),
        (&format!("{good}secrets = \"x\""), "sse.toml:4: unknown field `secrets`"),
        (&format!("{good}secret = \"short\""), "sse.toml:4: a secret has at least 24 bytes"),
        (&format!("{good}secret = \"whsec_!\""), "sse.toml:4: what follows whsec_ has to be base64"),
    ] {
        assert!(said(table).contains(expected), "{table}\n{}", said(table));
    }
}
