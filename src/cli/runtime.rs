//! Running the asynchronous work of a command that ends by itself, by a signal, or because nobody reads its output.

use std::future::Future;

use tokio::runtime::Builder;

use super::exit::Exit;
use super::failure::Failure;
use crate::shutdown::StopSignals;

/// Runs the work on this thread, to its end or to the first stop signal, which drops it.
pub(crate) fn until_stopped(work: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let result = runtime.block_on(async {
        let mut signals = StopSignals::listen()?;
        tokio::select! {
            biased;
            _ = signals.next() => Ok(Exit::Interrupted),
            result = work => result,
        }
    });
    // A thread may be stuck in a read of stdin or in a write to a full pipe, with nothing more to do.
    runtime.shutdown_background();
    result
}
