//! Subscribers that read slowly, beside those that are measured: they come when those have, and go when all is over. Nothing
//! waits for them while it measures.

use std::sync::Arc;
use std::time::Instant;

use super::{LOOK, Run};
use crate::bench::subscribers::{LOOK_LIMIT, Role, Subscribers};
use crate::bench::tally::Tally;
use crate::bench::{Error, Plan, Progress, Slow};

/// They, with counters and a thread of their own: the measured ones have nothing to do with them.
pub(super) struct SlowOnes {
    subscribers: Subscribers,
    progress: Arc<Progress>,
}

impl SlowOnes {
    /// Lets them connect.
    pub(super) fn join(run: &Run<'_>, slow: Slow) -> Result<Self, Error> {
        let plan = Plan { connections: slow.connections, threads: 1, slow: None, ..run.plan.clone() };
        let progress = Arc::new(run.progress.beside());
        let role = Role::Slow(slow, run.plan.connections);
        let subscribers = Subscribers::start(&plan, run.id, &progress, &role)?;
        Run { plan: &plan, progress: &progress, ..*run }.connect();
        Ok(Self { subscribers, progress })
    }

    /// Lets them look whether the server has ended their streams, ends them, and returns what they have noted.
    pub(super) fn leave(self) -> Result<Vec<Tally>, Error> {
        self.subscribers.expect(Arc::new([]));
        let begun = Instant::now();
        let Progress { opened, looked, .. } = &*self.progress;
        while looked.value() < opened.value() && begun.elapsed() < 2 * LOOK_LIMIT {
            std::thread::sleep(LOOK);
        }
        self.subscribers.end()
    }
}
