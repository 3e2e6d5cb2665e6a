//! Bodies that are read whole: in time, within a limit, and as far as there is room for all that are.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::time::timeout;

use super::limit::Held;
use super::refusal::Refusal;
use super::router::App;

/// A body, and the room that it takes until its request is answered.
pub(super) struct Whole {
    pub(super) bytes: Vec<u8>,
    pub(super) held: Held,
}

/// What a body is not to be larger than, in bytes.
pub(super) trait Limit {
    /// With this chunk.
    fn with(&mut self, chunk: &Bytes) -> u64;

    /// Why it is refused beyond it.
    fn beyond(limit: u64) -> Refusal;
}

/// Reads a body.
///
/// # Errors
/// If it is too large, comes too slowly, ends early, or if there is no room for it now.
pub(super) async fn read(app: &App, body: Body, limit: impl Limit) -> Result<Whole, Refusal> {
    let patience: Duration = app.settings.body_timeout;
    let whole = Whole { bytes: Vec::new(), held: app.gates.bodies.hold() };
    timeout(patience, fill(whole, body.into_data_stream(), limit)).await.map_err(|_| Refusal::BodyTimeout(patience))?
}

async fn fill<L: Limit>(mut whole: Whole, mut chunks: BodyDataStream, mut limit: L) -> Result<Whole, Refusal> {
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(Refusal::Body)?;
        let (limit, length) = (limit.with(&chunk), whole.bytes.len() + chunk.len());
        if length as u64 > limit {
            return Err(L::beyond(limit));
        }
        whole.held.resize(length)?;
        whole.bytes.extend_from_slice(&chunk);
    }
    Ok(whole)
}
