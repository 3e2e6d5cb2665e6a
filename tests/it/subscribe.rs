//! Subscribing: topics and patterns, every way to begin, gaps, heartbeats, limits, the end.

use std::io::BufRead as _;

use serde_json::{Value, json};
use sse::wire::Item;

use crate::http::{Stream, get, post, publish, request};
use crate::process::{Broker, wait_until};

#[test]
fn a_stream_opens_at_once_with_the_headers_that_keep_proxies_from_holding_it_back() {
    let broker = Broker::start(&[]);
    let stream = Stream::open(broker.address, "/events/a", &[("accept-encoding", "gzip, br")]);
    for header in ["content-type: text/event-stream\r\n", "cache-control: no-store\r\n", "x-accel-buffering: no\r\n"] {
        assert!(stream.head.contains(header), "{}", stream.head);
    }
    assert!(!stream.head.contains("content-encoding"), "{}", stream.head);
}

#[test]
fn head_answers_like_get_and_opens_no_stream() {
    let broker = Broker::start(&[]);
    let reply = request(broker.address, "HEAD", "/events/a", &[], b"");
    assert!(reply.status == 200 && reply.head.contains("text/event-stream"));
    assert_eq!(get(broker.address, "/api/stats").json()["connections"]["opened"], 0);
}

#[test]
fn topics_and_patterns_are_a_union_and_other_topics_are_not_heard() {
    let broker = Broker::start(&[]);
    let mut stream = Stream::open(broker.address, "/events/x?topic=a/*&topic=b&topic=deep/**", &[]);
    for topic in ["x", "a/1", "a/1/2", "a", "b", "b/c", "deep", "deep/1/2", "other", "x"] {
        publish(broker.address, topic, topic);
    }
    assert_eq!(stream.data(6), ["x", "a/1", "b", "deep", "deep/1/2", "x"]);
}

#[test]
fn event_picks_types_and_message_is_the_default_type() {
    let broker = Broker::start(&[]);
    let mut stream = Stream::open(broker.address, "/events/a?event=up&event=message", &[]);
    for (name, data) in [("up", "1"), ("down", "2"), ("", "3"), ("message", "4"), ("up", "5")] {
        post(broker.address, &format!("/events/a?event={name}"), data);
    }
    assert_eq!(stream.data(4), ["1", "3", "4", "5"]);
}

#[test]
fn last_event_id_resumes_after_that_event_whatever_gave_the_id() {
    let broker = Broker::start(&[]);
    let first = publish(broker.address, "a", "1");
    post(broker.address, "/events/b?id=mine", "2");
    for n in 3..=5 {
        publish(broker.address, "a", &n.to_string());
    }
    assert_eq!(Stream::resume(broker.address, "/events?topic=a&topic=b", &first).data(4), ["2", "3", "4", "5"]);
    assert_eq!(Stream::resume(broker.address, "/events?topic=a&topic=b", "mine").data(3), ["3", "4", "5"]);
    let path = format!("/events?topic=*&last_event_id={first}");
    assert_eq!(Stream::open(broker.address, &path, &[]).data(1), ["2"]);
    let mut newer = Stream::resume(broker.address, &path, "mine");
    assert_eq!(newer.data(3), ["3", "4", "5"], "a header is newer than the URL");
    publish(broker.address, "a", "6");
    assert_eq!(newer.data(1), ["6"], "replay is joined to what is live");
}

#[test]
fn where_an_id_was_used_twice_nothing_is_lost() {
    let broker = Broker::start(&[]);
    for (topic, id) in [("a", 1), ("a", 2), ("b", 1), ("b", 2), ("a", 1), ("a", 3)] {
        post(broker.address, &format!("/events/{topic}?id={id}"), &format!("{topic}{id}"));
    }
    assert_eq!(Stream::resume(broker.address, "/events/b", "1").data(1), ["b2"], "another topic's IDs do not matter");
    assert_eq!(Stream::resume(broker.address, "/events/a", "1").data(3), ["a2", "a1", "a3"]);
}

#[test]
fn since_begins_in_the_past() {
    let broker = Broker::start(&[]);
    for n in 1..=3 {
        publish(broker.address, "a", &n.to_string());
    }
    for since in ["earliest", "1h", "2020-01-31T12:00:00Z", "2020-01-31T12:00:00%2B02:00", "2020-01-31T12:00:00+02:00"]
    {
        let mut stream = Stream::open(broker.address, &format!("/events/a?since={since}"), &[]);
        assert_eq!(stream.data(3), ["1", "2", "3"], "{since}");
    }
    let mut live = Stream::open(broker.address, "/events/a?since=0s", &[]);
    publish(broker.address, "a", "4");
    assert_eq!(live.data(1), ["4"]);
}

