//! What each status means: 200 is a stream, everything else the end, or with `--retry-status` a reason to wait.

use std::time::{Duration, SystemTime};

use super::{Listening, last_event_ids, listen};
use crate::scripted::Answer::{self, Close};
use crate::scripted::{Scripted, answer, stream};

const BODY: &str = "data: not for you\n\n";

/// A refusal with a Retry-After, if there is one.
fn later(status: &str, retry_after: Option<&str>) -> Answer {
    let retry_after = retry_after.map(|value| format!("Retry-After: {value}\r\n")).unwrap_or_default();
    let head = format!("HTTP/1.1 {status}\r\n{retry_after}Content-Length: 4\r\nConnection: close\r\n\r\n");
    Close((head + "wait").into())
}

#[test]
fn a_status_other_than_200_is_the_end_and_shown_with_its_body() {
    for status in [
        "201 Created",
        "202 Accepted",
        "204 No Content",
        "205 Reset Content",
        "206 Partial Content",
        "210 X",
        "226 IM Used",
        "299 X",
        "300 Multiple Choices",
        "301 Moved Permanently",
        "304 Not Modified",
        "307 Temporary Redirect",
        "400 Bad Request",
        "401 Unauthorized",
        "403 Forbidden",
        "404 Not Found",
        "407 Proxy Authentication Required",
        "410 Gone",
        "429 Too Many Requests",
        "500 Internal Server Error",
        "503 Service Unavailable",
    ] {
        let has_body = !["204", "205", "304"].iter().any(|without| status.starts_with(without));
        let server =
            Scripted::start(vec![Close(answer(status, "text/event-stream", if has_body { BODY } else { "" }))]);
        let heard = listen(&server, &[]);
        assert_eq!((heard.code, heard.data().len(), heard.waits().len()), (Some(3), 0, 0), "{status}");
        let number = status.split(' ').next().unwrap();
        assert!(heard.stderr.starts_with(&format!("HTTP/1.1 {number} ")), "{}", heard.stderr);
        assert_eq!(heard.stderr.contains("data: not for you"), has_body, "{}", heard.stderr);
        assert!(heard.texts("error", "error")[0].contains(&format!("it answered {number}")), "{:?}", heard.lines);
    }
}

#[test]
fn a_status_that_means_later_is_tried_again_from_the_first_connection_on() {
    let server = Scripted::start(vec![
        later("503 Service Unavailable", None),
        later("429 Too Many Requests", None),
        Close(stream("id: 7\ndata: 1\n\n")),
        later("502 Bad Gateway", None),
        Close(stream("data: 2\n\n")),
    ]);
    let heard = listen(&server, &["--retry-status", "5xx,429", "--retry", "0ms", "--max-backoff", "10ms", "-n", "2"]);
    assert_eq!((heard.code, heard.data()), (Some(0), vec!["1", "2"]), "{}", heard.stderr);
    let reasons = heard.texts("retrying", "reason");
    assert_eq!(reasons[..2], ["it answered 503 Service Unavailable", "it answered 429 Too Many Requests"]);
    assert_eq!(last_event_ids(&server, 5), [None, None, None, Some("7".into()), Some("7".into())]);
}

#[test]
fn other_statuses_stay_the_end() {
    let server = Scripted::start(vec![later("503 Service Unavailable", None), later("404 Not Found", None)]);
    let heard = listen(&server, &["--retry-status", "5xx", "--max-backoff", "10ms"]);
    assert_eq!((heard.code, heard.waits().len()), (Some(3), 1));
    assert!(heard.stderr.contains("HTTP/1.1 404 Not Found\n"), "{}", heard.stderr);
}

/// How long it waits after this refusal.
fn wait_after(retry_after: Option<&str>, options: &[&str]) -> u64 {
    let server = Scripted::start(vec![later("503 Service Unavailable", retry_after)]);
    let listening = Listening::start(&server.url("/"), &[&["--retry-status", "503"], options].concat());
    listening.next("retrying")["in_ms"].as_u64().unwrap()
}

#[test]
fn a_retry_after_is_waited_for() {
    assert_eq!(wait_after(Some("30"), &[]), 30_000);
    let hour = httpdate::fmt_http_date(SystemTime::now() + Duration::from_hours(1));
    let wait = wait_after(Some(&hour), &[]);
    assert!((3_500_000..=3_600_000).contains(&wait), "{wait} ms until {hour}");
    assert_eq!(wait_after(Some("30"), &["--max-backoff", "5s"]), 5000);
    assert_eq!(wait_after(Some("99999999999"), &[]), 86_400_000, "no more than a day");
    // None that can be obeyed, one in the past, one that is over at once: as after any failure.
    for none in [None, Some("soon"), Some("-1"), Some("Sun, 06 Nov 1994 08:49:37 GMT"), Some("0")] {
        let wait = wait_after(none, &[]);
        assert!((1000..=2000).contains(&wait), "{wait} ms after {none:?}");
    }
}

#[test]
fn a_retry_after_is_over_some_time() {
    let server = Scripted::start(vec![later("503 Service Unavailable", Some("1")), Close(stream("data: 1\n\n"))]);
    let heard = listen(&server, &["--retry-status", "503", "--retry", "0ms", "-n", "1"]);
    assert_eq!((heard.waits(), heard.data()), (vec![1000], vec!["1"]));
}

#[test]
fn a_status_that_means_later_for_too_long_is_shown_as_a_refusal() {
    let server = Scripted::start((0..4).map(|_| later("503 Service Unavailable", None)).collect());
    let options = ["--retry-status", "503", "--max-backoff", "10ms", "--max-retries", "2"];
    let heard = listen(&server, &options);
    assert_eq!((heard.code, heard.waits().len()), (Some(3), 2));
    assert_eq!(heard.texts("warning", "warning"), ["giving up: 2 reconnections brought nothing"]);
    assert!(heard.stderr.contains("HTTP/1.1 503 Service Unavailable\n") && heard.stderr.contains("\nwait\n"));
}
