//! `sse send --topic`: one event that several topics have.

use crate::http::{Stream, get};
use crate::process::{Broker, run, stderr, stdout};
use crate::recording::recording;
use crate::scripted::Scripted;
use crate::send::{published, refused};

#[test]
fn an_event_for_several_topics_is_one_object_that_says_all_of_it() {
    let server = Scripted::start(vec![published("8f3a1c07-1"), published("2")]);
    let said = ["-e", "e", "--id", "7", "--retry", "1.5s", "--ttl", "10m", "--key", "k", "--idempotency-key", "job"];
    let args = ["send", "a/b", "--topic", "c d", "--topic", "..", "1.0", "--url", &server.url("/below/")];
    let output = run(&[&args[..], &said].concat(), "");
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), "8f3a1c07-1\n"), "{}", stderr(&output));
    let request = server.request();
    assert_eq!(request.line, "POST /below/events HTTP/1.1");
    assert_eq!(request.header("content-type"), Some(&b"application/json"[..]));
    assert_eq!(request.header("idempotency-key"), Some(&b"job"[..]));
    let object =
        r#"{"topics":["a/b","c d",".."],"event":"e","id":"7","retry":1500,"ttl":"600000ms","key":"k","data":"1.0"}"#;
    assert_eq!(String::from_utf8(request.body).unwrap(), object);
    run(&["send", "a", "--topic", "b", "\r\n\"", "--url", &server.url("")], "");
    assert_eq!(server.request().body, br#"{"topics":["a","b"],"data":"\r\n\""}"#);
}

#[test]
fn whatever_events_are_made_of_each_is_published_once_and_all_topics_have_it() {
    let file = recording(b"data of a file");
    let at_file = format!("@{}", file.path().display());
    let stream = "event: e\ndata: 1\n\ndata: 2\n\n";
    let cases: [(&[&str], &str, &[&str]); 7] = [
        (&["an argument"], "", &["an argument"]),
        (&[&at_file], "", &["data of a file"]),
        (&[], "\"stdin\"\n", &["\"stdin\"\n"]),
        (&["--lines"], "one\ntwo\n", &["one", "two"]),
        (&["{{n}}", "--repeat", "2"], "", &["1", "2"]),
        (&["{{n}}", "--template"], "", &["1"]),
        (&["--replay", "-"], stream, &["1", "2"]),
    ];
    for (args, stdin, expected) in cases {
        let broker = Broker::start(&[]);
        let output = run(&[&["send", "a", "--topic", "b/c", "--url", &broker.url("")], args].concat(), stdin);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", stderr(&output));
        for topic in ["a", "b/c"] {
            let mut events = Stream::open(broker.address, &format!("/events/{topic}?since=earliest"), &[]);
            let events: Vec<_> = expected.iter().map(|_| events.event()).collect();
            assert!(events.iter().map(|event| &event.data).eq(expected), "{args:?}: {events:?}");
            assert!(
                events.iter().map(|event| &event.last_event_id).eq(stdout(&output).lines()),
                "{args:?}: {events:?}"
            );
        }
        assert_eq!(get(broker.address, "/api/stats").json()["retained"]["events"], expected.len(), "{args:?}");
    }
}

#[test]
fn the_broker_takes_what_is_said_of_it_and_publishes_once_what_is_sent_again() {
    let broker = Broker::start(&[]);
    let said = ["-e", "e", "--id", "x", "--ttl", "1h", "--key", "k", "--idempotency-key", "job", "-o", "json"];
    let send = || run(&[&["send", "a", "--topic", "b", "--url", &broker.url(""), "1"], &said[..]].concat(), "");
    let answers = [send(), send()].map(|output| stdout(&output));
    assert_eq!(answers, ["{\"id\":\"x\",\"topics\":[\"a\",\"b\"]}\n"; 2]);
    assert_eq!(get(broker.address, "/api/stats").json()["retained"]["events"], 1);
    let event = Stream::open(broker.address, "/events/b", &[]).event();
    assert_eq!((event.event_type.as_str(), event.data.as_str(), event.last_event_id.as_str()), ("e", "1", "x"));
}

#[test]
fn an_event_as_large_as_the_broker_takes_fits_also_when_all_of_it_is_escaped() {
    let broker = Broker::start(&["--max-event-size", "9MiB"]);
    let file = recording(&vec![b'"'; 9 << 20]);
    let url = broker.url("");
    let args = ["send", "a", "--topic", "b", &format!("@{}", file.path().display()), "--url", &url];
    let output = run(&args, "");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn data_that_is_not_utf8_is_told_before_it_is_sent_and_other_lines_go_on() {
    let file = recording(b"\xff");
    let output = run(&["send", "a", "--topic", "b", &format!("@{}", file.path().display())], "");
    let said = "the data is not UTF-8, which it has to be for several topics: it goes out as JSON\n";
    assert_eq!((output.status.code(), stderr(&output)), (Some(1), format!("sse: {said}")));
    let server = Scripted::start(vec![published("2"), refused("400 Bad Request", "too odd")]);
    let mut child = crate::listen::spawn(&["send", "a", "--topic", "b", "--lines", "--url", &server.url("")]);
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"\xff\n2\n3\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(3), "2\n"));
    assert_eq!(stderr(&output), format!("sse: line 1: {said}sse: line 3: the broker refused: too odd\n"));
}

#[test]
fn topics_that_make_no_sense_are_refused_with_a_sentence() {
    let cases: [(&[&str], &str); 5] = [
        (&["http://x/events/a", "x", "--topic", "b"], "with --topic the target is a topic too"),
        (&["a", "x", "--topic", "http://x/"], "hint: give the address of the broker as --url"),
        (&["a", "x", "--topic", ""], "a topic cannot be empty"),
        (&["a", "x", "--topic", "localhost:80"], "is neither a URL nor a topic"),
        (&["--ndjson", "--topic", "b"], "cannot be used with"),
    ];
    for (args, sentence) in cases {
        let output = run(&[&["send"], args].concat(), "");
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(sentence), "{args:?}: {}", stderr(&output));
    }
    let broker = Broker::start(&[]);
    let output = run(&["send", "a", "--topic", "b/*", "x", "--url", &broker.url("")], "");
    let said = "sse: the broker refused: \"b/*\" is no topic: * is for the patterns of subscribers";
    assert!(output.status.code() == Some(3) && stderr(&output).starts_with(said), "{}", stderr(&output));
}
