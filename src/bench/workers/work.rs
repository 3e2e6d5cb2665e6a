//! The side of a worker: it does what it is told, tells how far its subscribers are, and ends when there is nobody left to
//! tell it anything.

use std::error::Error as _;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use super::frame;
use super::message::{Assignment, Counts, News, Order};
use crate::bench::account::Over;
use crate::bench::subscribers::{Role, Subscribers};
use crate::bench::{Error, Progress};

/// How often it looks whether there is something to tell: as often as the phases of a run look at the counters.
const LOOK: Duration = Duration::from_millis(10);

/// How often it says that it is there, if there is nothing else to tell.
const SIGN_OF_LIFE: Duration = Duration::from_secs(1);

/// How many orders may wait: there is never more than one at once that is not of the end.
const ORDERS: usize = 8;

/// Works for the run that `orders` come from, until its end or theirs.
///
/// # Errors
/// If the other side says what makes no sense, or does not listen any more.
pub fn work(orders: impl Read + Send + 'static, news: &mut impl Write) -> io::Result<()> {
    let (sender, receiver) = sync_channel(ORDERS);
    std::thread::Builder::new().name("orders".into()).spawn(move || pass_on(orders, &sender))?;
    frame::write(&News::Ready, news)?;
    let Ok(first) = receiver.recv() else { return Ok(()) };
    let Order::Begin(assignment) = first? else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the first order has to say what is to be done"));
    };
    let told = match Worker::begin(*assignment) {
        Ok(worker) => worker.follow(&receiver, news)?,
        Err(error) => Some(failed(&error)),
    };
    told.map_or(Ok(()), |last| frame::write(&last, news))
}

/// Reads orders until there are no more.
fn pass_on(mut source: impl Read, orders: &SyncSender<io::Result<Order>>) {
    while let Some(order) = frame::read(&mut source).transpose() {
        let is_last = order.is_err();
        if orders.send(order).is_err() || is_last {
            return;
        }
    }
}

fn failed(error: &Error) -> News {
    let why = error.source().map_or_else(String::new, |source| format!(": {source}"));
    News::Failed(format!("{error}{why}"))
}

struct Worker {
    assignment: Assignment,
    progress: Arc<Progress>,
    subscribers: Subscribers,
    told: Told,
}

/// What was told so far.
struct Told {
    counts: Counts,
    at: Instant,
    threads: bool,
    /// How many intervals.
    intervals: u64,
}

impl Worker {
    fn begin(assignment: Assignment) -> Result<Self, Error> {
        let Assignment { plan, run, part, replayed } = &assignment;
        let progress = Arc::new(Progress::default());
        let role =
            replayed.as_ref().map_or(Role::Live, |(id, events)| Role::Herd(id.clone(), events.as_slice().into()));
        let subscribers = Subscribers::start_part(plan, *run, &progress, &role, *part)?;
        let told = Told { counts: Counts::default(), at: Instant::now(), threads: false, intervals: 0 };
        Ok(Self { assignment, progress, subscribers, told })
    }

    /// Goes on until the end; returns what is to be told last, if there is somebody left to tell.
    fn follow(mut self, orders: &Receiver<io::Result<Order>>, news: &mut impl Write) -> io::Result<Option<News>> {
        loop {
            match orders.recv_timeout(LOOK) {
                Ok(order) => match order? {
                    Order::Begin(_) => return Err(io::Error::new(io::ErrorKind::InvalidData, "it has begun")),
                    Order::Series(start, length) => {
                        self.progress.recorder.begin(start, length, self.subscribers.threads().count());
                    }
                    Order::Storm => self.subscribers.storm(),
                    Order::Expect(acknowledged) => self.subscribers.expect(acknowledged.into()),
                    Order::End(over) => return self.end(&over, news).map(Some),
                },
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
            }
            self.tell(news)?;
        }
    }

    /// Tells what is new.
    fn tell(&mut self, news: &mut impl Write) -> io::Result<()> {
        let threads = self.subscribers.threads();
        if !self.told.threads
            && let Some(places) = threads.0.iter().map(|place| place.get().copied()).collect()
        {
            frame::write(&News::Threads(places), news)?;
            self.told.threads = true;
        }
        let counts = Counts::of(&self.progress, self.subscribers.are_complete());
        if counts != self.told.counts || self.told.at.elapsed() >= SIGN_OF_LIFE {
            frame::write(&News::Counts(counts), news)?;
            (self.told.counts, self.told.at) = (counts, Instant::now());
        }
        let recorder = &self.progress.recorder;
        while recorder.begun().is_some()
            && threads.count() > 0
            && let Some(open) = recorder.take(self.told.intervals)
        {
            frame::write(&News::Interval(self.told.intervals, Box::new(open), recorder.missing()), news)?;
            self.told.intervals += 1;
        }
        Ok(())
    }

    /// Ends the subscribers and tells what is left to tell; returns their account.
    fn end(self, over: &Over, news: &mut impl Write) -> io::Result<News> {
        let Self { assignment, progress, subscribers, .. } = self;
        let account = match subscribers.account(&assignment.plan, over) {
            Ok(account) => account,
            Err(error) => return Ok(failed(&error)),
        };
        frame::write(&News::Counts(Counts::of(&progress, true)), news)?;
        let recorder = &progress.recorder;
        let rest = if recorder.begun().is_some() { recorder.take_rest() } else { Vec::new() };
        for (number, open) in rest {
            frame::write(&News::Interval(number, Box::new(open), recorder.missing()), news)?;
        }
        Ok(News::Account(Box::new(account)))
    }
}
