//! `--find-max` and `--find-max-connections`: one run after the other, each against a fresh server if bench starts it, as
//! [`crate::bench::Search`] says, and what was found. What is tried when is decided there.

mod document;
mod options;
mod quest;
mod result;
mod table;

use std::cell::Cell;
use std::io::Write as _;

use url::Url;

use super::conduct::Conductor;
use super::fit::Fit;
use super::hints::failure;
use super::server::Server;
use super::{Extent, Format, Options, Requests, columns};
use crate::bench::{Endpoint, Environment, Error, Fate, Histograms, Judged, Progress, Refusal, Report, Search, Step};
use crate::cli::Common;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::terminal::escape_control;
pub(super) use options::SearchOptions;
pub(super) use quest::Quest;

/// One run of a search.
#[derive(Debug)]
struct Rung {
    step: Step,
    extent: Extent,
    judged: Judged,
    /// `None` where there was none.
    report: Option<Report>,
}

/// All runs so far.
struct Ladder<'o> {
    quest: &'o Quest,
    fit: Fit<'o>,
    search: Search,
    rungs: Vec<Rung>,
    interrupted: bool,
}

impl Ladder<'_> {
    /// The report of the last run that has one.
    fn last_report(&self) -> Option<&Report> {
        self.rungs.iter().rev().find_map(|rung| rung.report.as_ref())
    }

    /// Where the runs were.
    fn environment(&self) -> Environment {
        self.last_report().map_or_else(Environment::here, |report| report.environment.clone())
    }
}

/// Carries a search out and prints what was found, also where something ended it early.
pub(super) fn run(
    options: &Options,
    quest: &Quest,
    fit: Fit<'_>,
    (targets, requests): (Option<&(Url, Url)>, Requests<'_>),
    common: &Common,
) -> Result<Exit, Failure> {
    let target = targets.map(|urls| options.endpoints(urls, requests)).transpose()?;
    let mut ladder = Ladder { quest, fit, search: quest.search(), rungs: Vec::new(), interrupted: false };
    let conductor = Conductor::new(false, common.quiet)?;
    let climbed = Climber { options, requests, target, conductor, is_verbose: common.verbose > 0 }.climb(&mut ladder);
    if !ladder.rungs.is_empty() || climbed.is_ok() {
        print(options, &ladder)?;
    }
    climbed?;
    Ok(match (ladder.interrupted, ladder.search.found().value) {
        (true, _) => Exit::Interrupted,
        (false, Some(_)) => Exit::Done,
        (false, None) => Exit::Missed,
    })
}

fn print(options: &Options, ladder: &Ladder<'_>) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    if options.output == Format::Json {
        document::write(ladder, &mut stdout)?;
        return Ok(());
    }
    let columns = columns::of(&std::io::stdout());
    stdout.write_all(table::render(ladder, columns).as_bytes())?;
    Ok(())
}

/// What is needed for each run.
struct Climber<'o> {
    options: &'o Options,
    requests: Requests<'o>,
    target: Option<(Endpoint, Endpoint)>,
    conductor: Conductor,
    is_verbose: bool,
}

impl Climber<'_> {
    /// One run after the other, until there is nothing more to try.
    fn climb(&mut self, ladder: &mut Ladder<'_>) -> Result<(), Failure> {
        while let Some(step) = ladder.search.step() {
            self.conductor.announce(&ladder.quest.announcement(step));
            let extent = ladder.quest.extent(step, ladder.fit);
            let attempt = self.attempt(extent, ladder);
            ladder.interrupted = self.conductor.is_stopped();
            let Some((judged, report)) = attempt?.filter(|_| !ladder.interrupted) else { return Ok(()) };
            if let Some(why) = judged.why.as_ref().filter(|_| judged.fate != Fate::Held) {
                // It quotes what a server said.
                self.conductor.announce(&format!("it did not hold: {}", escape_control(why, "")));
            }
            ladder.search.tell(judged.fate);
            ladder.rungs.push(Rung { step, extent, judged, report });
        }
        Ok(())
    }

    /// One run, and what it means; `None` if it was interrupted. That the very first one comes to nothing is an error: there
    /// is something wrong with what was asked for, not with the server's limit.
    fn attempt(&mut self, extent: Extent, ladder: &Ladder<'_>) -> Result<Option<(Judged, Option<Report>)>, Failure> {
        let Self { options, requests, target, conductor, is_verbose } = self;
        let load = options.load(extent.rate);
        let mut server = options.server.start(load, target.as_ref(), *is_verbose, conductor.interrupts())?;
        let plan = options.against(&server, target.clone(), *requests, extent)?;
        let fate = Cell::new(Fate::Failed);
        let is_fresh = !matches!(server, Server::Elsewhere(_));
        let failed = |error| {
            fate.set(of_error(&error, is_fresh));
            failure(error, &options.targets)
        };
        let restart = |interrupts: &mut _| options.server.restart(&mut server, target.as_ref(), interrupts);
        let result = conductor.conduct(plan, Progress::default(), failed, restart);
        let result = result.map_err(|failure| server.explain(failure));
        let stopped = server.stop();
        let without_report =
            |fate, failure: Failure| Judged { fate, why: Some(failure.sentence()), bounds: Vec::new() };
        match (result, stopped) {
            (Err(failure), _) if ladder.rungs.is_empty() || conductor.is_stopped() => Err(failure),
            (Err(failure), _) => Ok(Some((without_report(fate.get(), failure), None))),
            (Ok(report), _) if report.interrupted => Ok(None),
            (Ok(report), stopped) => {
                let mut judged = Judged::of(&report, &ladder.quest.bounds);
                if let Err(ended) = stopped {
                    judged = Judged { bounds: judged.bounds, ..without_report(Fate::Failed, ended) };
                }
                // They are the most of a report, and nothing shows them.
                Ok(Some((judged, Some(Report { histograms: Histograms::default(), ..report }))))
            }
        }
    }
}

/// What it means that a run came to nothing. A server that bench has started is there again for the next one.
fn of_error(error: &Error, is_fresh: bool) -> Fate {
    match error {
        Error::NoSubscriber { source, .. } | Error::NoPublisher { source, .. } => match source {
            source if source.is_of_this_machine() => Fate::Generator,
            Refusal::Connect(_) if !is_fresh => Fate::Gone,
            _ => Fate::Failed,
        },
        Error::Thread(_) => Fate::Generator,
        _ => Fate::Failed,
    }
}
