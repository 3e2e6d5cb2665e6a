//! Ctrl-C and SIGTERM in the life of a run. From its creation on they end nothing by themselves: whoever waits, waits here
//! for them too, so that no server is left behind.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::Runtime;

use crate::shutdown::StopSignals;

/// The signals, and what waits for them.
#[derive(Debug)]
pub(super) struct Interrupts {
    runtime: Runtime,
    signals: StopSignals,
}

impl Interrupts {
    pub(super) fn listen() -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let signals = runtime.block_on(async { StopSignals::listen() })?;
        Ok(Self { runtime, signals })
    }

    /// Waits so long; whether a signal came before.
    pub(super) fn within(&mut self, time: Duration) -> bool {
        let Self { runtime, signals } = self;
        runtime.block_on(async { tokio::time::timeout(time, signals.next()).await.is_ok() })
    }

    /// Carries out what needs both.
    pub(super) fn block_on<'s, F: Future>(&'s mut self, work: impl FnOnce(&'s mut StopSignals) -> F) -> F::Output {
        self.runtime.block_on(work(&mut self.signals))
    }
}
