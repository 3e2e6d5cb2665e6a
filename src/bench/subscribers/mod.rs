//! The subscribers: each generator thread runs a share of the streams on a runtime of its own, so that nothing is
//! shared between threads but the counters of [`Progress`].
//!
//! Thousands of streams must be cheap: a stream is a small task with a socket and a decoder; the buffer that is read
//! into and the notes belong to the thread.

mod http1;
mod http2;
mod part;
mod persistent;
mod pool;
mod role;
mod slow;
mod stream;
mod transport;

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::{Instant, sleep_until};

pub(super) use self::part::Part;
use self::pool::Pool;
pub(super) use self::role::Role;
pub(super) use self::slow::LOOK_LIMIT;
use super::account::{Account, Over};
use super::load::{Place, Threads};
use super::sequences::Sequences;
use super::sources::Sources;
use super::tally::Tally;
use super::{Error, Plan, Progress, Scenario, System, clock};

/// How many subscribers of a thread are between connecting and the head of the answer at once: enough to keep a server
/// busy, and below the listen backlog of those that kept the old default of 128.
const OPENING_AT_ONCE: usize = 100;

/// What one read can bring, in bytes.
const READ_BUFFER: usize = 64 << 10;

/// How often a thread looks whether its streams have brought everything.
const LOOK: Duration = Duration::from_millis(10);

/// How often a thread whose streams bring nothing looks whether an interval of the series is over.
const TURN: Duration = Duration::from_millis(50);

/// How long a subscriber waits after a stream that failed: a server that refuses is not to be measured by how fast it does.
const FAILURE_PAUSE: Duration = Duration::from_millis(100);

/// What the server acknowledged, by publisher; `None` until all is published.
type Acknowledged = Option<Arc<[Sequences]>>;

/// All subscribers of a run. Dropping it ends them.
#[derive(Debug)]
pub(super) struct Subscribers {
    threads: Vec<Generator>,
    acknowledged: watch::Sender<Acknowledged>,
    storm: watch::Sender<bool>,
}

#[derive(Debug)]
struct Generator {
    end: oneshot::Sender<()>,
    thread: JoinHandle<io::Result<Tally>>,
    /// Where the thread is, once it runs.
    place: Arc<OnceLock<Place>>,
    /// Whether its open streams have brought all that was acknowledged.
    complete: Arc<AtomicBool>,
}

/// What the streams of a thread share.
struct Shared {
    /// The number of the thread among those of this process.
    thread: usize,
    plan: Plan,
    begun: Instant,
    sources: Arc<Sources>,
    openings: Arc<Semaphore>,
    /// The connections, where HTTP/2 is spoken.
    pool: Option<Rc<Pool>>,
    buffer: RefCell<Box<[u8]>>,
    tally: RefCell<Tally>,
    progress: Arc<Progress>,
    /// Whether the storm of the plan has come.
    storm: watch::Receiver<bool>,
    role: Role,
    /// Becomes known when all is published.
    published: watch::Receiver<Acknowledged>,
}

impl Subscribers {
    /// Starts them all; they connect while the caller goes on.
    ///
    /// # Errors
    /// [`Error::Thread`] if there is no thread to be had.
    pub(super) fn start(plan: &Plan, run: u64, progress: &Arc<Progress>, role: &Role) -> Result<Self, Error> {
        Self::start_part(plan, run, progress, role, Part::whole())
    }

    /// The same of those that are the part of one process.
    ///
    /// # Errors
    /// [`Error::Thread`] if there is no thread to be had.
    pub(super) fn start_part(
        plan: &Plan,
        run: u64,
        progress: &Arc<Progress>,
        role: &Role,
        part: Part,
    ) -> Result<Self, Error> {
        let (acknowledged, known) = watch::channel(None);
        let (storm, coming) = watch::channel(false);
        let sources = Arc::new(Sources::of(plan));
        let mut threads = Vec::new();
        for number in part.threads(plan) {
            let (end, ended) = oneshot::channel();
            let (plan, progress, sources) = (plan.clone(), Arc::clone(progress), Arc::clone(&sources));
            let (place, complete) = (Arc::new(OnceLock::new()), Arc::new(AtomicBool::new(false)));
            let (own_place, completeness) = (Arc::clone(&place), (known.clone(), Arc::clone(&complete)));
            let (coming, role, threads_before) = (coming.clone(), role.clone(), threads.len());
            let body = move || {
                own_place.get_or_init(Place::here);
                let numbers = (number, threads_before, part.begun);
                generate(plan, (run, role, numbers), sources, progress, ended, (completeness, coming))
            };
            let named = std::thread::Builder::new().name(format!("subscribers-{number}"));
            threads.push(Generator { end, thread: named.spawn(body).map_err(System::from)?, place, complete });
        }
        Ok(Self { threads, acknowledged, storm })
    }

    /// Lets the storm of the plan come.
    pub(super) fn storm(&self) {
        self.storm.send_replace(true);
    }

    /// Tells them what the server acknowledged; from then on [`Self::are_complete`] can become true.
    pub(super) fn expect(&self, acknowledged: Arc<[Sequences]>) {
        self.acknowledged.send_replace(Some(acknowledged));
    }

    /// Whether every open stream has brought all that was acknowledged.
    pub(super) fn are_complete(&self) -> bool {
        self.threads.iter().all(|thread| thread.complete.load(Ordering::Acquire))
    }

    /// Their threads, to see how busy they are.
    pub(super) fn threads(&self) -> Threads {
        Threads(self.threads.iter().map(|thread| Arc::clone(&thread.place)).collect())
    }

