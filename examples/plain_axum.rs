//! What one writes with axum in half an hour: `axum::response::Sse` over a broadcast channel, on one thread. To be compared
//! with:
//!
//! ```sh
//! cargo build --release --examples
//! sse bench http://127.0.0.1:4002/events/bench --spawn 'target/release/examples/plain_axum 127.0.0.1:4002'
//! ```
#![allow(clippy::print_stdout)] // It says where it listens.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::Event;
use axum::routing::get;
use axum::serve::ListenerExt as _;
use futures_util::{Stream, stream};
use tokio::net::TcpListener;
use tokio::sync::broadcast::{self, Receiver, Sender, error::RecvError};

/// Events that a subscriber may be behind; those beyond are lost to it.
const CAPACITY: usize = 16_384;

fn main() -> anyhow::Result<()> {
    serve(&std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:4002".to_owned()))
}

/// Serves on an address until it is killed.
pub(crate) fn serve(address: &str) -> anyhow::Result<()> {
    rlimit::increase_nofile_limit(u64::MAX)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(address).await?;
        println!("listening on http://{}", listener.local_addr()?);
        let listener = listener.tap_io(|socket| drop(socket.set_nodelay(true)));
        let (events, _) = broadcast::channel(CAPACITY);
        let router = Router::new().route("/events/{topic}", get(subscribe).post(publish)).with_state(events);
        axum::serve(listener, router).await?;
        Ok(())
    })
}

async fn subscribe(State(events): State<Sender<Arc<str>>>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    Sse::new(stream::unfold(events.subscribe(), next))
}

async fn next(mut events: Receiver<Arc<str>>) -> Option<(Result<Event, Infallible>, Receiver<Arc<str>>)> {
    loop {
        match events.recv().await {
            Ok(data) => return Some((Ok(Event::default().data(data)), events)),
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return None,
        }
    }
}

async fn publish(State(events): State<Sender<Arc<str>>>, data: String) {
    // Without subscribers nobody misses it.
    let _ = events.send(data.into());
}
