//! `--topic`: several topics on one connection.

use super::{Listening, listen_to};
use crate::http::publish;
use crate::process::Broker;
use crate::scripted::Answer::Close;
use crate::scripted::{Scripted, stream};

#[test]
fn several_topics_of_a_broker_come_on_one_connection() {
    let broker = Broker::start(&[]);
    let options = ["--url", &broker.url(""), "--topic", "rooms/*", "--topic", "a b", "-n", "3"];
    let listening = Listening::start("prices", &options);
    listening.next("open");
    for (topic, data) in [("prices", "1"), ("elsewhere", "no"), ("rooms/7", "2"), ("a%20b", "3")] {
        publish(broker.address, topic, data);
    }
    let heard = listening.end();
    assert_eq!((heard.code, heard.data()), (Some(0), vec!["1", "2", "3"]));
    assert_eq!(heard.of_kind("open").len(), 0, "one connection is enough");
}

#[test]
fn a_topic_is_followed_from_its_past_on() {
    let broker = Broker::start(&[]);
    for data in ["1", "2", "3"] {
        publish(broker.address, "prices", data);
    }
    let url = broker.url("");
    let past = |options: &[&str]| listen_to("prices", &[&["--url", &url], options].concat());
    assert_eq!(past(&["--since", "earliest", "-n", "3"]).data(), ["1", "2", "3"]);
    assert_eq!(past(&["--last", "2", "-n", "2"]).data(), ["2", "3"]);
    let refused = past(&["--since", "yesterday"]);
    assert_eq!(refused.code, Some(3));
    assert!(refused.stderr.contains("since"), "the broker says what is wrong: {}", refused.stderr);
}

#[test]
fn topics_are_added_to_a_url_as_parameters() {
    let server = Scripted::start((0..3).map(|_| Close(stream("data: 1\n\n"))).collect());
    let line = |target: &str, options: &[&str]| {
        assert_eq!(listen_to(target, &[options, &["-n", "1"]].concat()).data(), ["1"]);
        server.request().line
    };
    let topics = ["--topic", "a/*", "--topic", "é&c"];
    assert_eq!(line(&server.url("/s"), &topics), "GET /s?topic=a%2F*&topic=%C3%A9%26c HTTP/1.1");
    assert_eq!(line(&server.url("/s?x=1#y"), &["--topic", "a"]), "GET /s?x=1&topic=a HTTP/1.1");
    let options = ["--url", &server.url("/below"), "--topic", "b"];
    assert_eq!(line("a", &options), "GET /below/events?topic=a&topic=b HTTP/1.1");
}

#[test]
fn what_is_no_topic_is_refused() {
    for topic in ["", "http://example.com/"] {
        assert_eq!(listen_to("a", &["--topic", topic]).code, Some(2), "{topic:?}");
    }
}
