//! The files of the scenarios whose subscribers want what they missed: how streams came back, and how long it took to have all.

use super::passive::{Table, assert_distribution, run, tags};
use super::{Written, histograms, sum};
use crate::bench::{count, report};
use crate::faulty::{Faulty, Manners};

#[test]
fn the_files_of_a_storm_have_what_came_back_and_why_the_rest_did_not() {
    // Two of five are dropped, and there is room for nobody else.
    let server = Faulty::start(Manners { room_for: Some(5), replays: 1, words: Some("<b>"), ..Manners::default() });
    let files = Written::new();
    let options = ["-c", "5", "--drop", "40%", "-r", "500", "-d", "1s", "--warmup", "0s", "--drain", "500ms"];
    let report = report(&run("reconnect", &server.url(), &options, &files));
    assert_distribution(&files, &report["latency_ms"], "latency of sse bench reconnect");
    let latencies = count(&report, "latency_ms", "count");
    assert_eq!(histograms(&files.read("hlog"))["latency"].len(), latencies);
    let known: Vec<String> = tags(&files).into_iter().map(|(tag, _)| tag).collect();
    assert!(["reconnect", "next-event", "recovered"].iter().all(|tag| known.contains(&(*tag).to_owned())), "{known:?}");
    assert_eq!(Table::read(&files).sum("received"), count(&report, "deliveries", "received"));
    let page = files.read("report");
    let [failed, gap] = ["failed", "gap"].map(|name| count(&report, "reconnect", name));
    for part in [
        "<h1>5 subscribers, 500 events per second, 2 streams of them dropped</h1>",
        "<dt>until all were back</dt><dd><strong>–</strong><span>2 were still away</span>",
        &format!("<dt>failed attempts</dt><dd><strong>{failed}</strong><span>most: status 429: come back later</span>"),
        "Why attempts to reconnect failed, and how often.",
        "<dt>in a gap</dt><dd><strong>",
        "<td role=\"cell\" data-name=\"still away\">",
    ] {
        assert!(page.contains(part), "{part:?} in {page}");
    }
    assert!(gap > 0, "{report}");
}

#[test]
fn the_files_of_a_replay_have_how_long_it_took_to_have_all() {
    let server = Faulty::start(Manners { replays: 1, ..Manners::default() });
    let files = Written::new();
    let report = report(&run("replay", &server.url(), &["-c", "25", "--events", "400"], &files));
    assert_distribution(&files, &report["replay"]["replay_ms"], "replay of sse bench replay");
    let whole = [("connect", 25), ("first-byte", 25), ("first-event", 25), ("replay", 25)];
    assert_eq!(tags(&files), whole.map(|(tag, count)| (tag.to_owned(), count)));
    let table = Table::read(&files);
    assert_eq!((table.sum("received"), sum(&report, "received")), (10_000, 10_000));
    assert!(table.column("time").iter().chain(&table.column("p50_ms")).all(|field| field.is_empty()));
    let page = files.read("report");
    for part in [
        "<h1>25 subscribers, 400 from before</h1>",
        "<dt>have all</dt><dd><strong>25</strong><span>of 25 subscribers</span>",
        "<dt>events per second</dt><dd><strong>",
        "Replay by percentile",
        "<th scope=\"row\" role=\"rowheader\">replay</th>",
        "until it had all that was published before",
    ] {
        assert!(page.contains(part), "{part:?} in {page}");
    }
    assert!(!page.contains("latency") && !page.contains("Latency"), "how old an event was is none");
}
