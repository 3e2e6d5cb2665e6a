//! The streams of the web-platform-tests under `eventsource/`, by the name of the test, and what each of them requires.

use super::many::{self, Stream};

/// Name, stream, and the type, data and ID of each event.
type Case = (&'static str, &'static str, &'static [[&'static str; 3]]);

const CASES: [Case; 26] = [
    (
        "event-data",
        "data:msg\ndata: msg\n\n:\nfalsefield:msg\n\nfalsefield:msg\nData:data\n\ndata\n\ndata:end\n\n",
        &[["message", "msg\nmsg", ""], ["message", "", ""], ["message", "end", ""]],
    ),
    ("format-bom", "\u{feff}data:1\n\n\u{feff}data:2\n\ndata:3\n\n", &[["message", "1", ""], ["message", "3", ""]]),
    ("format-bom-2", "\u{feff}\u{feff}data:1\n\ndata:2\n\ndata:3\n\n", &[["message", "2", ""], ["message", "3", ""]]),
    (
        "format-comments",
        "data:1\r:\0\n:\r\ndata:2\n:xxx\rdata:3\n:data:fail\r:xxx\ndata:4\n\n",
        &[["message", "1\n2\n3\n4", ""]],
    ),
    ("format-data-before-final-empty-line", "data:test1\n\nid:test\ndata:test2", &[["message", "test1", ""]]),
    (
        "format-field-data",
        "data:\n\ndata\ndata\n\ndata:test\n\n",
        &[["message", "", ""], ["message", "\n", ""], ["message", "test", ""]],
    ),
    ("format-field-event", "event:test\ndata:x\n\ndata:x\n\n", &[["test", "x", ""], ["message", "x", ""]]),
    ("format-field-event-empty", "event: \ndata:data\n\n", &[["message", "data", ""]]),
    ("format-field-id", "id: …\ndata: hello\n\n", &[["message", "hello", "…"]]),
    (
        "format-field-id-2",
        "id: …\ndata: 1\n\ndata: 2\n\ndata: 3\n\n",
        &[["message", "1", "…"], ["message", "2", "…"], ["message", "3", "…"]],
    ),
    (
        "format-field-id-3, persists",
        "id: 1\ndata: 1\n\ndata: 2\n\nid: 2\ndata:3\n\ndata:4\n\n",
        &[["message", "1", "1"], ["message", "2", "1"], ["message", "3", "2"], ["message", "4", "2"]],
    ),
    (
        "format-field-id-3, resets",
        "id: 1\ndata: 1\n\nid:\ndata:2\n\ndata:3\n\n",
        &[["message", "1", "1"], ["message", "2", ""], ["message", "3", ""]],
    ),
    (
        "format-field-id-3, resets without a colon",
        "id: 1\ndata: 1\n\nid\ndata:2\n\ndata:3\n\n",
        &[["message", "1", "1"], ["message", "2", ""], ["message", "3", ""]],
    ),
    ("format-field-id-null, two", "id: \0\0\ndata: hello\n\n", &[["message", "hello", ""]]),
    ("format-field-id-null, after", "id: x\0\ndata: hello\n\n", &[["message", "hello", ""]]),
    ("format-field-id-null, before", "id: \0x\ndata: hello\n\n", &[["message", "hello", ""]]),
    ("format-field-id-null, between", "id: x\0x\ndata: hello\n\n", &[["message", "hello", ""]]),
    ("format-field-id-null, after a space", "id:  \0\ndata: hello\n\n", &[["message", "hello", ""]]),
    (
        "format-field-parsing",
        "data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n data:32\ndata:4\n\n",
        &[["message", "\0\n 2\n1\n3\n\n4", ""]],
    ),
    (
        "format-field-unknown",
        "data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacommentyay\ndata:test\n\n",
        &[["message", "test\n\ntest", ""]],
    ),
    ("format-leading-space", "data:\ttest\rdata: \ndata:test\n\n", &[["message", "\ttest\n\ntest", ""]]),
    ("format-newlines", "data:test\r\ndata\ndata:test\r\n\r", &[["message", "test\n\ntest", ""]]),
    ("format-null-character", "data:\0\n\n", &[["message", "\0", ""]]),
    ("format-utf-8", "data:ok…\n\n", &[["message", "ok…", ""]]),
    ("eventsource-onmessage", "data:data\n\n", &[["message", "data", ""]]),
    ("field-name-event", "event: foo\nevent: bar\ndata: x\n\n", &[["bar", "x", ""]]),
];

#[test]
fn the_streams_of_the_web_platform_tests_are_read_as_they_require() {
    let streams: Vec<Stream> = CASES
        .iter()
        .map(|(_, bytes, _)| Stream { last_event_id: "", pieces: bytes.as_bytes().chunks(3).collect() })
        .collect();
    for (read, (name, _, expected)) in many::read(&streams).iter().zip(CASES) {
        assert_eq!(read.events(), expected, "{name}");
    }
}
