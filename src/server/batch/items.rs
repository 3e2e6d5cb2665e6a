//! The items of a body of newline-delimited JSON, while it comes.

use std::collections::VecDeque;
use std::time::SystemTime;

use axum::body::{Body, BodyDataStream};
use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::time::timeout;

use super::lines::{Line, Lines};
use super::outcome::SLICE;
use super::place::Place;
use super::{Publisher, item, max_item, number};
use crate::broker::{Draft, IdempotencyKey};
use crate::server::limit::Held;
use crate::server::refusal::Refusal;

/// The items of a body, as they come.
pub(super) struct Items {
    publisher: Publisher,
    chunks: BodyDataStream,
    lines: Lines,
    /// The room that an unfinished line takes.
    held: Held,
    key: Option<IdempotencyKey>,
    /// How many there were.
    count: usize,
    /// Those of the last chunk that are still to be handed out.
    ready: VecDeque<Result<Draft, Refusal>>,
    ended: bool,
}

impl Items {
    pub(super) fn new(publisher: Publisher, body: Body, key: Option<IdempotencyKey>) -> Self {
        let lines = Lines::new(usize::try_from(max_item(publisher.app.settings.max_event_size)).unwrap_or(usize::MAX));
        let held = publisher.app.gates.bodies.hold();
        Self {
            publisher,
            chunks: body.into_data_stream(),
            lines,
            held,
            key,
            count: 0,
            ready: VecDeque::new(),
            ended: false,
        }
    }

    /// The next items, as many as are appended at once, when the limits of their publisher allow them; `None` at the end.
    /// When the token of the publisher is over, that is the last result: of the rest of the items nothing is published.
    pub(super) async fn next_slice(&mut self) -> Option<Vec<Result<Draft, Refusal>>> {
        while self.ready.is_empty() {
            if self.ended {
                return None;
            }
            let patience = self.publisher.app.settings.body_timeout;
            // Anything that comes is a sign of life, an empty line too.
            let Ok(chunk) = timeout(patience, self.chunks.next()).await else {
                self.ended = true;
                self.ready.push_back(Err(Refusal::BodySilent(patience)));
                continue;
            };
            self.ended = !matches!(chunk, Some(Ok(_)));
            self.take(chunk);
        }
        let Publisher { app, grant, address } = &self.publisher;
        let most = SLICE.min(app.gates.publish.at_once());
        let mut slice: Vec<_> = self.ready.drain(..self.ready.len().min(most)).collect();
        app.gates.publish.wait(grant, *address, slice.len()).await;
        // The request may be open for as long as somebody sends, and its token for a shorter time.
        if let Err(denied) = grant.check_time(SystemTime::now()) {
            self.ended = true;
            self.ready.clear();
            return Some(vec![Err(denied.into())]);
        }
        number(self.key.as_ref(), self.count, &mut slice);
        self.count += slice.len();
        Some(slice)
    }

    /// The items that a chunk completes, or the end of the body. Of a body that breaks off the unfinished line is no item.
    fn take(&mut self, chunk: Option<Result<Bytes, axum::Error>>) {
        let Self { publisher, lines, held, ready, .. } = self;
        let mut each = |line: Line<'_>| {
            ready.push_back(match line {
                Line::Text(json, line) => item::draft(publisher, json, Place { line, column: 1 }),
                Line::TooLong => Err(Refusal::EventTooLarge(publisher.app.settings.max_event_size)),
            });
        };
        match chunk {
            Some(Ok(chunk)) => lines.take(&chunk, each),
            Some(Err(error)) => ready.push_back(Err(Refusal::Body(error))),
            None => lines.finish(&mut each),
        }
        if let Err(refusal) = held.resize(lines.unfinished()) {
            ready.push_back(Err(refusal));
            self.ended = true;
        }
    }
}
