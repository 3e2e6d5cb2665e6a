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
    /// The event that is waiting to be done with, and whether that has begun.
    in_hand: Option<(String, bool)>,
}

enum Action {
    Exec(Exec),
    Forward(Forwarder),
}

impl Actions {
    pub(super) async fn new(options: &Options) -> Result<Self, Failure> {
        let asked = &options.actions;
        let action = match (&asked.exec, &asked.forward_to) {
            (Some(command), _) => Some(Action::Exec(Exec::new(command.clone(), asked.exec_jobs))),
            (None, Some(url)) => {
                let transport = options.transport.transport().await?.to_another_server();
                let forwarder = Forwarder::new(target::parse(url)?, &transport, asked.forward_retries);
                Some(Action::Forward(forwarder.map_err(|error| Failure::new(Exit::Failed, error))?))
            }
            (None, None) => None,
        };
        Ok(Self { action, failures: 0, in_hand: None })
    }

    /// Takes up an event, if there is anything to do; what does not come of it [`Actions::finish`] says.
    pub(super) fn take_up(&mut self, arrival: &Arrival<'_>) -> bool {
        self.in_hand = self.action.as_ref().map(|_| (name(arrival.message), false));
        self.in_hand.is_some()
    }

    /// Does it with the event that was taken up, and has been shown.
    pub(super) async fn act(&mut self, arrival: &Arrival<'_>, view: &mut View) {
        let (Some(action), Some((event, begun))) = (&mut self.action, &mut self.in_hand) else { return };
        match action {
            Action::Exec(exec) => {
                exec.room().await;
                // From here on it is the command that is under way.
                self.in_hand = None;
                exec.run(arrival.message).await;
                tell(exec, view);
            }
            Action::Forward(forwarder) => {
                *begun = true;
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
        if let Some((event, begun)) = self.in_hand.take() {
            self.failures += 1;
            view.failed(&match self.action {
                Some(Action::Forward(_)) if begun => {
                    format!("{event} was being forwarded: nobody knows whether it is taken")
                }
                Some(Action::Forward(_)) => format!("{event} is not forwarded: it ended before"),
                _ => format!("no command is run for {event}: it ended before"),
            });
        }
        if let Some(Action::Exec(exec)) = &mut self.action {
            if stop && exec.running() > 0 {
                view.failed(&format!("{} still running: the signal to end goes there", commands(exec.running())));
            } else {
                self.failures += exec.finish().await;
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
