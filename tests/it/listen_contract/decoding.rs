//! What a stream means, however the network cuts it: WHATWG HTML §9.2.5 and §9.2.6.

use std::time::Duration;

use serde_json::{Value, json};

use super::many::{self, Stream};
use super::{Listening, listen};
use crate::scripted::Answer::{Close, Hold};
use crate::scripted::{HEAD, Scripted, chunked, pieces, stream};
use crate::vectors;

/// Every line end, a byte order mark, comments, IDs, characters of every length and a field that nobody knows.
const ALL: &str = "\u{feff}: \u{feff}é\r\nid: 1\rdata: é\n\rdata:☃\r\n\u{feff}data: no field\n:\r\n:  two\ndata\r\revent: \
                   ü\nid: 🦀\r\ndata: 🦀🦀\n\nunknown: x\nid\rdata: reset\r\n\r\nid: 3\n\rdata: 4\n\nid\n\n";

/// What that is.
const ALL_EVENTS: [[&str; 3]; 5] = [
    ["message", "é", "1"],
    ["message", "☃\n", "1"],
    ["ü", "🦀🦀", "🦀"],
    ["message", "reset", ""],
    ["message", "4", "3"],
];

const ALL_COMMENTS: [&str; 3] = [" \u{feff}é", "", "  two"];

fn comments(lines: &[&Value]) -> Vec<String> {
    lines.iter().map(|line| line["comment"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_vector_is_read_from_the_network_byte_by_byte() {
    let vectors = vectors::all();
    let inputs: Vec<Vec<u8>> = vectors.iter().map(vectors::Vector::input).collect();
    let streams: Vec<Stream> = vectors
        .iter()
        .zip(&inputs)
        .map(|(vector, input)| Stream {
            last_event_id: &vector.initial_last_event_id,
            // Bytes of what is long come a few at a time.
            pieces: input.chunks(1 + input.len() / 8192).collect(),
        })
        .collect();
    for (read, vector) in many::read(&streams).iter().zip(&vectors) {
        let name = &vector.name;
        let expected = vector.expected.iter().map(|event| [event.event.as_str(), &event.data, &event.id]);
        assert_eq!(read.events(), expected.collect::<Vec<_>>(), "{name}");
        if let Some(expected) = &vector.comments {
            assert_eq!(comments(&read.of_kind("comment")), *expected, "{name}");
        }
        let retry = vector.end.retry.as_ref().map(|raw| raw.get()).filter(|text| *text != "null");
        let retry = retry.map(|text| json!(text.parse().unwrap_or(u64::MAX)));
        assert_eq!(read.of_kind("retry").last().map(|line| &line["ms"]), retry.as_ref(), "{name}");
        // What no header can carry is not sent.
        let id = Some(vector.end.last_event_id.as_bytes()).filter(|id| !id.is_empty());
        assert_eq!(read.next.header("last-event-id"), id.map(<[u8]>::trim_ascii), "{name}");
    }
}

#[test]
fn a_stream_means_the_same_cut_in_two_wherever() {
    let bytes = ALL.as_bytes();
    let cuts = (0..=bytes.len()).map(|at| Stream { last_event_id: "", pieces: vec![&bytes[..at], &bytes[at..]] });
    for (at, read) in many::read(&cuts.collect::<Vec<_>>()).iter().enumerate() {
        assert_eq!(read.events(), ALL_EVENTS, "cut at {at}");
        assert_eq!(comments(&read.of_kind("comment")), ALL_COMMENTS, "cut at {at}");
        assert_eq!(read.next.header("last-event-id"), None, "cut at {at}");
    }
}

#[test]
fn a_stream_means_the_same_when_its_bytes_are_written_one_by_one() {
    let (bytes, answer) = pieces();
    let server = Scripted::start(vec![answer]);
    let writer = std::thread::spawn(move || {
        for byte in [HEAD, ALL].concat().bytes() {
            bytes.send(vec![byte]).unwrap();
            std::thread::sleep(Duration::from_micros(500));
        }
    });
    let heard = listen(&server, &["--no-reconnect"]);
    writer.join().unwrap();
    let events = heard.of_kind("event").into_iter();
    let events = events.map(|line| ["type", "data", "id"].map(|key| line[key].as_str().unwrap()));
    assert_eq!(events.collect::<Vec<_>>(), ALL_EVENTS);
    assert_eq!(comments(&heard.of_kind("comment")), ALL_COMMENTS);
    assert_eq!(heard.code, Some(0), "{}", heard.stderr);
}

#[test]
fn what_is_complete_is_shown_before_anything_follows() {
    let (bytes, answer) = pieces();
    let server = Scripted::start(vec![answer]);
    let listening = Listening::start(&server.url("/"), &[]);
    let send = |text: &str| bytes.send(text.as_bytes().to_vec()).unwrap();
    send(HEAD);
    listening.next("open");
    send("data: 1\n\n");
    assert_eq!(listening.data(), "1");
    // A CR ends a line by itself: nobody waits to see whether an LF belongs to it.
    send("data: 2\r\r");
    assert_eq!(listening.data(), "2");
    send("\n: 3\r");
    assert_eq!(listening.next("comment")["comment"], " 3");
    send("\nretry: 4000\r");
    assert_eq!(listening.next("retry")["ms"], 4000);
    send("\ndata: 5\r\n\r");
    assert_eq!(listening.data(), "5");
}

#[test]
fn a_hundred_events_that_come_at_once_are_shown_in_their_order() {
    let events: Vec<String> = (0..100).map(|n| format!("id: {n}\ndata: {n}\n\n")).collect();
    let numbers: Vec<String> = (0..100).map(|n| n.to_string()).collect();
    for bytes in [stream(&events.concat()), chunked(events.iter().map(String::as_bytes))] {
        let heard = listen(&Scripted::start(vec![Close(bytes)]), &["--no-reconnect"]);
        assert_eq!(
            (heard.data(), heard.texts("event", "id")),
            (numbers.iter().map(|n| n as _).collect(), heard.data())
        );
    }
}

/// The most memory that the client has had, in bytes.
#[cfg(target_os = "linux")]
fn peak(listening: &Listening) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", listening.child.id())).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a size");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") << 10
}

#[test]
fn an_event_of_ten_mebibytes_is_shown_whole_and_soon() {
    const SIZE: usize = 10 << 20;
    let line = "x".repeat(SIZE);
    let lines = format!("{}\n", "y".repeat(1023)).repeat(SIZE >> 10);
    for data in [line.as_str(), lines.trim_end()] {
        let (bytes, answer) = pieces();
        let server = Scripted::start(vec![answer]);
        let listening = Listening::start(&server.url("/"), &[]);
        bytes.send(format!("{HEAD}data: {}\n", data.replace('\n', "\ndata: ")).into_bytes()).unwrap();
        bytes.send(b"\n".to_vec()).unwrap();
        assert!(listening.data() == data, "it is the same");
        // The bytes, the data and the line that shows it, each with room to grow.
        #[cfg(target_os = "linux")]
        assert!(peak(&listening) < 10 * SIZE as u64, "{} bytes", peak(&listening));
    }
}

#[test]
fn an_event_beyond_the_limit_ends_it() {
    let server = Scripted::start(vec![Hold(stream("data: 1\n\ndata: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"))]);
    let heard = listen(&server, &["--max-event-size", "32"]);
    assert_eq!((heard.code, heard.data()), (Some(1), vec!["1"]));
    assert!(heard.stderr.contains("longer than the limit of 32 bytes"), "{}", heard.stderr);
}
