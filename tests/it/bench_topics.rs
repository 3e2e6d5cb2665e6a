//! `sse bench --topics`: every subscriber is expected to get the events of its topic and of no other, and the accounts are
//! exact at servers that are wrong at known places.

pub(crate) mod router;

use std::process::Output;

use serde_json::Value;

use crate::bench::{count, fails, report, warnings};
use crate::bench_presets::stand_in::{Answer, Request, StandIn, System, response, stream};
use crate::faulty::{self, Faulty};
use crate::process::{self, Broker};
use router::{Manners, Router};

/// 1000 measured events, after a short warm-up.
const SHORT: [&str; 8] = ["-r", "500", "-d", "2s", "--warmup", "200ms", "-o", "json"];

fn bench(arguments: &[&str]) -> Output {
    process::run(&[&["bench"], arguments, &SHORT[..]].concat(), "")
}

fn against(server: &Router, options: &[&str]) -> Output {
    bench(&[&[server.url("/{t}").as_str()], options].concat())
}

fn deliveries<const N: usize>(report: &Value, names: [&str; N]) -> [u64; N] {
    names.map(|name| count(report, "deliveries", name))
}

/// The deliveries lost by the end, as the last row of the series has them.
fn lost_by_the_end(report: &Value) -> u64 {
    let rows = report["series"]["intervals"].as_array().expect("rows");
    rows.last().expect("a row")["lost_so_far"].as_u64().expect("a count")
}

#[test]
fn what_is_lost_repeated_and_misrouted_on_one_topic_of_several_is_counted_exactly() {
    // Publishers and topics that share a divisor, and such that do not: every publisher has events for every topic, or for
    // some of them.
    for (publishers, topics, subscribers) in [("2", 3, [5, 5, 4]), ("4", 6, [3, 3, 2]), ("3", 3, [5, 5, 4])] {
        let manners = Manners {
            drops: Some(("/1", 50)),
            repeats: Some(("/0", 60)),
            misroutes: Some(("/2", 40, "/0")),
            ..Manners::default()
        };
        let server = Router::start(manners);
        let count_of_topics = topics.to_string();
        let options = ["-c", "14", "--topics", &count_of_topics, "--publishers", publishers, "--threads", "2"];
        let output = against(&server, &[&options[..], &["--drain", "1s"]].concat());
        let report = report(&output);
        let [zero, one, two] = ["/0", "/1", "/2"].map(|path| server.course(path));
        assert!(one.dropped >= 3 && zero.repeated >= 2 && two.misrouted >= 4, "{report}");
        let measured: Vec<u64> = (0..topics).map(|topic| server.course(&format!("/{topic}")).measured).collect();
        assert_eq!((measured.len(), measured.iter().sum::<u64>()), (server.published().len(), 1000), "{measured:?}");
        assert!(measured.iter().all(|count| count.abs_diff(1000 / topics) <= 1), "in turn: {measured:?}");

        let expected: u64 = (0..14).map(|subscriber| measured[subscriber % measured.len()]).sum();
        let lost = one.dropped * subscribers[1];
        assert_eq!(
            deliveries(&report, ["expected", "received", "lost"]),
            [expected, expected - lost, lost],
            "{report}"
        );
        assert_eq!(deliveries(&report, ["duplicated", "reordered"]), [zero.repeated * subscribers[0], 0]);
        let misrouted = two.misrouted * subscribers[0];
        assert_eq!(deliveries(&report, ["foreign", "misrouted"]), [misrouted; 2]);
        assert_eq!(count(&report, "plan", "deliveries"), expected);
        assert_eq!(count(&report, "last_delivery_ms", "count"), 1000 - one.dropped);
        assert_eq!(lost_by_the_end(&report), lost);
        let said = format!(
            "{misrouted} events arrived at subscribers of other topics, counted as foreign; the first: one of topic 2 at a \
             subscriber of topic 0"
        );
        assert!(warnings(&report).contains(&said) && !warnings(&report).contains("has not sent"), "{report}");
    }
}

