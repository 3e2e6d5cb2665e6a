//! The publishers: each is a thread that sends its share of the schedule when it is due, whatever the server answers.
//!
//! The usual one has one connection and pipelines: all that is due goes out in one write, a second thread reads the
//! answers in order (`pipeline`). Where a server ends the connection after each answer, every event gets a connection of
//! its own (`single`). What is only to be there is sent without a schedule (`fill`). All note the same things:
//! [`Published`].

mod batch;
mod busy;
mod connection;
mod fill;
mod patient;
mod pipeline;
mod secured;
mod single;
mod transport;

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use super::load::{Load, busier};
use super::payload::{self, Payload, Purpose};
use super::samples::Samples;
use super::schedule::{Schedule, Share, Slot};
use super::sequences::Sequences;
use super::{Error, Plan, Progress, System, clock, http};
use connection::Connection;
pub(super) use connection::Reply;

/// An event that goes out more than this behind its time is counted as late: well beyond what a timer or a busy moment
/// costs, and a tenth of what a person notices.
pub(super) const LATE: Duration = Duration::from_millis(10);

/// How long before an event is due its connection is seen to, so that connecting is no part of the send delay.
const AHEAD: Duration = Duration::from_millis(50);

/// How long after the end of the schedule what is still due may go out; the rest is unsent. So a server that does not
/// read cannot make a run endless.
const OVERTIME: Duration = Duration::from_secs(2);

/// What the publishers of a run know of it.
#[derive(Debug)]
struct Work {
    plan: Plan,
    run: u64,
    /// From time 0 on: it says which event goes to which topic.
    schedule: Schedule,
    progress: Arc<Progress>,
    /// By publisher.
    requests: Vec<Requests>,
}

/// What a publisher sends for each event.
#[derive(Debug)]
struct Requests {
    /// On a connection that stays open.
    staying: http::Publish,
    /// On a connection that does not.
    closing: http::Publish,
}

/// A publisher before its schedule begins.
#[derive(Debug)]
pub(super) struct Publisher {
    number: u32,
    work: Arc<Work>,
    /// `None` once the server has ended it after an answer.
    connection: Option<Connection>,
    probes: u64,
}

/// A publisher at work.
#[derive(Debug)]
pub(super) struct Running {
    thread: JoinHandle<io::Result<Published>>,
}

/// What became of a publisher's measured events; of the warm-up only a first refusal is noted.
#[derive(Debug)]
pub(super) struct Published {
    /// Wholly written to a socket.
    pub(super) sent: u64,
    /// Sent more than [`LATE`] behind their time.
    pub(super) late: u64,
    /// Never sent, though they were due.
    pub(super) unsent: u64,
    /// Actual minus intended time.
    pub(super) delay: Samples,
    /// The numbers of those that the server took: they were answered with 2xx, and with no refusal in the body.
    pub(super) acknowledged: Sequences,
    /// How many were answered otherwise.
    pub(super) refused: u64,
    /// The first such answer, warm-up included.
    pub(super) first_refusal: Option<Reply>,
    /// How often a connection ended that should have stayed.
    pub(super) broken: u64,
    /// How many events, warm-up included, had to wait because too many before them were unanswered.
    pub(super) held_up: u64,
    /// For how many nanoseconds, warm-up included, the server did not take what was due: there was no room for it, or too much
    /// before it was unanswered. Of several publishers, that of the one that waited longest.
    pub(super) waited: u64,
    /// How busy the thread that sent them was in the measured phase, if that can be known; of several, the busiest.
    pub(super) load: Option<Load>,
}

impl Publisher {
    /// Connects all publishers of a plan.
    ///
    /// # Errors
    /// [`Error::NoPublisher`] if one has no connection.
    pub(super) fn connect(plan: &Plan, run: u64, progress: &Arc<Progress>) -> Result<Vec<Self>, Error> {
        let work = Arc::new(Work {
            requests: (0..plan.publishers).map(|number| Requests::new(plan, number)).collect(),
            plan: plan.clone(),
            run,
            schedule: Schedule::of(plan, 0),
            progress: Arc::clone(progress),
        });
        let connect = |number| {
            let connection = Some(work.connect().map_err(|source| work.unreachable(source))?);
            Ok(Self { number, work: Arc::clone(&work), connection, probes: 0 })
        };
        (0..plan.publishers).map(connect).collect()
    }

    /// Publishes an event that does not count, and waits for the answer.
    ///
    /// # Errors
    /// [`Error::NoPublisher`] if there is no answer in time, [`Error::PublishRefused`] if it does not take the event.
    pub(super) fn probe(&mut self) -> Result<(), Error> {
        let reply = self.ask().map_err(|source| self.work.unreachable(source))?;
        if !reply.taken {
            return Err(Error::PublishRefused { status: reply.status, body: reply.words });
        }
        self.probes += 1;
        Ok(())
    }

    fn ask(&mut self) -> io::Result<Reply> {
        let keep = self.connection.take().filter(|connection| !connection.is_over());
        let mut connection = keep.map_or_else(|| self.work.connect(), Ok)?;
        let slot = Slot { intended: clock::now(), purpose: Purpose::Probe, sequence: self.probes };
        let mut request = Vec::new();
        let place = self.work.write(&self.work.requests(self.number).staying, self.number, slot, &mut request);
        payload::stamp(&mut request, &[place], clock::now());
        connection.send(&request)?;
        let reply = connection.answer()?;
        self.connection = reply.keep_alive.then_some(connection);
        Ok(reply)
    }

    /// Whether the server ended the connection after the last answer, so that each event needs a new one.
    pub(super) fn needs_connections(&self) -> bool {
        self.connection.is_none()
    }

