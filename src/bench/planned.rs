//! A plan as a report shows it: whoever reads the figures knows what was asked for. It decides nothing.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::endpoint::{self, Endpoint};
use super::figures::{bytes, grouped, seconds};
use super::plan::Plan;
use super::scenario::Scenario;
use super::storm::{Cause, Storm};
use super::{Error, Protocol, Trust, secrets};

/// What was to be done. Secrets in the URLs are masked. What the scenario has nothing to do with is 0 or empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Planned {
    #[serde(skip)]
    pub(super) scenario: Scenario,
    /// Where subscribers listen.
    pub subscribe: String,
    /// Where publishers post.
    pub publish: String,
    /// How many subscribers there are.
    pub connections: u32,
    /// How many were asked for, where there are fewer because no more fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections_asked: Option<u32>,
    /// How many of them share a connection of HTTP/2 at most; `None` is HTTP/1.1.
    pub streams_per_connection: Option<u32>,
    /// How many of them connect per second; `None` is as fast as the server answers.
    pub ramp: Option<u32>,
    /// Events per second.
    pub rate: u32,
    /// How long events are published that do not count yet.
    pub warmup_s: f64,
    /// How long events are published that count.
    pub duration_s: f64,
    /// How long deliveries are waited for at most.
    pub drain_s: f64,
    /// Bytes of an event's data; of several sizes the mean.
    pub size: u64,
    /// All of them, if there are several, as they can be asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sizes: Option<String>,
    /// How many publishers share the events.
    pub publishers: u32,
    /// To how many topics the events go in turn.
    pub topics: u32,
    /// How many threads share the subscribers.
    pub threads: u32,
    /// How many worker processes have them, where this one has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workers: Option<u32>,
    /// The storm of `reconnect`.
    #[serde(flatten)]
    pub storm: Option<PlannedStorm>,
    /// Who reads slowly beside the others.
    #[serde(flatten)]
    pub slow: Option<PlannedSlow>,
    /// Whether subscribers of a replay name the event before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_event_id: Option<bool>,
    /// How many events are measured.
    pub events: u64,
    /// How many deliveries that makes.
    pub deliveries: u64,
}

/// A storm as a report shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlannedStorm {
    /// How many subscribers drop their connections; 0 if the server is restarted.
    pub drop: u32,
    /// Whether the server is restarted.
    pub restart_server: bool,
    /// How long after the beginning of the measured phase it comes.
    pub storm_after_s: f64,
}

/// Slow readers as a report shows them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlannedSlow {
    /// How many there are, beside the subscribers.
    pub slow_connections: u32,
    /// How much each reads at most.
    pub slow_bytes_per_second: u64,
}

impl PlannedStorm {
    fn of(storm: Storm, connections: u32) -> Self {
        let drop = match storm.cause {
            Cause::Drop(part) => part.of(connections),
            Cause::Restart => 0,
        };
        let restart_server = storm.cause == Cause::Restart;
        Self { drop, restart_server, storm_after_s: storm.after.as_secs_f64() }
    }

    /// A sentence for people.
    pub(super) fn in_words(self) -> String {
        let after = seconds(self.storm_after_s);
        if self.restart_server {
            return format!("after {after} the server is stopped and started again");
        }
        format!("after {after} {} drop their connections and come back at once", grouped(self.drop.into()))
    }
}

impl Planned {
    /// That of a plan.
    pub fn of(plan: &Plan) -> Self {
        let publishes = plan.scenario.publishes();
        let is_paced = publishes && plan.past.is_none_or(|past| past.is_paced);
        let seconds = |duration: Duration| duration.as_secs_f64();
        let if_so = |is_so: bool, duration: Duration| if is_so { seconds(duration) } else { 0.0 };
        let holds = !matches!(plan.scenario, Scenario::Connect | Scenario::Replay);
        Self {
            scenario: plan.scenario,
            subscribe: plan.subscribe.shown(),
            publish: if publishes { plan.publish.shown() } else { String::new() },
            connections: plan.connections,
            connections_asked: None,
            streams_per_connection: plan.streams_per_connection,
            ramp: plan.ramp,
            rate: if is_paced { plan.rate } else { 0 },
            warmup_s: if_so(plan.scenario.has_latency(), plan.warmup),
            duration_s: if_so(holds, plan.duration),
            drain_s: if_so(publishes, plan.drain),
            size: if publishes { rounded(plan.sizes.mean()) } else { 0 },
            sizes: plan.sizes.only().is_none().then(|| plan.sizes.to_string()).filter(|_| publishes),
            publishers: if publishes { plan.publishers } else { 0 },
            topics: if publishes { plan.topics } else { 0 },
            threads: plan.threads.min(plan.connections),
            workers: plan.workers.map(|workers| workers.count),
            storm: plan.storm.map(|storm| PlannedStorm::of(storm, plan.connections)),
            slow: plan.slow.map(|slow| PlannedSlow {
                slow_connections: slow.connections,
                slow_bytes_per_second: slow.bytes_per_second,
            }),
            last_event_id: plan.past.map(|past| past.by_id),
            events: plan.measured(),
            deliveries: plan.deliveries(),
        }
    }

