//! How streams of HTTP/2 shared connections. Pure: `subscribers` notes it through the tally, and [`Http2`] is what a report
//! shows of it.

use serde::{Deserialize, Serialize};

/// The connections that streams of HTTP/2 shared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Http2 {
    /// How many were opened.
    pub connections: u64,
    /// The most streams that one of them had at once.
    pub most_streams: u64,
    /// The fewest streams that the server allowed on one at once; `None` if it never set a limit.
    pub allowed_streams: Option<u64>,
}

impl Http2 {
    /// The same as counts, each with its name.
    pub(super) fn counts(self) -> Vec<(&'static str, u64)> {
        let counts = [("by HTTP/2", Some(self.connections)), ("streams on one at most", Some(self.most_streams))];
        let counts = counts.into_iter().chain([("allowed by the server", self.allowed_streams)]);
        counts.filter_map(|(name, count)| Some((name, count?))).collect()
    }

    /// A connection was opened, on which the server allows so many streams: more than 32 bits can say is any number.
    pub(super) fn opened(&mut self, allowed: usize) {
        self.connections += 1;
        self.allow(u32::try_from(allowed).ok().map(u64::from));
    }

    /// So many streams shared a connection.
    pub(super) fn shared_by(&mut self, streams: usize) {
        self.most_streams = self.most_streams.max(streams as u64);
    }

    /// Adds what another thread has.
    pub(super) fn merge(&mut self, other: Self) {
        self.connections += other.connections;
        self.most_streams = self.most_streams.max(other.most_streams);
        self.allow(other.allowed_streams);
    }

    fn allow(&mut self, allowed: Option<u64>) {
        self.allowed_streams = self.allowed_streams.into_iter().chain(allowed).min();
    }
}