#[test]
fn last_begins_with_the_newest_of_each_topic_in_log_order() {
    let broker = Broker::start(&[]);
    for n in 1..=4 {
        publish(broker.address, "a", &format!("a{n}"));
        publish(broker.address, "b/x", &format!("b{n}"));
        publish(broker.address, "c", "c");
    }
    let mut stream = Stream::open(broker.address, "/events?topic=a&topic=b/*&last=2", &[]);
    publish(broker.address, "a", "live");
    assert_eq!(stream.data(5), ["a3", "b3", "a4", "b4", "live"]);
    let id = publish(broker.address, "c", "seen");
    publish(broker.address, "a", "new");
    let mut resumed = Stream::resume(broker.address, "/events/a?last=3", &id);
    assert_eq!(resumed.data(1), ["new"], "a client that comes back gets what it missed, not the snapshot again");
}

/// The gap that a stream begins with.
fn gap(stream: &mut Stream) -> Value {
    let event = stream.event();
    assert_eq!((event.event_type.as_str(), event.last_event_id.as_str()), ("sse.gap", ""), "a gap moves no cursor");
    serde_json::from_str(&event.data).expect("a gap is JSON")
}

#[test]
fn an_id_that_was_dropped_is_told_as_a_gap_before_what_is_left() {
    let broker = Broker::start(&["--retain-events", "3"]);
    let ids: Vec<String> = (1..=6).map(|n| publish(broker.address, "a", &n.to_string())).collect();
    let mut stream = Stream::resume(broker.address, "/events/a", &ids[0]);
    assert_eq!(gap(&mut stream), json!({"requested": ids[0], "resumed": ids[2], "reason": "expired"}));
    assert_eq!(stream.data(3), ["4", "5", "6"]);
    let mut whole = Stream::resume(broker.address, "/events/a", &ids[2]);
    assert_eq!(whole.event().data, "4", "the last dropped event can be resumed from without a gap");
    let mut since = Stream::open(broker.address, "/events/a?since=1h", &[]);
    assert_eq!((&gap(&mut since)["requested"], since.event().data.as_str()), (&"1h".into(), "4"));
}

#[test]
fn an_id_of_another_log_or_of_no_event_is_told_as_a_gap_too() {
    let broker = Broker::start(&[]);
    let id = publish(broker.address, "a", "1");
    let (epoch, _) = id.split_once('-').unwrap();
    let other = if epoch == "00000001" { "00000002-1" } else { "00000001-1" };
    for (requested, reason) in [(other, "epoch"), ("rubbish", "unknown"), (&*format!("{epoch}-99"), "unknown")] {
        let mut stream = Stream::resume(broker.address, "/events/a", requested);
        let resumed = format!("{epoch}-0");
        assert_eq!(gap(&mut stream), json!({"requested": requested, "resumed": resumed, "reason": reason}));
        assert_eq!(stream.event().data, "1");
    }
    assert_eq!(get(broker.address, "/api/stats").json()["events"]["gaps"], 3);
}

#[test]
fn a_reader_that_retention_overtakes_is_told_so() {
    let broker = Broker::start(&["--retain-events", "10"]);
    let mut stream = Stream::open(broker.address, "/events/a", &[]);
    // Far more than the sockets between us hold: the reader's cursor falls off the log.
    let data = "x".repeat(1 << 20);
    let ids: Vec<String> = (0..40).map(|_| publish(broker.address, "a", &data)).collect();
    let mut seen = Vec::new();
    let gap = loop {
        let event = stream.event();
        match event.event_type.as_str() {
            "sse.gap" => break serde_json::from_str::<Value>(&event.data).unwrap(),
            _ => seen.push(event.last_event_id),
        }
    };
    assert_eq!(gap["reason"], "slow");
    assert_eq!(gap["requested"], *seen.last().expect("something was read before the gap"));
    let resumed = ids.iter().position(|id| *id == gap["resumed"]).expect("the gap ends at an event");
    let rest: Vec<String> = (resumed + 1..ids.len()).map(|_| stream.event().last_event_id).collect();
    assert_eq!((&seen[..], &rest[..]), (&ids[..seen.len()], &ids[resumed + 1..]));
}

#[test]
fn an_idle_stream_gets_heartbeats_that_are_comments() {
    let broker = Broker::start(&["--heartbeat", "10ms"]);
    let mut stream = Stream::open(broker.address, "/events/a", &[]);
    for _ in 0..3 {
        assert!(matches!(stream.next(), Some(Item::Comment(_))));
    }
}