    /// Ends them all and returns what became of them.
    ///
    /// # Errors
    /// [`Error::Thread`] if a thread failed.
    pub(super) fn account(self, plan: &Plan, over: &Over) -> Result<Account, Error> {
        let mut sum = Account::default();
        for tally in self.end()? {
            sum.merge(Account::of(plan, tally, over));
        }
        Ok(sum)
    }

    /// Ends them all and returns what each thread has noted.
    ///
    /// # Errors
    /// [`Error::Thread`] if a thread failed.
    pub(super) fn end(self) -> Result<Vec<Tally>, Error> {
        let (ends, threads): (Vec<_>, Vec<_>) = self.threads.into_iter().map(|t| (t.end, t.thread)).unzip();
        for end in ends {
            // A thread that is gone already says why below.
            let _ = end.send(());
        }
        let join = |thread: JoinHandle<io::Result<Tally>>| {
            let tally = thread.join().unwrap_or_else(|_| Err(io::Error::other("it panicked")));
            Ok(tally.map_err(System::from)?)
        };
        threads.into_iter().map(join).collect()
    }
}

/// The body of a generator thread: runs its share of the streams until it is told to end.
fn generate(
    plan: Plan,
    (run, role, (number, thread, begun)): (u64, Role, (u32, usize, u64)),
    sources: Arc<Sources>,
    progress: Arc<Progress>,
    ended: oneshot::Receiver<()>,
    ((known, complete), storm): ((watch::Receiver<Acknowledged>, Arc<AtomicBool>), watch::Receiver<bool>),
) -> io::Result<Tally> {
    let threads = plan.threads.min(plan.connections);
    let members: Vec<u32> = (number..plan.connections).step_by(threads as usize).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut tally = Tally::new(&plan, run, members.iter().map(|number| role.first() + number));
    role.prepare(&mut tally, members.len());
    let shared = Rc::new(Shared {
        thread,
        begun: at(begun),
        sources,
        openings: Arc::new(Semaphore::new(OPENING_AT_ONCE)),
        pool: plan.streams_per_connection.map(|most| Rc::new(Pool::new(most))),
        buffer: RefCell::new(vec![0; READ_BUFFER].into_boxed_slice()),
        tally: RefCell::new(tally),
        progress,
        plan,
        storm,
        role,
        published: known.clone(),
    });
    let streams = LocalSet::new();
    streams.spawn_local(begin(Rc::clone(&shared), members));
    streams.spawn_local(watch_completeness(Rc::clone(&shared), known, complete));
    streams.spawn_local(turn_in_time(Rc::clone(&shared)));
    // Either told to end, or nobody is left who could.
    let _ = runtime.block_on(streams.run_until(ended));
    drop(streams);
    let shared = Rc::into_inner(shared).ok_or_else(|| io::Error::other("a stream outlived its thread"))?;
    let mut tally = shared.tally.into_inner();
    tally.close(shared.thread, &shared.progress.recorder);
    Ok(tally)
}

/// A moment that is over, as the runtime counts; now, if it is too long ago to be told.
fn at(moment: u64) -> Instant {
    let now = Instant::now();
    now.checked_sub(Duration::from_nanos(clock::now().saturating_sub(moment))).unwrap_or(now)
}

/// Hands over the intervals of the series in time also while no stream brings anything.
async fn turn_in_time(shared: Rc<Shared>) {
    loop {
        tokio::time::sleep(TURN).await;
        shared.tally.borrow_mut().turn(clock::now(), shared.thread, &shared.progress.recorder);
    }
}

/// Begins the streams in their turn, so that what opening takes is there for a few of them at a time only.
async fn begin(shared: Rc<Shared>, members: Vec<u32>) {
    for (member, number) in members.into_iter().enumerate() {
        sleep_until(shared.due(number)).await;
        // It is never closed.
        let Ok(turn) = Arc::clone(&shared.openings).acquire_owned().await else { return };
        let shared = Rc::clone(&shared);
        if let Some(slow) = shared.role.pace() {
            let number = shared.role.first() + number;
            drop(spawn_local(slow::dawdle(shared, member, number, turn, slow)));
            continue;
        }
        match shared.plan.scenario {
            Scenario::Stream => drop(spawn_local(repeat(shared, member, number, turn))),
            Scenario::Reconnect => drop(spawn_local(persistent::persist(shared, member, number, turn))),
            _ => drop(spawn_local(stream::subscribe(shared, member, number, turn))),
        }
    }
}

/// Opens one stream after the other until the thread ends.
async fn repeat(shared: Rc<Shared>, member: usize, number: u32, mut turn: OwnedSemaphorePermit) {
    loop {
        if !stream::follow_once(&shared, member, number, turn).await {
            tokio::time::sleep(FAILURE_PAUSE).await;
        }
        let Ok(next) = Arc::clone(&shared.openings).acquire_owned().await else { return };
        turn = next;
    }
}

/// Sets `complete` once it is known what was acknowledged, and every open stream of the thread has brought it.
async fn watch_completeness(shared: Rc<Shared>, mut known: watch::Receiver<Acknowledged>, complete: Arc<AtomicBool>) {
    let acknowledged = match known.wait_for(Option::is_some).await {
        Ok(known) => known.clone().unwrap_or_default(),
        Err(_) => return,
    };
    let first_incomplete = |from| shared.tally.borrow().first_incomplete(from, &acknowledged);
    let mut first = first_incomplete(0);
    // Who has everything keeps it: each look goes on where the last one stopped.
    while let Some(from) = first {
        tokio::time::sleep(LOOK).await;
        first = first_incomplete(from);
    }
    complete.store(true, Ordering::Release);
}

impl Shared {
    /// When subscriber `number` of the run may connect.
    fn due(&self, number: u32) -> Instant {
        let wait = self.plan.ramp.map_or(Duration::ZERO, |rate| Duration::from_secs(1) * number / rate);
        self.begun + wait
    }
}
