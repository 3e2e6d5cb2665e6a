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
mod form;
mod interrupts;
mod judged;
mod pins;
mod presets;
mod progress;
mod replays;
mod runs;
mod said;
mod scenario;
mod server;
mod slowness;
mod spawned;
mod storms;
mod table;
mod targets;

use std::io::Write as _;
use std::time::Duration;

use clap::{Args, ValueEnum, value_parser};
use url::Url;

use super::exit::Exit;
use super::failure::Failure;
use super::{Common, descriptors, values};
use crate::bench::{Endpoint, Error, Histograms, MIN_SIZE, Needs, Plan, Progress, Refusal, Report, Watched};
use conduct::Conductor;
use files::{FileOptions, Files};
use form::Form;
use judged::{Judge, JudgeOptions, Judgement};
use presets::Preset;
use replays::ReplayOptions;
use runs::Runs;
use server::{Server, ServerOptions};
use slowness::SlowOptions;
use storms::StormOptions;
use targets::Targets;

/// The largest payload: four orders of magnitude above the default, and far below what a stream is read with.
const MAX_SIZE: u64 = 16 << 20;

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
    /// How many subscribers there are.
    #[arg(short, long, env = "SSE_BENCH_CONNECTIONS", value_name = "COUNT", default_value_t = 1000)]
    #[arg(value_parser = value_parser!(u32).range(1..=1_000_000))]
    connections: u32,
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
    /// The size of an event's data.
    #[arg(long, env = "SSE_BENCH_SIZE", value_name = "SIZE", default_value = "200", value_parser = payload_size)]
    size: usize,
    /// How many publishers share the events; each has a connection of its own.
    #[arg(long, env = "SSE_BENCH_PUBLISHERS", value_name = "COUNT", default_value_t = 1)]
    #[arg(value_parser = value_parser!(u32).range(1..=1000))]
    publishers: u32,
    /// How many threads share the subscribers.
    #[arg(long, env = "SSE_BENCH_THREADS", value_name = "COUNT", default_value_t = 1)]
    #[arg(value_parser = value_parser!(u32).range(1..=1000))]
    threads: u32,
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
    judge: JudgeOptions,
    #[command(flatten)]
    files: FileOptions,
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
    let (targets, form) = (options.targets.urls()?, options.targets.form()?);
    options.server.check(targets.is_some(), options.storms.restart_server())?;
    options.storms.check(options.duration)?;
    options.slowness.check(options.connections)?;
    let judge = Judge::new(&options.judge)?;
    if options.judge.runs > 1 && options.files.show_one_run() {
        let sentence = "--report, --hgrm, --hlog and --csv show one run, and --runs asks for several";
        return Err(Failure::usage(sentence).hint("-o json has them all"));
    }
    let open_files = descriptors::raise();
    if options.dry_run {
        dry_run::print(options, targets.as_ref(), form.clone(), open_files)?;
    }
    options.check_fit(open_files)?;
    if options.dry_run {
        return Ok(Exit::Done);
    }
    let files = Files::open(&options.files)?;
    let (runs, stopped) = options.measure(targets.as_ref(), &form, &files, common)?;
    let judgement = judge.judge(&runs);
    // A report that was got stays one, whatever goes wrong behind it.
    let written = files.write(&runs, &judgement);
    options.print(&runs, &judgement)?;
    written.and(stopped)?;
    Ok(exit(&runs, &judgement))
}

impl Options {
    /// Runs it as often as asked, or until a signal says that it is enough; and how the server of the last run ended.
    fn measure(
        &self,
        targets: Option<&(Url, Url)>,
        form: &Form,
        files: &Files,
        common: &Common,
    ) -> Result<(Runs, Result<(), Failure>), Failure> {
        let asked = self.judge.runs;
        let mut runs = Runs { asked, reports: Vec::new() };
        let target = targets.map(|urls| self.endpoints(urls, form)).transpose()?;
        let mut conductor = Conductor::new(asked > 1, common.quiet)?;
        loop {
            let mut server = self.server.start(self, target.as_ref(), common.verbose > 0, conductor.interrupts())?;
            let plan = self.against(&server, target.clone(), form)?;
            let progress = if files.keep_histograms() { Progress::with_histograms() } else { Progress::default() };
            let failed = |error| failure(error, self.targets.preset());
            let one_of = (asked > 1).then(|| format!("run {} of {asked}", runs.reports.len() + 1));
            if let Some(name) = &one_of {
                conductor.announce(name);
            }
            let restart = |interrupts: &mut _| self.server.restart(&mut server, target.as_ref(), interrupts);
            let report = conductor.conduct(plan, progress, failed, restart);
            let report = report.map_err(|failure| server.explain(failure));
            runs.reports.push(match one_of {
                None => report?,
                // No file shows the histograms of several, and they are the most of a report.
                Some(name) => {
                    Report { histograms: Histograms::default(), ..report.map_err(|failure| failure.context(name))? }
                }
            });
            let stopped = server.stop();
            if stopped.is_err() || conductor.is_stopped() || runs.reports.len() >= asked as usize {
                return Ok((runs, stopped));
            }
        }
    }

    fn endpoints(&self, (subscribe, publish): &(Url, Url), form: &Form) -> Result<(Endpoint, Endpoint), Failure> {
        let failed = |error| failure(error, self.targets.preset());
        let subscribe = Endpoint::resolve(subscribe, form.subscribe_headers.clone()).map_err(failed)?;
        Ok((subscribe, Endpoint::resolve(publish, form.publish_headers.clone()).map_err(failed)?))
    }

