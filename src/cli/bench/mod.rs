//! `sse bench`: the options of the load generator, its life as a process, and how its report is shown.
//!
//! What is measured and how is `crate::bench`'s; here are the broker of its own that it may start, the signals that end
//! it early, the progress while it runs, and the exit code.

mod broker;
mod columns;
mod conduct;
mod dry_run;
mod fields;
mod files;
mod fit;
mod form;
mod hints;
mod interrupts;
mod judged;
mod pins;
mod presets;
mod progress;
mod replays;
mod runs;
mod said;
mod scenario;
mod search;
mod server;
mod sizes;
mod slowness;
mod spawned;
mod storms;
mod table;
mod targets;
mod topics;
mod wire;
mod workers;

use std::io::Write as _;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum, value_parser};
use url::Url;

use super::exit::Exit;
use super::failure::Failure;
use super::{Common, descriptors, values};
use crate::bench::{
    Endpoint, Header, Histograms, Judgement, MOST_WORKERS, Plan, Progress, Protocol, Report, Scenario, Sizes, Watched,
    Workers,
};
use broker::BrokerLoad;
use conduct::Conductor;
use files::{FileOptions, Files};
use fit::{Fit, Room};
use form::Form;
use hints::failure;
use judged::{Judge, JudgeOptions};
use replays::ReplayOptions;
use runs::Runs;
use search::{Quest, SearchOptions};
use server::{Server, ServerOptions};
use slowness::SlowOptions;
use storms::StormOptions;
use targets::Targets;
use wire::{Wire, WireOptions};
pub(super) use workers::{is_wanted as is_worker, run as work};

/// The largest payload: four orders of magnitude above the default, and far below what a stream is read with.
const MAX_SIZE: u64 = 16 << 20;

/// How many subscribers there are unless it is said: enough to see a fan-out. Those of `stream` make a request after the
/// other: a model behind it is not to get a thousand at once because somebody tried it out.
const SUBSCRIBERS: u32 = 1000;
const STREAMS: u32 = 1;

/// The most subscribers.
const SUBSCRIBERS_AT_MOST: u32 = 1_000_000;

/// The topic of a broker that is started for the run.
const OWN_TOPIC: &str = "/events/bench";

