//! All workers of a run: told the same at once, and asked together.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::Workers;
use super::message::{Assignment, Order};
use super::process::Process;
use crate::bench::account::{Account, Over};
use crate::bench::load::Threads;
use crate::bench::sequences::Sequences;
use crate::bench::subscribers::{Part, Role};
use crate::bench::{Error, Plan, Progress, System, clock};

/// How often is looked whether they are ready, or over.
const LOOK: Duration = Duration::from_millis(5);

/// How often is looked whether they still say something.
const CHECK: Duration = Duration::from_secs(1);

/// How long they may take to start.
const START_LIMIT: Duration = Duration::from_secs(30);

/// The workers of a run, until this is dropped.
#[derive(Debug)]
pub(in crate::bench) struct Crew {
    processes: Arc<[Process]>,
    threads: Threads,
    progress: Arc<Progress>,
    checking: Option<(SyncSender<()>, JoinHandle<()>)>,
}

impl Crew {
    /// Starts them, and waits until they are ready; none of them has a subscriber yet.
    ///
    /// # Errors
    /// [`Error::Worker`] if one does not start.
    pub(in crate::bench) fn hire(workers: Workers, progress: &Arc<Progress>) -> Result<Self, Error> {
        let Workers { count, command } = workers;
        let start = |number| {
            let mut command = command().map_err(System::from)?;
            Process::start(&mut command, number, count, progress)
        };
        let processes: Arc<[Process]> = (0..count).map(start).collect::<Result<_, _>>()?;
        let begun = Instant::now();
        while !processes.iter().all(Process::is_ready) && begun.elapsed() < START_LIMIT {
            std::thread::sleep(LOOK);
        }
        if let Some(failed) = processes.iter().find(|process| !process.is_ready() || process.is_over()) {
            return Err(failed.why_not());
        }
        let (end, ended) = sync_channel(0);
        let checked = Arc::clone(&processes);
        let named = std::thread::Builder::new().name("workers".into());
        let thread = named.spawn(move || check(&checked, &ended)).map_err(System::from)?;
        let (threads, progress) = (Threads::default(), Arc::clone(progress));
        Ok(Self { processes, threads, progress, checking: Some((end, thread)) })
    }

    /// Lets their subscribers connect, all from the same moment on.
    pub(in crate::bench) fn begin(&mut self, plan: &Plan, run: u64, role: &Role) {
        let replayed = match role {
            Role::Herd(id, events) => Some((id.clone(), events.to_vec())),
            Role::Live | Role::Listener | Role::Slow(..) => None,
        };
        let (begun, of) = (clock::now(), u32::try_from(self.processes.len()).unwrap_or(u32::MAX));
        for (number, process) in (0..).zip(&*self.processes) {
            let part = Part { number, of, begun };
            self.threads.0.extend(process.expect_threads(part.threads(plan).count()));
            let assignment = Assignment { plan: plan.clone(), run, part, replayed: replayed.clone() };
            process.tell(&Order::Begin(Box::new(assignment)));
        }
    }

    /// The processes that they are.
    pub(in crate::bench) fn pids(&self) -> Arc<[u32]> {
        self.processes.iter().map(Process::pid).collect()
    }

    /// Their threads, to see how busy they are.
    pub(in crate::bench) fn threads(&self) -> Threads {
        self.threads.clone()
    }

    /// Begins the series: at a moment, with intervals of a length.
    pub(in crate::bench) fn begin_series(&self, at: u64, length: u64) {
        self.progress.recorder.begin(at, length, self.processes.len());
        self.tell(&Order::Series(at, length));
    }

    /// Lets the storm of the plan come.
    pub(in crate::bench) fn storm(&self) {
        self.tell(&Order::Storm);
    }

    /// Tells them what the server acknowledged; from then on [`Self::are_complete`] can become true.
    pub(in crate::bench) fn expect(&self, acknowledged: &[Sequences]) {
        self.tell(&Order::Expect(acknowledged.to_vec()));
    }

    /// Whether every open stream has brought all that was acknowledged.
    pub(in crate::bench) fn are_complete(&self) -> bool {
        self.processes.iter().all(Process::is_complete)
    }

    /// Whether one came to a bad end: there is nothing to wait for any more.
    pub(in crate::bench) fn have_failed(&self) -> bool {
        self.processes.iter().any(Process::is_over)
    }

    /// Ends them all and returns what became of their subscribers.
    ///
    /// # Errors
    /// [`Error::Worker`] if one came to a bad end.
    pub(in crate::bench) fn account(self, over: &Over) -> Result<Account, Error> {
        if !self.have_failed() {
            self.tell(&Order::End(over.clone()));
        }
        let mut sum = Account::default();
        while !self.processes.iter().all(Process::is_over) {
            // The first that came to a bad end is the one to be told of, not those that this one ends.
            if let Some(failed) = self.processes.iter().find(|process| process.has_failed()) {
                return Err(failed.why_not());
            }
            std::thread::sleep(LOOK);
        }
        for process in &*self.processes {
            sum.merge(process.account()?);
        }
        Ok(sum)
    }

    fn tell(&self, order: &Order) {
        self.processes.iter().for_each(|process| process.tell(order));
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        if let Some((end, thread)) = self.checking.take() {
            drop(end);
            // It has nothing to say.
            let _ = thread.join();
        }
    }
}

/// Gives up those that say nothing any more, until the end.
fn check(processes: &[Process], ended: &Receiver<()>) {
    while ended.recv_timeout(CHECK) == Err(RecvTimeoutError::Timeout) {
        processes.iter().for_each(Process::check);
    }
}
