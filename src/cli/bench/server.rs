//! The server under test as a process: one that runs already, one that `--spawn` starts, or a broker of our own; where it
//! runs, and who watches it.

use clap::Args;
use rustix::process::{Pid, test_kill_process};

use super::broker::{BrokerLoad, OwnBroker};
use super::interrupts::Interrupts;
use super::pins::{Pins, pinned};
use super::spawned::{START_LIMIT, Spawned};
use crate::bench::{Endpoint, Watched};
use crate::cli::failure::Failure;

/// The options about it.
#[derive(Debug, Args)]
pub(super) struct ServerOptions {
    /// The process of the server: the processor time and the memory that it and its children use are part of the report.
    #[arg(long, value_name = "PID", value_parser = clap::value_parser!(i32).range(1..), conflicts_with = "spawn")]
    server_pid: Option<i32>,
    /// Start the server with this command of the shell, wait until the target accepts connections, watch it as
    /// --server-pid does, and end it and all that it has started when the run is over.
    #[arg(long, value_name = "COMMAND")]
    spawn: Option<String>,
    /// The processors that the server may run on and those that this program may: numbers and ranges, such as 0/1 or
    /// 0-2/3. For a server that is started by --spawn or because there is no target.
    #[arg(long, value_name = "SERVER/GENERATOR")]
    pin: Option<Pins>,
}

/// A server for the run.
#[derive(Debug)]
pub(super) enum Server {
    /// It is none of ours; its process may be known.
    Elsewhere(Option<Watched>),
    /// `sse serve`.
    Own(OwnBroker),
    /// The command of the user.
    Spawned(Spawned),
}

impl ServerOptions {
    /// Makes sure that they fit to each other, and to whether there is a target.
    pub(super) fn check(&self, has_target: bool, restarts: bool) -> Result<(), Failure> {
        let Self { server_pid, spawn, pin } = self;
        if !has_target && spawn.is_some() {
            return Err(Failure::usage("--spawn needs a target").hint("give the URL at which the server will listen"));
        }
        if !has_target && server_pid.is_some() {
            return Err(Failure::usage("--server-pid needs a target")
                .hint("without one, bench starts a broker of its own, and watches that"));
        }
        if has_target && spawn.is_none() && pin.is_some() {
            return Err(Failure::usage("--pin needs --spawn, or no target: it pins the server that is started")
                .hint("pin a server that runs already with `taskset -a -p`, and sse with `taskset`"));
        }
        if has_target && spawn.is_none() && restarts {
            return Err(Failure::usage(
                "--restart-server needs --spawn, or no target: it restarts what was started here",
            )
            .hint("--drop lets subscribers come back at any server"));
        }
        if let Some(pid) = server_pid.and_then(Pid::from_raw) {
            // Of another user's process we may know what it uses all the same.
            if test_kill_process(pid) == Err(rustix::io::Errno::SRCH) {
                return Err(Failure::usage(format!("there is no process {pid}", pid = pid.as_raw_nonzero())));
            }
        }
        pin.as_ref().map_or(Ok(()), Pins::check)
    }

    /// What a plan says of it.
    pub(super) fn fact(&self) -> Option<(&'static str, String)> {
        let source = match (&self.spawn, self.server_pid) {
            (Some(_), _) => "started by --spawn, and ended behind the run".to_owned(),
            (None, Some(pid)) => format!("process {pid}, which is watched"),
            (None, None) => String::new(),
        };
        let place = self.pin.as_ref().map(Pins::in_words);
        let parts: Vec<String> = [source].into_iter().chain(place).filter(|part| !part.is_empty()).collect();
        (!parts.is_empty()).then(|| ("server", parts.join("; ")))
    }

    /// Starts what is to be started for a run on these endpoints, or with this load on those of a broker of its own.
    pub(super) fn start(
        &self,
        load: BrokerLoad,
        target: Option<&(Endpoint, Endpoint)>,
        is_verbose: bool,
        interrupts: &mut Interrupts,
    ) -> Result<Server, Failure> {
        match (target, &self.spawn) {
            (None, _) => pinned(self.pin.as_ref(), || OwnBroker::start(load)).map(Server::Own),
            (Some((subscribe, publish)), Some(command)) => {
                let addresses = [subscribe.address, publish.address];
                Spawned::refuse_others(&addresses)?;
                let mut spawned = Spawned::start(command, is_verbose, self.pin.as_ref())?;
                spawned.wait_for(&addresses, START_LIMIT, interrupts)?;
                Ok(Server::Spawned(spawned))
            }
            (Some(_), None) => {
                let pid = self.server_pid.and_then(|pid| u32::try_from(pid).ok());
                Ok(Server::Elsewhere(pid.map(|pid| Watched { pid, leads_group: false })))
            }
        }
    }

    /// Stops a server that was started and starts it again.
    pub(super) fn restart(
        &self,
        server: &mut Server,
        target: Option<&(Endpoint, Endpoint)>,
        interrupts: &mut Interrupts,
    ) -> Result<Watched, Failure> {
        match (server, target) {
            (Server::Own(broker), _) => {
                broker.end()?;
                pinned(self.pin.as_ref(), || broker.start_again())?;
                Ok(broker.watched())
            }
            (Server::Spawned(spawned), Some((subscribe, publish))) => {
                spawned.end_in_time(interrupts)?;
                spawned.start_again(self.pin.as_ref())?;
                spawned.wait_for(&[subscribe.address, publish.address], START_LIMIT, interrupts)?;
                Ok(spawned.watched())
            }
            _ => Err(Failure::usage("the server was not started here, and cannot be started again")),
        }
    }
}

impl Server {
    /// What is to be watched.
    pub(super) fn watched(&self) -> Option<Watched> {
        match self {
            Self::Elsewhere(watched) => *watched,
            Self::Own(broker) => Some(broker.watched()),
            Self::Spawned(spawned) => Some(spawned.watched()),
        }
    }

    /// The URL of a path on one of ours.
    pub(super) fn own_url(&self, path: &str) -> Result<Option<url::Url>, Failure> {
        match self {
            Self::Own(broker) => broker.url(path).map(Some),
            _ => Ok(None),
        }
    }

    /// Adds to the failure of a run what a server said that was started for it.
    pub(super) fn explain(&mut self, failure: Failure) -> Failure {
        match self {
            Self::Spawned(spawned) => spawned.explain(failure),
            _ => failure,
        }
    }

    /// Ends it, if we have started it.
    pub(super) fn stop(self) -> Result<(), Failure> {
        match self {
            Self::Elsewhere(_) => Ok(()),
            Self::Own(broker) => broker.stop(),
            Self::Spawned(spawned) => spawned.stop(),
        }
    }
}
