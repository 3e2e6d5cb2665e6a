//! A recording, or any other stream, that is read from a file or from stdin as it is played: of whatever length, there is
//! never more of it in memory than the event that is being read, 64 MiB at most.

use anyhow::Context as _;
use bytes::Bytes;
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::timeline::{Played, Timeline};
use crate::client::Reader;
use crate::wire::Decoder;

/// How many bytes are read at once.
const CHUNK: usize = 64 << 10;

/// A stream that is being played.
pub(crate) struct Player {
    /// As messages name it.
    name: String,
    input: Box<dyn AsyncRead + Unpin>,
    reader: Reader,
    timeline: Timeline,
    bytes: u64,
}

impl Player {
    /// Opens a file; `-` is stdin.
    pub(crate) async fn open(path: &str) -> anyhow::Result<Self> {
        match path {
            "-" => Ok(Self::new("stdin", tokio::io::stdin())),
            path => Ok(Self::new(path, File::open(path).await.with_context(|| format!("cannot open {path}"))?)),
        }
    }

    /// Plays what is read; `name` is for messages.
    fn new(name: &str, input: impl AsyncRead + Unpin + 'static) -> Self {
        Self {
            name: name.to_owned(),
            input: Box::new(input),
            reader: Reader::new(Decoder::new()),
            timeline: Timeline::default(),
            bytes: 0,
        }
    }

    /// What comes next; `None` at the end.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Option<Played>> {
        loop {
            while let Some(read) = self.reader.next().with_context(|| format!("cannot play {}", self.name))? {
                self.bytes += read.bytes.len() as u64;
                if let Some(played) = read.item.and_then(|item| self.timeline.pass(item)) {
                    return Ok(Some(played));
                }
            }
            let mut chunk = vec![0; CHUNK];
            let read = self.input.read(&mut chunk).await.with_context(|| format!("cannot read {}", self.name))?;
            if read == 0 {
                return Ok(None);
            }
            chunk.truncate(read);
            self.reader.feed(Bytes::from(chunk));
        }
    }

    /// Whether what has been read so far ends inside an event, which is dropped if it is the end.
    pub(crate) fn is_inside_event(&self) -> bool {
        self.reader.is_inside_event()
    }

    /// How many bytes what was played so far had.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What is played, as messages name it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt as _;

    use super::*;
    use crate::wire::{Item, Message};

    #[test]
    fn it_plays_to_the_end_and_says_whether_that_is_inside_an_event() {
        let mut player = Player::new("a stream", &b":at 5\n: hi\ndata: 1\n\ndata: 2\n"[..]);
        let mut next = || player.next().now_or_never().expect("memory never waits").expect("a stream");
        let (at, time) = (Some(Duration::from_millis(5)), None);
        let event = Message { event_type: "message".into(), data: "1".into(), last_event_id: String::new() };
        assert_eq!(next(), Some(Played { at, time, item: Item::Comment(" hi".into()) }));
        assert_eq!(next(), Some(Played { at, time, item: Item::Event(event) }));
        assert_eq!((next(), next()), (None, None));
        assert!(player.is_inside_event() && player.bytes() == 28, "{}", player.bytes());
    }
}
