//! The findings about the bytes of a stream: sentences for what `lint` counted.

use super::field::Unknown;
use super::finding::{Finding, excerpt, plural};
use super::lint::{Counts, Seen};
use super::order;

/// How many events without an ID it takes to say that there are none: the first may be greetings.
const WITHOUT_ID: u64 = 5;

/// What is wrong with what came, the worst for a reader first.
pub(super) fn findings(counts: &Counts) -> impl Iterator<Item = Finding> {
    let all = [
        unknown(counts),
        without_data(&counts.without_data),
        unfinished(&counts.unfinished),
        invalid_utf8(counts),
        byte_order_mark(counts),
        nul_in_id(&counts.nul_ids),
        retry(&counts.bad_retries),
        no_ids(counts),
        order::finding(&counts.ended),
    ];
    all.into_iter().flatten()
}

fn unknown(counts: &Counts) -> Option<Finding> {
    let (kind, Seen { times, first }) = (counts.mistake?, &counts.unknown);
    let (example, lines) = (kind.describe(first), plural(*times, "line"));
    let what = format!("{lines} without a field that a client knows, which it ignores: {example}");
    let finding = if kind == Unknown::Other { Finding::note } else { Finding::problem };
    Some(finding("unknown-field", what, kind.fix()))
}

fn without_data(seen: &Seen) -> Option<Finding> {
    let Seen { times, first } = seen;
    (*times > 0).then(|| {
        let blocks = plural(*times, "block");
        let what =
            format!("{blocks} with `event:` but without `data:`, which no client is told of: {}", excerpt(first));
        Finding::problem("event-without-data", what, "send a `data:` line with every event, if only an empty one")
    })
}

fn unfinished(seen: &Seen) -> Option<Finding> {
    let Seen { times, first } = seen;
    (*times > 0).then(|| {
        let line = if first.is_empty() { String::new() } else { format!(", in the line {}", excerpt(first)) };
        let streams = plural(*times, "stream");
        let what =
            format!("{streams} ended inside an event, which is lost: without the blank line it does not count{line}");
        Finding::problem("unfinished-event", what, "end every event, also the last one, with a blank line")
    })
}

fn invalid_utf8(counts: &Counts) -> Option<Finding> {
    let utf8 = &counts.utf8;
    (utf8.invalid > 0).then(|| {
        let hex: Vec<String> = utf8.first.iter().map(|byte| format!("{byte:02x}")).collect();
        let places = plural(utf8.invalid, "place");
        let are = if utf8.invalid == 1 { "is" } else { "are" };
        let what = format!("{places} that {are} not UTF-8, where readers see U+FFFD: the first is {}", hex.join(" "));
        Finding::problem(
            "invalid-utf8",
            what,
            "encode the text as UTF-8: a stream has no other encoding, whatever it says",
        )
    })
}

fn byte_order_mark(counts: &Counts) -> Option<Finding> {
    (counts.byte_order_marks > 0).then(|| {
        let what = "the stream begins with a byte order mark: clients skip this one, but no other";
        Finding::note("byte-order-mark", what, "write the text as UTF-8 without a byte order mark")
    })
}

fn nul_in_id(seen: &Seen) -> Option<Finding> {
    let Seen { times, first } = seen;
    (*times > 0).then(|| {
        let what = format!("{} with a NUL character, which clients ignore: {}", plural(*times, "ID"), excerpt(first));
        Finding::problem("nul-in-id", what, "leave NUL out of IDs: clients resume from an older event otherwise")
    })
}

fn retry(seen: &Seen) -> Option<Finding> {
    let Seen { times, first } = seen;
    (*times > 0).then(|| {
        let lines = plural(*times, "`retry:` line");
        let what = format!("{lines} that clients ignore: {} is not only digits", excerpt(first));
        Finding::problem(
            "invalid-retry",
            what,
            "give the reconnection time in milliseconds, as digits alone: `retry: 3000`",
        )
    })
}

