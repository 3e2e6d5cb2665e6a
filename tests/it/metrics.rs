//! `/metrics`: what happened is counted, under the names that dashboards rely on, and without labels from outside.

use crate::http::{Stream, get, post, publish, request};
use crate::process::{Broker, wait_until};

#[test]
fn what_happens_is_counted() {
    let broker = Broker::start(&["--retain-events", "2"]);
    let first = publish(broker.address, "secret-topic", "x");
    let mut live = Stream::open(broker.address, "/events/secret-topic", &[]);
    for _ in 0..4 {
        publish(broker.address, "secret-topic", "x");
        live.event();
    }
    let mut late = Stream::resume(broker.address, "/events/secret-topic", &first);
    assert_eq!(late.event().event_type, "sse.gap");
    late.data(2);
    post(broker.address, "/events/", "x");
    drop(live);
    wait_until("one stream is left", || get(broker.address, "/api/stats").json()["connections"]["open"] == 1);
    let has = |line: &str| get(broker.address, "/metrics").body.lines().any(|found| found == line);
    wait_until("nobody is behind", || has("sse_lagging_connections 0") && has("sse_lag_events 0"));
    let text = get(broker.address, "/metrics").body;
    for line in [
        "sse_connections{transport=\"http1\"} 1",
        "sse_connections_opened_total{transport=\"http1\"} 2",
        "sse_connections_closed_total{reason=\"client\"} 1",
        "sse_events_published_total 5",
        "sse_deliveries_total 6",
        "sse_gaps_total{reason=\"expired\"} 1",
        "sse_refusals_total{reason=\"bad_topic\"} 1",
        "sse_publish_to_write_seconds_count 4",
        "# EOF",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is missing in:\n{text}");
    }
    assert!(text.contains("sse_delivered_bytes_total ") && text.contains("sse_tail_bytes "), "{text}");
    assert!(!text.contains("secret-topic"), "topics are no labels");
}

#[test]
fn prometheus_gets_the_type_that_it_asks_for_and_a_browser_gets_text() {
    let broker = Broker::start(&[]);
    let asked = [("accept", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5")];
    let reply = request(broker.address, "GET", "/metrics", &asked, b"");
    assert!(reply.head.contains("content-type: application/openmetrics-text; version=1.0.0"), "{}", reply.head);
    assert!(get(broker.address, "/metrics").head.contains("content-type: text/plain"));
}
