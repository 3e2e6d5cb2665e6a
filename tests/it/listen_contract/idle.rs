//! `--idle-timeout`: a connection that brings no byte is dead.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use super::{Listening, PATIENCE, last_event_ids, listen};
use crate::process::Broker;
use crate::scripted::Answer::Hold;
use crate::scripted::{HEAD, Scripted, pieces, stream};

/// Long enough that a busy machine does not take it for silence.
const WHILE: &str = "1500ms";

#[test]
fn any_byte_is_life_also_of_a_comment_or_of_half_a_line() {
    let (bytes, slow) = pieces();
    let server = Scripted::start(vec![slow, Hold(stream("data: 2\n\n"))]);
    let writer = thread::spawn(move || {
        for piece in [HEAD, ":", " hea", "rtbeat\n", "re", "try", ": ", "da", "ta: 1", "\n", "\n"] {
            bytes.send(piece.into()).unwrap();
            thread::sleep(Duration::from_millis(200));
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
    let heard = listen(&server, &["--idle-timeout", "500ms", "--retry", "0ms", "--max-backoff", "10ms", "-n", "2"]);
    assert_eq!((heard.code, heard.data()), (Some(0), vec!["1", "2"]), "{}", heard.stderr);
    assert_eq!(heard.texts("retrying", "reason"), vec!["nothing came for 500ms"; 3]);
    assert_eq!(last_event_ids(&server, 4), [None, Some("7".into()), Some("7".into()), Some("7".into())]);
}

#[test]
fn where_there_is_no_other_connection_it_ends_with_a_code_of_its_own() {
    let ends = |script, options: &[&str]| {
        let heard =
            listen(&Scripted::start(script), &[&["--idle-timeout", "500ms", "--retry", "0ms"], options].concat());
        assert_eq!(heard.code, Some(4), "{options:?}: {}", heard.stderr);
        assert!(heard.stderr.contains("sse: nothing came for 500ms\nhint: --idle-timeout "), "{}", heard.stderr);
    };
    let event = || Hold(stream("data: 1\n\n"));
    thread::scope(|scope| {
        scope.spawn(|| ends(vec![event()], &["--no-reconnect"]));
        scope.spawn(|| ends(vec![Hold(Vec::new())], &[]));
        scope.spawn(|| ends(vec![event(), Hold(stream("")), Hold(Vec::new())], &["--max-retries", "2"]));
    });
}

#[test]
fn no_time_is_too_long() {
    let server = Scripted::start(vec![Hold(stream("data: 1\n\n"))]);
    let heard = listen(&server, &["--idle-timeout", "9223372036854775807s", "-n", "1"]);
    assert_eq!((heard.code, heard.data()), (Some(0), vec!["1"]), "{}", heard.stderr);
}

/// Passes on what goes each way; tells of each connection.
fn relay(to: SocketAddr) -> (SocketAddr, Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, (sender, connections)) = (listener.local_addr().unwrap(), mpsc::channel());
    thread::spawn(move || {
        for client in listener.incoming().map(Result::unwrap) {
            let server = TcpStream::connect(to).unwrap();
            for (from, to) in [(&client, &server), (&server, &client)] {
                let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                thread::spawn(move || std::io::copy(&mut from, &mut to));
            }
            // The test may be over.
            let _ = sender.send(());
        }
    });
    (address, connections)
}

#[test]
fn over_http2_too_another_connection_is_made() {
    let broker = Broker::start(&[]);
    let (address, connections) = relay(broker.address);
    let url = format!("http://{address}/events/a");
    let options = ["--http2", "--idle-timeout", "500ms", "--retry", "0ms", "--max-backoff", "10ms"];
    let listening = Listening::start(&url, &options);
    for _ in 0..2 {
        listening.next("open");
        connections.recv_timeout(PATIENCE).expect("nobody asks through a connection that is taken for dead");
        assert_eq!(listening.next("retrying")["reason"], "nothing came for 500ms");
    }
}
