//! Running the asynchronous work of a command that ends by itself, by a signal, or because nobody reads its output.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::watch;
use tokio::time::timeout;

use super::exit::Exit;
use super::failure::Failure;
use crate::shutdown::StopSignals;

/// How long work that was told to stop may take to finish: it may be stuck in a write that nobody reads.
const GRACE: Duration = Duration::from_millis(500);

/// Runs the work on this thread, to its end or to the first stop signal, which drops it.
pub(crate) fn until_stopped(work: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    run(async |mut signals| {
        tokio::select! {
            biased;
            _ = signals.next() => Ok(Exit::Interrupted),
            result = work => result,
        }
    })
}

/// The same for work that is told of the first stop signal, and has something to say then. It is dropped by the second
/// one, and after half a second.
pub(crate) fn until_told(work: impl AsyncFnOnce(Stop) -> Result<Exit, Failure>) -> Result<Exit, Failure> {
    run(async |mut signals| {
        let (tell, told) = watch::channel(false);
        let stopped = async {
            signals.next().await;
            tell.send_replace(true);
            // Either is enough.
            let _ = timeout(GRACE, signals.next()).await;
        };
        tokio::select! {
            result = work(Stop(told)) => result,
            () = stopped => Ok(Exit::Interrupted),
        }
    })
}

/// Whether there was a stop signal.
#[derive(Debug)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Waits for it.
    pub(crate) async fn told(&mut self) {
        // The other side goes only with the work that waits here.
        let _ = self.0.wait_for(|told| *told).await;
    }

    /// Whether it came.
    pub(crate) fn is_told(&self) -> bool {
        *self.0.borrow()
    }
}

fn run(work: impl AsyncFnOnce(StopSignals) -> Result<Exit, Failure>) -> Result<Exit, Failure> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let result = runtime.block_on(async { work(StopSignals::listen()?).await });
    // A thread may be stuck in a read of stdin or in a write to a full pipe, with nothing more to do.
    runtime.shutdown_background();
    result
}

/// Waits for something short on a runtime of its own, for a command that is not asynchronous otherwise.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    Builder::new_current_thread().enable_all().build()?.block_on(work)
}
