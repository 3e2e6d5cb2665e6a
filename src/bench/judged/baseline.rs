//! The report of an earlier run, and how a new one stands to it. Only times are judged: what is lost has thresholds.

use serde::{Deserialize, Serialize};

use super::metric::Metric;
use super::spread::Spread;
use crate::bench::{
    BUILDS, Deliveries, Environment, Events, Percentiles, Planned, PlannedStorm, Reconnects, Replay, Report, Scenario,
    Streams,
};

/// The names of the figures that are compared where events are published.
const PUBLISHED: [&str; 5] = ["p50", "p90", "p99", "last.p99", "lost"];

/// Those of a scenario in which streams are lost, beside them.
const RETURNED: [&str; 4] = ["reconnect.p50", "reconnect.p99", "next-event.p99", "gap"];

/// Those of the other scenarios, as far as each has them.
const OTHERS: [&str; 11] = [
    "connect.p50",
    "first-byte.p50",
    "first-byte.p99",
    "first-event.p50",
    "first-event.p99",
    "replay.p50",
    "replay.p99",
    "event-gap.p50",
    "event-gap.p99",
    "failed",
    "lost",
];

/// How many runs one call may have: their reports are all kept until the end.
pub const MOST_RUNS: usize = 100;

/// The earlier report: that of one run, or of each of several.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    reports: Vec<Report>,
}

/// Why a text is no report.
#[derive(Debug, thiserror::Error)]
pub enum NotAReport {
    /// It is no JSON, or JSON of something else.
    #[error("it is no report of `sse bench -o json`")]
    Json(#[from] serde_json::Error),
    /// It has a list of runs, and none in it.
    #[error("there is no run in it")]
    Empty,
    /// It has more runs than there can be of one call.
    #[error("there are more than {MOST_RUNS} runs in it")]
    TooMany,
}

/// How a run stands to a baseline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// By what part a time may be worse.
    pub regression: f64,
    /// One for each figure.
    pub figures: Vec<Compared>,
    /// What is not as it was then, in sentences.
    pub differences: Vec<String>,
    /// Whether no time is worse by more than that, and one could be compared at all.
    pub met: bool,
}

/// A figure then and now; `None` where it is not known.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// Its name, as thresholds have it.
    pub figure: String,
    /// The median of the runs: milliseconds, or how many.
    pub now: Option<f64>,
    /// The same of the baseline.
    pub baseline: Option<f64>,
    /// `now / baseline`; `None` too where that was 0.
    pub ratio: Option<f64>,
    /// Whether it is a time that is worse than allowed.
    pub worse: bool,
}

impl Comparison {
    /// A sentence for each figure that is worse than allowed, or for that there is none to compare.
    pub fn missed(&self) -> Vec<String> {
        let allowed = 1.0 + self.regression;
        let sentence = |(figure, ratio): (&str, f64)| {
            let (ratio, allowed) = apart(ratio, allowed);
            format!("{figure} is {ratio} times what it was, and {allowed} times is allowed")
        };
        let worse = self.figures.iter().filter(|compared| compared.worse);
        let worse: Vec<String> =
            worse.filter_map(|compared| Some((compared.figure.as_str(), compared.ratio?))).map(sentence).collect();
        if worse.is_empty() && !self.met {
            return vec!["no time rests on enough samples to be compared".to_owned()];
        }
        worse
    }
}

/// Two numbers with as many decimals as it takes to tell them apart, and two at least.
fn apart(one: f64, other: f64) -> (String, String) {
    let shown = |decimals| (format!("{one:.decimals$}"), format!("{other:.decimals$}"));
    (2..6).map(shown).find(|(one, other)| one != other).unwrap_or_else(|| shown(6))
}

impl Compared {
    /// One of its values for people, without its unit.
    pub fn shown(&self, value: Option<f64>) -> Option<String> {
        Some(self.figure.parse::<Metric>().ok()?.shown(value?))
    }

    /// Whether it is a time: how many there are of something is only shown.
    pub fn is_judged(&self) -> bool {
        self.figure.parse::<Metric>().is_ok_and(Metric::is_time)
    }

    /// A sentence where only one side knows it: what passes then did not pass by its value.
    fn one_sided(&self) -> Option<String> {
        let (unknown, known) = match (self.now, self.baseline) {
            (None, Some(_)) => ("this run", "the baseline"),
            (Some(_), None) => ("the baseline", "this run"),
            _ => return None,
        };
        let figure = &self.figure;
        Some(format!("{figure} is not compared: {known} has enough samples for it, and {unknown} too few"))
    }
}

