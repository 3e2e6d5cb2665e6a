//! Newline-delimited JSON, whatever is in it and however it is cut on its way.

use std::cell::RefCell;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::http::{Stream, publish};
use crate::process::Broker;

/// The largest event of these tests, and a line that is longer than any of its kind can be, in bytes.
const LARGEST: &str = "16";
const TOO_LONG: usize = 6 * 16 + (64 << 10) + 1;

/// A line, and what has to become of it.
#[derive(Clone, Debug)]
enum Line {
    Taken(String),
    Refused(Vec<u8>, &'static str),
    Blank(&'static str),
}

impl Line {
    fn strategy() -> impl Strategy<Value = Self> {
        let refused = vec![
            ("{\"topic\":\"a\",\"data\":", "bad_json"),
            ("[{\"topic\":\"a\",\"data\":1}]", "bad_json"),
            ("{\"topic\":\"a\",\"data\":1} {\"topic\":\"a\",\"data\":2}", "bad_json"),
            ("{\"topic\":\"a\",\"data\":1,\"x\":1}", "bad_json"),
            ("{\"topic\":\"a\",\"topic\":\"b\",\"data\":1}", "bad_json"),
            ("{\"topic\":\"a\",\"data\":1,\"retry\":1.5}", "bad_json"),
            ("\u{feff}{\"topic\":\"a\",\"data\":1}", "bad_json"),
            ("{\"data\":1}", "no_topic"),
            ("{\"topic\":\"*\",\"data\":1}", "bad_topic"),
            ("{\"topic\":\"a\",\"data\":1,\"ttl\":\"soon\"}", "bad_parameter"),
            ("{\"topic\":\"a\",\"data\":1,\"id\":\"\"}", "bad_field"),
            ("{\"topic\":\"a\",\"data\":1,\"event\":\"sse.x\"}", "bad_field"),
            ("{\"topic\":\"a\",\"data\":\"seventeen letters\"}", "event_too_large"),
        ];
        prop_oneof![
            6 => ".{0,4}".prop_map(Self::Taken),
            4 => select(refused).prop_map(|(line, code)| Self::Refused(line.into(), code)),
            1 => Just(Self::Refused(b"{\"topic\":\"\xff\",\"data\":1}".to_vec(), "bad_json")),
            1 => Just(Self::Refused(vec![b'x'; TOO_LONG], "event_too_large")),
            1 => select(vec!["", " ", "\r", "\t \r"]).prop_map(Self::Blank),
        ]
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Taken(data) => json!({ "topic": "a", "data": data }).to_string().into_bytes(),
            Self::Refused(line, _) => line.clone(),
            Self::Blank(line) => line.as_bytes().to_vec(),
        }
    }
}

/// How a body is cut into chunks.
#[derive(Clone, Debug)]
enum Cut {
    Each(usize),
    At(Vec<Index>),
}

impl Cut {
    fn strategy() -> impl Strategy<Value = Self> {
        let anywhere = prop::collection::vec(any::<Index>(), 0..6);
        prop_oneof![(1_usize..4).prop_map(Self::Each), anywhere.prop_map(Self::At)]
    }

    fn chunks<'b>(&self, body: &'b [u8]) -> Vec<&'b [u8]> {
        let mut ends: Vec<usize> = match self {
            // A long body is cut into fewer pieces: each costs time.
            Self::Each(count) => (0..body.len()).step_by((*count).max(body.len() / 500)).collect(),
            Self::At(places) => places.iter().map(|place| place.index(body.len() + 1)).collect(),
        };
        ends.extend([0, body.len()]);
        ends.sort_unstable();
        ends.windows(2).map(|ends| &body[ends[0]..ends[1]]).filter(|chunk| !chunk.is_empty()).collect()
    }
}

