//! `sse bench --http2`: many streams on one connection, counted as exactly as those that have one each, whatever a server
//! allows, ends or refuses.

use std::process::Output;

use serde_json::Value;

use crate::authority::Authority;
use crate::bench::{against, assert_clean, count, fails, mute_listener, report, warnings};
use crate::bench_export::assert_help_names_all;
use crate::faulty::{Faulty, Manners};
use crate::h2_front::{Front, Terms};
use crate::process::{self, Broker};
use crate::tls_front;

/// Subscribers by HTTP/2 at a front, publishers at the server behind it.
fn bench(front: &Front, server: &Faulty, options: &[&str]) -> Output {
    let (subscribe, publish) = (front.url("/topic"), server.url());
    let sides = ["--http2", "--subscribe-url", &subscribe, "--publish-url", &publish];
    against(&publish, &[&sides[..], options].concat())
}

/// Connections, the most streams on one, and what the server allows.
fn sharing(report: &Value) -> [Option<u64>; 3] {
    ["connections", "most_streams", "allowed_streams"].map(|name| report["http2"][name].as_u64())
}

fn opened_and_closed(report: &Value) -> [u64; 3] {
    ["opened", "refused", "closed"].map(|name| count(report, "connections", name))
}

#[test]
fn a_broker_is_measured_by_http2_with_and_without_tls() {
    let authority = Authority::new();
    drop(authority.issue("127.0.0.1"));
    let (cert, key, ca) = (authority.file("cert.pem"), authority.file("key.pem"), authority.file("ca.pem"));
    let plain = Broker::start(&[]);
    let by_tls = Broker::start(&["--tls-cert", &cert, "--tls-key", &key]);
    let options = ["-c", "25", "--threads", "2", "--streams-per-connection", "5", "--http2", "--cacert", &ca];
    for (scheme, broker) in [("http", &plain), ("https", &by_tls)] {
        let url = format!("{scheme}://{}/events/a", broker.address);
        let report = report(&against(&url, &options));
        assert_clean(&report, 25);
        // 13 and 12 streams.
        assert_eq!((sharing(&report)[..2].to_vec(), opened_and_closed(&report)), (vec![Some(6), Some(5)], [25, 0, 0]));
        let times = ["connect_ms", "first_byte_ms", "first_event_ms"].map(|name| count(&report, name, "count"));
        assert_eq!(times, [6, 25, 25], "{report}");
        assert_eq!(report["tls_ms"]["count"].as_u64(), (scheme == "https").then_some(6), "{report}");
        assert_eq!(count(&report, "plan", "streams_per_connection"), 5);
        assert_help_names_all(&report);
    }
}

#[test]
fn a_broker_of_its_own_is_measured_by_http2_and_the_table_shows_how_streams_shared_connections() {
    let output = process::run(&["bench", "--http2", "-c", "150", "-r", "20", "-d", "1s", "--warmup", "0s"], "");
    let text = process::stdout(&output);
    assert!(text.contains("\nconnections 2 by HTTP/2, 100 streams on one at most, "), "{text}");
    assert!(text.contains("3,000 received, 0 lost"), "{text}");
    let connect = process::run(&["bench", "connect", "--http2", "-c", "150", "-o", "json"], "");
    let connect = report(&connect);
    assert_eq!((sharing(&connect)[0], opened_and_closed(&connect)), (Some(2), [150, 0, 0]));
}

#[test]
fn a_server_that_allows_few_streams_gets_more_connections() {
    for (options, expected) in [
        (&["-c", "10"][..], [Some(4), Some(3), Some(3)]),
        (&["-c", "10", "--streams-per-connection", "2"], [Some(5), Some(2), Some(3)]),
        (&["-c", "10", "--ramp", "50"], [Some(4), Some(3), Some(3)]),
    ] {
        let server = Faulty::start(Manners::default());
        let front = Front::of(server.address, Terms { streams: Some(3), ..Terms::default() });
        let report = report(&bench(&front, &server, options));
        assert_clean(&report, 10);
        assert_eq!(sharing(&report)[1..], expected[1..], "{options:?}");
        // Those that wait for a connection learn its limit when it stands: by then further ones may have been begun.
        assert!(sharing(&report)[0] >= expected[0], "{options:?}: {report}");
        let used = front.asked().iter().map(|asked| asked.connection).collect::<std::collections::BTreeSet<_>>();
        assert_eq!(used.len() as u64, expected[0].unwrap(), "{options:?}: {used:?}");
    }
}

