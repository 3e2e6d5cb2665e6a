//! What is done with each event besides showing it: a command is run, or it is passed on to a URL. Events are done with one
//! after the other, and the stream is read no faster than that.

use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::target;
use super::super::values::for_people;
use super::arrival::Arrival;
use super::exec::Exec;
use super::options::Options;
use super::view::{View, name};
use crate::client::Forwarder;

/// What is to be done.
pub(super) struct Actions {
    action: Option<Action>,
    /// Events with which it failed.
    failures: u64,
}

enum Action {
    Exec(Exec),
    Forward(Forwarder),
}

impl Actions {
    pub(super) fn new(options: &Options) -> Result<Self, Failure> {
        let asked = &options.actions;
        let action = match (&asked.exec, &asked.forward_to) {
            (Some(command), _) => Some(Action::Exec(Exec::new(command.clone(), asked.exec_jobs.into()))),
            (None, Some(url)) => {
                let forwarder = Forwarder::new(target::parse(url)?, asked.forward_retries);
                Some(Action::Forward(forwarder.map_err(|error| Failure::new(Exit::Failed, error))?))
            }
            (None, None) => None,
        };
        Ok(Self { action, failures: 0 })
    }

    /// Does it with an event that has been shown.
    pub(super) async fn act(&mut self, arrival: &Arrival<'_>, view: &mut View) -> anyhow::Result<()> {
        match &mut self.action {
            None => {}
            Some(Action::Exec(exec)) => {
                view.make_room().await?;
                exec.run(arrival.message).await;
            }
            Some(Action::Forward(forwarder)) => {
                view.make_room().await?;
                let event = name(arrival);
                let again = |cause: &_, wait| {
                    view.warn(&format!("{event} is not taken: {cause}; sending it again in {}", for_people(wait)));
                };
                let result = forwarder.forward(arrival.message, again).await;
                self.failures += u64::from(result.is_err());
                if let Err(error) = &result {
                    view.failed(&format!("{event} was not forwarded: {error}"));
                }
                view.forwarded(&result);
            }
        }
        Ok(())
    }

    /// Waits for what is still being done; returns with how many events it failed.
    pub(super) async fn finish(&mut self, _view: &mut View) -> u64 {
        self.failures
    }
}
