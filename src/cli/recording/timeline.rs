//! The reading side: what a decoder says of a recording, with the times that the comments between tell.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::marks::Comment;
use crate::wire::Item;

/// What a recording holds, and when it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Played {
    /// The time since the recording began, which never goes back; `None` where no time was told yet.
    pub(crate) at: Option<Duration>,
    /// The time of the day at which it came; `None` where the recording does not tell.
    pub(crate) time: Option<Timestamp>,
    /// It itself. A comment is one of the stream.
    pub(crate) item: Item,
}

/// Where in a recording its reader is.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    at: Option<Duration>,
    /// When the part that is being read began.
    began: Duration,
    /// The same by the clock of those who recorded it.
    recorded: Option<Timestamp>,
}

impl Timeline {
    /// Takes an item; `None` if it only told the time.
    pub(crate) fn pass(&mut self, item: Item) -> Option<Played> {
        let item = match item {
            Item::Comment(text) => match Comment::read(text) {
                Comment::Recorded(time) => {
                    self.recorded = Some(time);
                    self.began = self.at.unwrap_or_default();
                    return None;
                }
                Comment::At(time) => {
                    self.at = self.at.max(Some(self.began.saturating_add(time)));
                    return None;
                }
                Comment::OfStream(text) => Item::Comment(text),
            },
            item => item,
        };
        let time = self.recorded.zip(self.at).and_then(|(recorded, at)| {
            recorded.checked_add(SignedDuration::try_from(at.saturating_sub(self.began)).ok()?).ok()
        });
        Some(Played { at: self.at, time, item })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Recorder;
    use super::*;
    use crate::wire::{Decoder, Message};

    /// What a stream of these bytes plays, cut where it is said.
    fn played(bytes: &[u8], chunk: usize) -> Vec<Played> {
        let (mut decoder, mut timeline, mut played) = (Decoder::new(), Timeline::default(), Vec::new());
        for mut rest in bytes.chunks(chunk) {
            while let Some(item) = decoder.decode(&mut rest).expect("within the limit") {
                played.extend(timeline.pass(item));
            }
        }
        assert!(!decoder.is_inside_event());
        played
    }

    fn times(text: &str) -> Vec<Option<u64>> {
        let times = played(text.as_bytes(), 9).into_iter().map(|played| played.at);
        times.map(|at| at.map(|at| u64::try_from(at.as_millis()).expect("small"))).collect()
    }

    #[test]
    fn a_plain_stream_has_no_times() {
        assert_eq!(times("data: 1\n\n: at 5\ndata: 2\n\n"), [None, None, None]);
    }

    #[test]
    fn times_hold_until_the_next_and_never_go_back() {
        assert_eq!(times("data: 1\n\n:at 5\ndata: 2\n\n:x\n:at 3\n:y\n"), [None, Some(5), Some(5), Some(5)]);
    }

    #[test]
    fn in_recordings_that_were_put_together_time_goes_on() {
        let part = ":recorded 2026-11-20T12:00:00Z\n:at 10\ndata: 1\n\n:at 30\ndata: 2\n\n";
        assert_eq!(times(&part.repeat(2)), [Some(10), Some(30), Some(40), Some(60)]);
    }

    /// Text on one line, rich in what marks and the wire are made of.
    fn line() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("at ".to_owned()),
            Just("recorded 2026-11-20T12:00:00Z".to_owned()),
            Just("\\".to_owned()),
            Just(" ".to_owned()),
            Just(":".to_owned()),
            Just("5".to_owned()),
            any::<char>().prop_map(|c| c.to_string().replace(['\r', '\n', '\0'], "_")),
        ];
        proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
    }

    /// What a decoder may say.
    fn item() -> impl Strategy<Value = Item> {
        let event_type = line().prop_map(|name| if name.is_empty() { "message".to_owned() } else { name });
        let data = proptest::collection::vec(line(), 0..4).prop_map(|lines| lines.join("\n"));
        let id = prop_oneof![Just(String::new()), Just("7".to_owned()), line()];
        prop_oneof![
            (event_type, data, id)
                .prop_map(|(event_type, data, last_event_id)| Message { event_type, data, last_event_id })
                .prop_map(Item::Event),
            line().prop_map(Item::Comment),
            any::<u64>().prop_map(|time| Item::Retry(Duration::from_millis(time))),
        ]
    }

    proptest! {
        #[test]
        fn what_is_recorded_is_played_the_same_at_the_same_times(
            items in proptest::collection::vec((0..3_u64, item()), 0..12),
            chunk in 1..40_usize,
        ) {
            let (mut bytes, mut now, mut expected) = (Vec::new(), Duration::ZERO, Vec::new());
            let mut recorder = Recorder::begin(jiff::Timestamp::UNIX_EPOCH, &mut bytes);
            for (pause, item) in items {
                now += Duration::from_millis(pause * 700);
                recorder.record(now, &item, &mut bytes);
                let time = jiff::Timestamp::UNIX_EPOCH.checked_add(SignedDuration::try_from(now).unwrap()).unwrap();
                expected.push(Played { at: Some(now), time: Some(time), item });
            }
            prop_assert_eq!(played(&bytes, chunk), expected);
        }
    }
}
