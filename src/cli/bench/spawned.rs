//! `--spawn`: the server under test, started by a command of the user with `sh -c`. It is a process group of its own, and
//! ends as one: whatever becomes of the run, nothing of it is left. What it writes is kept for the case that it fails.

use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

use super::interrupts::Interrupts;
use super::pins::{Pins, pinned};
use super::said::Said;
use crate::bench::figures::seconds;
use crate::bench::{System, Watched};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;

/// How long the target may take to accept connections.
pub(super) const START_LIMIT: Duration = Duration::from_secs(30);

/// How long it may take to end before it is killed.
const STOP_LIMIT: Duration = Duration::from_secs(5);

/// How long a server may take to end that is to be started again, since it is not killed: many let streams end slowly.
const RESTART_LIMIT: Duration = Duration::from_secs(30);

/// How long what was killed may take to be gone: only what waits for a device takes any time.
const KILL_LIMIT: Duration = Duration::from_secs(1);

/// How often is looked.
const LOOK: Duration = Duration::from_millis(20);

/// How long a look at the target may take.
const CONNECT: Duration = Duration::from_millis(500);

/// A server that was started; ended when dropped.
#[derive(Debug)]
pub(super) struct Spawned {
    child: Child,
    group: Pid,
    said: Said,
    status: Option<ExitStatus>,
    command: String,
    is_verbose: bool,
    /// Whether a failure has been given its last words.
    is_explained: bool,
}

impl Spawned {
    /// Makes sure that nobody listens where the server will: another one would be measured.
    pub(super) fn refuse_others(addresses: &[SocketAddr]) -> Result<(), Failure> {
        match addresses.iter().find(|address| accepts(address)) {
            Some(address) => {
                let sentence = format!("something listens at {address} before --spawn has started a server");
                Err(Failure::usage(sentence).hint("end it, or measure it with --server-pid"))
            }
            None => Ok(()),
        }
    }

    /// Starts it.
    pub(super) fn start(command: &str, is_verbose: bool, pins: Option<&Pins>) -> Result<Self, Failure> {
        let (reader, writer) = std::io::pipe()?;
        // A thread of this program's, which is not to run where the server does.
        let said = Said::listen(reader, is_verbose).context("cannot follow what a server says")?;
        let mut shell = Command::new("sh");
        shell.args(["-c", command]).stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
        // In a group of its own, so that Ctrl-C ends the run and not the server in the middle of it.
        shell.process_group(0);
        let start = || Ok(shell.spawn().map_err(System::from).context("cannot start a shell")?);
        let mut child = pinned(pins, start)?;
        // The ends that it holds would keep the pipe open.
        drop(shell);
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let Some(group) = group else {
            let _ = child.kill();
            return Err(anyhow::anyhow!("cannot follow the server that was started").into());
        };
        Ok(Self { child, group, said, status: None, command: command.to_owned(), is_verbose, is_explained: false })
    }

    /// Asks it to end, and waits until nothing of it runs.
    pub(super) fn end_in_time(&mut self, interrupts: &mut Interrupts) -> Result<(), Failure> {
        if let Some(end) = self.end() {
            let failure = anyhow::anyhow!("the server ended before it was to be restarted: {end}");
            return Err(self.explain(failure.into()));
        }
        // There is nothing left of it if it cannot be sent.
        let _ = kill_process_group(self.group, Signal::TERM);
        let asked = Instant::now();
        while self.end().is_none() {
            if asked.elapsed() >= RESTART_LIMIT {
                let limit = seconds(RESTART_LIMIT.as_secs_f64());
                let failure =
                    anyhow::anyhow!("the server did not end within {limit} of SIGTERM, and was not restarted");
                return Err(self.explain(failure.into()));
            }
            if interrupts.within(LOOK) {
                let cause = anyhow::Error::msg("interrupted before the server ended");
                return Err(Failure::new(Exit::Interrupted, cause));
            }
        }
        Ok(())
    }

    /// Starts it again, after it has ended.
    pub(super) fn start_again(&mut self, pins: Option<&Pins>) -> Result<(), Failure> {
        *self = Self::start(&self.command, self.is_verbose, pins)?;
        Ok(())
    }

