//! text/event-stream: every vector whole and at every split, properties over any text and any chunking, limits, cost.

use std::time::Duration;

use eventsource_stream::Eventsource as _;
use futures_util::StreamExt as _;
use proptest::prelude::*;
use sse::wire::{Decoder, Event, Item, Message, TooLong, encode_event};

use crate::vectors::{self, Expected, Vector};

/// What a decoder says of the chunks, and the last event ID it ends with.
fn decode(decoder: Decoder, chunks: &[&[u8]]) -> (Vec<Item>, String) {
    let (mut decoder, mut items) = (decoder, Vec::new());
    for chunk in chunks {
        let mut rest = *chunk;
        while let Some(item) = decoder.decode(&mut rest).expect("within the limit") {
            items.push(item);
        }
        assert!(rest.is_empty(), "all of a chunk is taken");
    }
    (items, decoder.last_event_id().to_owned())
}

fn messages(items: &[Item]) -> Vec<&Message> {
    items.iter().filter_map(|item| if let Item::Event(message) = item { Some(message) } else { None }).collect()
}

fn expected(items: &[Item]) -> Vec<Expected> {
    let expected =
        |m: &&Message| Expected { event: m.event_type.clone(), data: m.data.clone(), id: m.last_event_id.clone() };
    messages(items).iter().map(expected).collect()
}

/// The data of each event, by the way for readers of very many.
fn data(mut decoder: Decoder, chunks: &[&[u8]]) -> (Vec<String>, String) {
    let mut data = Vec::new();
    for chunk in chunks {
        let take = |bytes: &[u8]| data.push(String::from_utf8_lossy(bytes).into_owned());
        decoder.decode_data(chunk, take).expect("within the limit");
    }
    (data, decoder.last_event_id().to_owned())
}

/// The reconnection time that the vector ends with; a number beyond 64 bits is ours to choose, and becomes the largest.
fn retry_of(vector: &Vector) -> Option<Duration> {
    let text = vector.end.retry.as_ref().map(|raw| raw.get()).filter(|text| *text != "null")?;
    Some(Duration::from_millis(text.parse().unwrap_or(u64::MAX)))
}

fn check(vector: &Vector, chunks: &[&[u8]]) {
    let decoder = Decoder::resuming_from(vector.initial_last_event_id.clone());
    let (items, last_event_id) = decode(decoder, chunks);
    let name = &vector.name;
    let lean = data(Decoder::resuming_from(vector.initial_last_event_id.clone()), chunks);
    let expected_data = vector.expected.iter().map(|event| event.data.clone()).collect();
    assert_eq!(lean, (expected_data, last_event_id.clone()), "{name}: data alone");
    assert_eq!(expected(&items), vector.expected, "{name}: events, in {} chunks", chunks.len());
    assert_eq!(last_event_id, vector.end.last_event_id, "{name}: last event ID");
    let retry = items.iter().rev().find_map(|item| if let Item::Retry(time) = item { Some(*time) } else { None });
    assert_eq!(retry, retry_of(vector), "{name}: retry");
    if let Some(comments) = &vector.comments {
        let said = items.iter().filter_map(|item| if let Item::Comment(text) = item { Some(text) } else { None });
        assert!(said.eq(comments), "{name}: comments");
    }
}

#[test]
fn every_vector_decodes_whole() {
    for vector in vectors::all() {
        check(&vector, &[&vector.input()]);
    }
}

#[test]
fn every_vector_decodes_when_split_in_two_at_every_byte() {
    for vector in vectors::all() {
        let input = vector.input();
        // The two vectors of tens of KiB are split at the interesting places, near their ends, and at a stride between.
        let stride = (input.len() / 2000).max(1);
        let ends = |at: &usize| *at < 100 || at + 100 > input.len() || at.is_multiple_of(stride);
        for at in (0..=input.len()).filter(ends) {
            check(&vector, &[&input[..at], &input[at..]]);
        }
    }
}

#[test]
fn every_vector_decodes_byte_by_byte() {
    for vector in vectors::all() {
        let input = vector.input();
        check(&vector, &input.chunks(1).collect::<Vec<_>>());
    }
}

#[test]
fn an_event_is_there_with_the_chunk_that_completes_it() {
    let mut checked = 0;
    for vector in vectors::all() {
        let (Some(chunks), Some(counts)) = (vector.chunks(), &vector.events_after_chunk) else { continue };
        for (taken, count) in counts.iter().enumerate() {
            let chunks: Vec<&[u8]> = chunks[..=taken].iter().map(Vec::as_slice).collect();
            let (items, _) = decode(Decoder::new(), &chunks);
            assert_eq!(messages(&items).len(), *count, "{}: after chunk {taken}", vector.name);
        }
        checked += 1;
    }
    assert!(checked >= 8, "the vectors with chunks are in the fixture");
}

#[test]
fn a_line_beyond_the_limit_is_an_error_that_names_it() {
    let mut decoder = Decoder::new().with_limit(1000);
    let endless = [b'x'; 600];
    assert_eq!(decoder.decode(&mut &endless[..]), Ok(None));
    assert_eq!(decoder.decode(&mut &endless[..]), Err(TooLong { limit: 1000 }));
    assert_eq!(TooLong { limit: 1000 }.to_string(), "an event is longer than the limit of 1000 bytes");
}

