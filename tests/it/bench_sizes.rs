//! `sse bench --size`: what a server is given and a subscriber gets is as large as was asked for, in shares as they were asked
//! for, and all of it is accounted for.

use std::collections::BTreeMap;
use std::process::Output;

use crate::bench::{count, fails, report};
use crate::bench_topics::router::{Manners, Router};
use crate::process::{self, Broker};

/// 1000 measured events, after 100 of a warm-up and a probe or two.
fn bench(arguments: &[&str]) -> Output {
    let short = ["-c", "2", "-r", "500", "-d", "2s", "--warmup", "200ms", "-o", "json"];
    process::run(&[&["bench"], arguments, &short[..]].concat(), "")
}

fn assert_clean(output: &Output) -> serde_json::Value {
    let report = report(output);
    let deliveries = ["expected", "received", "lost", "foreign"].map(|name| count(&report, "deliveries", name));
    assert_eq!(deliveries, [2000, 2000, 0, 0], "{report}");
    report
}

#[test]
fn events_have_the_sizes_that_were_asked_for_as_often_as_was_asked_for() {
    let server = Router::start(Manners::default());
    let body = ["--publish-body", "{\"n\":{i},\"data\":\"{payload}\"}"];
    let around = "{\"n\":0,\"data\":\"\"}".len();
    let report =
        assert_clean(&bench(&[&[server.url("/a").as_str(), "--size", "200:6,4k:3,64k:1"], &body[..]].concat()));
    let mut counts: BTreeMap<usize, u32> = BTreeMap::new();
    for size in server.course("/a").sizes {
        *counts.entry(size - around).or_default() += 1;
    }
    assert_eq!(counts.keys().copied().collect::<Vec<_>>(), [200, 4000, 64_000]);
    // Five times further off than chance goes.
    for (size, share, off) in [(200, 660, 85), (4000, 330, 80), (64_000, 110, 55)] {
        assert!(counts[&size].abs_diff(share) < off, "{counts:?}");
    }
    assert_eq!((&report["plan"]["size"], &report["plan"]["sizes"]), (&7720.into(), &"200:6,4000:3,64000:1".into()));

    assert_clean(&bench(&[&server.url("/b"), "--size", "100..300", "--publishers", "2"]));
    let sizes = server.course("/b").sizes;
    assert!(sizes.iter().all(|size| (100..=300).contains(size)), "{sizes:?}");
    assert!(sizes.iter().min() < Some(&110), "{sizes:?}");
    assert!(sizes.iter().max() > Some(&290), "{sizes:?}");

    let report = assert_clean(&bench(&[&server.url("/c"), "--size", "123"]));
    assert!(server.course("/c").sizes.iter().all(|size| *size == 123));
    assert_eq!((&report["plan"]["size"], report["plan"].get("sizes")), (&123.into(), None));
}

#[test]
fn a_subscriber_gets_the_sizes_that_were_published_and_a_broker_of_its_own_takes_the_largest() {
    let broker = Broker::start(&[]);
    assert_clean(&bench(&["x", "--url", &broker.url(""), "--size", "96..2k"]));
    let url = broker.url("/events/x?last=50");
    let output = process::run(&["listen", &url, "-n", "50", "-o", "data"], "");
    let mut sizes: Vec<usize> = process::stdout(&output).lines().map(str::len).collect();
    assert!(sizes.len() == 50 && sizes.iter().all(|size| (96..=2000).contains(size)), "{sizes:?}");
    sizes.sort_unstable();
    sizes.dedup();
    assert!(sizes.len() > 25, "they differ: {sizes:?}");

    let few = ["-c", "1", "-r", "20", "-d", "1s", "--warmup", "0s", "-o", "json"];
    let report = report(&process::run(&[&["bench", "--size", "200:9,2MiB:1"], &few[..]].concat(), ""));
    assert_eq!(
        (count(&report, "events", "acknowledged"), count(&report, "deliveries", "received")),
        (20, 20),
        "{report}"
    );
}

#[test]
fn sizes_without_sense_are_refused_and_a_dry_run_says_those_that_make_some() {
    for (size, part) in [
        ("50..200", "an event needs 96 bytes"),
        ("4k..200", "4000..200 ends before it begins"),
        ("200:0", "a weight of 0"),
        ("200:much", "\"much\" is no weight"),
        ("200:1,", "give it as 4096"),
    ] {
        fails(&process::run(&["bench", "--size", size], ""), 2, &[part]);
    }
    let text = process::stdout(&process::run(&["bench", "--size", "200..600", "--dry-run"], ""));
    assert!(text.contains("\nevents          100 per second of 200..600 bytes, 400 B on average\n"), "{text}");
}