#[test]
fn a_server_that_sends_every_topic_to_everyone_is_told() {
    let server = Faulty::start(faulty::Manners::default());
    let url = server.url() + "&t={t}";
    let report = report(&bench(&[&url, "-c", "6", "--topics", "3"]));
    assert_eq!(deliveries(&report, ["expected", "received", "lost"]), [2000, 2000, 0]);
    assert_eq!(deliveries(&report, ["foreign", "misrouted"]), [4000; 2], "{report}");
}

#[test]
fn topics_that_go_elsewhere_are_found_out_by_their_probes() {
    let server = Router::start(Manners { confused: true, ..Manners::default() });
    let output = against(&server, &["-c", "4", "--topics", "2"]);
    fails(&output, 1, &["no subscriber received one within 10 s; what arrived instead: an event of topic ", "hint: "]);

    let output = against(&server, &["-c", "6", "--topics", "3", "--drain", "500ms"]);
    assert_eq!(output.status.code(), Some(5));
    let report = report(&output);
    assert!(warnings(&report).contains("4 streams that no probe reached before the measurement"), "{report}");
    // Of 1000 events behind 100 of the warm-up, topic 0 has one less than the others.
    let (own, elsewhere) = (2 * 333, 2 * 333 + 2 * 334);
    let [measured, ..] = ["/2", "/1", "/0"].map(|path| server.course(path).measured);
    assert_eq!(measured, 333);
    let names = ["expected", "received", "lost", "misrouted"];
    assert_eq!(deliveries(&report, names), [own + elsewhere, own, elsewhere, elsewhere], "{report}");
}

#[test]
fn of_a_stream_that_ends_only_what_its_topic_had_until_then_is_expected() {
    let server = Router::start(Manners { ends_one: Some(("/1", 100)), ..Manners::default() });
    let output = against(&server, &["-c", "6", "--topics", "3", "--publishers", "2"]);
    assert_eq!(output.status.code(), Some(5));
    let report = report(&output);
    let measured = ["/0", "/1", "/2"].map(|path| server.course(path).measured);
    let expected = 2 * measured[0] + measured[1] + 100 + 2 * measured[2];
    assert_eq!(deliveries(&report, ["expected", "received", "lost"]), [expected, expected, 0], "{report}");
    assert_eq!(count(&report, "connections", "closed"), 1);
    assert_eq!(count(&report, "last_delivery_ms", "count"), 1000, "the other subscriber of the topic is everyone");
}

#[test]
fn a_broker_of_its_own_has_a_topic_for_each_number_and_so_has_one_that_runs() {
    let report = report(&bench(&["-c", "10", "--topics", "4", "--publishers", "3", "--threads", "2"]));
    // 250 events on each topic, three subscribers on two of them and two on the others.
    let names = ["expected", "received", "lost", "duplicated", "foreign"];
    assert_eq!(deliveries(&report, names), [2500, 2500, 0, 0, 0], "{report}");
    assert_eq!((count(&report, "plan", "topics"), count(&report, "plan", "deliveries")), (4, 2500));

    let broker = Broker::start(&[]);
    for (target, names) in [("a/b", ["a/b-0", "a/b-1"]), ("{t}/x", ["0/x", "1/x"])] {
        let report = self::report(&bench(&[target, "--url", &broker.url(""), "-c", "3", "--topics", "2"]));
        assert_eq!(deliveries(&report, ["expected", "received", "foreign"]), [1500, 1500, 0], "{report}");
        for name in names {
            let output = process::run(&["listen", &broker.url(&format!("/events/{name}?last=1")), "-n", "1"], "");
            assert!(process::stdout(&output).contains("sse-bench.1."), "{name}: {}", process::stderr(&output));
        }
    }
}