    /// The plan against the broker of its own, or against the target.
    fn against(&self, server: &Server, target: Option<(Endpoint, Endpoint)>, form: &Form) -> Result<Plan, Failure> {
        let (subscribe, publish) = match (server.own_url()?, target) {
            (Some(own), _) => self.endpoints(&(own.clone(), own), form)?,
            (None, Some(target)) => target,
            (None, None) => return Err(Failure::usage("there is nothing to measure")),
        };
        Ok(self.plan(subscribe, publish, form.clone(), server.watched()))
    }

    fn plan(&self, subscribe: Endpoint, publish: Endpoint, form: Form, watched: Option<Watched>) -> Plan {
        let Self { ramp, rate, warmup, duration, drain, size, publishers, threads, .. } = *self;
        let Form { request, publication, asides, .. } = form;
        let scenario = self.targets.scenario();
        let (connections, slow) = self.slowness.share(scenario, self.connections);
        Plan {
            scenario,
            subscribe,
            request,
            publish,
            publication,
            asides,
            connections,
            ramp,
            rate,
            warmup,
            duration,
            drain,
            size,
            publishers,
            threads,
            watched,
            storm: self.storms.storm(scenario, duration),
            past: self.replays.past(scenario, self.targets.has_rate()),
            slow,
        }
    }

    /// How many events have to be there when the subscribers come.
    fn past_events(&self) -> u64 {
        let past = self.replays.past(self.targets.scenario(), self.targets.has_rate());
        past.map_or(0, |past| past.events)
    }

    /// Makes sure that the run fits into as many open files.
    fn check_fit(&self, limit: u64) -> Result<(), Failure> {
        let others = Needs::files_beside_streams(self.publishers);
        let room = limit.saturating_sub(others);
        let connections = self.connections;
        if u64::from(connections) <= room {
            return Ok(());
        }
        let needed = others + u64::from(connections);
        let raise = format!("raise the hard limit of `nofile` to {needed} (as root: `ulimit -Hn {needed}`)");
        let way_out = match room {
            0 => format!("that leaves room for none beside what bench itself needs: {raise}"),
            room => format!("{raise}, or use -c {room} at most"),
        };
        let sentence = format!("{connections} subscribers do not fit: this process may open {limit} files");
        Err(Failure::usage(sentence).hint(way_out))
    }

    fn print(&self, runs: &Runs, judgement: &Judgement) -> Result<(), Failure> {
        let mut stdout = std::io::stdout().lock();
        if self.output == Format::Json {
            runs.write_json(judgement, &mut stdout)?;
            return Ok(());
        }
        let columns = columns::of(&std::io::stdout());
        let text = runs.only().map_or_else(|| runs.render(columns), |report| table::render(report, columns));
        stdout.write_all((text + &judgement.render()).as_bytes())?;
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

/// The exit code of an error, and what to do about it: of a system that is known, what has to be configured there.
fn failure(error: Error, preset: Option<Preset>) -> Failure {
    let answered = match &error {
        Error::NoSubscriber { source, .. } | Error::NoPublisher { source, .. } => !unreached(source),
        error => matches!(error, Error::PublishRefused { .. } | Error::Unheard { .. }),
    };
    let failure = general_failure(error);
    match preset.filter(|_| answered) {
        Some(preset) => failure.hint(preset.needs()),
        None => failure,
    }
}

/// Whether there was no connection.
fn unreached(source: &Refusal) -> bool {
    matches!(source, Refusal::Connect(_) | Refusal::ConnectTimeout(_))
}

fn general_failure(error: Error) -> Failure {
    let refused = |source: &Refusal| matches!(source, Refusal::Status { .. } | Refusal::NotAStream { .. });
    match error {
        Error::Scheme { .. } => {
            Failure::new(Exit::Usage, error).hint("give an http:// URL, behind whatever speaks TLS")
        }
        Error::TooManyEvents { .. } => Failure::new(Exit::Usage, error).hint("lower --rate or --duration"),
        Error::NoSubscriber { ref source, .. } if refused(source) => {
            Failure::new(Exit::Refused, error).hint("`sse listen URL` shows all that the server answers")
        }
        Error::PublishRefused { .. } => Failure::new(Exit::Refused, error)
            .hint("an event is published as a POST whose body is the data: see --publish-body and --publish-header"),
        Error::NoSubscriber { ref source, .. } | Error::NoPublisher { ref source, .. } if unreached(source) => {
            Failure::from(error).hint("does the server run there? Without a target, bench starts one")
        }
        Error::NoSubscriber { .. } => Failure::from(error).hint(
            "does a GET of that URL bring an event stream? `sse listen URL` shows what the server does: see \
             --subscribe-url",
        ),
        Error::NoPublisher { .. } => Failure::from(error)
            .hint("a publish is a POST whose body is the data, and the server has to answer it: see --publish-url"),
        Error::Unheard { .. } => Failure::from(error).hint(
            "do --subscribe-url and --publish-url mean the same topic, and does the server keep the data as it is?",
        ),
        Error::NoIds => Failure::new(Exit::Refused, error).hint(
            "give a --subscribe-url whose query asks for all that there is, such as ?since=earliest, and --no-last-event-id",
        ),
        Error::Resolve { .. } | Error::Thread(_) => error.into(),
    }
}

/// A size that a payload can have.
fn payload_size(text: &str) -> Result<usize, String> {
    let size = values::size(text)?;
    let least = u64::try_from(MIN_SIZE).unwrap_or(u64::MAX);
    if (least..=MAX_SIZE).contains(&size) {
        return usize::try_from(size).map_err(|error| error.to_string());
    }
    Err(format!(
        "an event needs {MIN_SIZE} bytes to say which it is and when it was sent, and may have {MAX_SIZE} at most"
    ))
}