#[test]
fn a_server_that_allows_no_stream_is_told_as_such() {
    let server = Faulty::start(Manners::default());
    let front = Front::of(server.address, Terms { streams: Some(0), ..Terms::default() });
    let output = bench(&front, &server, &["-c", "3"]);
    fails(&output, 1, &["no subscriber could subscribe", "allows no stream", "hint: without --http2"]);
}

#[test]
fn a_connection_that_is_cut_ends_all_of_its_streams_and_no_other() {
    let server = Faulty::start(Manners::default());
    // A payload of the measured events, wherever it is: RUN.PUBLISHER.SEQUENCE.PURPOSE.
    let front = Front::of(server.address, Terms { streams: Some(3), cuts_at: Some(".m."), ..Terms::default() });
    let output = bench(&front, &server, &["-c", "7"]);
    assert_eq!(output.status.code(), Some(5));
    let report = report(&output);
    assert_eq!(opened_and_closed(&report), [7, 0, 3], "{report}");
    let said = "3 of 7 streams ended before the run did; the first: the connection of the stream broke off";
    assert!(warnings(&report).contains(said), "{report}");
    let deliveries = ["lost", "duplicated", "reordered"].map(|name| count(&report, "deliveries", name));
    assert_eq!(deliveries, [0; 3], "what came after their end was not expected of them: {report}");
    let received = count(&report, "deliveries", "received");
    assert!((4000..4010).contains(&received), "four had all, three the first at most: {report}");
}

#[test]
fn a_server_that_ends_connections_in_good_order_gets_the_others_on_new_ones() {
    let server = Faulty::start(Manners::default());
    let front = Front::of(server.address, Terms { ends_after: Some(2), ..Terms::default() });
    let report = report(&bench(&front, &server, &["-c", "8", "--ramp", "100"]));
    assert_clean(&report, 8);
    assert_eq!(opened_and_closed(&report), [8, 0, 0], "{report}");
    assert!(sharing(&report)[0] >= Some(4), "two streams each: {report}");

    let instead = Some(("200 OK", "text/event-stream", "data: a\n\n"));
    let server = Faulty::start(Manners { instead, ..Manners::default() });
    let front = Front::of(server.address, Terms { ends_after: Some(3), ..Terms::default() });
    let again = ["bench", "stream", &front.url("/"), "--http2", "-c", "4", "-d", "1s", "-o", "json"];
    let again = crate::bench::report(&process::run(&again, ""));
    assert_eq!(again["streams"]["failures"], Value::Array(Vec::new()), "{again}");
    assert!(sharing(&again)[0] > Some(2), "{again}");
}

#[test]
fn faults_and_refusals_are_counted_by_http2_as_without_it() {
    let server = Faulty::start(Manners { faults: true, ..Manners::default() });
    let front = Front::of(server.address, Terms::default());
    let counted = report(&bench(&front, &server, &["-c", "5", "--threads", "2", "--drain", "1s"]));
    let deliveries = ["lost", "duplicated", "reordered"].map(|name| count(&counted, "deliveries", name));
    assert_eq!((deliveries, sharing(&counted)), ([50, 15, 10], [Some(2), Some(3), None]), "{counted}");

    let server = Faulty::start(Manners { room_for: Some(3), ..Manners::default() });
    let front = Front::of(server.address, Terms::default());
    let output = bench(&front, &server, &["-c", "5"]);
    assert_eq!(output.status.code(), Some(5));
    let refused = report(&output);
    assert_eq!(opened_and_closed(&refused), [3, 2, 0]);
    assert!(warnings(&refused).contains("the first: status 429: come back later"), "{refused}");
}

#[test]
fn events_larger_than_a_window_of_the_usual_size_come_on_many_streams_at_once() {
    let server = Faulty::start(Manners::default());
    let front = Front::of(server.address, Terms::default());
    let options = ["-c", "4", "-r", "10", "-d", "1s", "--warmup", "0s", "--size", "2MiB"];
    let report = report(&bench(&front, &server, &options));
    assert_eq!(["received", "lost"].map(|name| count(&report, "deliveries", name)), [40, 0], "{report}");
}

