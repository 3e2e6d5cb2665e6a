//! The body of an answer: bytes as they arrive, inflated, and what they say.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use reqwest::Response;
use tokio::time::{Instant, timeout_at};

use super::super::answer::essence;
use super::super::inflate::Inflate;
use super::super::notice::{Error, Kind};
use super::super::reader::{Read, Reader};
use crate::wire::TooLong;

/// What a body says next.
pub(super) enum Piece {
    /// These bytes came; what they say follows.
    Chunk(Bytes),
    Read(Read),
    /// All of it, where it is a document.
    Document {
        media_type: String,
        text: String,
    },
}

/// How a body is to be read.
pub(super) enum Reading {
    Stream(Reader),
    /// Up to its end, which makes one text of at most so many bytes.
    Document {
        limit: usize,
        bytes: Vec<u8>,
    },
}

impl Reading {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Stream(reader) if reader.reads_lines() => Kind::Lines,
            Self::Stream(_) => Kind::Events,
            Self::Document { .. } => Kind::Document,
        }
    }
}

/// The body of one connection. Dropping [`Body::next`] loses nothing.
pub(super) struct Body {
    response: Response,
    inflate: Option<Inflate>,
    compressed: Bytes,
    reading: Reading,
    /// What has been read but not handed over.
    queued: VecDeque<Piece>,
    /// When the last byte came.
    heard: Instant,
}

impl Body {
    pub(super) fn new(response: Response, inflate: Option<Inflate>, reading: Reading) -> Self {
        Self { response, inflate, compressed: Bytes::new(), reading, queued: VecDeque::new(), heard: Instant::now() }
    }

    /// Waits for the next piece, for at most `idle_timeout` since the last byte; `None` is the end.
    pub(super) async fn next(&mut self, idle_timeout: Option<Duration>) -> Result<Option<Piece>, Error> {
        loop {
            if let Some(piece) = self.queued.pop_front() {
                return Ok(Some(piece));
            }
            if let Reading::Stream(reader) = &mut self.reading
                && let Some(read) = reader.next()?
            {
                return Ok(Some(Piece::Read(read)));
            }
            if !self.compressed.is_empty() {
                self.inflate()?;
                continue;
            }
            let Some(bytes) = self.arrival(idle_timeout).await? else { return Ok(self.document()) };
            self.heard = Instant::now();
            if self.inflate.is_some() {
                self.compressed = bytes;
            } else {
                self.feed(bytes)?;
            }
        }
    }

    async fn arrival(&mut self, idle_timeout: Option<Duration>) -> Result<Option<Bytes>, Error> {
        let chunk = self.response.chunk();
        // A moment that is too far off to be told never comes.
        let deadline = idle_timeout.and_then(|time| Some((self.heard.checked_add(time)?, time)));
        let arrived = match deadline {
            Some((deadline, time)) => timeout_at(deadline, chunk).await.map_err(|_| Error::Idle(time))?,
            None => chunk.await,
        };
        arrived.map_err(|error| Error::Cut(error.into()))
    }

    fn inflate(&mut self) -> Result<(), Error> {
        let Some(inflate) = &mut self.inflate else { return Ok(()) };
        let bytes = inflate.take(&mut self.compressed).map_err(Error::Compression)?;
        if bytes.is_empty() { Ok(()) } else { self.feed(bytes) }
    }

    fn feed(&mut self, chunk: Bytes) -> Result<(), Error> {
        match &mut self.reading {
            Reading::Stream(reader) => reader.feed(chunk.clone()),
            Reading::Document { limit, bytes } if bytes.len() + chunk.len() > *limit => {
                return Err(TooLong { limit: *limit }.into());
            }
            Reading::Document { bytes, .. } => {
                bytes.extend_from_slice(&chunk);
                self.queued.push_back(Piece::Read(Read { bytes: chunk.clone(), item: None }));
            }
        }
        self.queued.push_front(Piece::Chunk(chunk));
        Ok(())
    }

    /// The document, once, when all of it is there.
    fn document(&mut self) -> Option<Piece> {
        let Reading::Document { bytes, limit } = &mut self.reading else { return None };
        let (bytes, limit) = (std::mem::take(bytes), *limit);
        self.reading = Reading::Stream(Reader::of_lines(limit));
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Some(Piece::Document { media_type: essence(self.response.headers()), text })
    }

    /// Whether it would end inside an event.
    pub(super) fn is_inside_event(&self) -> bool {
        matches!(&self.reading, Reading::Stream(reader) if reader.is_inside_event())
    }

    /// What a reconnection has to send as `Last-Event-ID`, as far as this body tells.
    pub(super) fn last_event_id(&self) -> Option<&str> {
        match &self.reading {
            Reading::Stream(reader) => reader.last_event_id(),
            Reading::Document { .. } => None,
        }
    }
}
