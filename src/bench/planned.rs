//! A plan as a report shows it: whoever reads the figures knows what was asked for. It decides nothing.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use super::endpoint::Endpoint;
use super::figures::{bytes, grouped, seconds};
use super::plan::Plan;
use super::scenario::Scenario;
use super::secrets;
use super::storm::{Cause, Storm};

/// What was to be done. Secrets in the URLs are masked. What the scenario has nothing to do with is 0 or empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Planned {
    #[serde(skip)]
    scenario: Scenario,
    /// Where subscribers listen.
    pub subscribe: String,
    /// Where publishers post.
    pub publish: String,
    /// How many subscribers there are.
    pub connections: u32,
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
    /// Bytes of an event's data.
    pub size: u64,
    /// How many publishers share the events.
    pub publishers: u32,
    /// How many threads share the subscribers.
    pub threads: u32,
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
    fn in_words(self) -> String {
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
            ramp: plan.ramp,
            rate: if is_paced { plan.rate } else { 0 },
            warmup_s: if_so(plan.scenario.has_latency(), plan.warmup),
            duration_s: if_so(holds, plan.duration),
            drain_s: if_so(publishes, plan.drain),
            size: if publishes { plan.size as u64 } else { 0 },
            publishers: if publishes { plan.publishers } else { 0 },
            threads: plan.threads.min(plan.connections),
            storm: plan.storm.map(|storm| PlannedStorm::of(storm, plan.connections)),
            slow: plan.slow.map(|slow| PlannedSlow {
                slow_connections: slow.connections,
                slow_bytes_per_second: slow.bytes_per_second,
            }),
            last_event_id: plan.past.map(|past| past.by_id),
            events: plan.measured(),
            deliveries: plan.measured().saturating_mul(u64::from(plan.connections)),
        }
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
        let subscribers = ("subscribers", format!("{}, connecting {ramp}{slow}", count(self.connections)));
        let threads = ("threads", count(self.threads));
        if !self.scenario.publishes() {
            let scenario = ("scenario", self.scenario.name().to_owned());
            let held = (self.duration_s > 0.0).then(|| ("measured", seconds(self.duration_s)));
            return [scenario].into_iter().chain(target).chain([subscribers]).chain(held).chain([threads]).collect();
        }
        if let Some(by_id) = self.last_event_id {
            let pace = match self.rate {
                0 => "as fast as the server takes them".to_owned(),
                rate => format!("at {} per second", count(rate)),
            };
            let asks = if by_id { "with the ID of the event before them" } else { "as the URL of subscribers says" };
            let facts = [
                ("scenario", self.scenario.name().to_owned()),
                subscribers,
                ("events", format!("{} of {} each, published first, {pace}", grouped(self.events), bytes(self.size))),
                ("asked for", asks.to_owned()),
                ("deliveries", grouped(self.deliveries)),
                ("publishers", count(self.publishers)),
                threads,
            ];
            return target.into_iter().chain(facts).collect();
        }
        let facts = [
            subscribers,
            ("events", format!("{} per second of {} each", count(self.rate), bytes(self.size))),
            ("warm-up", seconds(self.warmup_s)),
            ("measured", format!("{}: {} events", seconds(self.duration_s), grouped(self.events))),
            ("deliveries", grouped(self.deliveries)),
            ("drain", format!("{} at most", seconds(self.drain_s))),
            ("publishers", count(self.publishers)),
            threads,
        ];
        let storm = self.storm.map(|storm| ("storm", storm.in_words()));
        target.into_iter().chain(facts).chain(storm).collect()
    }
}

impl Endpoint {
    /// One that is only to be shown: nothing is looked up, and it leads nowhere.
    pub fn unresolved(url: &Url) -> Self {
        let host = url.host_str().unwrap_or_default();
        let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let path = url[url::Position::BeforePath..url::Position::AfterQuery].to_owned();
        Self { address: SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0), host, path, headers: Vec::new() }
    }

    /// Its URL, with secrets masked.
    fn shown(&self) -> String {
        secrets::argument(&format!("http://{}{}", self.host, self.path))
    }
}
