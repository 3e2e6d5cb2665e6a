//! The subscribers of a run, wherever they are: on threads of this process, or in processes of their own. The phases of a run
//! see no difference.

use std::sync::Arc;

use super::account::{Account, Over};
use super::load::Threads;
use super::sequences::Sequences;
use super::subscribers::{Role, Subscribers};
use super::workers::Crew;
use super::{Error, Plan, Progress};

/// All subscribers of a run that are measured. Dropping it ends them.
#[derive(Debug)]
pub(super) enum Crowd {
    Here(Subscribers, Arc<Progress>),
    Elsewhere(Crew),
}

impl Crowd {
    /// Starts them, with the workers if there are any; they connect while the caller goes on.
    ///
    /// # Errors
    /// [`Error::Thread`] if there is no thread to be had.
    pub(super) fn start(
        plan: &Plan,
        run: u64,
        progress: &Arc<Progress>,
        role: &Role,
        crew: Option<Crew>,
    ) -> Result<Self, Error> {
        let Some(mut crew) = crew else {
            return Ok(Self::Here(Subscribers::start(plan, run, progress, role)?, Arc::clone(progress)));
        };
        crew.begin(plan, run, role);
        Ok(Self::Elsewhere(crew))
    }

    /// Their threads, to see how busy they are.
    pub(super) fn threads(&self) -> Threads {
        match self {
            Self::Here(subscribers, _) => subscribers.threads(),
            Self::Elsewhere(crew) => crew.threads(),
        }
    }

    /// Begins the series: at a moment, with intervals of a length, both in nanoseconds.
    pub(super) fn begin_series(&self, at: u64, length: u64) {
        match self {
            Self::Here(subscribers, progress) => progress.recorder.begin(at, length, subscribers.threads().count()),
            Self::Elsewhere(crew) => crew.begin_series(at, length),
        }
    }

    /// Lets the storm of the plan come.
    pub(super) fn storm(&self) {
        match self {
            Self::Here(subscribers, _) => subscribers.storm(),
            Self::Elsewhere(crew) => crew.storm(),
        }
    }

    /// Tells them what the server acknowledged; from then on [`Self::are_complete`] can become true.
    pub(super) fn expect(&self, acknowledged: &[Sequences]) {
        match self {
            Self::Here(subscribers, _) => subscribers.expect(acknowledged.into()),
            Self::Elsewhere(crew) => crew.expect(acknowledged),
        }
    }

    /// Whether every open stream has brought all that was acknowledged.
    pub(super) fn are_complete(&self) -> bool {
        match self {
            Self::Here(subscribers, _) => subscribers.are_complete(),
            Self::Elsewhere(crew) => crew.are_complete(),
        }
    }

    /// Whether some of them are gone, so that there is nothing to wait for any more.
    pub(super) fn is_broken(&self) -> bool {
        match self {
            Self::Here(..) => false,
            Self::Elsewhere(crew) => crew.have_failed(),
        }
    }

    /// Ends them all and returns what became of them.
    ///
    /// # Errors
    /// [`Error::Thread`] or [`Error::Worker`] if some of them are gone.
    pub(super) fn account(self, plan: &Plan, over: &Over) -> Result<Account, Error> {
        match self {
            Self::Here(subscribers, _) => subscribers.account(plan, over),
            Self::Elsewhere(crew) => crew.account(over),
        }
    }
}
