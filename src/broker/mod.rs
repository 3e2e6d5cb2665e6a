//! The broker: publishing into the log, and subscriptions as cursors in it.
//!
//! Events go into the log and nowhere else; a subscriber is a cursor that is moved over the log. Two kinds of sink move
//! one: a shard, which owns the sockets of plain HTTP/1.1 subscribers, and a [`Subscription`], which hyper asks for
//! bytes. The broker knows no route and no engine.

mod blocking;
mod change;
mod comings;
mod connections;
mod end;
mod expiry;
mod farewell;
mod gap;
mod guest;
mod hub;
mod layer;
mod limits;
mod notice;
mod orders;
mod permit;
mod presence;
mod publish;
mod reader;
mod roster;
mod selections;
mod shard;
mod stats;
mod style;
mod subscribe;
mod subscription;
mod tail;
mod topics;

pub use change::NotChanged;
pub use comings::Watch;
pub use connections::{Connection, Wanted};
pub use end::End;
pub use farewell::Farewell;
pub use gap::{Gap, Reason};
pub use guest::{ConnectionId, Guest, May, NotAConnection};
pub use layer::Layer;
pub use limits::{Limits, Policy, SlowConsumer, TooMany};
pub use notice::{Notice, What};
pub use presence::{Attendee, Presence};
pub use publish::{NotStored, Outcome, Published, Unfit};
pub use stats::Stats;
pub use style::{MOST_STYLES, Style, StyleId};
pub use subscribe::{Admitted, Start};
pub use subscription::Subscription;

// What a publisher hands in and a subscriber asks with, as the log takes it.
pub use crate::store::{Draft, Filter, Held, IdempotencyKey, Key, NotAName, Refused, Terms};

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

use crate::metrics::Metrics;
use crate::store::Log;
use hub::Hub;
use permit::Admission;
use presence::Register;
use shard::{Command, DrainOrder, Shard};

/// How many subscribers come back per second, when they are drained, without being a storm: fewer of them are not made to
/// wait for longer than this takes.
const DRAIN_PER_SECOND: u32 = 1000;

/// A handle on the one broker of the process; cloning it is cheap.
#[derive(Clone, Debug)]
pub struct Broker {
    hub: Arc<Hub>,
    metrics: Metrics,
    policy: Policy,
    admission: Arc<Admission>,
    register: Arc<Register>,
    shards: Arc<[Arc<Shard>]>,
    /// The shard that gets the next subscriber.
    turn: Arc<AtomicUsize>,
    /// Set once the broker ends; every subscription that hyper serves watches it.
    closing: Arc<watch::Sender<Option<Closing>>>,
}

/// How the broker ends.
#[derive(Clone, Copy, Debug)]
struct Closing {
    until: Instant,
}

impl Broker {
    /// Starts a broker over this log, of which it is the one observer.
    ///
    /// # Errors
    /// If the operating system has no threads or poll descriptors for the shards.
    pub fn start(log: Arc<dyn Log>, limits: Limits, policy: Policy, metrics: Metrics) -> io::Result<Self> {
        let hub = Hub::new(log, policy.tail_bytes);
        let shard = |number| Shard::start(number, Arc::clone(&hub), policy.clone(), metrics.clone());
        let shards: Arc<[Arc<Shard>]> = (0..policy.shards.max(1)).map(shard).collect::<io::Result<_>>()?;
        hub.follow(Arc::clone(&shards));
        let admission = Admission::new(limits, metrics.clone());
        let closing = Arc::new(watch::Sender::new(None));
        Ok(Self { hub, metrics, policy, admission, register: Arc::default(), shards, turn: Arc::default(), closing })
    }

    /// Ends all subscriptions, each with its last words: evenly over this time, or over less if there are few of them, at
    /// most 1000 a second; those that do not keep up have the whole time to catch up. Resolves when those of the shards
    /// have ended; those that hyper serves end with their responses.
    pub async fn drain(&self, at_most: Duration) {
        let open = u32::try_from(self.metrics.open.get()).unwrap_or(0);
        let over = (Duration::from_secs(1) * open / DRAIN_PER_SECOND).min(at_most);
        let (done, mut all_done) = mpsc::channel(1);
        self.closing.send_replace(Some(Closing { until: Instant::now() + over }));
        for shard in &*self.shards {
            let order = DrainOrder { over, at_most, done: done.clone() };
            shard.tell(Command::Drain(order));
        }
        drop(done);
        // Nothing is sent: the channel closes when the last shard has ended.
        let _ = all_done.recv().await;
    }

    /// Whether it is ending.
    pub fn is_closing(&self) -> bool {
        self.closing.borrow().is_some()
    }

    fn next_shard(&self) -> &Shard {
        &self.shards[self.turn.fetch_add(1, Ordering::Relaxed) % self.shards.len()]
    }
}
