//! Every form in which HTTP can carry a stream: RFC 9112 §6 and §7, and what may come before it (RFC 9110 §15.2).

use super::listen;
use crate::scripted::Answer::{Close, Keep};
use crate::scripted::{Scripted, answer, pieces};

const TYPE: &str = "Content-Type: text/event-stream\r\n";

#[test]
fn a_stream_is_the_same_in_every_framing() {
    let framings = [
        format!("HTTP/1.1 200 OK\r\n{TYPE}Content-Length: 9\r\n\r\ndata: 1\n\n"),
        format!("HTTP/1.1 200 OK\r\n{TYPE}Transfer-Encoding: chunked\r\n\r\n5\r\ndata:\r\n4\r\n 1\n\n\r\n0\r\n\r\n"),
        // Chunk extensions, upper-case and padded sizes, trailers.
        format!(
            "HTTP/1.1 200 OK\r\n{TYPE}Transfer-Encoding: Chunked\r\nTrailer: X\r\n\r\n\
             009;a=b;c\r\ndata: 1\n\n\r\n0B\r\n: 012345678\r\n0\r\nX: 1\r\n\r\n"
        ),
        // Informational answers come first, as many as there are.
        format!(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n{TYPE}\r\n\
             HTTP/1.1 200 OK\r\n{TYPE}Content-Length: 9\r\n\r\ndata: 1\n\n"
        ),
        format!("HTTP/1.1 200\r\n{TYPE}Content-Length: 9\r\n\r\ndata: 1\n\n"),
    ];
    let mut script: Vec<_> = framings.iter().map(|bytes| Keep(bytes.clone().into_bytes())).collect();
    script.push(Close(format!("HTTP/1.1 200 OK\r\n{TYPE}\r\ndata: 1\n\n").into()));
    script.push(Close(format!("HTTP/1.0 200 OK\r\n{TYPE}\r\ndata: 1\n\n").into()));
    script.push(Close(answer("204 No Content", "text/plain", "")));
    let heard = listen(&Scripted::start(script), &["--retry", "0ms"]);
    assert_eq!((heard.code, heard.data()), (Some(3), vec!["1"; framings.len() + 2]), "{heard:?}");
    assert_eq!(heard.texts("retrying", "reason"), vec!["the stream ended"; framings.len() + 2]);
}

#[test]
fn a_body_that_is_shorter_than_it_says_breaks_off() {
    let short = format!("HTTP/1.1 200 OK\r\n{TYPE}Content-Length: 99\r\n\r\ndata: 1\n\n");
    let heard = listen(&Scripted::start(vec![Close(short.into())]), &["--no-reconnect"]);
    assert_eq!((heard.code, heard.data()), (Some(1), vec!["1"]));
    assert!(heard.stderr.contains("sse: the stream broke off: "), "{}", heard.stderr);
}

#[test]
fn the_head_may_come_in_pieces_too() {
    let (bytes, slow) = pieces();
    for byte in format!("HTTP/1.1 200 OK\r\n{TYPE}\r\ndata: 1\n\n").bytes() {
        bytes.send(vec![byte]).unwrap();
    }
    let heard = listen(&Scripted::start(vec![slow]), &["-n", "1"]);
    assert_eq!((heard.code, heard.data()), (Some(0), vec!["1"]));
}

#[test]
fn what_is_not_http_is_no_answer() {
    for rubbish in ["data: 1\n\n", "SSH-2.0-OpenSSH_9.2\r\n", "\u{15}\u{3}\u{1}\0\u{2}\u{2}\n"] {
        let server = Scripted::start(vec![Close(rubbish.into())]);
        let heard = listen(&server, &[]);
        assert_eq!((heard.code, heard.data().len()), (Some(1), 0));
        let said = format!("sse: {} did not answer: ", server.address);
        assert!(heard.stderr.starts_with(&said) && heard.stderr.contains("\nhint: "), "{}", heard.stderr);
    }
}
