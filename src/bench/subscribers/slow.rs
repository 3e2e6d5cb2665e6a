//! A subscriber that reads slowly, whatever there is: what it costs a server, and those beside it.

use std::future::poll_fn;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout};

use super::Shared;
use super::http1::Connection;
use super::stream::{Ended, Following};
use crate::bench::Slow;

/// What the kernel is asked to hold for a slow reader, in bytes: with the usual megabytes it would read on for it, and hide
/// for minutes that nobody does. It takes twice as much as it is told, and needs some thousands.
pub(super) const RECEIVE_BUFFER: u32 = 4 << 10;

/// How often one reads in a second, if there is anything.
const READS_PER_SECOND: u64 = 4;

/// How long nothing may come for a stream to be taken as one that goes on, and how long anything may.
const QUIET: Duration = Duration::from_millis(250);
pub(in crate::bench) const LOOK_LIMIT: Duration = Duration::from_secs(2);

/// Subscribes as number `number` of the run, and reads slowly until the stream ends or the run is over. What the server has
/// sent before it ended the stream is still under way then, so whether it has is looked for behind that.
pub(super) async fn dawdle(shared: Rc<Shared>, member: usize, number: u32, turn: OwnedSemaphorePermit, slow: Slow) {
    let mut connection = Connection::new(&shared, member);
    let opened = match Box::pin(connection.open(number, Some(turn))).await {
        Ok(head) => connection.follow(&head),
        Err(why) => return shared.refused(member, why),
    };
    let mut published = shared.published.clone();
    let ended = match opened {
        Ok(mut following) => {
            let ended = tokio::select! {
                ended = read(&mut following, slow.bytes_per_second.max(1)) => Some(ended),
                _ = published.wait_for(Option::is_some) => None,
            };
            if ended.is_some() { ended } else { look_for_end(&mut following).await }
        }
        Err(early) => Some(early.1),
    };
    if let Some(ended) = ended {
        shared.ended(member, &ended);
    }
    shared.progress.looked.add(1);
}

/// Reads on at once and forgets what comes, until the end; `None` if there is none in time.
async fn look_for_end(following: &mut Following) -> Option<Ended> {
    let limit = Instant::now() + LOOK_LIMIT;
    while Instant::now() < limit {
        match timeout(QUIET, poll_fn(|context| following.forget(context))).await {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) => return Some(Ended::Properly),
            Ok(Err(ended)) => return Some(ended),
            Err(_) => return None,
        }
    }
    None
}

/// Reads at most so many bytes per second; returns why there is nothing more.
async fn read(following: &mut Following, rate: u64) -> Ended {
    let most = usize::try_from(rate / READS_PER_SECOND).unwrap_or(usize::MAX).max(1);
    loop {
        match poll_fn(|context| following.read_up_to(most, context)).await {
            Ok(Some(count)) => tokio::time::sleep(Duration::from_secs(count as u64) / capped(rate)).await,
            Ok(None) => return Ended::Properly,
            Err(ended) => return ended,
        }
    }
}

/// A rate to divide a duration by.
fn capped(rate: u64) -> u32 {
    u32::try_from(rate).unwrap_or(u32::MAX)
}
