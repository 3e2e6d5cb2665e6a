//! `--forward-to`: every event arrives at the target once, in order, or it is said that it did not.

use std::time::{Duration, Instant};

use super::{Heard, Listening, listen, listen_to};
use crate::process::{Broker, sse};
use crate::recording::recording;
use crate::scripted::Answer::{self, Close, Hold, Keep};
use crate::scripted::{Request, Scripted, answer, nobody, pieces, start_unix, stream};

const EVENTS: &str = "id: ä-1\nevent: price\ndata: {\"a\": 1.10}\n\ndata: zwei\ndata: Zeilen\n\nid\ndata\n\n";

fn taken() -> Answer {
    Keep(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_vec())
}

fn refused(status: &str) -> Answer {
    Keep(format!("HTTP/1.1 {status}\r\nContent-Length: 4\r\n\r\nwhy?").into_bytes())
}

/// Forwards the events to a target with this script.
fn forward(target: &Scripted, options: &[&str]) -> Heard {
    let source = Scripted::start(vec![Close(stream(EVENTS))]);
    listen(&source, &[&["--no-reconnect", "--forward-to", &target.url("/hook?x=1")], options].concat())
}

fn key(request: &Request) -> &str {
    request.text("idempotency-key").expect("a key")
}

#[test]
fn events_arrive_once_in_their_order_with_what_is_known_of_them() {
    // The first fails twice: with an answer, and without one.
    let target =
        Scripted::start(vec![refused("500 Internal Server Error"), Close(Vec::new()), taken(), taken(), taken()]);
    let heard = forward(&target, &[]);
    assert_eq!((heard.code, heard.data().len()), (Some(0), 3), "{}", heard.stderr);
    let attempts = target.requests(5);
    assert!(attempts.iter().all(|request| request.line == "POST /hook?x=1 HTTP/1.1"), "{attempts:?}");
    for request in &attempts[..3] {
        assert_eq!(
            (&request.body[..], request.text("content-type")),
            (&b"{\"a\": 1.10}"[..], Some("application/json"))
        );
        assert_eq!((request.text("sse-event"), request.text("sse-id")), (Some("price"), Some("ä-1")));
        assert_eq!(key(request), key(&attempts[0]), "it is the same event");
    }
    let [second, third] = &attempts[3..] else { panic!("two more") };
    assert_eq!(
        (&second.body[..], second.text("content-type")),
        (&b"zwei\nZeilen"[..], Some("text/plain; charset=utf-8"))
    );
    assert_eq!((second.text("sse-event"), second.text("sse-id")), (Some("message"), Some("ä-1")));
    assert_eq!((third.body.len(), third.text("content-length"), third.text("sse-id")), (0, Some("0"), None));
    assert!(key(second) != key(third) && key(second) != key(&attempts[0]));
    let result: Vec<_> =
        heard.of_kind("forwarded").iter().map(|line| (line["attempts"].as_u64(), &line["status"])).collect();
    let ok = &"200 OK".into();
    assert_eq!(result, [(Some(3), ok), (Some(1), ok), (Some(1), ok)]);
    assert_eq!(heard.stderr.matches("event ä-1 is not taken: ").count(), 2, "{}", heard.stderr);
    assert!(heard.stderr.contains("event ä-1 is not taken: 500 Internal Server Error; sending it again in "));
}

#[test]
fn what_the_target_refuses_is_said_and_not_repeated_and_the_rest_goes_on() {
    for status in ["400 Bad Request", "404 Not Found", "302 Found"] {
        let target = Scripted::start(vec![refused(status), taken(), taken()]);
        let heard = forward(&target, &["-q"]);
        assert_eq!((heard.code, heard.data().len()), (Some(1), 3), "{}", heard.stderr);
        assert_eq!(heard.stderr, format!("sse: event ä-1 was not forwarded: {status}\n"));
        let lines = heard.of_kind("forwarded");
        assert_eq!((&lines[0]["error"], &lines[0]["attempts"]), (&status.into(), &1.into()));
        assert_eq!((&lines[1]["status"], lines.len()), (&"200 OK".into(), 3));
        target.requests(3);
        assert!(target.is_done());
    }
}

#[test]
fn an_event_is_given_up_after_as_many_attempts_as_were_asked_for() {
    let target =
        Scripted::start(vec![refused("503 Service Unavailable"), refused("503 Service Unavailable"), taken(), taken()]);
    let heard = forward(&target, &["--forward-retries", "1"]);
    assert_eq!(heard.code, Some(1));
    let said = "sse: event ä-1 was not forwarded: 503 Service Unavailable (2 attempts)\n";
    assert!(heard.stderr.contains(said), "{}", heard.stderr);
    let bodies: Vec<_> = target.requests(4).into_iter().map(|request| request.body).collect();
    assert_eq!(bodies, [&b"{\"a\": 1.10}"[..], b"{\"a\": 1.10}", b"zwei\nZeilen", b""]);
}

#[test]
fn a_307_is_followed_with_the_event() {
    let target = Scripted::start(vec![
        Keep(b"HTTP/1.1 307 X\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n".to_vec()),
        taken(),
    ]);
    let heard = forward(&target, &["-n", "1"]);
    assert_eq!(heard.code, Some(0), "{}", heard.stderr);
    let (first, second) = (target.request(), target.request());
    assert_eq!((second.line.as_str(), &second.body), ("POST /there HTTP/1.1", &first.body));
    assert_eq!(key(&first), key(&second));
}

