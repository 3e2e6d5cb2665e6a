//! What is done with each event besides showing it: a command is run, or it is passed on to a URL. Events are done with one
//! after the other, and the stream is read no faster than that.

use std::future::pending;

use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::target;
use super::super::values::for_people;
use super::arrival::{Arrival, name};
use super::exec::Exec;
use super::options::Options;
use super::view::View;
use crate::client::Forwarder;
use crate::wire::Message;

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
            (Some(command), _) => Some(Action::Exec(Exec::new(command.clone(), asked.exec_jobs))),
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
                tell(exec, view);
            }
            Some(Action::Forward(forwarder)) => {
                view.make_room().await?;
                let event = name(arrival.message);
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

    /// Takes note of an event with which nothing is to be done.
    pub(super) fn pass(&mut self, message: &Message) {
        if let Some(Action::Exec(exec)) = &mut self.action {
            exec.pass(message);
        }
    }

    /// Waits until something that was begun has come to its end; for ever if there is nothing.
    pub(super) async fn ended(&mut self, view: &mut View) {
        match &mut self.action {
            Some(Action::Exec(exec)) => {
                exec.ended().await;
                tell(exec, view);
            }
            _ => pending().await,
        }
    }

    /// The ID up to which everything is done with: `taken`, unless events overtake each other.
    pub(super) fn done_through<'a>(&'a self, taken: Option<&'a str>) -> Option<&'a str> {
        match &self.action {
            Some(Action::Exec(exec)) => exec.done_through(),
            _ => taken,
        }
    }

    /// Waits for what is still being done; returns with how many events it failed.
    pub(super) async fn finish(&mut self, view: &mut View) -> u64 {
        if let Some(Action::Exec(exec)) = &mut self.action {
            self.failures += exec.finish().await;
            tell(exec, view);
        }
        self.failures
    }
}

fn tell(exec: &mut Exec, view: &mut View) {
    for problem in exec.problems() {
        view.failed(&problem.to_string());
    }
}