/// Measure a server: many subscribers, events at a fixed rate, and what became of each.
///
/// Publishes on a schedule that no answer delays, and measures from the time at which an event should have been sent to
/// the time at which a subscriber has read it. Every event is accounted for at every subscriber: lost, repeated and
/// reordered deliveries are counted exactly. A run in which this program was the bottleneck is marked as not valid, and
/// ends with exit code 5, as does one that misses a threshold.
#[derive(Debug, Args)]
#[command(after_long_help = fields::HELP)]
pub(crate) struct Options {
    #[command(flatten)]
    targets: Targets,
    // Like the targets before the others: it looks at what is typed of them, and clap hands that out only once.
    #[command(flatten)]
    search: SearchOptions,
    /// How many subscribers there are: 1000 if it is not given, and 1 with `stream`, whose requests may be dear.
    #[arg(short, long, env = "SSE_BENCH_CONNECTIONS", value_name = "COUNT")]
    #[arg(value_parser = value_parser!(u32).range(1..=i64::from(SUBSCRIBERS_AT_MOST)))]
    connections: Option<u32>,
    /// Where more subscribers are asked for than fit into the files that this process and its workers may open: use as many
    /// as fit, and say so in the report.
    #[arg(long, env = "SSE_BENCH_CLAMP", value_parser = BoolishValueParser::new())]
    clamp: bool,
    /// How many events are published per second.
    #[arg(short, long, env = "SSE_BENCH_RATE", value_name = "COUNT", default_value_t = 100)]
    #[arg(value_parser = value_parser!(u32).range(1..=1_000_000))]
    rate: u32,
    /// How long is measured.
    #[arg(short, long, env = "SSE_BENCH_DURATION", value_name = "DURATION", default_value = "10s")]
    #[arg(value_parser = values::positive_duration)]
    duration: Duration,
    /// How long events are published before that, to warm up.
    #[arg(long, env = "SSE_BENCH_WARMUP", value_name = "DURATION", default_value = "1s", value_parser = values::duration)]
    warmup: Duration,
    /// How long deliveries are waited for after the last publish; less if everything is in before.
    #[arg(long, env = "SSE_BENCH_DRAIN", value_name = "DURATION", default_value = "10s", value_parser = values::duration)]
    drain: Duration,
    /// The size of an event's data: one size, a range such as 200..4k, of which each size is as likely, or several of either
    /// with weights, such as 200:90,4k:9,64k:1.
    #[arg(long, env = "SSE_BENCH_SIZE", value_name = "SIZES", default_value = "200", value_parser = sizes::parse)]
    size: Sizes,
    /// How many publishers share the events; each has a connection of its own.
    #[arg(long, env = "SSE_BENCH_PUBLISHERS", value_name = "COUNT", default_value_t = 1)]
    #[arg(value_parser = value_parser!(u32).range(1..=1000))]
    publishers: u32,
    /// How many threads share the subscribers.
    #[arg(long, env = "SSE_BENCH_THREADS", value_name = "COUNT", default_value_t = 1)]
    #[arg(value_parser = value_parser!(u32).range(1..=1000))]
    threads: u32,
    /// How many processes share the subscribers: 1 is this one alone, more are worker processes, of which each may open as
    /// many files. Without it, as many as the subscribers take: 1, unless they need more files than a process may open.
    #[arg(long, env = "SSE_BENCH_WORKERS", value_name = "COUNT")]
    #[arg(value_parser = value_parser!(u32).range(1..=i64::from(MOST_WORKERS)))]
    workers: Option<u32>,
    /// How many subscribers connect per second; without it, as fast as the server answers.
    #[arg(long, env = "SSE_BENCH_RAMP", value_name = "COUNT", value_parser = value_parser!(u32).range(1..=1_000_000))]
    ramp: Option<u32>,
    /// How the report is written to stdout.
    #[arg(short, long, env = "SSE_BENCH_OUTPUT", value_name = "FORMAT", default_value = "text")]
    output: Format,
    /// Say what would be done, and what it needs, and do nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    slowness: SlowOptions,
    #[command(flatten)]
    storms: StormOptions,
    #[command(flatten)]
    replays: ReplayOptions,
    #[command(flatten)]
    server: ServerOptions,
    #[command(flatten)]
    wire: WireOptions,
    #[command(flatten)]
    judge: JudgeOptions,
    #[command(flatten)]
    files: FileOptions,
}

/// In which form requests go out, and over what.
type Requests<'r> = (&'r Form, &'r Wire);

/// How large a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Extent {
    connections: u32,
    rate: u32,
    duration: Duration,
    /// How many processes share the subscribers.
    workers: u32,
}

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table for people.
    Text,
    /// One JSON object.
    Json,
}

pub(crate) fn run(options: &Options, common: &Common) -> Result<Exit, Failure> {
    let (targets, form, wire) = (options.targets.urls()?, options.targets.form()?, options.wire.wire()?);
    options.targets.check_topics(targets.as_ref(), &form)?;
    let over_tls = targets.as_ref().is_some_and(|(subscribe, _)| subscribe.scheme() == "https");
    if !over_tls && (options.judge.is_about_tls() || options.search.is_about_tls()) {
        let sentence = "the times of tls are those of an https URL, and subscribers have none";
        return Err(Failure::usage(sentence));
    }
    options.server.check(targets.is_some(), options.storms.restart_server())?;
    options.storms.check(options.duration)?;
    let judge = Judge::new(&options.judge, options.targets.scenario())?;
    if options.judge.runs > 1 && options.files.show_one_run() {
        let sentence = "--report, --hgrm, --hlog and --csv show one run, and --runs asks for several";
        return Err(Failure::usage(sentence).hint("-o json has them all"));
    }
    let open_files = descriptors::raise();
    let room = options.room(open_files, targets.is_none());
    let quest = Quest::new(options, room)?;
    options.check_shares(options.asked(quest.as_ref()))?;
    let fit = options.fit(quest.as_ref(), room);
    if options.dry_run {
        dry_run::print(
            options,
            targets.as_ref(),
            form.clone(),
            &wire,
            (fit.as_ref().ok(), quest.as_ref(), open_files),
        )?;
    }
    let fit = fit?;
    options.check_shares(fit.connections)?;
    if options.dry_run {
        return Ok(Exit::Done);
    }
    if let Some(quest) = quest {
        return search::run(options, &quest, fit, (targets.as_ref(), (&form, &wire)), common);
    }
    let files = Files::open(&options.files)?;
    let (mut runs, stopped) = options.measure(targets.as_ref(), (&form, &wire), fit, &files, common)?;
    runs.reports.iter_mut().for_each(|report| fit.warn(report));
    let judgement = judge.judge(&runs);
    // A report that was got stays one, whatever goes wrong behind it.
    let written = files.write(&runs, &judgement);
    options.print(&runs, &judgement)?;
    written.and(stopped)?;
    Ok(exit(&runs, &judgement))
}