#[test]
fn another_server_that_a_308_leads_to_gets_the_event_and_no_credentials() {
    let other = Scripted::start(vec![taken()]);
    let head = format!("HTTP/1.1 308 X\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", other.url("/there"));
    let target = Scripted::start(vec![Keep(head.into_bytes())]);
    let source = Scripted::start(vec![Close(stream(EVENTS))]);
    let url = target.url("/hook").replace("http://", "http://me:secret@");
    let ended = listen(&source, &["-n", "1", "--forward-to", &url]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let (first, second) = (target.request(), other.request());
    assert_eq!((first.text("authorization"), second.text("authorization")), (Some("Basic bWU6c2VjcmV0"), None));
    for name in ["sse-event", "sse-id", "content-type", "idempotency-key"] {
        assert!(first.text(name).is_some() && first.text(name) == second.text(name), "{name}: {second:?}");
    }
}

#[test]
fn of_what_a_target_answers_no_more_is_read_than_keeps_its_connection() {
    for (status, code) in [("200 OK", 0), ("400 Bad Request", 1)] {
        let start = format!("HTTP/1.1 {status}\r\nContent-Type: text/plain\r\n\r\n").into_bytes();
        // One says nothing more and keeps the connection, one does not stop to talk.
        let (talk, talking) = pieces();
        let silent = Hold(start.clone());
        talk.send(start).unwrap();
        (0..256).for_each(|_| talk.send(vec![b'x'; 64 << 10]).unwrap());
        for answer in [silent, talking] {
            let target = Scripted::start(vec![answer, taken(), taken()]);
            let began = Instant::now();
            let heard = forward(&target, &[]);
            assert_eq!(heard.code, Some(code), "{}", heard.stderr);
            assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
            target.requests(3);
            let took = &heard.of_kind("forwarded")[0]["ms"];
            assert!(took.as_u64().is_none_or(|took| code == 0 && took < 900), "the answer was there before: {took} ms");
        }
    }
}

/// Forwards the first event of a file.
fn forward_from_file(options: &[&str]) -> Heard {
    let file = recording(EVENTS.as_bytes());
    let mut command = sse();
    command.arg("listen").arg(file.path()).args(["-n", "1", "-o", "json", "--forward-retries", "0"]).args(options);
    Listening::start_as(&mut command).end()
}

#[test]
fn a_target_is_trusted_and_come_to_as_the_server_is() {
    let proxy = Scripted::start(vec![taken()]);
    let url = "http://example.invalid/hook";
    let heard = forward_from_file(&["--forward-to", url, "--proxy", &proxy.url("")]);
    assert_eq!(heard.code, Some(0), "{}", heard.stderr);
    assert_eq!(proxy.request().line, format!("POST {url} HTTP/1.1"));
    let broker = Broker::start(&["--tls-self-signed"]);
    let url = format!("https://{}/events/a", broker.address);
    let heard = forward_from_file(&["--forward-to", &url]);
    assert_eq!(heard.code, Some(1));
    assert!(heard.stderr.contains("invalid peer certificate"), "{}", heard.stderr);
    assert_eq!(forward_from_file(&["--forward-to", &url, "-k"]).code, Some(0));
}

#[test]
fn the_socket_of_the_server_is_not_that_of_the_target() {
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("socket");
    start_unix(&socket, vec![Close(stream(EVENTS))]);
    let target = Scripted::start(vec![taken()]);
    let options = ["-n", "1", "--unix-socket", socket.to_str().unwrap(), "--forward-to", &target.url("/hook")];
    let heard = listen_to("http://example.invalid/", &options);
    assert_eq!(heard.code, Some(0), "{}", heard.stderr);
    assert_eq!(target.request().line, "POST /hook HTTP/1.1");
}

#[test]
fn a_target_that_cannot_be_come_to_is_named() {
    let nobody = nobody();
    let cannot = |peer: &str| format!("event ä-1 was not forwarded: cannot connect to {peer}: connection refused\n");
    let heard = forward_from_file(&["--forward-to", &format!("http://{nobody}/")]);
    assert!(heard.stderr.contains(&cannot(&nobody.to_string())), "{}", heard.stderr);
    let proxy = format!("http://{nobody}");
    let heard = forward_from_file(&["--forward-to", "http://example.invalid/", "--proxy", &proxy]);
    assert!(
        heard.stderr.contains(&cannot(&format!("example.invalid:80 through the proxy {proxy}"))),
        "{}",
        heard.stderr
    );
}

#[test]
fn only_what_is_shown_is_forwarded() {
    let target = Scripted::start(vec![taken()]);
    assert_eq!(forward(&target, &["-e", "price"]).code, Some(0));
    assert_eq!(target.request().text("sse-event"), Some("price"));
    assert!(target.is_done());
}

#[test]
fn a_document_is_forwarded_like_an_event() {
    let source = Scripted::start(vec![Close(answer("200 OK", "application/json", "{}"))]);
    let target = Scripted::start(vec![taken()]);
    let options = ["-H", "Accept: application/json", "--forward-to", &target.url("/")];
    assert_eq!(listen(&source, &options).code, Some(0));
    let request = target.request();
    assert_eq!((&request.body[..], request.text("sse-event")), (&b"{}"[..], Some("application/json")));
}