#[test]
fn an_event_of_many_short_lines_beyond_the_limit_is_an_error_too() {
    let mut decoder = Decoder::new().with_limit(1000);
    let input = b"data: short\n".repeat(500);
    assert_eq!(decoder.decode(&mut input.as_slice()), Err(TooLong { limit: 1000 }));
}

#[test]
fn a_comment_is_visible_before_any_blank_line() {
    let (items, _) = decode(Decoder::new(), &[b": keep-alive\n"]);
    assert_eq!(items, [Item::Comment(" keep-alive".into())]);
}

#[test]
fn a_long_line_in_small_chunks_is_searched_once_and_not_once_per_chunk() {
    // Were the cost quadratic, two million chunks of 32 MiB would mean to search 35 TB: the test would not end.
    let mut line = b"data: ".to_vec();
    line.resize(32 << 20, b'q');
    line.extend_from_slice(b"\n\n");
    let (items, _) = decode(Decoder::new(), &line.chunks(16).collect::<Vec<_>>());
    assert_eq!(messages(&items)[0].data.len(), (32 << 20) - 6);
}

/// Text rich in what the wire treats specially.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\n".to_owned()),
        Just("\r".to_owned()),
        Just("\r\n".to_owned()),
        Just(":".to_owned()),
        Just(" ".to_owned()),
        Just("\u{feff}".to_owned()),
        Just("\0".to_owned()),
        Just("data: x\n\n".to_owned()),
        any::<char>().prop_map(String::from),
        "[a-z]{1,8}",
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn field() -> impl Strategy<Value = String> {
    text().prop_map(|text| text.replace(['\r', '\n', '\0'], "_"))
}

fn event() -> impl Strategy<Value = Event> {
    let retry = proptest::option::of(any::<u64>().prop_map(Duration::from_millis));
    (proptest::option::of(field()), proptest::option::of(field()), retry, text()).prop_map(|(id, name, retry, data)| {
        Event {
            id: id.map(|id| id.parse().expect("cleaned")),
            name: name.map(|name| name.parse().expect("cleaned")),
            retry,
            data,
        }
    })
}

/// Events without what the independent decoder is known to get wrong: byte order marks and NUL.
fn tame_event() -> impl Strategy<Value = Event> {
    let tame = |text: &str| text.replace(['\u{feff}', '\0'], "_");
    let valid = "a text without CR, LF and NUL";
    event().prop_map(move |event| Event {
        id: event.id.map(|id| tame(id.as_str()).parse().expect(valid)),
        name: event.name.map(|name| tame(name.as_str()).parse().expect(valid)),
        retry: event.retry,
        data: tame(&event.data),
    })
}

/// Cuts the bytes at any places.
fn cut(bytes: &[u8], cuts: &[prop::sample::Index]) -> Vec<Vec<u8>> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    at.extend([0, bytes.len()]);
    at.sort_unstable();
    at.windows(2).map(|pair| bytes[pair[0]..pair[1]].to_vec()).collect()
}

proptest! {
    #[test]
    fn what_is_encoded_decodes_to_the_same_events(events in proptest::collection::vec(event(), 1..5)) {
        let mut stream = Vec::new();
        for event in &events {
            encode_event(event, &mut stream);
        }
        let (items, _) = decode(Decoder::new(), &[&stream]);
        let messages = messages(&items);
        prop_assert_eq!(messages.len(), events.len());
        let mut last_event_id = String::new();
        for (event, message) in events.iter().zip(messages) {
            if let Some(id) = &event.id {
                last_event_id = id.to_string();
            }
            let name = event.name.as_ref().map_or("", |name| name.as_str());
            prop_assert_eq!(&message.event_type, if name.is_empty() { "message" } else { name });
            prop_assert_eq!(&message.data, &event.data.replace("\r\n", "\n").replace('\r', "\n"));
            prop_assert_eq!(&message.last_event_id, &last_event_id);
        }
        let retries: Vec<_> = items.iter().filter_map(|i| if let Item::Retry(r) = i { Some(*r) } else { None }).collect();
        prop_assert_eq!(retries, events.iter().filter_map(|event| event.retry).collect::<Vec<_>>());
    }

    #[test]
    fn any_bytes_decode_the_same_however_they_are_cut(
        bytes in prop_oneof![text().prop_map(String::into_bytes), proptest::collection::vec(any::<u8>(), 0..200)],
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let chunks = cut(&bytes, &cuts);
        let chunks: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
        prop_assert_eq!(decode(Decoder::new(), &chunks), decode(Decoder::new(), &[&bytes]));
    }

    #[test]
    fn an_independent_decoder_agrees_on_what_it_gets_right(events in proptest::collection::vec(tame_event(), 1..5)) {
        let mut stream = Vec::new();
        for event in &events {
            encode_event(event, &mut stream);
        }
        let (items, _) = decode(Decoder::new(), &[&stream]);
        let chunks = futures_util::stream::iter([Ok::<_, std::io::Error>(stream)]).eventsource();
        let theirs: Vec<_> = block_on(chunks.collect());
        let ours = messages(&items);
        prop_assert_eq!(ours.len(), theirs.len());
        for (ours, theirs) in ours.iter().zip(theirs) {
            let theirs = theirs.expect("no I/O error");
            prop_assert_eq!(&ours.data, &theirs.data);
            prop_assert_eq!(&ours.event_type, &theirs.event);
            prop_assert_eq!(&ours.last_event_id, &theirs.id);
        }
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}
