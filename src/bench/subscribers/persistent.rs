//! A subscriber that comes back whenever it has lost its stream, with the ID of the last event that it got, as every
//! `EventSource` does: `sse bench reconnect`. In the storm it comes back at once; `retry:` is not waited for, since what is
//! measured is what a server bears.

use std::future::poll_fn;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, watch};

use super::Shared;
use super::http1::Connection;
use super::stream::{Ended, Following, Stream};
use crate::bench::returns::Loss;
use crate::bench::{Cause, Refusal, clock};

/// How long a subscriber waits after an attempt that failed, or a stream that the server ended; a part of it as well, so
/// that not all come back at the same moment.
const PAUSE: Duration = Duration::from_millis(100);

/// A stream, or one that ended with what came with its head.
type Opened = Result<Following, Box<(Stream, Ended)>>;

/// Subscribes as number `number` of the run, and again whenever there is no stream, until the thread ends. Who has none to
/// begin with is refused, and does not come back.
pub(super) async fn persist(shared: Rc<Shared>, member: usize, number: u32, turn: OwnedSemaphorePermit) {
    let mut storm = shared.storm.clone();
    // What opening takes is on the heap, so that an open stream does without it.
    let mut opened = match Box::pin(open(&shared, member, number, String::new(), Some(turn))).await {
        Ok(opened) => opened,
        Err(why) => return shared.refused(member, why),
    };
    loop {
        let (loss, last_event_id) = follow(opened, &shared, number, &mut storm).await;
        shared.lost(member, loss);
        let mut at_once = loss == Loss::Dropped;
        opened = loop {
            if !std::mem::take(&mut at_once) {
                tokio::time::sleep(PAUSE.mul_f64(1.0 + fastrand::f64())).await;
            }
            match Box::pin(open(&shared, member, number, last_event_id.clone(), None)).await {
                Ok(opened) => break opened,
                Err(why) => shared.tally.borrow_mut().passive.failed(why.to_string()),
            }
        };
        shared.progress.back.add(1);
    }
}

async fn open(
    shared: &Rc<Shared>,
    member: usize,
    number: u32,
    last_event_id: String,
    turn: Option<OwnedSemaphorePermit>,
) -> Result<Opened, Refusal> {
    let mut connection = Connection::resuming(shared, member, last_event_id);
    let head = connection.open(number, turn).await?;
    Ok(connection.follow(&head))
}

/// Reads a stream until it is lost; returns how, and the ID of its last event.
async fn follow(opened: Opened, shared: &Shared, number: u32, storm: &mut watch::Receiver<bool>) -> (Loss, String) {
    let has_come = *storm.borrow();
    let (stream, ended) = match opened {
        Err(early) => *early,
        Ok(mut following) => {
            let lost = tokio::select! {
                biased;
                () = dropped(shared, number, storm), if !has_come => None,
                read = poll_fn(|context| following.read_on(context)) => Some(read.err().unwrap_or(Ended::Properly)),
            };
            let Some(ended) = lost else { return (Loss::Dropped, following.stream.last_event_id()) };
            (following.stream, ended)
        }
    };
    shared.tally.borrow_mut().firsts.end.get_or_insert_with(|| ended.to_string());
    let is_restart = shared.plan.storm.is_some_and(|storm| storm.cause == Cause::Restart);
    let loss = if is_restart && *storm.borrow() { Loss::Restart } else { Loss::Ended };
    (loss, stream.last_event_id())
}

/// Waits until this subscriber is to drop its stream; for ever if it is not.
async fn dropped(shared: &Shared, number: u32, storm: &mut watch::Receiver<bool>) {
    let drops = match shared.plan.storm.map(|storm| storm.cause) {
        Some(Cause::Drop(part)) => part.has(number),
        Some(Cause::Restart) | None => false,
    };
    if !drops || storm.wait_for(|has_come| *has_come).await.is_err() {
        std::future::pending::<()>().await;
    }
}

impl Shared {
    /// A subscriber has lost its stream.
    fn lost(&self, member: usize, loss: Loss) {
        self.tally.borrow_mut().lost(member, loss, clock::now());
        self.progress.closed.add(1);
    }
}