#[test]
fn events_older_than_the_retention_are_not_served() {
    let broker = Broker::start(&["--retain-age", "1ms"]);
    publish(broker.address, "a", "old");
    wait_until("it is too old", || get(broker.address, "/api/stats").json()["retained"]["events"] == 0);
    let stats = get(broker.address, "/api/stats").json();
    assert_eq!((&stats["retained"]["bytes"], &stats["retained"]["oldest"]), (&0.into(), &Value::Null));
}

#[test]
fn connections_beyond_the_limit_are_refused_and_those_that_end_make_room() {
    let broker = Broker::start(&["--max-connections", "2"]);
    let (first, _second) =
        (Stream::open(broker.address, "/events/a", &[]), Stream::open(broker.address, "/events/a", &[]));
    let refused = get(broker.address, "/events/a");
    assert_eq!((refused.status, &refused.json()["code"]), (503, &"too_many_connections".into()));
    assert!(refused.head.contains("retry-after: "), "{}", refused.head);
    drop(first);
    wait_until("one stream is left", || get(broker.address, "/api/stats").json()["connections"]["open"] == 1);
    Stream::open(broker.address, "/events/a", &[]);
}

#[test]
fn bad_subscriptions_are_refused_with_a_sentence() {
    let broker = Broker::start(&[]);
    for (path, code) in [
        ("/events", "no_topic"),
        ("/events/", "bad_topic"),
        ("/events/a/**/b", "bad_topic"),
        ("/events/a*", "bad_topic"),
        ("/events?topic=", "bad_topic"),
        ("/events/$user/1", "bad_topic"),
        ("/events/a?tpoic=b", "unknown_parameter"),
        ("/events/a?since=tomorrow", "bad_parameter"),
        ("/events/a?since=9999-01-01T00:00:00Z", "bad_parameter"),
        ("/events/a?since=-1h", "bad_parameter"),
        ("/events/a?last=0", "bad_parameter"),
        ("/events/a?last=1001", "bad_parameter"),
        ("/events/a?last=1&since=1h", "bad_parameter"),
        ("/events/a?last=1&last=2", "repeated_parameter"),
        ("/events/a?event=x%0Ay", "bad_field"),
        ("/events/a?last_event_id=x%00", "bad_field"),
        ("/events/a?x=%ff", "not_utf8"),
    ] {
        let reply = get(broker.address, path);
        assert_eq!((reply.status, reply.json()["code"].as_str().unwrap()), (400, code), "{path}: {}", reply.body);
    }
    let many: Vec<String> = (0..1025).map(|n| format!("topic={n}")).collect();
    assert_eq!(get(broker.address, &format!("/events?{}", many.join("&"))).json()["code"], "too_many_topics");
    let patterns: Vec<String> = (0..65).map(|n| format!("topic={n}/*")).collect();
    assert_eq!(get(broker.address, &format!("/events?{}", patterns.join("&"))).json()["code"], "too_many_topics");
    let twice = request(broker.address, "GET", "/events/a", &[("last-event-id", "1"), ("last-event-id", "2")], b"");
    assert_eq!(twice.json()["code"], "repeated_parameter");
    assert_eq!(get(broker.address, "/api/stats").json()["connections"]["opened"], 0);
}

#[test]
fn a_stop_ends_streams_cleanly_and_a_thousand_of_them_in_under_two_seconds() {
    let mut broker = Broker::start(&[]);
    let mut streams: Vec<Stream> = (0..1000).map(|_| Stream::open(broker.address, "/events/a", &[])).collect();
    publish(broker.address, "a", "last");
    let began = std::time::Instant::now();
    rustix::process::kill_process(broker.pid(), rustix::process::Signal::TERM).unwrap();
    let status = broker.child.wait().unwrap();
    // The bound is the promise itself: a server that waits for its streams would never end.
    assert!(status.success() && began.elapsed() < std::time::Duration::from_secs(2), "{status}, {:?}", began.elapsed());
    for stream in &mut streams {
        assert_eq!(stream.event().data, "last");
        let come_back = stream.next();
        assert!(matches!(come_back, Some(Item::Retry(_))), "clients are asked to come back one after the other");
        assert_eq!(stream.next(), None);
        assert!(stream.ended, "the stream ends, it is not cut");
    }
    let mut more = String::new();
    assert_eq!(broker.stdout.read_line(&mut more).unwrap(), 0, "stdout has nothing but the address");
}
