//! A command that runs for an event: `sh -c`, what of the event is in its environment, and the data on its stdin.
//!
//! It is a process group of its own, so that the signal to end reaches also what the shell has started. It gets this
//! signal, SIGTERM, when it is dropped before its end, whatever it is that ends `sse` then: Ctrl-C, of which the
//! terminal tells only the group in its foreground, or SIGTERM, of which nobody else is told. It may take its time to
//! end, and is not waited for. As every group in the background, it cannot read from the terminal.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::process::{ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, ChildStdin, Command};

use crate::wire::Message;

/// What Linux takes for a variable at most, in bytes: the name, `=`, the value and a NUL.
const LONGEST_VARIABLE: usize = 128 << 10;

/// A variable of the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Variable {
    Type,
    Id,
    Data,
}

impl Variable {
    const ALL: [Self; 3] = [Self::Type, Self::Id, Self::Data];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Type => "SSE_TYPE",
            Self::Id => "SSE_ID",
            Self::Data => "SSE_DATA",
        }
    }

    fn value(self, message: &Message) -> &str {
        match self {
            Self::Type => &message.event_type,
            Self::Id => &message.last_event_id,
            Self::Data => &message.data,
        }
    }

    fn fits(self, message: &Message) -> bool {
        let value = self.value(message);
        self.name().len() + value.len() + 2 <= LONGEST_VARIABLE && !value.contains('\0')
    }
}

/// A command that has been started.
#[derive(Debug)]
pub(super) struct Running {
    child: Child,
    data: String,
}

impl Running {
    /// Starts the command for an event; with it come the variables that no environment can hold, which are not set.
    pub(super) fn start(command: &str, message: &Message) -> io::Result<(Self, Vec<Variable>)> {
        let (mut fit, mut too_large): (Vec<_>, Vec<_>) =
            Variable::ALL.into_iter().partition(|variable| variable.fits(message));
        let mut started = spawn(command, message, &fit);
        // The environment as a whole has a limit too, which depends on what else is in it.
        let is_full = |error: &io::Error| error.kind() == io::ErrorKind::ArgumentListTooLong;
        if started.as_ref().is_err_and(is_full) && fit.pop_if(|last| *last == Variable::Data).is_some() {
            too_large.push(Variable::Data);
            started = spawn(command, message, &fit);
        }
        Ok((Self { child: started?, data: message.data.clone() }, too_large))
    }

    /// Waits for its end, and writes the data to its stdin as long as it takes any.
    pub(super) async fn end(mut self) -> io::Result<ExitStatus> {
        let stdin = self.child.stdin.take();
        tokio::select! {
            biased;
            status = self.child.wait() => status,
            never = feed(stdin, &self.data) => match never {},
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // There is no ID once the end has been taken note of: until then nobody else can get it.
        let id = self.child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        if let Some(group) = id {
            // What is gone by now need not be told. What is stopped hears the signal when it goes on.
            let _ = kill_process_group(group, Signal::TERM);
            let _ = kill_process_group(group, Signal::CONT);
        }
    }
}

fn spawn(command: &str, message: &Message, variables: &[Variable]) -> io::Result<Child> {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command).stdin(Stdio::piped()).process_group(0);
    for variable in Variable::ALL {
        // What is not set here may have been set for this process.
        shell.env_remove(variable.name());
    }
    shell.envs(variables.iter().map(|variable| (variable.name(), variable.value(message))));
    shell.spawn()
}

/// Writes the data and the end of it, and has nothing more to do. A command need not read what it is given.
async fn feed(stdin: Option<ChildStdin>, data: &str) -> Infallible {
    if let Some(mut stdin) = stdin {
        let _ = stdin.write_all(data.as_bytes()).await;
    }
    pending().await
}
