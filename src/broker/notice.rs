//! What happens to subscriptions, for whoever wants to be told: connections that come and go, topics that get their first
//! subscriber and lose their last one. A notice keeps the filter of its connection: it is to be taken at once, and what is
//! kept of it is up to whoever takes it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use tokio::sync::mpsc;

use super::Connection;
use crate::metrics::{Metrics, Webhook};
use crate::topic::Topic;

/// Something that happened, and when.
#[derive(Clone, Debug)]
pub struct Notice {
    /// When.
    pub at: SystemTime,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum What {
    /// A subscription is open.
    Connected(Connection),
    /// A subscription is over, for this reason.
    Disconnected(Connection, &'static str),
    /// Somebody listens to a topic by its name, where nobody did.
    FirstSubscriber(Topic),
    /// Nobody listens to a topic by its name any more.
    LastSubscriber(Topic),
}

/// Passes notices on. It never waits: what there is no room for is dropped and counted.
#[derive(Debug)]
pub(super) struct Feed {
    to: mpsc::Sender<Notice>,
    metrics: Metrics,
    /// It was said that there is not always room.
    told: AtomicBool,
}

impl Feed {
    pub(super) fn new(to: mpsc::Sender<Notice>, metrics: Metrics) -> Self {
        Self { to, metrics, told: AtomicBool::new(false) }
    }

    pub(super) fn tell(&self, what: What) {
        if self.to.try_send(Notice { at: SystemTime::now(), what }).is_err() {
            self.metrics.count_webhook(Webhook::Dropped);
            if !self.told.swap(true, Ordering::Relaxed) {
                tracing::error!(
                    "connections come and go faster than webhooks can be told: some are dropped, and counted"
                );
            }
        }
    }
}