impl Options {
    /// Runs it as often as asked, until a signal says that it is enough, or until a run fails; and what failed behind the
    /// last report, which may be how its server ended.
    fn measure(
        &self,
        targets: Option<&(Url, Url)>,
        requests: Requests<'_>,
        fit: Fit<'_>,
        files: &Files,
        common: &Common,
    ) -> Result<(Runs, Result<(), Failure>), Failure> {
        let asked = self.judge.runs;
        let mut runs = Runs { asked, reports: Vec::new(), failure: None };
        let target = targets.map(|urls| self.endpoints(urls, requests)).transpose()?;
        let mut conductor = Conductor::new(asked > 1, common.quiet)?;
        let extent = fit.shared_out(self.extent(fit.connections));
        loop {
            let one_of = (asked > 1).then(|| format!("run {} of {asked}", runs.reports.len() + 1));
            let progress = if files.keep_histograms() { Progress::with_histograms() } else { Progress::default() };
            let run = self.measure_once(
                (target.as_ref(), requests, extent),
                one_of.as_deref(),
                progress,
                &mut conductor,
                common,
            );
            let (report, stopped) = match (run, one_of) {
                (Ok(run), None) => run,
                // No file shows the histograms of several, and they are the most of a report.
                (Ok((report, stopped)), Some(_)) => (Report { histograms: Histograms::default(), ..report }, stopped),
                (Err(failure), None) => return Err(failure),
                (Err(failure), Some(name)) => {
                    let failure = failure.context(name);
                    return runs.end_with(failure);
                }
            };
            runs.reports.push(report);
            if stopped.is_err() || conductor.is_stopped() || runs.reports.len() >= asked as usize {
                return Ok((runs, stopped));
            }
        }
    }

