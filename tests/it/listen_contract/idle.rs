//! `--idle-timeout`: a connection that brings no byte is dead.

use std::time::Duration;

use super::listen;
use crate::scripted::Answer::Hold;
use crate::scripted::{HEAD, Scripted, pieces, stream};

/// Long enough that a busy machine does not take it for silence.
const WHILE: &str = "1500ms";

#[test]
fn any_byte_is_life_also_of_a_comment_or_of_half_a_line() {
    let (bytes, slow) = pieces();
    let server = Scripted::start(vec![slow, Hold(stream("data: 2\n\n"))]);
    let writer = std::thread::spawn(move || {
        for piece in [HEAD, ":", " hea", "rtbeat\n", "re", "try", ": ", "da", "ta: 1", "\n", "\n"] {
            bytes.send(piece.into()).unwrap();
            std::thread::sleep(Duration::from_millis(200));
        }
    });
    let heard = listen(&server, &["--idle-timeout", WHILE, "--no-reconnect"]);
    writer.join().unwrap();
    assert_eq!((heard.code, heard.texts("comment", "comment")), (Some(0), vec![" heartbeat"]), "{}", heard.stderr);
}

#[test]
fn silence_on_an_open_stream_is_followed_by_another_connection() {
    let server = Scripted::start(vec![
        Hold(stream("id: 7\ndata: 1\n\nid: 8\ndata: lost")),
        // Not a byte of an answer.
        Hold(Vec::new()),
        Hold(b"HTTP/1.1 200 OK\r\nContent-Ty".to_vec()),
        Hold(stream("data: 2\n\n")),
    ]);
    let heard = listen(&server, &["--idle-timeout", "200ms", "--retry", "0ms", "--max-backoff", "10ms", "-n", "2"]);
    assert_eq!((heard.code, heard.data()), (Some(0), vec!["1", "2"]), "{}", heard.stderr);
    assert_eq!(heard.texts("retrying", "reason"), vec!["nothing came for 200ms"; 3]);
    let ids: Vec<_> = (0..4).map(|_| server.request().text("last-event-id").map(str::to_owned)).collect();
    assert_eq!(ids, [None, Some("7".into()), Some("7".into()), Some("7".into())]);
}

#[test]
fn where_there_is_no_other_connection_it_ends_with_a_code_of_its_own() {
    for (script, options) in [
        (vec![Hold(stream("data: 1\n\n"))], &["--no-reconnect"][..]),
        (vec![Hold(Vec::new())], &[]),
        (vec![Hold(stream("data: 1\n\n")), Hold(stream("")), Hold(Vec::new())], &["--max-retries", "2"]),
    ] {
        let server = Scripted::start(script);
        let heard = listen(&server, &[&["--idle-timeout", "200ms", "--retry", "0ms"], options].concat());
        assert_eq!(heard.code, Some(4), "{options:?}: {}", heard.stderr);
        assert!(heard.stderr.contains("sse: nothing came for 200ms\nhint: --idle-timeout "), "{}", heard.stderr);
    }
}
