//! Which content types are an event stream: Fetch §3.3.3 and WHATWG HTML §9.2.2.

use super::listen;
use crate::scripted::Answer::{Close, Keep};
use crate::scripted::Scripted;

/// An answer with these headers, and an event.
fn typed(content_types: &[&str]) -> Vec<u8> {
    let types: Vec<_> = content_types.iter().map(|value| format!("Content-Type: {value}\r\n")).collect();
    let (body, length) = ("data: ok…\n\n", "data: ok…\n\n".len());
    format!("HTTP/1.1 200 OK\r\n{}Content-Length: {length}\r\n\r\n{body}", types.concat()).into_bytes()
}

#[test]
fn a_stream_is_what_has_its_essence_and_is_utf_8_whatever_it_says() {
    let streams: [&[&str]; 11] = [
        &["text/event-stream"],
        &["TEXT/Event-Stream"],
        &["text/event-stream;charset=utf-8"],
        &["text/event-stream;charset=windows-1252"],
        &["text/event-stream; charset=\"utf-16\"; x=y"],
        &["text/event-stream;"],
        &["text/event-stream;bogus"],
        &["  text/event-stream ; "],
        &["text/html", "text/event-stream"],
        &["text/html, text/event-stream"],
        &["text/event-stream", "*/*"],
    ];
    let mut script: Vec<_> = streams.iter().map(|types| Keep(typed(types))).collect();
    script.push(Close(typed(&["text/plain"])));
    let heard = listen(&Scripted::start(script), &["--retry", "0ms"]);
    assert_eq!((heard.code, heard.data()), (Some(3), vec!["ok…"; streams.len()]), "{}", heard.stderr);
}

#[test]
fn everything_else_is_refused_unless_it_is_to_be_read_as_a_stream() {
    let others: [(&[&str], &str); 8] = [
        (&["text/plain"], "its content type is text/plain, not text/event-stream"),
        (&["application/json"], "its content type is application/json"),
        (&["text/event-stream-x"], "its content type is text/event-stream-x"),
        (&["text/event-stream bogus"], "its content type is text/event-stream bogus"),
        (&["x bogus"], "its content type is x bogus"),
        (&["event-stream"], "its content type is event-stream"),
        (&["text/event-stream", "text/html"], "its content type is text/"),
        (&[], "it has no content type; that of a stream is text/event-stream"),
    ];
    for (types, why) in others {
        let heard = listen(&Scripted::start(vec![Close(typed(types))]), &[]);
        assert_eq!((heard.code, heard.data().len()), (Some(3), 0), "{types:?}");
        assert!(heard.texts("error", "error")[0].contains(why), "{types:?}: {:?}", heard.lines);
    }
    let script = others.iter().map(|(types, _)| Keep(typed(types))).collect();
    let heard = listen(&Scripted::start(script), &["--any-content-type", "--retry", "0ms", "-n", "8"]);
    assert_eq!((heard.code, heard.data()), (Some(0), vec!["ok…"; others.len()]), "{}", heard.stderr);
}

#[test]
fn any_content_type_is_not_any_status() {
    let refused = b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\ndata: 1\n\n";
    let heard = listen(&Scripted::start(vec![Close(refused.to_vec())]), &["--any-content-type"]);
    assert_eq!((heard.code, heard.data().len()), (Some(3), 0));
}