    /// Waits until the target accepts connections.
    pub(super) fn wait_for(
        &mut self,
        addresses: &[SocketAddr],
        limit: Duration,
        interrupts: &mut Interrupts,
    ) -> Result<(), Failure> {
        let begun = Instant::now();
        while let Some(address) = addresses.iter().find(|address| !accepts(address)) {
            if let Some(end) = self.end() {
                let failure = anyhow::anyhow!("the server ended before it listened at {address}: {end}");
                return Err(self.explain(failure.into()));
            }
            if begun.elapsed() >= limit {
                let limit = seconds(limit.as_secs_f64());
                let failure = anyhow::anyhow!("the server did not listen at {address} within {limit}");
                return Err(self.explain(failure.into()));
            }
            if interrupts.within(LOOK) {
                let cause = anyhow::Error::msg("interrupted before the server listened");
                return Err(Failure::new(Exit::Interrupted, cause));
            }
        }
        Ok(())
    }

    pub(super) fn watched(&self) -> Watched {
        Watched { pid: self.child.id(), leads_group: true }
    }

    /// Adds what it said last, and how it ended if it did; once.
    pub(super) fn explain(&mut self, failure: Failure) -> Failure {
        if std::mem::replace(&mut self.is_explained, true) {
            return failure;
        }
        let has_ended = self.end().is_some();
        match self.said.last(has_ended) {
            Some(text) => failure.also(&format!("the server said last: {text}")),
            None if has_ended => failure.also("the server said nothing"),
            None => failure,
        }
    }

    /// Ends it and all that it has started.
    pub(super) fn stop(mut self) -> Result<(), Failure> {
        if let Some(end) = self.end() {
            let failure = anyhow::anyhow!("the server ended before the run was over: {end}");
            return Err(self.explain(failure.into()));
        }
        self.finish();
        Ok(())
    }

    /// How it ended, if nothing of it runs any more.
    fn end(&mut self) -> Option<String> {
        self.reap();
        let status = self.status.filter(|_| !self.is_alive())?;
        Some(status.to_string())
    }

    fn reap(&mut self) {
        // Once it has been waited for its number may be another's, and is not asked for again.
        if self.status.is_none() {
            self.status = self.child.try_wait().ok().flatten();
        }
    }

    /// Whether anything of the group runs. What has ended and is waited for by nobody does not.
    fn is_alive(&self) -> bool {
        self.watched().is_alive().unwrap_or_else(|| test_kill_process_group(self.group).is_ok())
    }

    fn finish(&mut self) {
        for (signal, limit) in [(Signal::TERM, STOP_LIMIT), (Signal::KILL, KILL_LIMIT)] {
            // There is nothing left of it if it cannot be sent.
            let _ = kill_process_group(self.group, signal);
            let asked = Instant::now();
            while asked.elapsed() < limit {
                self.reap();
                if self.status.is_some() && !self.is_alive() {
                    return;
                }
                std::thread::sleep(LOOK);
            }
        }
    }
}

impl Drop for Spawned {
    fn drop(&mut self) {
        self.reap();
        if self.status.is_none() || self.is_alive() {
            self.finish();
        }
    }
}

fn accepts(address: &SocketAddr) -> bool {
    TcpStream::connect_timeout(address, CONNECT).is_ok()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_server_that_never_listens_is_given_up_and_ended() {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
        let mut interrupts = Interrupts::listen().expect("signals");
        let mut spawned = Spawned::start("echo waiting; sleep 1000", false, None).expect("a shell");
        let watched = spawned.watched();
        let limit = Duration::from_millis(300);
        let failure = spawned.wait_for(&[free], limit, &mut interrupts).expect_err("nobody listens");
        let said = format!("{failure:?}");
        assert!(said.contains("did not listen at 127.0.0.1:") && said.contains("within 0.3 s"), "{said}");
        assert!(said.contains("the server said last: waiting"), "{said}");
        drop(spawned);
        assert_ne!(watched.is_alive(), Some(true));
    }
}
