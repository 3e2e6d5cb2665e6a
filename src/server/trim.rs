//! Gives memory back after a storm of connections.
//!
//! While thousands of clients connect at once, each needs a task and buffers for a moment. The allocator keeps what they
//! leave behind for as long as anything that lies above it lives, which may be forever. So when a storm is over it is
//! told, once, to return what is free.

use std::time::Duration;

/// Connections that make a storm: what fewer of them leave behind is not worth the walk over all memory.
const STORM: usize = 512;

/// How long no connection may have come for a storm to be over.
const CALM: Duration = Duration::from_secs(1);

/// Counts connections to see storms come and go.
#[derive(Debug, Default)]
pub(super) struct Storm {
    connections: usize,
}

impl Storm {
    /// Another connection has come.
    pub(super) fn connection(&mut self) {
        self.connections += 1;
    }

    /// Resolves when a storm is over; never if there was none. To be begun anew after every connection.
    pub(super) async fn is_over(&self) {
        if self.connections < STORM {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(CALM).await;
    }

    /// Returns what is free, on a thread that may take its time.
    pub(super) fn clear(&mut self) {
        self.connections = 0;
        tokio::task::spawn_blocking(trim);
    }
}

#[cfg(target_env = "gnu")]
#[allow(unsafe_code, reason = "the C library has no safe name for this")]
fn trim() {
    // SAFETY: `malloc_trim` may be called at any time from any thread: it takes the locks of the allocator itself, and
    // touches only memory that nobody has allocated.
    unsafe {
        libc::malloc_trim(0);
    }
}

#[cfg(not(target_env = "gnu"))]
fn trim() {}
