//! The streams of an HTTP/2 connection: each is a task of its own, so that one can be cut without the others, and it is known
//! whether there are any.

use std::sync::Arc;
use std::time::Duration;

use hyper::rt::Executor;
use tokio::sync::{Notify, watch};
use tokio::time::timeout;

tokio::task_local! {
    /// Has the stream cut that runs in this task.
    static CUT: Arc<Notify>;
}

/// Runs the streams of one connection, and counts those that are open; cloning shares it.
#[derive(Clone, Debug, Default)]
pub(super) struct Streams(watch::Sender<usize>);

/// Counts one of them.
struct Open(watch::Sender<usize>);

impl Streams {
    /// What has the stream cut whose answer is being made: it is reset, and nothing else of its connection.
    pub(super) fn cut() -> Arc<Notify> {
        CUT.try_with(Arc::clone).unwrap_or_default()
    }

    /// Resolves when there has been no stream for this long.
    pub(super) async fn forsaken(&self, patience: Duration) {
        let mut open = self.0.subscribe();
        loop {
            // Neither can fail as long as the sender is here.
            let _ = open.wait_for(|open| *open == 0).await;
            if timeout(patience, open.changed()).await.is_err() {
                return;
            }
        }
    }
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Streams {
    fn execute(&self, stream: F) {
        let (cut, open) = (Arc::new(Notify::new()), Open::new(&self.0));
        tokio::spawn(CUT.scope(Arc::clone(&cut), async move {
            let _open = open;
            tokio::select! {
                () = stream => {}
                () = cut.notified() => {}
            }
        }));
    }
}

impl Open {
    fn new(count: &watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
