//! The webhooks of `sse serve`: what happens to connections is posted to the receivers that the config file names, each in
//! its order and one at a time, so that one that is slow keeps no other waiting.

mod body;
mod queue;
mod receiver;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use self::body::Message;
use self::queue::Queue;
use self::receiver::Receiver;
use crate::broker::{Notice, What};
use crate::cli::config::{Happening, WebhookTable};
use crate::cli::failure::Failure;
use crate::metrics::{Metrics, Webhook as Outcome};

/// Notices on their way to the queues of the receivers, which take them at once.
const FEED: usize = 10_000;

/// How long receivers have, when the broker has stopped, to take what is left.
const REST: Duration = Duration::from_secs(5);

/// The receivers, and what they are to be told.
pub(super) struct Webhooks {
    receivers: Vec<Arc<Receiver>>,
    notices: mpsc::Receiver<Notice>,
    metrics: Metrics,
}

/// Where the broker says what happens, and whether somebody wants to know of topics.
pub(super) struct Wanted {
    pub(super) notices: Option<mpsc::Sender<Notice>>,
    pub(super) subscribers: bool,
}

impl Webhooks {
    /// Begins to post to the receivers of these tables.
    pub(super) fn start(tables: Vec<WebhookTable>, metrics: &Metrics) -> Result<(Self, Wanted), Failure> {
        let of_topics = [Happening::FirstSubscriber, Happening::LastSubscriber];
        let subscribers = tables.iter().any(|table| of_topics.iter().any(|of| table.events.contains(of)));
        let receivers = tables.into_iter().map(|table| Receiver::new(table).map(Arc::new));
        let receivers: Vec<Arc<Receiver>> = receivers.collect::<Result<_, _>>()?;
        for receiver in &receivers {
            let (receiver, metrics) = (Arc::clone(receiver), metrics.clone());
            tokio::spawn(async move { receiver.post_all(&metrics).await });
        }
        let (to, notices) = mpsc::channel(FEED);
        let wanted = Wanted { notices: (!receivers.is_empty()).then_some(to), subscribers };
        Ok((Self { receivers, notices, metrics: metrics.clone() }, wanted))
    }

    /// Passes on what happens. Never resolves.
    pub(super) async fn pass_on(&mut self) -> Infallible {
        while let Some(notice) = self.notices.recv().await {
            self.give(&notice);
        }
        std::future::pending().await
    }

    /// Gives the receivers a moment for what is left, and says what was not taken.
    pub(super) async fn finish(mut self) {
        while let Ok(notice) = self.notices.try_recv() {
            self.give(&notice);
        }
        let all_idle = async {
            for receiver in &self.receivers {
                receiver.queue.is_idle().await;
            }
        };
        // In time or not: what is left is counted.
        let _ = tokio::time::timeout(REST, all_idle).await;
        for receiver in &self.receivers {
            let left = receiver.queue.len();
            if left > 0 {
                tracing::warn!(left, "the webhook {} was not told of all that happened", receiver.name);
            }
        }
    }

    /// Gives the receivers what they are to be told: as it will be posted, so that nothing larger is kept for them.
    fn give(&self, notice: &Notice) {
        let mut message = None;
        for receiver in self.receivers.iter().filter(|receiver| receiver.wants(&notice.what)) {
            let message = message.get_or_insert_with(|| Message::of(notice));
            if let Some(dropped) = receiver.queue.push(message.clone(), message.body.len()) {
                (0..dropped.count).for_each(|_| self.metrics.count_webhook(Outcome::Dropped));
                if dropped.first {
                    tracing::error!("the webhook {} does not keep up: it is not told of what is oldest", receiver.name);
                }
            }
        }
    }
}

/// What kind of happening it is.
fn kind(what: &What) -> Happening {
    match what {
        What::Connected(_) => Happening::Connect,
        What::Disconnected(..) => Happening::Disconnect,
        What::FirstSubscriber(_) => Happening::FirstSubscriber,
        What::LastSubscriber(_) => Happening::LastSubscriber,
    }
}