    /// Runs it once, as the one of several that has this name; and how its server ended.
    fn measure_once(
        &self,
        (target, requests, extent): (Option<&(Endpoint, Endpoint)>, Requests<'_>, Extent),
        one_of: Option<&str>,
        progress: Progress,
        conductor: &mut Conductor,
        common: &Common,
    ) -> Result<(Report, Result<(), Failure>), Failure> {
        let load = self.load(self.rate);
        let mut server = self.server.start(load, target, common.verbose > 0, conductor.interrupts())?;
        let plan = self.against(&server, target.cloned(), requests, extent)?;
        if let Some(name) = one_of {
            conductor.announce(name);
        }
        let failed = |error| failure(error, &self.targets);
        let restart = |interrupts: &mut _| self.server.restart(&mut server, target, interrupts);
        let report = conductor.conduct(plan, progress, failed, restart);
        Ok((report.map_err(|failure| server.explain(failure))?, server.stop()))
    }

    /// What a broker of its own is to bear at a rate.
    fn load(&self, rate: u32) -> BrokerLoad {
        let past = self.replays.past(self.targets.scenario(), self.targets.has_rate());
        BrokerLoad {
            size: self.size.largest() as u64,
            rate: rate.into(),
            past: past.map_or(0, |past| past.events),
            outlasts: self.storms.restart_server(),
        }
    }

    /// How many subscribers there are.
    fn connections(&self) -> u32 {
        let usual = if self.targets.scenario() == Scenario::Stream { STREAMS } else { SUBSCRIBERS };
        self.connections.unwrap_or(usual)
    }

    /// How many subscribers are asked for, or that a search begins with.
    fn asked(&self, quest: Option<&Quest>) -> u32 {
        quest.map_or(self.connections(), |quest| quest.first().connections)
    }

    /// Makes sure that of so many subscribers some are there for each purpose: for every topic, and to be measured.
    fn check_shares(&self, connections: u32) -> Result<(), Failure> {
        self.slowness.check(connections)?;
        let (measured, _) = self.slowness.share(self.targets.scenario(), connections);
        topics::check_count(self.targets.topics(), measured)
    }

    /// How large a run with so many subscribers is.
    fn extent(&self, connections: u32) -> Extent {
        Extent { connections, rate: self.rate, duration: self.duration, workers: 1 }
    }

    /// How many subscribers there can be of those that are asked for.
    fn fit<'o>(&self, quest: Option<&Quest>, room: Room<'o>) -> Result<Fit<'o>, Failure> {
        Fit::of(self.asked(quest), room, self.clamp)
    }

    /// What there is for subscribers.
    fn room(&self, open_files: u64, starts_server: bool) -> Room<'_> {
        Room {
            wire: &self.wire,
            slowness: &self.slowness,
            scenario: self.targets.scenario(),
            publishers: self.publishers,
            threads: self.threads,
            workers: self.workers,
            starts_server,
            limit: open_files,
        }
    }

    fn endpoints(&self, urls: &(Url, Url), (form, wire): Requests<'_>) -> Result<(Endpoint, Endpoint), Failure> {
        let resolve = |url, headers: &[Header], protocol| {
            Endpoint::resolve(url, headers.to_vec(), &wire.trust, protocol)
                .map_err(|error| failure(error, &self.targets))
        };
        let subscribe = resolve(&urls.0, &form.subscribe_headers, wire.protocol)?;
        Ok((subscribe, resolve(&urls.1, &form.publish_headers, Protocol::Http1)?))
    }

    /// The plan against the broker of its own, or against the target.
    fn against(
        &self,
        server: &Server,
        target: Option<(Endpoint, Endpoint)>,
        requests: Requests<'_>,
        extent: Extent,
    ) -> Result<Plan, Failure> {
        let own = self.targets.named(OWN_TOPIC);
        let (subscribe, publish) = match (server.own_url(&own)?, target) {
            (Some(own), _) => self.endpoints(&(own.clone(), own), requests)?,
            (None, Some(target)) => target,
            (None, None) => return Err(Failure::usage("there is nothing to measure")),
        };
        Ok(self.plan((subscribe, publish), requests.0.clone(), server.watched(), extent))
    }

    fn plan(
        &self,
        (subscribe, publish): (Endpoint, Endpoint),
        form: Form,
        watched: Option<Watched>,
        extent: Extent,
    ) -> Plan {
        let Self { ramp, warmup, drain, publishers, threads, .. } = *self;
        let Extent { connections, rate, duration, workers } = extent;
        let Form { request, publication, asides, .. } = form;
        let scenario = self.targets.scenario();
        let (connections, slow) = self.slowness.share(scenario, connections);
        Plan {
            scenario,
            subscribe,
            request,
            publish,
            publication,
            asides,
            connections,
            streams_per_connection: self.wire.streams_per_connection(),
            ramp,
            rate,
            warmup,
            duration,
            drain,
            sizes: self.size.clone(),
            publishers,
            topics: self.targets.topics(),
            // Each worker has as many as any other.
            threads: threads.div_ceil(workers) * workers,
            workers: (workers > 1).then_some(Workers { count: workers, command: workers::command }),
            watched,
            storm: self.storms.storm(scenario, duration),
            past: self.replays.past(scenario, self.targets.has_rate()),
            slow,
        }
    }

    fn print(&self, runs: &Runs, judgement: &Judgement) -> Result<(), Failure> {
        let mut stdout = std::io::stdout().lock();
        if self.output == Format::Json {
            runs.write_json(judgement, &mut stdout)?;
            return Ok(());
        }
        let columns = columns::of(&std::io::stdout());
        let text = runs.only().map_or_else(|| runs.render(columns), |report| table::render(report, columns));
        stdout.write_all((text + &judged::render(judgement)).as_bytes())?;
        Ok(())
    }
}

fn exit(runs: &Runs, judgement: &Judgement) -> Exit {
    match (runs.interrupted(), runs.valid() && judgement.met()) {
        (true, _) => Exit::Interrupted,
        (false, false) => Exit::Missed,
        (false, true) => Exit::Done,
    }
}