    /// Starts to work off its share of the schedule.
    ///
    /// # Errors
    /// [`Error::Thread`] if there is no thread to be had.
    pub(super) fn start(self, schedule: Schedule) -> Result<Running, Error> {
        let named = std::thread::Builder::new().name(format!("publisher-{}", self.number));
        let share = schedule.share(self.number);
        let body = move || match self.connection {
            Some(connection) => pipeline::publish(&self.work, connection, &share),
            None => single::publish(&self.work, &share),
        };
        let thread = named.spawn(body).map_err(System::from)?;
        Ok(Running { thread })
    }

    /// Starts to send its share of the schedule as fast as the server takes it.
    ///
    /// # Errors
    /// [`Error::Thread`] if there is no thread to be had.
    pub(super) fn fill(self, schedule: Schedule) -> Result<Running, Error> {
        let named = std::thread::Builder::new().name(format!("publisher-{}", self.number));
        let share = schedule.share(self.number);
        let body = move || Ok(fill::publish(&self.work, self.connection, &share));
        let thread = named.spawn(body).map_err(System::from)?;
        Ok(Running { thread })
    }
}

impl Running {
    /// Waits for the end of the schedule and for the answers.
    ///
    /// # Errors
    /// [`Error::Thread`] if the publisher failed.
    pub(super) fn join(self) -> Result<Published, Error> {
        let end = self.thread.join().unwrap_or_else(|_| Err(io::Error::other("it panicked")));
        Ok(end.map_err(System::from)?)
    }

    /// Whether [`Self::join`] would return at once.
    pub(super) fn has_finished(&self) -> bool {
        self.thread.is_finished()
    }
}

impl Work {
    fn connect(&self) -> io::Result<Connection> {
        Connection::open(&self.plan.publish, self.plan.publication.refusal.clone())
    }

    fn unreachable(&self, error: io::Error) -> Error {
        Error::NoPublisher { address: self.plan.publish.address, source: connection::refusal(error) }
    }

    fn requests(&self, publisher: u32) -> &Requests {
        &self.requests[publisher as usize]
    }

    /// Appends the request of an event to `out`, without the actual time, and returns the place for it.
    fn write(&self, request: &http::Publish, publisher: u32, slot: Slot, out: &mut Vec<u8>) -> usize {
        let Slot { intended, purpose, sequence } = slot;
        let (topic, sizes) = (self.schedule.topic(publisher, purpose, sequence), &self.plan.sizes);
        let drawn = || sizes.of(self.run, self.schedule.number(publisher, purpose, sequence));
        let size = sizes.only().unwrap_or_else(drawn);
        request.write_before(topic, size, out);
        let payload = Payload { run: self.run, purpose, publisher, sequence, intended, actual: 0 };
        let place = payload.write(size, out);
        request.write_after(topic, out);
        place
    }

    /// Notes that events were wholly written to a socket, in a write that began at `actual`.
    fn written(&self, published: &mut Published, slots: &[Slot], actual: u64) {
        let delay = |slot: &Slot| actual.saturating_sub(slot.intended);
        let measured = || slots.iter().filter(|slot| slot.purpose == Purpose::Measured);
        measured().for_each(|slot| published.written(delay(slot)));
        // One that was only now taken by the socket was not sent before: a server that reads slowly is seen in its time.
        self.progress.recorder.sent(clock::now(), measured().map(delay));
    }

    /// Waits until a slot is due; returns whether it may still go out.
    fn wait(&self, share: &Share, slot: Slot) -> bool {
        let last = share.end().saturating_add(clock::nanos(OVERTIME));
        clock::sleep_until(slot.intended, || self.progress.is_stopped()) && clock::now() <= last
    }
}

impl Requests {
    fn new(plan: &Plan, number: u32) -> Self {
        let request = |close| {
            let form = http::Form { size: plan.sizes.only(), topics: plan.topics, close };
            http::publish(&plan.publish, &plan.publication, number, form)
        };
        Self { staying: request(false), closing: request(true) }
    }
}

impl Published {
    pub(super) fn new() -> Self {
        Self {
            sent: 0,
            late: 0,
            unsent: 0,
            delay: Samples::new(),
            acknowledged: Sequences::default(),
            refused: 0,
            first_refusal: None,
            broken: 0,
            held_up: 0,
            waited: 0,
            load: None,
        }
    }

    /// Notes a measured event that was written so many nanoseconds behind its time.
    fn written(&mut self, delay: u64) {
        self.sent += 1;
        self.late += u64::from(delay > clock::nanos(LATE));
        self.delay.record(delay);
    }

    /// Notes the answer to an event.
    fn answered(&mut self, slot: Slot, reply: Reply) {
        let measured = slot.purpose == Purpose::Measured;
        if !reply.taken {
            self.refused += u64::from(measured);
            self.first_refusal.get_or_insert(reply);
        } else if measured {
            self.acknowledged.insert(slot.sequence);
        }
    }

    /// Notes that events will not be sent, though they were due.
    fn left_out(&mut self, slots: impl IntoIterator<Item = Slot>) {
        self.unsent += slots.into_iter().filter(|slot| slot.purpose == Purpose::Measured).count() as u64;
    }

    /// Adds what another thread of the same publisher, or another publisher, has noted; their numbers apart.
    pub(super) fn merge(&mut self, other: Self) {
        self.sent += other.sent;
        self.late += other.late;
        self.unsent += other.unsent;
        self.delay.merge(&other.delay);
        self.refused += other.refused;
        self.first_refusal = self.first_refusal.take().or(other.first_refusal);
        self.broken += other.broken;
        self.held_up += other.held_up;
        self.waited = self.waited.max(other.waited);
        self.load = busier(self.load, other.load);
    }
}