/// What is read of a saved report.
#[derive(Deserialize)]
struct Saved {
    #[serde(default)]
    scenario: Scenario,
    events: Events,
    deliveries: Deliveries,
    streams: Option<Streams>,
    reconnect: Option<Reconnects>,
    replay: Option<Replay>,
    latency_ms: Percentiles,
    last_delivery_ms: Percentiles,
    connect_ms: Percentiles,
    first_byte_ms: Percentiles,
    first_event_ms: Percentiles,
    valid: bool,
    plan: Planned,
    environment: Place,
}

#[derive(Deserialize)]
struct SavedRuns {
    runs: Option<Vec<Saved>>,
}

#[derive(Deserialize)]
struct Place {
    kernel: String,
    cpu: Option<String>,
    cpus: Option<u64>,
    build: Option<String>,
    pinned_to: Option<String>,
    server_pinned_to: Option<String>,
}

impl Baseline {
    /// Reads what `sse bench -o json` wrote.
    ///
    /// # Errors
    /// [`NotAReport`] for anything else.
    pub fn parse(json: &[u8]) -> Result<Self, NotAReport> {
        let saved = match serde_json::from_slice::<SavedRuns>(json)?.runs {
            Some(runs) if runs.is_empty() => return Err(NotAReport::Empty),
            Some(runs) if runs.len() > MOST_RUNS => return Err(NotAReport::TooMany),
            Some(runs) => runs,
            None => vec![serde_json::from_slice(json)?],
        };
        Ok(Self { reports: saved.into_iter().map(Report::from).collect() })
    }

    /// What it has measured.
    pub fn scenario(&self) -> Scenario {
        self.reports.first().map_or_else(Scenario::default, |report| report.scenario)
    }

    /// Holds the medians of the runs against it; a time may be worse by `regression`, a part of what it was.
    pub fn compare(&self, reports: &[Report], regression: f64) -> Comparison {
        let scenario = reports.first().map_or_else(Scenario::default, |report| report.scenario);
        let names = if scenario.has_latency() { [&PUBLISHED[..], &RETURNED].concat() } else { OTHERS.to_vec() };
        let metrics = names.into_iter().filter_map(|name| name.parse::<Metric>().ok());
        let metrics = metrics.filter(|metric| metric.known_in(scenario).is_ok());
        let compared = |metric| self.compare_metric(metric, reports, regression);
        let figures: Vec<(Metric, Compared)> = metrics.map(|metric| (metric, compared(metric))).collect();
        let is_told = figures.iter().any(|(metric, it)| metric.is_time() && it.now.is_some() && it.baseline.is_some());
        let figures: Vec<Compared> = figures.into_iter().map(|(_, compared)| compared).collect();
        let mut differences = self.differences(reports);
        differences.extend(figures.iter().filter_map(Compared::one_sided));
        let met = is_told && !figures.iter().any(|figure| figure.worse);
        Comparison { regression, figures, differences, met }
    }

    fn compare_metric(&self, metric: Metric, reports: &[Report], regression: f64) -> Compared {
        let median = |reports| Spread::of(metric, reports).ok().map(|spread| spread.median.value);
        let (now, baseline) = (median(reports), median(&self.reports));
        let both = now.zip(baseline);
        Compared {
            figure: metric.to_string(),
            now,
            baseline,
            ratio: both.filter(|(_, then)| *then > 0.0).map(|(now, then)| now / then),
            worse: metric.is_time() && both.is_some_and(|(now, then)| now > then * (1.0 + regression)),
        }
    }

    fn differences(&self, reports: &[Report]) -> Vec<String> {
        let (Some(then), Some(now)) = (self.reports.first(), reports.first()) else { return Vec::new() };
        let mut differences = Vec::new();
        for ((name, then), (_, now)) in conditions(then).into_iter().zip(conditions(now)) {
            if then != now {
                differences.push(format!("the baseline has another {name}: {then}, and now it is {now}"));
            }
        }
        if self.reports.iter().any(|report| !report.valid) {
            differences.push("the baseline is of a run that was not valid".to_owned());
        }
        differences
    }
}