fn no_ids(counts: &Counts) -> Option<Finding> {
    (counts.events >= WITHOUT_ID && counts.with_id == 0).then(|| {
        let what = format!(
            "none of {} has an ID: a client that reconnects cannot say where to go on, and misses what came meanwhile",
            plural(counts.events, "event")
        );
        let fix = "give every event an `id:`, and let the server go on after the one that Last-Event-ID names";
        Finding::note("no-ids", what, fix)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::diagnosis::{Diagnosis, End, Finding, Level};
    use std::time::Duration;

    /// What is wrong with a recording, read in these pieces.
    fn read<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Finding> {
        let mut diagnosis = Diagnosis::new();
        pieces.for_each(|piece| diagnosis.received(Duration::ZERO, piece));
        diagnosis.ended(Duration::ZERO, End::Remote);
        diagnosis.findings(Duration::from_hours(1))
    }

    /// The findings about a whole recording.
    fn found(stream: impl AsRef<[u8]>) -> Vec<(&'static str, Level)> {
        let findings = read(std::iter::once(stream.as_ref()));
        findings.iter().map(|finding| (finding.code, finding.level)).collect()
    }

    /// The only problem of a recording, with its words.
    fn problem(stream: impl AsRef<[u8]>, code: &str) -> String {
        let findings = read(std::iter::once(stream.as_ref()));
        let problems: Vec<_> = findings.iter().filter(|finding| finding.level == Level::Problem).collect();
        assert!(matches!(problems[..], [only] if only.code == code), "{findings:?}");
        format!("{}; {}", problems[0].what, problems[0].fix)
    }

    #[test]
    fn a_healthy_stream_is_not_found_fault_with() {
        let blocks = ": connected\n\nretry: 3000\n\nid: 8f3a1c07-1\ndata: {\"ä\": 1}\n\nid: 2\n\n:\n\n";
        let more = "event: price\r\nid: 3\r\ndata\r\n\r\ndata: one\rdata:two\rid: 4\r\r: heartbeat\n";
        assert_eq!(found([blocks, more].concat()), []);
        assert_eq!(found(""), []);
    }

    #[test]
    fn lines_without_a_field_are_problems_with_an_example_of_the_worst() {
        let said = problem("data: 1\n\nfoo: 1\nData: {\"a\": 1}\n\n{\"a\": 2}\n\n", "unknown-field");
        assert!(
            said.starts_with("3 lines without a field") && said.contains("\"Data: {\"a\": 1}\" is not in lower case"),
            "{said}"
        );
        assert!(problem(" data: 1\n\n", "unknown-field").contains("white space around the name"));
        assert!(problem("{\"a\": 2}\n\n", "unknown-field").contains("begin every line of the payload with `data: `"));
        assert!(problem("data: {\n  \"a\": 1\n}\n\n", "unknown-field").contains("2 lines"));
        assert!(problem("data: 1\n\n\u{feff}data: 2\n\n", "unknown-field").contains("byte order mark"));
        assert_eq!(found("trace: 7\ndata: 1\n\n"), [("unknown-field", Level::Note)], "it harms nobody");
    }

    #[test]
    fn a_block_with_a_type_but_without_data_is_a_problem() {
        let said = problem("event: ping\n\ndata: 1\n\nevent: ping\nid: 2\n\n", "event-without-data");
        assert!(said.starts_with("2 blocks") && said.contains("\"ping\""), "{said}");
        assert_eq!(found("id: 1\n\nretry: 5\n\n: x\n\nevent\n\nevent: x\ndata\n\n"), []);
    }

    #[test]
    fn an_event_that_the_end_cuts_is_a_problem() {
        assert!(problem("data: 1\n\ndata: 2", "unfinished-event").contains("\"data: 2\""));
        problem("data: 1\n", "unfinished-event");
        assert_eq!(found("data: 1\n\n: bye"), []);
    }

    #[test]
    fn text_in_another_encoding_is_a_problem() {
        let said = problem(b"data: caf\xe9\n\ndata: \xe8\n\n", "invalid-utf8");
        assert!(said.starts_with("2 places that are not UTF-8") && said.contains("the first is e9"), "{said}");
        assert!(problem(b"data: \xe9\n\n", "invalid-utf8").starts_with("1 place that is not UTF-8"));
        assert_eq!(found("\u{feff}data: 1\n\n"), [("byte-order-mark", Level::Note)]);
    }

    #[test]
    fn fields_with_values_that_clients_ignore_are_problems() {
        problem("id: 1\0\ndata: x\n\n", "nul-in-id");
        assert!(problem("retry: 3s\n\n", "invalid-retry").contains("\"3s\" is not only digits"));
        problem("retry:\n\n", "invalid-retry");
    }

    #[test]
    fn events_without_ids_are_a_note_once_there_are_a_few() {
        assert_eq!(found("data: 1\n\n".repeat(4)), []);
        assert_eq!(found("data: 1\n\n".repeat(5)), [("no-ids", Level::Note)]);
        assert_eq!(found("data: 1\n\n".repeat(5) + "id: 1\ndata: 2\n\n"), []);
    }

    #[test]
    fn remote_text_is_cut_short() {
        let said = problem("x".repeat(100_000) + "\n\n", "unknown-field");
        assert!(said.len() < 400, "{said}");
    }

    proptest! {
        #[test]
        fn the_findings_are_the_same_however_a_stream_is_cut(
            parts in prop::collection::vec(prop::sample::select(vec![
                &b"data"[..], b"data: 1", b"id: 1", b"id: \0", b"event: x", b"event: sse.gap", b"retry: x", b"\n", b"\r", b"\n\n",
                b"\r\n\r\n", b": c", b"Data: 2", b"{", b"\xef\xbb\xbf", b"\xe2\x82", b"\xff", b"\xc3\xa4", b" ",
            ]), 0..40),
            size in 1_usize..9,
        ) {
            let stream = parts.concat();
            prop_assert_eq!(read(stream.chunks(size)), read(std::iter::once(&stream[..])));
        }
    }
}
