//! `sse bench` where the server speaks TLS: it counts as exactly as without, and every handshake that fails ends in a
//! sentence that says why.

use std::time::Duration;

use rustls::ServerConfig;
use serde_json::Value;

use crate::authority::Authority;
use crate::bench::{against, assert_clean, count, fails, report, warnings};
use crate::bench_export::assert_help_names_all;
use crate::faulty::{Faulty, Manners};
use crate::process::{self, Broker};
use crate::scripted::Answer::Close;
use crate::scripted::{Scripted, stream};
use crate::tls_front;

/// A faulty server behind TLS; its URL, and the file of whom to trust.
fn faulty(manners: Manners, authority: &Authority) -> (Faulty, String, String) {
    let server = Faulty::start(manners);
    let front = tls_front::in_front_of(server.address, authority.server("127.0.0.1", false));
    let (url, ca) = (format!("https://{front}/topic?x=1"), authority.file("ca.pem"));
    (server, url, ca)
}

fn times(report: &Value, name: &str) -> u64 {
    count(report, name, "count")
}

#[test]
fn a_broker_is_measured_by_tls_and_the_handshake_has_a_histogram_of_its_own() {
    let authority = Authority::new();
    drop(authority.issue("127.0.0.1"));
    let (cert, key, ca) = (authority.file("cert.pem"), authority.file("key.pem"), authority.file("ca.pem"));
    let broker = Broker::start(&["--tls-cert", &cert, "--tls-key", &key]);
    let url = format!("https://{}/events/a", broker.address);
    let report = report(&against(&url, &["-c", "9", "--threads", "2", "--publishers", "3", "--cacert", &ca]));
    assert_clean(&report, 9);
    assert_eq!(["connect_ms", "tls_ms", "first_byte_ms"].map(|name| times(&report, name)), [9; 3], "{report}");
    assert_eq!(report["plan"]["subscribe"].as_str(), Some(url.as_str()));
    assert_help_names_all(&report);
}

#[test]
fn any_certificate_is_taken_where_that_is_asked_for_and_the_table_shows_the_handshake() {
    let broker = Broker::start(&["--tls-self-signed"]);
    let url = format!("https://{}/events/a", broker.address);
    let output = process::run(&["bench", &url, "-k", "-c", "2", "-r", "50", "-d", "1s", "--warmup", "0s"], "");
    let text = process::stdout(&output);
    assert!(text.contains("2 opened") && text.contains("100 received") && text.contains("\ntls handshake "), "{text}");
    let connect = process::run(&["bench", "connect", &url, "-k", "-c", "3", "-o", "json"], "");
    assert_eq!(times(&report(&connect), "tls_ms"), 3);
}

#[test]
fn publishers_pipeline_by_tls_and_make_new_connections_where_a_server_ends_them() {
    let authority = Authority::new();
    let (_server, url, ca) = faulty(Manners { faults: true, chunked: true, ..Manners::default() }, &authority);
    let counted = report(&against(&url, &["-c", "3", "--cacert", &ca, "--drain", "1s"]));
    let deliveries = ["lost", "duplicated", "reordered"].map(|name| count(&counted, "deliveries", name));
    assert_eq!((deliveries, count(&counted, "events", "acknowledged")), ([30, 9, 6], 1000), "{counted}");

    let (server, url, ca) = faulty(Manners { answers_each: Some(100), ..Manners::default() }, &authority);
    let renewed = report(&against(&url, &["-c", "2", "--cacert", &ca]));
    let measured = server.faults().measured;
    assert!(count(&renewed, "events", "acknowledged") <= measured, "{renewed}");
    assert_eq!(count(&renewed, "deliveries", "received"), 2 * measured);
    assert_eq!(count(&renewed, "deliveries", "lost"), 0);
    assert!(warnings(&renewed).contains("connections of a publisher"), "{renewed}");
}

#[test]
fn a_server_that_ends_each_connection_after_an_answer_gets_its_events_by_tls_too() {
    let authority = Authority::new();
    let (_server, url, ca) = faulty(Manners { one_answer: true, ..Manners::default() }, &authority);
    let report = report(&against(&url, &["-c", "2", "-r", "100", "-d", "2s", "--cacert", &ca]));
    let events = ["sent", "acknowledged"].map(|name| count(&report, "events", name));
    assert_eq!((events, count(&report, "deliveries", "received")), ([200; 2], 400), "{report}");
    assert_eq!(count(&report, "deliveries", "lost"), 0);
}

#[test]
fn an_idle_connection_that_was_ended_is_seen_by_tls_and_one_that_stands_is_kept() {
    let authority = Authority::new();
    for idle_limit in [Some(Duration::from_millis(200)), None] {
        let (_server, url, ca) = faulty(Manners { idle_limit, ..Manners::default() }, &authority);
        let options = ["-c", "2", "-r", "2", "-d", "2s", "--warmup", "0s", "--cacert", &ca];
        let report = report(&against(&url, &options));
        let events = ["sent", "acknowledged"].map(|name| count(&report, "events", name));
        assert_eq!((events, count(&report, "deliveries", "received")), ([4, 4], 8), "{report}");
        let said = warnings(&report);
        assert!(!said.contains("never answered"), "{said}");
        assert_eq!(said.contains("of a publisher, which made another"), idle_limit.is_some(), "{said}");
    }
}

