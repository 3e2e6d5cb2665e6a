//! What a tally makes of what a stream brings.

use std::time::Duration;

use super::*;
use crate::bench::MIN_SIZE;
use crate::bench::series::Recorder;

const RUN: u64 = 7;

/// One subscriber of two publishers, five measured events of each.
fn tally() -> Tally {
    let plan = Plan {
        asides: vec![Aside::Whole("{}".into()), Aside::With("hello".into())],
        rate: 10,
        duration: Duration::from_secs(1),
        publishers: 2,
        ..Plan::sample()
    };
    let mut tally = Tally::new(&plan, RUN, 0..1);
    tally.requested(0, 100);
    tally.opened(0, 200, None);
    tally
}

fn payload(purpose: Purpose, publisher: u32, sequence: u64) -> Payload {
    Payload { run: RUN, purpose, publisher, sequence, intended: 1_000_000, actual: 3_000_000 }
}

fn hear(tally: &mut Tally, payload: Payload) -> Heard {
    let mut data = Vec::new();
    payload.write(MIN_SIZE, &mut data);
    tally.event(0, &data, 5_000_000)
}

#[test]
fn measured_events_count_from_their_intended_time_and_once() {
    let mut tally = tally();
    assert_eq!(hear(&mut tally, payload(Purpose::Probe, 1, 0)), Heard::FirstProbe);
    assert_eq!(hear(&mut tally, payload(Purpose::Probe, 0, 0)), Heard::Other);
    assert_eq!(hear(&mut tally, payload(Purpose::WarmUp, 0, 0)), Heard::Other);
    assert_eq!(hear(&mut tally, payload(Purpose::Measured, 0, 1)), Heard::Measured);
    assert_eq!(hear(&mut tally, payload(Purpose::Measured, 1, 0)), Heard::Measured);
    assert_eq!(hear(&mut tally, payload(Purpose::Measured, 0, 1)), Heard::Again);
    tally.close(0, &Recorder::default());
    let percentiles = |kind| tally.sums[&kind].percentiles();
    let (latency, server) = (percentiles(Kind::Latency), percentiles(Kind::ServerLatency));
    assert_eq!((latency.count, server.count, tally.foreign), (2, 2, 0));
    let near = |value: Option<f64>, expected: f64| value.is_some_and(|value| (value - expected).abs() < 0.01);
    assert!(near(latency.max, 4.0) && near(server.max, 2.0), "{latency:?} {server:?}");
    assert!(near(percentiles(Kind::FirstEvent).max, 5.0));
}

#[test]
fn a_member_lacks_what_was_acknowledged_whatever_else_it_has() {
    let mut tally = tally();
    let acknowledged = |numbers: &[u64]| {
        let mut set = Sequences::default();
        for number in numbers {
            set.insert(*number);
        }
        set
    };
    let expected = [acknowledged(&[0, 2]), acknowledged(&[1])];
    for (publisher, sequence) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        hear(&mut tally, payload(Purpose::Measured, publisher, sequence));
    }
    assert_eq!(tally.first_incomplete(0, &expected), Some(0), "four of three, and one is missing");
    assert_eq!(tally.first_incomplete(1, &expected), None);
    hear(&mut tally, payload(Purpose::Measured, 0, 2));
    assert_eq!(tally.first_incomplete(0, &expected), None);
    tally.closed(0, String::new());
    assert_eq!(tally.first_incomplete(0, &[acknowledged(&[4])]), None, "nothing more will come on an ended stream");
}

#[test]
fn what_no_publisher_of_this_run_can_have_sent_is_foreign() {
    let mut tally = tally();
    let own = payload(Purpose::Measured, 1, 4);
    let foreign = [
        Payload { run: 8, ..own },
        Payload { publisher: 2, ..own },
        Payload { sequence: 5, ..own },
        Payload { actual: 6_000_000, ..own },
        Payload { intended: 3_000_001, ..own },
    ];
    for payload in foreign {
        assert_eq!(hear(&mut tally, payload), Heard::Other, "{payload:?}");
    }
    assert_eq!(tally.event(0, b"sse-bench.1.is my favourite", 5_000_000), Heard::Other);
    assert_eq!(tally.foreign, 6);
    assert!(tally.firsts.foreign.as_ref().is_some_and(|words| words.starts_with("sse-bench.1.")), "{tally:?}");
    for aside in [&b"{}"[..], b"{\"hello\":1}"] {
        assert_eq!(tally.event(0, aside, 5_000_000), Heard::Other);
    }
    assert_eq!(tally.foreign, 6, "what the server says of its own accord is not foreign");
    assert_eq!(hear(&mut tally, own), Heard::Measured);
}
