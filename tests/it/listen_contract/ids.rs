//! The last event ID: what a client remembers of it and what it sends. WHATWG HTML §9.2.2 and §9.2.6.

use super::many::{self, Stream};
use super::{last_event_ids, listen};
use crate::scripted::Answer::Close;
use crate::scripted::{Scripted, stream};

#[test]
fn an_id_is_sent_back_byte_for_byte() {
    let long = "a".repeat(255);
    let ids = ["0", "…", "ä 7", "🦀", "a:b", "\"", "e5p3n<3k0k0s", "\u{feff}x", "8f3a1c07-184", &long];
    let streams: Vec<String> = ids.iter().map(|id| format!("id: {id}\ndata\n\n")).collect();
    let streams = streams.iter().map(|stream| Stream { last_event_id: "before", pieces: vec![stream.as_bytes()] });
    for (read, id) in many::read(&streams.collect::<Vec<_>>()).iter().zip(ids) {
        assert_eq!(read.events(), [["message", "", id]]);
        assert_eq!(read.next.header("last-event-id"), Some(id.as_bytes()));
    }
}

#[test]
fn only_an_id_without_nul_in_a_finished_block_takes_the_place_of_the_one_before() {
    let cases: [(&[u8], Option<&str>); 10] = [
        (b"", Some("before")),
        (b"data: 1\n\n", Some("before")),
        (b"id: x\0\ndata: 1\n\n", Some("before")),
        (b"id: \0\n\n", Some("before")),
        (b"id: x\n", Some("before")),
        (b"data: 1\n\nid: x\ndata: 2\n", Some("before")),
        (b"id: x\nid: y\n\n", Some("y")),
        (b"id: \xff\n\n", Some("\u{fffd}")),
        (b"id: x\n\nid\n\n", None),
        (b"id:\n\ndata: 1\n\n", None),
    ];
    let streams = cases.iter().map(|(stream, _)| Stream { last_event_id: "before", pieces: vec![*stream] });
    for (read, (stream, id)) in many::read(&streams.collect::<Vec<_>>()).iter().zip(cases) {
        assert_eq!(read.next.text("last-event-id"), id, "{:?}", String::from_utf8_lossy(stream));
    }
}

#[test]
fn the_id_to_begin_with_is_that_of_the_events_which_have_none_until_another_takes_its_place() {
    for given in [["--last-event-id", "ä 7"], ["-H", "Last-Event-ID: ä 7"]] {
        let server = Scripted::start(vec![
            Close(stream("data: 1\n\n")),
            Close(stream("data: 2\n\nid: 8\ndata: 3\n\n")),
            Close(stream("data: 4\n\n")),
        ]);
        let heard = listen(&server, &[&["--retry", "0ms", "-n", "4"], &given[..]].concat());
        assert_eq!(heard.texts("event", "id"), ["ä 7", "ä 7", "8", "8"]);
        assert_eq!(last_event_ids(&server, 3), [Some("ä 7".into()), Some("ä 7".into()), Some("8".into())]);
    }
}

#[test]
fn an_empty_id_to_begin_with_is_none() {
    let server = Scripted::start(vec![Close(stream("data: 1\n\n"))]);
    assert_eq!(listen(&server, &["-n", "1", "--last-event-id", ""]).texts("event", "id"), [""]);
    assert_eq!(server.request().header("last-event-id"), None);
}
