//! A recording as it is played: what it holds, with its times.

use super::Recording;
use super::timeline::{Played, Timeline};
use crate::client::Notice;

/// A stream that is being played.
pub(crate) struct Player {
    pub(crate) recording: Recording,
    timeline: Timeline,
    /// How many bytes what was played so far had.
    pub(crate) bytes: u64,
    /// It ended inside an event, which is dropped.
    pub(crate) is_cut: bool,
}

impl Player {
    pub(crate) fn of(recording: Recording) -> Self {
        Self { recording, timeline: Timeline::default(), bytes: 0, is_cut: false }
    }

    /// What comes next; `None` at the end.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Option<Played>> {
        while let Some(notice) = self.recording.next().await? {
            let Notice::Read(read) = notice else {
                self.is_cut |= matches!(notice, Notice::Unfinished);
                continue;
            };
            self.bytes += read.bytes.len() as u64;
            if let Some(played) = read.item.and_then(|item| self.timeline.pass(item)) {
                return Ok(Some(played));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt as _;

    use super::*;
    use crate::wire::{Decoder, Item, Message};

    #[test]
    fn it_plays_to_the_end_and_says_whether_that_is_inside_an_event() {
        let stream = &b":at 5\n: hi\ndata: 1\n\ndata: 2\n"[..];
        let mut player = Player::of(Recording::new("a stream", stream, Decoder::new()));
        let mut next = || player.next().now_or_never().expect("memory never waits").expect("a stream");
        let (at, time) = (Some(Duration::from_millis(5)), None);
        let event = Message { event_type: "message".into(), data: "1".into(), last_event_id: String::new() };
        assert_eq!(next(), Some(Played { at, time, item: Item::Comment(" hi".into()) }));
        assert_eq!(next(), Some(Played { at, time, item: Item::Event(event) }));
        assert_eq!((next(), next()), (None, None));
        assert!(player.is_cut && player.bytes == 28, "{}", player.bytes);
    }
}