/// Takes everything, and sends everything to everyone.
struct Anything;

impl System for Anything {
    fn answer(&self, request: &Request) -> Answer {
        if request.head.starts_with("GET") {
            return Answer::Stream(stream(""), String::new());
        }
        Answer::Taken(response("200 OK", "application/json", "{}"), format!("data: {}\n\n", request.body))
    }
}

#[test]
fn presets_and_templates_say_the_topic_wherever_they_name_it() {
    let requests = |options: &[&str]| {
        let server = StandIn::start(Anything);
        let urls = ["--subscribe-url", "--publish-url"].map(|side| (side, server.url("/{i}")));
        let urls = urls.iter().filter(|_| !options.contains(&"--preset")).flat_map(|(side, url)| [*side, url]);
        let target = server.url("");
        let target = if options.contains(&"--preset") { &[target.as_str()][..] } else { &[] };
        let output = bench(&[target, &urls.collect::<Vec<_>>(), options, &["-c", "2", "--topics", "2"]].concat());
        report(&output);
        ["GET", "POST"].map(|method| server.all(method))
    };
    let [subscribed, published] = requests(&["--preset", "mercure", "--topic", "ä"]);
    for number in ["0", "1"] {
        let name = format!("%C3%A4-{number}");
        assert!(subscribed.contains(&format!("GET /.well-known/mercure?topic={name} HTTP/1.1\r\n")), "{subscribed}");
        assert!(published.contains(&format!("\r\n\r\ntopic={name}&data=sse-bench.1.")), "{published}");
    }
    let [subscribed, published] = requests(&["--preset", "centrifugo"]);
    assert!(subscribed.contains("%7B%22bench-0%22%3A%7B%7D%7D") && subscribed.contains("bench-1"), "{subscribed}");
    assert!(published.contains("{\"channel\":\"bench-1\",\"data\":"), "{published}");
    let headers = ["--subscribe-header", "X-Topic: t{t}", "--publish-body", "{\"to\":{t},\"text\":\"{payload}\"}"];
    let [subscribed, published] = requests(&headers);
    assert!(subscribed.contains("x-topic: t0\r\n") && subscribed.contains("x-topic: t1\r\n"), "{subscribed}");
    assert!(published.contains("{\"to\":0,") && published.contains("{\"to\":1,"), "{published}");
    assert!(published.contains("application/json"), "with a number in it it is JSON: {published}");
}

#[test]
fn topics_that_nobody_could_tell_apart_or_listen_to_are_refused() {
    let refused =
        |arguments: &[&str], parts: &[&str]| fails(&process::run(&[&["bench"], arguments].concat(), ""), 2, parts);
    let url = "http://127.0.0.1:1/";
    refused(
        &["-c", "3", "--topics", "4"],
        &["--topics 4 with 3 subscribers leaves topics without any", "-c 4 at least"],
    );
    refused(&[url, "--topics", "2"], &["--topics 2 needs {t} in the URL of subscribers", "hint: it stands for"]);
    let sides = ["--subscribe-url", "http://127.0.0.1:1/{t}", "--publish-url", url, "--topics", "2"];
    refused(&sides, &["needs {t} in the URL of publishers, or in a header or body"]);
    refused(&["--preset", "pushpin", url, "--topics", "2"], &["needs {t} in the URL of subscribers"]);
    refused(&["idle", "--topics", "2"], &["--topics means nothing to `sse bench idle`"]);
    refused(&["--topics", "0"], &["0 is not in 1..="]);
    let text =
        process::stdout(&process::run(&["bench", "-c", "5", "--topics", "2", "-r", "3", "-d", "1s", "--dry-run"], ""));
    assert!(text.contains("\ntopics          2, in turn\n"), "{text}");
    // Three events behind 3 of the warm-up: one for three subscribers, two for two.
    assert!(text.contains("measuring       1 s: 3 events, 7 deliveries"), "{text}");
}
