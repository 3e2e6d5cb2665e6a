//! What is to be measured, complete and checked: where, how many, how fast, how long.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::schedule;
use super::{Aside, Cause, Endpoint, Past, Publication, Scenario, Sizes, Slow, Storm, Watched, Workers};

/// The most events of a run: each costs 16 bytes per generator thread, for the time until it had reached everyone.
pub const MAX_EVENTS: u64 = 20_000_000;

/// A run before it begins. What is skipped where it is handed to a worker process is of no use there.
#[derive(Clone, Debug, Serialize, Deserialize)]
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
    #[serde(skip)]
    pub publication: Publication,
    /// What the server sends of its own accord.
    pub asides: Vec<Aside>,
    /// How many subscribers there are, at least 1.
    pub connections: u32,
    /// How many of them share a connection of HTTP/2 at most; `None` is HTTP/1.1, where each has one of its own.
    pub streams_per_connection: Option<u32>,
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
    /// How large the data of each event is.
    pub sizes: Sizes,
    /// How many publishers share the events, at least 1.
    pub publishers: u32,
    /// To how many topics the events go in turn, at least 1 and at most as many as there are subscribers. Subscriber `i`
    /// listens to topic `i mod topics`.
    pub topics: u32,
    /// How many threads share the subscribers, of all processes; at least 1, and at least one for each worker.
    pub threads: u32,
    /// Where subscribers have processes of their own; `None` leaves them to this one.
    #[serde(skip)]
    pub workers: Option<Workers>,
    /// The server, where its processes are to be watched.
    #[serde(skip)]
    pub watched: Option<Watched>,
    /// What befalls the streams of [`Scenario::Reconnect`].
    pub storm: Option<Storm>,
    /// What [`Scenario::Replay`] publishes before its subscribers come.
    pub past: Option<Past>,
    /// Who reads slowly beside the others.
    pub slow: Option<Slow>,
}

/// What a stream is asked for with, and when it is over.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Request {
    /// The body of a POST; without it the request is a GET.
    pub body: Option<Vec<u8>>,
    /// An event with just this data is the last of its stream.
    pub until: Option<String>,
}

impl Plan {
    /// How many connections its subscribers have; more, if the server allows fewer streams on each.
    pub fn sockets(&self) -> u64 {
        let slow = self.slow.map_or(0, |slow| slow.connections);
        sockets(self.connections, self.threads, self.streams_per_connection) + u64::from(slow)
    }

    /// How many of them come back after the storm, with a connection more.
    pub(super) fn returns(&self) -> u64 {
        match self.storm.map(|storm| storm.cause) {
            Some(Cause::Drop(part)) => part.of(self.connections).into(),
            Some(Cause::Restart) => self.connections.into(),
            None => 0,
        }
    }

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

    /// How many deliveries are to come of them: each event to the subscribers of its topic.
    pub(super) fn deliveries(&self) -> u64 {
        let topics = u64::from(self.topics);
        let count = |from: u64, to: u64, topic: u64| {
            let before = |end: u64| end.saturating_sub(topic).div_ceil(topics);
            before(to) - before(from)
        };
        let of_topic = |topic| {
            let events = count(self.warming(), self.events(), topic);
            events.saturating_mul(count(0, self.connections.into(), topic))
        };
        (0..topics).map(of_topic).fold(0, u64::saturating_add)
    }

    /// How many events come before them.
    pub(super) fn warming(&self) -> u64 {
        if self.scenario.has_latency() { schedule::events(self.warmup, self.rate) } else { 0 }
    }
}

/// How many connections so many subscribers have on so many threads, which share none.
pub fn sockets(subscribers: u32, threads: u32, streams_per_connection: Option<u32>) -> u64 {
    let Some(most) = streams_per_connection else { return subscribers.into() };
    let threads = threads.clamp(1, subscribers.max(1));
    let (each, more) = (subscribers / threads, subscribers % threads);
    let of = |streams: u32| u64::from(streams.div_ceil(most.max(1)));
    u64::from(more) * of(each + 1) + u64::from(threads - more) * of(each)
}

#[cfg(test)]
impl Plan {
    /// A fan-out of nothing by one publisher to one subscriber, for tests to fill in.
    pub(super) fn sample() -> Self {
        let address = "127.0.0.1:1".parse().expect("an address");
        let endpoint = Endpoint { address, host: "host".into(), path: "/".into(), headers: Vec::new(), tls: None };
        let size = super::Part { least: super::MIN_SIZE, most: super::MIN_SIZE, weight: 1 };
        Self {
            scenario: Scenario::Fanout,
            subscribe: endpoint.clone(),
            request: Request::default(),
            publish: endpoint,
            publication: Publication::default(),
            asides: Vec::new(),
            connections: 1,
            streams_per_connection: None,
            ramp: None,
            rate: 1,
            warmup: Duration::ZERO,
            duration: Duration::ZERO,
            drain: Duration::ZERO,
            sizes: Sizes::mix(vec![size]).expect("a size"),
            publishers: 1,
            topics: 1,
            threads: 1,
            workers: None,
            watched: None,
            storm: None,
            past: None,
            slow: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_share_no_connection() {
        assert_eq!(sockets(1000, 4, None), 1000);
        assert_eq!([1, 2, 3].map(|threads| sockets(1000, threads, Some(100))), [10, 10, 12]);
        assert_eq!([sockets(7, 5, Some(2)), sockets(3, 8, Some(100)), sockets(5, 1, Some(1))], [5, 3, 5]);
    }
}
