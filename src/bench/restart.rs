//! A restart of the server in the middle of a run: the run asks for it and waits, and whoever has started the server does it,
//! since a run starts nothing itself.

use std::sync::OnceLock;
use std::time::Duration;

use tokio::sync::Notify;

use super::Watched;

/// How often is looked whether it is done.
const LOOK: Duration = Duration::from_millis(1);

/// One restart, asked for at most once.
#[derive(Debug, Default)]
pub(super) struct Restart {
    asked: Notify,
    /// The server that runs now.
    done: OnceLock<Watched>,
}

impl Restart {
    /// Waits until it is asked for.
    pub(super) async fn is_due(&self) {
        self.asked.notified().await;
    }

    /// It is done.
    pub(super) fn done(&self, watched: Watched) {
        // There is only one.
        let _ = self.done.set(watched);
    }

    /// Asks for it and waits until the server accepts connections again; `None` if the run was stopped before.
    pub(super) fn ask(&self, is_stopped: impl Fn() -> bool) -> Option<Watched> {
        self.asked.notify_one();
        while !is_stopped() {
            if let Some(watched) = self.done.get() {
                return Some(*watched);
            }
            std::thread::sleep(LOOK);
        }
        None
    }
}
