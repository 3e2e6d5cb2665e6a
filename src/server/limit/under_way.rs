//! Requests that are under way: from their head to that of their answer; newline-delimited JSON to the end of its answer. Streams
//! that are open do not count.

use std::sync::atomic::Ordering;

use crate::server::refusal::Refusal;
use crate::server::router::App;

/// Counts one request; dropping it ends that.
pub(in crate::server) struct UnderWay(App);

impl UnderWay {
    /// Counts a request, if one more may be.
    pub(in crate::server) fn enter(app: &App) -> Result<Self, Refusal> {
        let most = app.settings.bounds.requests;
        if app.gates.under_way.fetch_add(1, Ordering::Relaxed) >= most {
            app.gates.under_way.fetch_sub(1, Ordering::Relaxed);
            return Err(Refusal::TooManyRequests(most));
        }
        Ok(Self(app.clone()))
    }

    /// Counts a request on after its handler has answered.
    pub(in crate::server) fn go_on(app: &App) -> Self {
        app.gates.under_way.fetch_add(1, Ordering::Relaxed);
        Self(app.clone())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.gates.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}
