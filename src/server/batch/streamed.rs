//! Newline-delimited JSON, published while it is read, answered while it is published.

use std::io::Write as _;
use std::time::Duration;

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::Publisher;
use super::items::Items;
use super::outcome::{Answer, Outcome, refused_with, submit};
use crate::broker::IdempotencyKey;
use crate::server::limit::UnderWay;

/// Slices that are under way to the log at once: while one is made durable the next ones are read.
const AHEAD: usize = 4;

/// Results on their way to the client, in chunks: when a client does not read them, its items are not read either.
const RESULTS_QUEUED: usize = 4;

/// How long a client may leave its results unread before the rest of its items is left: one that reads nothing until it
/// has sent everything would otherwise wait for us, and we for it, forever.
const UNREAD_FOR: Duration = Duration::from_secs(30);

/// How long results are held back for the request to end. A short batch is so answered with the status of its first
/// refusal; a client that sends slowly gets its results as they come, with status 200.
const HELD_FOR: Duration = Duration::from_millis(100);

/// Bytes of results that are held back at most.
const HELD_BYTES: usize = 64 << 10;

/// Results as text, and the status of the first refusal among them.
#[derive(Default)]
struct Results {
    text: Vec<u8>,
    refused_with: Option<StatusCode>,
}

pub(super) async fn respond(publisher: Publisher, body: Body, key: Option<IdempotencyKey>) -> Response {
    let (policies, app) = (publisher.app.gates.publish.policies(), publisher.app.clone());
    let (sender, mut receiver) = mpsc::channel::<Results>(RESULTS_QUEUED);
    tokio::spawn(publish_lines(publisher, body, key, sender));
    let mut held = Results::default();
    // Until the first result there is nothing to hold back.
    let mut more = match receiver.recv().await {
        Some(results) => held.add(&results),
        None => false,
    };
    let until = Instant::now() + HELD_FOR;
    while more && held.text.len() <= HELD_BYTES {
        match timeout_at(until, receiver.recv()).await {
            Ok(Some(results)) => more = held.add(&results),
            Ok(None) => more = false,
            Err(_) => break,
        }
    }
    let content_type = [(header::CONTENT_TYPE, "application/x-ndjson")];
    if !more {
        return (held.refused_with.unwrap_or(StatusCode::OK), content_type, policies, held.text).into_response();
    }
    let held = stream::iter([Bytes::from(held.text)]);
    // Its answer has begun, and it goes on.
    let coming = stream::unfold((receiver, UnderWay::go_on(&app)), |(mut receiver, under_way)| async {
        let results = receiver.recv().await?;
        Some((Bytes::from(results.text), (receiver, under_way)))
    });
    (content_type, policies, Body::from_stream(held.chain(coming).map(Ok::<_, std::convert::Infallible>)))
        .into_response()
}

/// Publishes line by line to the end of the body, or until nobody wants the results any more.
async fn publish_lines(publisher: Publisher, body: Body, key: Option<IdempotencyKey>, results: mpsc::Sender<Results>) {
    let app = publisher.app.clone();
    let items = Items::new(publisher, body, key);
    let slices = stream::unfold(items, |mut items| async { Some((items.next_slice().await?, items)) });
    let mut outcomes = std::pin::pin!(slices.then(|slice| submit(app.clone(), slice)).buffered(AHEAD));
    let mut count = 0;
    while let Some(outcomes) = outcomes.next().await {
        let answers = Results::of(&outcomes, count);
        if results.send_timeout(answers, UNREAD_FOR).await.is_err() {
            return tracing::info!(items = count, "a batch was left: its client is gone, or does not read the results");
        }
        count += outcomes.len();
    }
}

impl Results {
    /// The outcomes of the items from number `first` on.
    fn of(outcomes: &[Outcome], first: usize) -> Self {
        let mut results = Self::default();
        for (index, outcome) in outcomes.iter().enumerate() {
            // Writing to memory fails for nothing but a value that is no JSON, which an answer never is.
            let _ = serde_json::to_writer(&mut results.text, &Answer::new(outcome, first + index));
            let _ = results.text.write_all(b"\n");
        }
        results.refused_with = outcomes.iter().find_map(refused_with);
        results
    }

    /// Takes more of them, and says that there may be more still.
    fn add(&mut self, later: &Self) -> bool {
        self.text.extend_from_slice(&later.text);
        self.refused_with = self.refused_with.or(later.refused_with);
        true
    }
}
