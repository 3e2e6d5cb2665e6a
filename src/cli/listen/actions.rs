//! What is done with each event besides showing it: a command is run, or it is passed on to a URL. Events are done with one
//! after the other, and the stream is read no faster than that.

use std::future::pending;

use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::target;
use super::super::values::for_people;
use super::arrival::Arrival;
use super::exec::Exec;
use super::options::Options;
use super::view::{View, name};
use crate::client::Forwarder;
use crate::wire::Message;

/// What is to be done.
pub(super) struct Actions {
    action: Option<Action>,
    /// Events with which it failed.
    failures: u64,
    /// The event that is waiting to be done with.
    in_hand: Option<String>,
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
        Ok(Self { action, failures: 0, in_hand: None })
    }

    /// Whether there is anything to do.
    pub(super) fn are_wanted(&self) -> bool {
        self.action.is_some()
    }

    /// Does it with an event that has been shown. If the future is dropped, [`Actions::finish`] says so.
    pub(super) async fn act(&mut self, arrival: &Arrival<'_>, view: &mut View) {
        let Some(action) = &mut self.action else { return };
        let event = &*self.in_hand.insert(name(arrival));
        match action {
            Action::Exec(exec) => {
                exec.room().await;
                // From here on it is the command that is under way.
                self.in_hand = None;
                exec.run(arrival.message).await;
                tell(exec, view);
            }
            Action::Forward(forwarder) => {
                let again = |cause: &_, wait| {
                    view.warn(&format!("{event} is not taken: {cause}; sending it again in {}", for_people(wait)));
                };
                let result = forwarder.forward(arrival.message, again).await;
                if let Err(error) = &result {
                    self.failures += 1;
                    view.failed(&format!("{event} was not forwarded: {error}"));
                }
                view.forwarded(&result);
                self.in_hand = None;
            }
        }
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

    /// Waits for what is still being done, unless it is to `stop`; says what did not come to its end, and returns with how many
    /// events it failed.
    pub(super) async fn finish(&mut self, stop: bool, view: &mut View) -> u64 {
        if let Some(event) = self.in_hand.take() {
            self.failures += 1;
            view.failed(&match self.action {
                Some(Action::Forward(_)) => format!("{event} was being forwarded: nobody knows whether it is taken"),
                _ => format!("no command was run for {event}: there was no room for it yet"),
            });
        }
        if let Some(Action::Exec(exec)) = &mut self.action {
            if stop && exec.running() > 0 {
                view.failed(&format!("{} still running: the signal to end goes there", commands(exec.running())));
            } else {
                self.failures += exec.finish().await.failed;
            }
            tell(exec, view);
        }
        self.failures
    }
}

fn commands(count: usize) -> String {
    if count == 1 { "1 command is".to_owned() } else { format!("{count} commands are") }
}

fn tell(exec: &mut Exec, view: &mut View) {
    for problem in exec.problems() {
        view.failed(&problem.to_string());
    }
}
