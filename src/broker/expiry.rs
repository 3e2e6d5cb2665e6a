//! Subscriptions end with the tokens for which they were admitted: one timer for all of them.

use std::time::{Duration, SystemTime};

use tokio::time::sleep;

use super::{Broker, End};

/// Subscriptions that are ended in one go.
const AT_ONCE: usize = 256;

/// How long nobody looks what time it is: the clock may be set meanwhile.
const LOOK: Duration = Duration::from_secs(30);

impl Broker {
    /// Ends each subscription when its token is over. Never resolves.
    pub async fn watch_tokens(&self) {
        loop {
            let now = SystemTime::now();
            let (over, next) = self.admission.roster().over(now, AT_ONCE);
            for id in over {
                self.end(id, End::TokenExpired);
            }
            let left = next.map_or(LOOK, |next| next.duration_since(now).unwrap_or_default().min(LOOK));
            tokio::select! {
                () = sleep(left) => {}
                () = self.admission.an_earlier_end() => {}
            }
        }
    }
}