/// What has to be the same for figures to be comparable.
fn conditions(report: &Report) -> [(&'static str, String); 20] {
    let (plan, place) = (&report.plan, &report.environment);
    let (slow, slow_rate) = plan.slow.map_or((0, 0), |slow| (slow.slow_connections, slow.slow_bytes_per_second));
    let replayed = if report.scenario == Scenario::Replay { plan.events } else { 0 };
    let processors = |list: &Option<String>| list.clone().unwrap_or_else(|| "unknown".to_owned());
    // Only where opening connections is all there is it matters how fast that was to be.
    let ramp = plan.ramp.filter(|_| report.scenario == Scenario::Connect);
    [
        ("scenario", report.scenario.name().to_owned()),
        ("number of slow subscribers", slow.to_string()),
        ("speed of slow subscribers", format!("{slow_rate} bytes per second")),
        ("storm", plan.storm.map_or_else(|| "none".to_owned(), PlannedStorm::in_words)),
        ("number of replayed events", replayed.to_string()),
        ("beginning of the replay", if plan.last_event_id == Some(false) { "the URL's" } else { "an ID" }.to_owned()),
        ("ramp", ramp.map_or_else(|| "none".to_owned(), |ramp| ramp.to_string())),
        ("rate", plan.rate.to_string()),
        ("size", plan.sizes.clone().unwrap_or_else(|| plan.size.to_string())),
        ("number of connections", plan.connections.to_string()),
        ("number of publishers", plan.publishers.to_string()),
        // A report of old says nothing of topics.
        ("number of topics", plan.topics.max(1).to_string()),
        ("number of threads", plan.threads.to_string()),
        ("protocol", plan.protocol()),
        ("CPU", place.cpu.clone().unwrap_or_else(|| "unknown".to_owned())),
        ("number of CPUs", place.cpus.map_or_else(|| "unknown".to_owned(), |count| count.to_string())),
        ("kernel", place.kernel.clone()),
        ("build", place.build.to_owned()),
        ("set of CPUs for the generator", processors(&place.pinned_to)),
        ("set of CPUs for the server", processors(&place.server_pinned_to)),
    ]
}

impl From<Saved> for Report {
    fn from(saved: Saved) -> Self {
        let Place { kernel, cpu, cpus, pinned_to, server_pinned_to, build } = saved.environment;
        let build = BUILDS.into_iter().find(|known| build.as_deref() == Some(known)).unwrap_or_default();
        Self {
            scenario: saved.scenario,
            events: saved.events,
            deliveries: saved.deliveries,
            streams: saved.streams,
            reconnect: saved.reconnect,
            replay: saved.replay,
            latency_ms: saved.latency_ms,
            last_delivery_ms: saved.last_delivery_ms,
            connect_ms: saved.connect_ms,
            first_byte_ms: saved.first_byte_ms,
            first_event_ms: saved.first_event_ms,
            valid: saved.valid,
            plan: saved.plan,
            environment: Environment {
                build,
                kernel,
                cpu,
                cpus,
                pinned_to,
                server_pinned_to,
                ..Environment::default()
            },
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::PlannedSlow;

    fn report(p50: f64, lost: u64) -> Report {
        Report {
            events: Events { sent: 100, ..Events::default() },
            deliveries: Deliveries { lost, ..Deliveries::default() },
            latency_ms: Percentiles { p50: Some(p50), p99: Some(9.0), count: 100, ..Percentiles::default() },
            valid: true,
            ..Report::default()
        }
    }

    fn baseline(report: &Report) -> Baseline {
        Baseline::parse(&serde_json::to_vec(report).expect("JSON")).expect("a report")
    }

    #[test]
    fn a_time_that_is_worse_than_allowed_is_a_regression_and_a_loss_is_only_shown() {
        let met = |now, then| baseline(&report(then, 0)).compare(&[report(now, 5)], 0.1).met;
        assert!(met(10.9, 10.0) && met(5.0, 10.0));
        assert!(!met(11.1, 10.0));
        let figures = baseline(&report(4.0, 0)).compare(&[report(6.0, 5)], 0.1).figures;
        assert_eq!((figures[0].ratio, figures[0].worse), (Some(1.5), true));
        assert_eq!((figures[4].now, figures[4].ratio, figures[4].worse), (Some(5.0), None, false));
        assert_eq!(figures[2].now, None, "a p99 of 100 events says nothing");
    }

    #[test]
    fn a_ratio_that_is_just_worse_is_shown_with_the_digits_that_make_it_so() {
        let missed = |now, regression| baseline(&report(10.0, 0)).compare(&[report(now, 0)], regression).missed();
        assert_eq!(missed(11.03, 0.1), ["p50 is 1.103 times what it was, and 1.100 times is allowed"]);
        assert_eq!(missed(20.0, 0.025), ["p50 is 2.00 times what it was, and 1.02 times is allowed"]);
    }

    #[test]
    fn the_events_of_a_replay_have_to_be_as_many() {
        let replay = |events| {
            let plan = Planned { events, ..Planned::default() };
            Report { scenario: Scenario::Replay, plan, replay: Some(Replay::default()), ..Report::default() }
        };
        let differences = baseline(&replay(1_000)).compare(&[replay(100_000)], 0.1).differences;
        assert_eq!(differences[0], "the baseline has another number of replayed events: 1000, and now it is 100000");
    }

    #[test]
    fn what_is_null_in_a_report_is_not_known() {
        let known = report(4.0, 0);
        let latency_ms = Percentiles { p50: None, p90: Some(5.0), ..known.latency_ms };
        let comparison = baseline(&Report { latency_ms, ..known.clone() }).compare(&[known], 0.1);
        assert_eq!((comparison.figures[0].now, comparison.figures[0].baseline), (Some(4.0), None));
        assert!(comparison.differences[0].starts_with("p50 is not compared: this run has enough"), "{comparison:?}");
    }

    #[test]
    fn nothing_to_compare_is_no_success() {
        let median = "p50 is not compared: the baseline has enough samples for it, and this run too few";
        let few = Report { events: Events { sent: 19, ..Events::default() }, ..report(1.0, 0) };
        let comparison = baseline(&report(1.0, 0)).compare(&[few], 0.1);
        assert_eq!((comparison.met, comparison.differences), (false, vec![median.to_owned()]));
    }

    #[test]
    fn other_circumstances_are_said() {
        let mut now = report(1.0, 0);
        now.plan.rate = 7;
        now.environment.cpu = Some("Z80".to_owned());
        now.environment.build = "debug";
        now.plan.slow = Some(PlannedSlow { slow_connections: 5, slow_bytes_per_second: 1 });
        now.plan.storm = Some(PlannedStorm { drop: 10, restart_server: false, storm_after_s: 2.0 });
        let plan = now.plan.clone();
        assert_eq!(baseline(&now).reports[0].plan, plan, "what a scenario has of its own is read too");
        let differences = baseline(&report(1.0, 0)).compare(&[now], 0.1).differences;
        assert_eq!(
            differences,
            [
                "the baseline has another number of slow subscribers: 0, and now it is 5",
                "the baseline has another speed of slow subscribers: 0 bytes per second, and now it is 1 bytes per second",
                "the baseline has another storm: none, and now it is after 2 s 10 drop their connections and come back at \
                 once",
                "the baseline has another rate: 0, and now it is 7",
                "the baseline has another CPU: unknown, and now it is Z80",
                "the baseline has another build: , and now it is debug",
            ]
        );
    }

    #[test]
    fn each_scenario_has_figures_of_its_own() {
        let streams = |p50| {
            let gap_ms = Percentiles { p50: Some(p50), count: 50, ..Percentiles::default() };
            let streams = Some(Streams { gap_ms, requests: 4, failed: 1, ..Streams::default() });
            Report { scenario: Scenario::Stream, streams, ..Report::default() }
        };
        let comparison = baseline(&streams(4.0)).compare(&[streams(6.0)], 0.1);
        let known: Vec<&str> = comparison.figures.iter().map(|compared| compared.figure.as_str()).collect();
        let own = "connect.p50 first-byte.p50 first-byte.p99 first-event.p50 first-event.p99 event-gap.p50 event-gap.p99 \
                   failed";
        assert_eq!(known.join(" "), own);
        let gap = &comparison.figures[5];
        assert_eq!(
            (gap.now, gap.baseline, gap.worse, comparison.figures[7].now),
            (Some(6.0), Some(4.0), true, Some(1.0))
        );
        let connect = Report { scenario: Scenario::Connect, ..Report::default() };
        let comparison = baseline(&report(1.0, 0)).compare(&[connect], 0.1);
        assert_eq!(comparison.differences[0], "the baseline has another scenario: fanout, and now it is connect");
        assert_eq!((comparison.figures.len(), comparison.met), (3, false));
    }

    #[test]
    fn a_baseline_of_several_runs_stands_by_its_median() {
        let runs = serde_json::json!({ "runs": [report(9.0, 0), report(1.0, 0), report(4.0, 0)] });
        let baseline = Baseline::parse(runs.to_string().as_bytes()).expect("a report");
        assert_eq!(baseline.compare(&[report(4.0, 0)], 0.1).figures[0].baseline, Some(4.0));
        let runs = serde_json::json!({ "runs": vec![report(9.0, 0); MOST_RUNS + 1] });
        assert!(matches!(Baseline::parse(runs.to_string().as_bytes()), Err(NotAReport::TooMany)));
    }

    #[test]
    fn what_is_no_report_is_refused() {
        for text in ["", "{}", "[]", "null", r#"{"runs":[]}"#, r#"{"runs":[{}]}"#, r#"{"runs":null}"#, "p50 3"] {
            assert!(Baseline::parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
