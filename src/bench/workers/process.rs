//! One worker as its run sees it: a process, what it is told through its stdin, and a thread that takes in what it tells.

use std::io::{BufReader, Read};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::frame;
use super::message::{Counts, News, Order};
use crate::bench::account::Account;
use crate::bench::load::Place;
use crate::bench::{Error, Progress, System, clock};

/// What is read of a worker at once, in bytes.
const BUFFER: usize = 64 << 10;

/// How long a worker may say nothing: it gives a sign of life each second, and a machine where that takes so long measures
/// nothing.
const SILENCE: Duration = Duration::from_secs(30);

/// A process with a part of the subscribers. It ends with this.
#[derive(Debug)]
pub(super) struct Process {
    number: u32,
    of: u32,
    child: Mutex<Child>,
    pid: u32,
    orders: Mutex<Option<ChildStdin>>,
    heard: Arc<Heard>,
    listening: Option<JoinHandle<()>>,
}

/// What a worker has told.
#[derive(Debug)]
struct Heard {
    progress: Arc<Progress>,
    /// When it told something last.
    at: AtomicU64,
    is_ready: AtomicBool,
    is_complete: AtomicBool,
    threads: Mutex<Vec<Arc<OnceLock<Place>>>>,
    /// Its last word.
    end: OnceLock<Result<Mutex<Account>, String>>,
}

impl Process {
    /// Starts number `number`, from 0, of so many.
    pub(super) fn start(command: &mut Command, number: u32, of: u32, progress: &Arc<Progress>) -> Result<Self, Error> {
        let failed = |what: &str, error: std::io::Error| Error::Worker {
            number: number + 1,
            of,
            why: format!("{what}: {}", System::from(error)),
        };
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| failed("did not start", error))?;
        let (orders, news) = (child.stdin.take(), child.stdout.take());
        let heard = Arc::new(Heard {
            progress: Arc::clone(progress),
            at: AtomicU64::new(clock::now()),
            is_ready: AtomicBool::new(false),
            is_complete: AtomicBool::new(false),
            threads: Mutex::default(),
            end: OnceLock::new(),
        });
        let (listener, pid) = (Arc::clone(&heard), child.id());
        let mut process =
            Self { number, of, child: Mutex::new(child), pid, orders: Mutex::new(orders), heard, listening: None };
        let named = std::thread::Builder::new().name(format!("worker-{number}"));
        let listening = named.spawn(move || listener.listen(news, number as usize));
        process.listening = Some(listening.map_err(System::from)?);
        Ok(process)
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether it waits for orders, or has said already why it cannot.
    pub(super) fn is_ready(&self) -> bool {
        self.heard.is_ready.load(Ordering::Acquire) || self.is_over()
    }

    /// Whether its open streams have brought all that was acknowledged.
    pub(super) fn is_complete(&self) -> bool {
        self.heard.is_complete.load(Ordering::Acquire)
    }

    /// Whether nothing more comes of it.
    pub(super) fn is_over(&self) -> bool {
        self.heard.end.get().is_some()
    }

    /// Where its threads are to be noted, once they run.
    pub(super) fn expect_threads(&self, count: usize) -> Vec<Arc<OnceLock<Place>>> {
        let places: Vec<_> = std::iter::repeat_with(Arc::default).take(count).collect();
        lock(&self.heard.threads).clone_from(&places);
        places
    }

    /// Tells it something. If it cannot be told any more, it says why itself, or has said it.
    pub(super) fn tell(&self, order: &Order) {
        let mut orders = lock(&self.orders);
        if orders.as_mut().is_some_and(|pipe| frame::write(order, pipe).is_err()) {
            *orders = None;
        }
    }

    /// Gives it up if it has said nothing for too long.
    pub(super) fn check(&self) {
        let silent = clock::now().saturating_sub(self.heard.at.load(Ordering::Relaxed));
        if silent >= clock::nanos(SILENCE) && !self.is_over() {
            self.heard.end_with(Err(format!("has said nothing for {} s", SILENCE.as_secs())));
            self.kill();
        }
    }

    /// Whether it came to a bad end.
    pub(super) fn has_failed(&self) -> bool {
        matches!(self.heard.end.get(), Some(Err(_)))
    }

    /// What it has to show, once it is over; called once.
    pub(super) fn account(&self) -> Result<Account, Error> {
        match self.heard.end.get() {
            Some(Ok(account)) => Ok(std::mem::take(&mut *lock(account))),
            _ => Err(self.why_not()),
        }
    }

    /// Why it has nothing to show.
    pub(super) fn why_not(&self) -> Error {
        let why = match self.heard.end.get() {
            Some(Err(why)) if !why.is_empty() => why.clone(),
            Some(_) => self.how_it_ended(),
            None => "did not start in time".to_owned(),
        };
        Error::Worker { number: self.number + 1, of: self.of, why }
    }

    /// Of one that has closed its stdout without a word.
    fn how_it_ended(&self) -> String {
        match lock(&self.child).wait() {
            Ok(status) => format!("ended before the run did: {status}"),
            Err(_) => "ended before the run did".to_owned(),
        }
    }

    fn kill(&self) {
        // One that has ended already needs no killing.
        let _ = lock(&self.child).kill();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // What it had to tell it has told, or nobody wants it any more.
        self.kill();
        let _ = lock(&self.child).wait();
        if let Some(listening) = self.listening.take() {
            let _ = listening.join();
        }
    }
}

impl Heard {
    /// Takes in what a worker tells until it says no more; `source` is its number.
    fn listen(&self, news: Option<ChildStdout>, source: usize) {
        let Some(news) = news else { return self.end_with(Err("cannot be heard".to_owned())) };
        let end = match self.take_in(&mut BufReader::with_capacity(BUFFER, news), source) {
            Ok(Some(Ok(account))) => Ok(Mutex::new(*account)),
            Ok(Some(Err(why))) => Err(format!("failed: {why}")),
            // How it ended says more.
            Ok(None) => Err(String::new()),
            Err(error) => Err(format!("says what makes no sense: {error}")),
        };
        self.progress.recorder.pass_all(source);
        self.end_with(end);
    }

    /// Its last word.
    fn end_with(&self, end: Result<Mutex<Account>, String>) {
        if end.is_err() {
            // Without a part of the subscribers the rest is not what was asked for.
            self.progress.stop();
        }
        // What it said first counts.
        let _ = self.end.set(end);
    }

    fn take_in(&self, source: &mut impl Read, number: usize) -> std::io::Result<Option<Result<Box<Account>, String>>> {
        let mut before = Counts::default();
        while let Some(news) = frame::read(source)? {
            self.at.store(clock::now(), Ordering::Relaxed);
            match news {
                News::Ready => self.is_ready.store(true, Ordering::Release),
                News::Threads(places) => {
                    for (own, place) in lock(&self.threads).iter().zip(places) {
                        own.get_or_init(|| place);
                    }
                }
                News::Counts(counts) => {
                    counts.add_to(&self.progress, std::mem::replace(&mut before, counts));
                    self.is_complete.store(counts.complete, Ordering::Release);
                }
                News::Interval(interval, open, missing) => {
                    self.progress.recorder.take_in(interval, &open, number, missing);
                }
                News::Account(account) => return Ok(Some(Ok(account))),
                News::Failed(why) => return Ok(Some(Err(why))),
            }
        }
        Ok(None)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