/// Sends a body in these chunks; returns the results.
fn results(to: SocketAddr, chunks: &[&[u8]]) -> Vec<Value> {
    let mut connection = TcpStream::connect(to).expect("it listens");
    connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let head =
        "POST /events HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/x-ndjson\r\n";
    let mut sent = [head.as_bytes(), b"transfer-encoding: chunked\r\n\r\n"].concat();
    for chunk in chunks {
        sent.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        sent.extend_from_slice(chunk);
        sent.extend_from_slice(b"\r\n");
    }
    sent.extend_from_slice(b"0\r\n\r\n");
    connection.write_all(&sent).expect("it is read");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).expect("UTF-8");
    // The results may be in chunks, whose sizes are no JSON objects.
    let body = answer.split_once("\r\n\r\n").expect("a head").1;
    body.lines().filter_map(|line| serde_json::from_str(line).ok()).filter(Value::is_object).collect()
}

/// The results without what is another one each time.
fn without_ids(results: &[Value]) -> Vec<Value> {
    let without_id = |result: &Value| match result.get("id") {
        Some(_) => json!({ "topic": result["topic"] }),
        None => result.clone(),
    };
    results.iter().map(without_id).collect()
}

fn runner() -> TestRunner {
    TestRunner::new(ProptestConfig { source_file: Some(file!()), ..ProptestConfig::default() })
}

#[test]
fn each_line_has_its_answer_and_what_is_taken_is_taken_once_however_the_body_is_cut() {
    let broker = Broker::start(&["--max-event-size", LARGEST]);
    let listener = RefCell::new(Stream::open(broker.address, "/events?topic=**", &[]));
    let lines = prop::collection::vec(Line::strategy(), 0..12);
    let run = runner().run(&(lines, any::<bool>(), Cut::strategy()), |(lines, ends, cut)| {
        let mut body = lines.iter().map(Line::bytes).collect::<Vec<_>>().join(&b'\n');
        body.extend_from_slice(if ends { b"\r\n" } else { b"" });
        let results = results(broker.address, &cut.chunks(&body));
        let numbered = lines.iter().enumerate().filter(|(_, line)| !matches!(line, Line::Blank(_)));
        let expected: Vec<(usize, &Line)> = numbered.map(|(number, line)| (number + 1, line)).collect();
        prop_assert_eq!(results.len(), expected.len(), "{:?}", results);
        for (item, ((number, line), result)) in expected.iter().zip(&results).enumerate() {
            let Line::Refused(_, code) = line else {
                prop_assert_eq!(&result["topic"], "a", "{}", result);
                continue;
            };
            prop_assert_eq!((&result["code"], &result["item"]), (&json!(code), &json!(item)), "{}", result);
            let detail = result["detail"].as_str().expect("a sentence");
            prop_assert!(*code != "bad_json" || detail.contains(&format!(" at line {number} column ")), "{}", detail);
        }
        publish(broker.address, "end", "of this case");
        for line in lines {
            if let Line::Taken(data) = line {
                let event = listener.borrow_mut().event();
                prop_assert_eq!(event.data, data.replace("\r\n", "\n").replace('\r', "\n"));
            }
        }
        prop_assert_eq!(listener.borrow_mut().event().data, "of this case");
        Ok(())
    });
    run.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn any_bytes_are_as_many_answers_as_lines_and_the_same_however_they_are_cut() {
    let broker = Broker::start(&["--max-event-size", LARGEST]);
    let piece = prop_oneof![
        select(vec!["\n", "\r\n", "{", "}", "\"topic\":\"a\"", "\"data\":", ",", "[", "\\u0000", "1", "\"", "\x0c"])
            .prop_map(|piece| piece.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..6),
    ];
    let bodies = prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat());
    let run = runner().run(&(bodies, Cut::strategy()), |(body, cut)| {
        let whole = results(broker.address, &Cut::At(Vec::new()).chunks(&body));
        let lines = body.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).count();
        prop_assert_eq!(whole.len(), lines, "{:?}", whole);
        prop_assert_eq!(without_ids(&results(broker.address, &cut.chunks(&body))), without_ids(&whole));
        Ok(())
    });
    run.unwrap_or_else(|error| panic!("{error}"));
}