    /// What subscribers speak.
    pub(super) fn protocol(&self) -> String {
        let tls = if self.subscribe.starts_with("https:") { " by TLS" } else { "" };
        match self.streams_per_connection {
            Some(most) => format!("HTTP/2{tls}, {} on a connection", grouped(u64::from(most))),
            None => format!("HTTP/1.1{tls}"),
        }
    }

    fn threads(&self) -> String {
        let processes = self.workers.map(|workers| format!(" in {workers} worker processes"));
        grouped(self.threads.into()) + &processes.unwrap_or_default()
    }

    /// The same as facts for people, each with its name.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let count = |number: u32| grouped(u64::from(number));
        let ramp = self
            .ramp
            .map_or_else(|| "as fast as the server answers".to_owned(), |rate| format!("{} per second", count(rate)));
        let target = match (&self.subscribe, &self.publish) {
            (both, publish) if both == publish || publish.is_empty() => vec![("target", both.clone())],
            (subscribe, publish) => vec![("subscribers at", subscribe.clone()), ("publishers at", publish.clone())],
        };
        let slow = self.slow.map_or_else(String::new, |slow| {
            let most = bytes(slow.slow_bytes_per_second);
            format!("; and {} that read {most} per second at most", count(slow.slow_connections))
        });
        let of_asked =
            self.connections_asked.map_or_else(String::new, |asked| format!(" of {} asked for", count(asked)));
        let subscribers = ("subscribers", format!("{}{of_asked}, connecting {ramp}{slow}", count(self.connections)));
        let shared = self.streams_per_connection.map(|_| ("protocol", self.protocol()));
        let threads = ("threads", self.threads());
        if !self.scenario.publishes() {
            let scenario = ("scenario", self.scenario.name().to_owned());
            let held = (self.duration_s > 0.0).then(|| ("measured", seconds(self.duration_s)));
            let subscribers = [subscribers].into_iter().chain(shared);
            return [scenario].into_iter().chain(target).chain(subscribers).chain(held).chain([threads]).collect();
        }
        let size = match &self.sizes {
            None => format!("{} each", bytes(self.size)),
            Some(sizes) => format!("{sizes} bytes, {} on average", bytes(self.size)),
        };
        if let Some(by_id) = self.last_event_id {
            let pace = match self.rate {
                0 => "as fast as the server takes them".to_owned(),
                rate => format!("at {} per second", count(rate)),
            };
            let asks = if by_id { "with the ID of the event before them" } else { "as the URL of subscribers says" };
            let facts = [
                ("scenario", self.scenario.name().to_owned()),
                subscribers,
                ("events", format!("{} of {size}, published first, {pace}", grouped(self.events))),
                ("asked for", asks.to_owned()),
                ("deliveries", grouped(self.deliveries)),
                ("publishers", count(self.publishers)),
                threads,
            ];
            return target.into_iter().chain(facts).collect();
        }
        let storm = self.storm.map(|storm| ("storm", storm.in_words()));
        let topics = (self.topics > 1).then(|| ("topics", format!("{}, in turn", count(self.topics))));
        let facts = [
            ("warm-up", seconds(self.warmup_s)),
            ("measured", format!("{}: {} events", seconds(self.duration_s), grouped(self.events))),
            ("deliveries", grouped(self.deliveries)),
            ("drain", format!("{} at most", seconds(self.drain_s))),
            ("publishers", count(self.publishers)),
            threads,
        ];
        let events = ("events", format!("{} per second of {size}", count(self.rate)));
        let subscribers = [subscribers].into_iter().chain(shared);
        target.into_iter().chain(subscribers).chain([events]).chain(topics).chain(facts).chain(storm).collect()
    }
}

/// A mean that is not negative, without its decimals.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Far below what a u64 holds.
fn rounded(mean: f64) -> u64 {
    mean.round() as u64
}

impl Endpoint {
    /// One that is only to be shown: nothing is looked up, and it leads nowhere.
    ///
    /// # Errors
    /// [`Error::Scheme`] and [`Error::Tls`], as [`Self::resolve`].
    pub fn unresolved(url: &Url, trust: &Trust, protocol: Protocol) -> Result<Self, Error> {
        let tls = endpoint::tls(url, trust, protocol)?;
        let host = url.host_str().unwrap_or_default();
        let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let ip = match url.host() {
            Some(Host::Ipv4(address)) => address.into(),
            Some(Host::Ipv6(address)) => address.into(),
            // Nothing else it can be told of before it is looked up.
            Some(Host::Domain("localhost")) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            _ => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        };
        let address = SocketAddr::new(ip, 0);
        Ok(Self { address, host, path: endpoint::path(url), headers: Vec::new(), tls })
    }

    /// Its URL, with secrets masked.
    fn shown(&self) -> String {
        secrets::argument(&format!("{}://{}{}", self.scheme(), self.host, self.path))
    }
}
