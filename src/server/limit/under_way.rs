//! Requests that are under way: from their head to the end of their answer, streams that are open apart.

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