#[test]
fn streams_are_asked_for_again_and_again_on_the_same_connection() {
    let instead = Some(("200 OK", "text/event-stream", "data: a\n\ndata: b\n\n"));
    let server = Faulty::start(Manners { instead, ..Manners::default() });
    let front = Front::of(server.address, Terms::default());
    let (url, body) = (front.url("/v1/chat?who={i}"), r#"{"stream":true,"user":{i}}"#);
    let header = "X-Api-Key: k{i}";
    let options = ["-c", "2", "-d", "1s", "--request-body", body, "--subscribe-header", header, "-o", "json"];
    let output = process::run(&[&["bench", "stream", &url, "--http2"], &options[..]].concat(), "");
    let report = report(&output);
    let streams = ["ended", "failed"].map(|name| count(&report, "streams", name));
    assert!(streams[0] > 2 && streams[1] == 0, "{report}");
    assert_eq!((sharing(&report)[0], &report["streams"]["events_per_stream"]["max"]), (Some(1), &2.into()));
    for asked in front.asked() {
        let user = &asked.head.uri().query().expect("a query")["who=".len()..];
        assert_eq!((asked.connection, asked.head.method().as_str()), (0, "POST"));
        assert_eq!(asked.body, body.replace("{i}", user).as_bytes());
        let header = |name: &str| asked.head.headers()[name].to_str().expect("text").to_owned();
        assert_eq!([header("x-api-key"), header("content-type")], [format!("k{user}"), "application/json".into()]);
        assert_eq!(asked.head.uri().authority().expect("a host").as_str(), front.address.to_string());
    }
}

#[test]
fn a_server_that_does_not_agree_to_http2_is_told_as_such() {
    let authority = Authority::new();
    let server = Faulty::start(Manners::default());
    let ca = authority.file("ca.pem");
    for alpn in [&[][..], &[b"http/1.1".to_vec()]] {
        let mut config = authority.server("127.0.0.1", false);
        config.alpn_protocols = alpn.to_vec();
        let url = format!("https://{}/", tls_front::in_front_of(server.address, config));
        let output = against(&url, &["--http2", "-c", "3", "--cacert", &ca]);
        let said = "the server does not agree to speak HTTP/2";
        fails(&output, 1, &["no subscriber could subscribe", said, "hint: without --http2 subscribers speak HTTP/1.1"]);
    }
    let output = against(&server.url(), &["--http2", "-c", "3"]);
    let said = "the server does not speak HTTP/2: what it answered is something else";
    fails(&output, 1, &["no subscriber could subscribe", said, "hint: without --http2"]);
}

#[test]
fn a_server_that_never_says_a_word_is_not_waited_for_for_ever() {
    let (_listener, url) = mute_listener();
    let by_tls = url.replace("http:", "https:");
    let run = |url: String, options: &'static [&str]| {
        std::thread::spawn(move || process::run(&[&["bench", "connect", &url, "-c", "3"], options].concat(), ""))
    };
    let runs = [run(url, &["--http2"]), run(by_tls, &["-k"])];
    let said = ["the server does not speak HTTP/2: it sent no settings within 10 s", "no TLS handshake within 10 s"];
    for (run, said) in runs.into_iter().zip(said) {
        fails(&run.join().expect("it ran"), 1, &["no subscriber could subscribe", said, "hint: "]);
    }
}

#[test]
fn what_http2_cannot_carry_and_what_means_nothing_without_it_is_refused() {
    let broker = Broker::start(&[]);
    let url = broker.url("/events/a");
    let output = against(&url, &["--http2", "-c", "2", "--subscribe-header", "Connection: close"]);
    fails(&output, 1, &["no subscriber could subscribe", "HTTP/2 cannot carry this request"]);
    let output = process::run(&["bench", &url, "--streams-per-connection", "5"], "");
    fails(&output, 2, &["--streams-per-connection means nothing without --http2"]);
    let output = process::run(&["bench", "--http2", "-c", "1000", "--threads", "4", "-o", "json", "--dry-run"], "");
    let sketch: Value = serde_json::from_str(&process::stdout(&output)).expect("JSON");
    assert_eq!((count(&sketch, "needs", "local_ports"), count(&sketch, "needs", "open_files")), (13, 93));
}
