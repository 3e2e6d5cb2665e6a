//! Carries plans out: each on a thread of its own, while this one shows the progress and listens to signals.
//!
//! A single run is ended early by the first signal. Of several, the one that is under way is finished first, as the
//! others are worth more than it; the second signal ends that early too. The one after gives up the run under way.

use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::sync::oneshot;

use super::interrupts::Interrupts;
use super::progress::{self, Display};
use crate::bench::{Error, Plan, Progress, Report, Watched};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;

/// What is said where a signal ends the run under way, which may still wait for what it has sent.
const STOPPING: &str = "ending the run, with what it has sent; another Ctrl-C gives it up";

/// What is said where a signal did not end the run under way.
const LAST: &str = "this run is the last; another Ctrl-C ends it early";

/// Within this time two signals are one: who ends a process and its group, as `timeout` does, sends both at once.
const ECHO: Duration = Duration::from_millis(500);

/// What lives as long as all runs, so that no signal between two of them is missed.
#[derive(Debug)]
pub(super) struct Conductor {
    interrupts: Interrupts,
    quiet: bool,
    /// How many signals there were, and which of them ends a run early.
    heard: u32,
    ends_early: u32,
    heard_at: Option<Instant>,
}

impl Conductor {
    /// Begins to listen to signals.
    pub(super) fn new(several: bool, quiet: bool) -> Result<Self, Failure> {
        let ends_early = if several { 2 } else { 1 };
        Ok(Self { interrupts: Interrupts::listen()?, quiet, heard: 0, ends_early, heard_at: None })
    }

    /// Whether no further run is wanted.
    pub(super) fn is_stopped(&self) -> bool {
        self.heard > 0
    }

    /// The signals, for what else has to wait.
    pub(super) fn interrupts(&mut self) -> &mut Interrupts {
        &mut self.interrupts
    }

    /// Tells whoever watches.
    pub(super) fn announce(&self, sentence: &str) {
        say(sentence, self.quiet);
    }

    /// Runs the plan. `restart` stops the server and starts it again, should the plan want that.
    pub(super) fn conduct(
        &mut self,
        plan: Plan,
        progress: Progress,
        failed: impl Fn(Error) -> Failure,
        mut restart: impl FnMut(&mut Interrupts) -> Result<Watched, Failure>,
    ) -> Result<Report, Failure> {
        let Self { interrupts, quiet, heard, ends_early, heard_at } = self;
        let progress = Arc::new(progress);
        let mut display = Display::new(&plan, *quiet);
        let (done, mut result) = oneshot::channel();
        let running = Arc::clone(&progress);
        // Nobody listens any more only where everything is given up.
        let body = move || drop(done.send(crate::bench::run(&plan, &running)));
        std::thread::Builder::new().name("bench".into()).spawn(body)?;
        let result = loop {
            let next = interrupts.block_on(async |signals| {
                loop {
                    tokio::select! {
                        result = &mut result => break Next::Over(Box::new(result)),
                        () = progress.restart_is_due() => break Next::Restart,
                        _ = signals.next() => {
                            if heard_at.is_some_and(|at| at.elapsed() < ECHO) {
                                continue;
                            }
                            *heard_at = Some(Instant::now());
                            *heard += 1;
                            if *heard > *ends_early {
                                break Next::GiveUp;
                            }
                            if heard == ends_early {
                                progress.stop();
                                say(STOPPING, *quiet);
                            } else {
                                say(LAST, *quiet);
                            }
                        }
                        () = tokio::time::sleep(progress::PERIOD) => {
                            display.show(&progress.snapshot(), heard == ends_early);
                        }
                    }
                }
            });
            match next {
                Next::Over(result) => break result.context("the run broke off").map_err(Failure::from),
                Next::GiveUp => {
                    break Err(Failure::new(Exit::Interrupted, anyhow::Error::msg("interrupted twice: no report")));
                }
                Next::Restart => match restart(interrupts) {
                    Ok(watched) => progress.restarted(watched),
                    Err(failure) => {
                        progress.stop();
                        break Err(failure);
                    }
                },
            }
        };
        display.clear();
        result?.map_err(failed)
    }
}

/// What a run brings that somebody has to act upon.
enum Next {
    Over(Box<Result<Result<Report, Error>, oneshot::error::RecvError>>),
    Restart,
    GiveUp,
}

fn say(sentence: &str, quiet: bool) {
    if !quiet {
        // If stderr is gone there is nobody left to tell.
        let _ = writeln!(std::io::stderr(), "sse: {sentence}");
    }
}