#[test]
fn events_larger_than_any_buffer_on_the_way_go_both_ways_at_once() {
    let authority = Authority::new();
    let (_server, url, ca) = faulty(Manners::default(), &authority);
    let options = ["-c", "2", "-r", "20", "-d", "1s", "--warmup", "0s", "--size", "2MiB", "--cacert", &ca];
    let report = report(&against(&url, &options));
    assert_eq!(count(&report, "deliveries", "received"), 40, "{report}");
    assert_eq!(count(&report, "deliveries", "lost"), 0);
}

#[test]
fn a_certificate_that_cannot_be_trusted_is_refused_with_what_can_be_done() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = Faulty::start(Manners::default());
    let front = |name| tls_front::in_front_of(server.address, authority.server(name, false));
    let (own, elsewhere) = (format!("https://{}/", front("127.0.0.1")), format!("https://{}/", front("example.com")));
    let (ca, wrong) = (authority.file("ca.pem"), other.file("ca.pem"));
    let unknown = "invalid peer certificate: nobody who is trusted has issued it";
    for (url, options, said) in [
        (&own, &[][..], unknown),
        (
            &own,
            &["--cacert", &wrong],
            "invalid peer certificate: its signature is not that of an authority that is trusted",
        ),
        (&elsewhere, &["--cacert", &ca], "invalid peer certificate: it is not for 127.0.0.1"),
    ] {
        let output = against(url, &[&["-c", "3"], options].concat());
        fails(&output, 1, &["no subscriber could subscribe", said, "hint: ", "--cacert", "-k"]);
    }
    let publish_only = ["--subscribe-url", &server.url(), "-c", "3"];
    fails(&against(&own, &publish_only), 1, &["cannot publish to", unknown, "--cacert"]);
}

#[test]
fn a_server_that_speaks_tls_at_an_http_url_is_told_as_such() {
    let broker = Broker::start(&["--tls-self-signed"]);
    let output = against(&format!("http://{}/events/a", broker.address), &["-c", "3"]);
    fails(&output, 1, &["no subscriber could subscribe", "the answer is one of TLS", "begins with https://"]);
}

#[test]
fn a_server_that_speaks_plain_http_or_nothing_at_an_https_url_is_told_as_such() {
    let broker = Broker::start(&[]);
    let hint = "Without it the URL begins with http://";
    let plain = format!("https://{}/events/a", broker.address);
    for scenario in [&[][..], &["connect"]] {
        let output = process::run(&[&["bench"], scenario, &[&plain, "-k", "-c", "3"]].concat(), "");
        fails(&output, 1, &["no subscriber could subscribe", "the server does not speak TLS", hint]);
    }
    let silent = Faulty::start(Manners { idle_limit: Some(Duration::from_millis(200)), ..Manners::default() });
    let output = against(&format!("https://{}/", silent.address), &["-k", "-c", "3"]);
    fails(&output, 1, &["no subscriber could subscribe", "in the middle of the TLS handshake", hint]);
}

#[test]
fn a_server_that_demands_a_certificate_is_shown_the_one_of_the_options() {
    let authority = Authority::new();
    let (ca, cert, key) = (authority.file("ca.pem"), authority.file("cert.pem"), authority.file("key.pem"));
    let run = |config: ServerConfig, options: &[&str]| {
        let server = Scripted::start_tls(config, vec![Close(stream("data: a\n\n"))]);
        let url = format!("https://{}/", server.address);
        process::run(&[&["bench", "stream", &url, "-c", "1", "-o", "json", "--cacert", &ca], options].concat(), "")
    };
    let shown = run(authority.server("127.0.0.1", true), &["-d", "500ms", "--cert", &cert, "--cert-key", &key]);
    assert_eq!(count(&report(&shown), "traffic", "events"), 1, "{}", process::stderr(&shown));
    let none = run(authority.server("127.0.0.1", true), &["-d", "1h"]);
    fails(&none, 1, &["the server wants to be shown a certificate", "hint: --cert"]);
}

#[test]
fn files_that_hold_no_certificate_are_refused_before_anything_is_asked_for() {
    let (authority, directory) = (Authority::new(), tempfile::tempdir().unwrap());
    drop(authority.issue("127.0.0.1"));
    let (cert, rubbish) = (authority.file("cert.pem"), directory.path().join("rubbish").display().to_string());
    std::fs::write(&rubbish, "rubbish").unwrap();
    let other = Authority::new();
    drop(other.issue("127.0.0.1"));
    let mismatched = ["--cert", &cert, "--cert-key", &other.file("key.pem")];
    fails(
        &against("https://127.0.0.1:1/", &mismatched),
        1,
        &["the private key is not that of the certificate", "hint: "],
    );
    for (options, words) in [
        (&["--cacert", &rubbish][..], "--cacert"),
        (&["--cert", &cert], "a certificate and its private key"),
        (&["--cacert", &cert, "-k"], "cannot be used with"),
    ] {
        fails(&against("https://127.0.0.1:1/", options), 2, &[words]);
    }
}
