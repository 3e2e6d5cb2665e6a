//! What is to be measured, complete and checked: where, how many, how fast, how long.

use std::time::Duration;

use super::schedule;
use super::{Aside, Endpoint, Past, Publication, Scenario, Slow, Storm, Watched};

/// The most events of a run: each costs 16 bytes per generator thread, for the time until it had reached everyone.
pub const MAX_EVENTS: u64 = 20_000_000;

/// A run before it begins.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What is done; with some, what follows on events means nothing.
    pub scenario: Scenario,
    /// Where subscribers listen.
    pub subscribe: Endpoint,
    /// What they ask for there.
    pub request: Request,
    /// Where publishers post.
    pub publish: Endpoint,
    /// How they do.
    pub publication: Publication,
    /// What the server sends of its own accord.
    pub asides: Vec<Aside>,
    /// How many subscribers there are, at least 1.
    pub connections: u32,
    /// Subscribers per second while they connect; `None` is as fast as the server answers.
    pub ramp: Option<u32>,
    /// Events per second, at least 1.
    pub rate: u32,
    /// How long events are published that do not count yet.
    pub warmup: Duration,
    /// How long events are published that count.
    pub duration: Duration,
    /// How long deliveries are waited for after the last event was published.
    pub drain: Duration,
    /// Bytes of an event's data, at least [`super::MIN_SIZE`].
    pub size: usize,
    /// How many publishers share the events, at least 1.
    pub publishers: u32,
    /// How many threads share the subscribers, at least 1.
    pub threads: u32,
    /// The server, where its processes are to be watched.
    pub watched: Option<Watched>,
    /// What befalls the streams of [`Scenario::Reconnect`].
    pub storm: Option<Storm>,
    /// What [`Scenario::Replay`] publishes before its subscribers come.
    pub past: Option<Past>,
    /// Who reads slowly beside the others.
    pub slow: Option<Slow>,
}

/// What a stream is asked for with, and when it is over.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The body of a POST; without it the request is a GET.
    pub body: Option<Vec<u8>>,
    /// An event with just this data is the last of its stream.
    pub until: Option<String>,
}

impl Plan {
    /// How many events are sent in all.
    pub fn events(&self) -> u64 {
        self.measured().saturating_add(self.warming())
    }

    /// How many events are measured.
    pub(super) fn measured(&self) -> u64 {
        match self.past {
            Some(past) => past.events,
            None if self.scenario.publishes() => schedule::events(self.duration, self.rate),
            None => 0,
        }
    }

    /// How many events come before them.
    pub(super) fn warming(&self) -> u64 {
        if self.scenario.has_latency() { schedule::events(self.warmup, self.rate) } else { 0 }
    }
}

#[cfg(test)]
impl Plan {
    /// A fan-out of nothing by one publisher to one subscriber, for tests to fill in.
    pub(super) fn sample() -> Self {
        let address = "127.0.0.1:1".parse().expect("an address");
        let endpoint = Endpoint { address, host: "host".into(), path: "/".into(), headers: Vec::new() };
        Self {
            scenario: Scenario::Fanout,
            subscribe: endpoint.clone(),
            request: Request::default(),
            publish: endpoint,
            publication: Publication::default(),
            asides: Vec::new(),
            connections: 1,
            ramp: None,
            rate: 1,
            warmup: Duration::ZERO,
            duration: Duration::ZERO,
            drain: Duration::ZERO,
            size: super::MIN_SIZE,
            publishers: 1,
            threads: 1,
            watched: None,
            storm: None,
            past: None,
            slow: None,
        }
    }
}
