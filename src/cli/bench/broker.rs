//! A broker for one run: `sse serve` on a free port of loopback, started from the same file as this process, so that
//! server and generator share no thread, no allocator and no descriptor limit.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process};
use url::Url;

use crate::cli::failure::Failure;
use crate::cli::target;

/// What the first line of `sse serve` begins with.
const ANNOUNCEMENT: &str = "listening on ";

/// How long it may take to end before it is killed.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// How often is looked whether it has ended.
const LOOK: Duration = Duration::from_millis(10);

/// A running broker; killed when dropped, so that no failure of a run leaves one behind.
#[derive(Debug)]
pub(super) struct OwnBroker {
    child: Child,
    /// Kept open: a broker that cannot write would be another one than was asked for.
    _stdout: BufReader<ChildStdout>,
    base: String,
}

impl OwnBroker {
    /// Starts it and waits until it listens.
    pub(super) fn start() -> Result<Self, Failure> {
        let program = std::env::current_exe().context("cannot find this program's own file")?;
        let mut command = Command::new(program);
        command.args(["--quiet", "serve", "--listen", "127.0.0.1:0"]).stdin(Stdio::null()).stdout(Stdio::piped());
        // In a group of its own, so that Ctrl-C ends the run and not the server in the middle of it.
        let mut child = command.process_group(0).spawn().context("cannot start a broker")?;
        let mut stdout = BufReader::new(child.stdout.take().context("the broker has no stdout")?);
        let mut line = String::new();
        stdout.read_line(&mut line).context("cannot read from the broker")?;
        let base = line.trim_end().strip_prefix(ANNOUNCEMENT).unwrap_or_default().to_owned();
        let broker = Self { child, _stdout: stdout, base };
        if broker.base.is_empty() {
            return Err(anyhow::anyhow!("the broker for the run did not start").into());
        }
        Ok(broker)
    }

    /// The URL of a path on it.
    pub(super) fn url(&self, path: &str) -> Result<Url, Failure> {
        target::parse(&format!("{}{path}", self.base))
    }

    /// Asks it to end, and waits until it has.
    pub(super) fn stop(mut self) -> Result<(), Failure> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).context("the broker has no pid")?;
        if self.child.try_wait()?.is_none() {
            kill_process(pid, Signal::TERM).context("cannot stop the broker")?;
        }
        let asked = Instant::now();
        while asked.elapsed() < STOP_LIMIT {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            std::thread::sleep(LOOK);
        }
        Err(anyhow::anyhow!("the broker did not stop within {} s and was killed", STOP_LIMIT.as_secs()).into())
    }
}

impl Drop for OwnBroker {
    fn drop(&mut self) {
        // After a proper stop it has been waited for, and both do nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
