//! A broker for one run: `sse serve` on a free port of loopback, started from the same file as this process, so that
//! server and generator share no thread, no allocator and no descriptor limit.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use url::Url;

use crate::bench::figures::bytes;
use crate::bench::{System, Watched};
use crate::cli::failure::Failure;
use crate::cli::target;

/// The largest event that `sse serve` takes and the history that it keeps unless it is told otherwise: what a run does
/// not need more of stays as its users have it.
const MAX_EVENT_SIZE: u64 = 1 << 20;
const RETAINED_EVENTS: u64 = 100_000;
const RETAINED_BYTES: u64 = 64 << 20;

/// How many seconds of events the history holds, so that streams that are behind find theirs.
const RETAINED_SECONDS: u64 = 10;

/// The most events that a run publishes before those, in round figures: 1000 publishers, mostly heard at once.
const PROBES: u64 = 1_000;

/// What an event takes in the history beside its data, at most, in bytes.
const BOOKKEEPING: u64 = 640;

/// The largest history, in bytes: a broker must leave memory to what it is measured with.
const MOST_RETAINED: u64 = 1 << 30;

/// Where it listens unless it has to be found again.
const ANY_PORT: &str = "127.0.0.1:0";

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
    needs: [String; 3],
    /// Where the history of a durable one is; removed with this.
    data: Option<TempDir>,
}

impl OwnBroker {
    /// Starts it for a load, and waits until it listens.
    pub(super) fn start(load: BrokerLoad) -> Result<Self, Failure> {
        let needs = load.needs().ok_or_else(|| {
            let most = bytes(MOST_RETAINED);
            Failure::usage(format!("so many events do not fit into the history of a broker of its own, {most}"))
                .hint("measure a server that keeps them, or give fewer --events or a smaller --size")
        })?;
        let directory = || tempfile::Builder::new().prefix("sse-bench-").tempdir();
        let data = load.outlasts.then(directory).transpose().map_err(System::from);
        let data = data.context("cannot make a directory for the history of the broker")?;
        Self::launch(ANY_PORT, needs, data)
    }

    /// Starts it again at the same address, after it has ended.
    pub(super) fn start_again(&mut self) -> Result<(), Failure> {
        let address = self.base.rsplit('/').next().unwrap_or_default().to_owned();
        *self = Self::launch(&address, self.needs.clone(), self.data.take())?;
        Ok(())
    }

    fn launch(address: &str, needs: [String; 3], data: Option<TempDir>) -> Result<Self, Failure> {
        let program = std::env::current_exe().context("cannot find this program's own file")?;
        let mut command = Command::new(program);
        command.args(["--quiet", "serve", "--listen", address]).stdin(Stdio::null()).stdout(Stdio::piped());
        command.args(&needs).args(data.iter().flat_map(|data| [OsStr::new("--data"), data.path().as_os_str()]));
        // What is set for the user's broker is not meant for this one, and would make runs incomparable.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SSE_")) {
            command.env_remove(name);
        }
        // In a group of its own, so that Ctrl-C ends the run and not the server in the middle of it.
        let mut child = command.process_group(0).spawn().map_err(System::from).context("cannot start a broker")?;
        let mut stdout = BufReader::new(child.stdout.take().context("the broker has no stdout")?);
        let mut line = String::new();
        stdout.read_line(&mut line).map_err(System::from).context("cannot read from the broker")?;
        let base = line.trim_end().strip_prefix(ANNOUNCEMENT).unwrap_or_default().to_owned();
        let broker = Self { child, _stdout: stdout, base, needs, data };
        if broker.base.is_empty() {
            return Err(anyhow::anyhow!("the broker for the run did not start").into());
        }
        Ok(broker)
    }

    /// The URL of a path on it.
    pub(super) fn url(&self, path: &str) -> Result<Url, Failure> {
        target::parse(&format!("{}{path}", self.base))
    }

    pub(super) fn watched(&self) -> Watched {
        Watched { pid: self.child.id(), leads_group: true }
    }

    /// Asks it to end, and waits until it has.
    pub(super) fn stop(mut self) -> Result<(), Failure> {
        self.end()
    }

    /// The same where it will be started again.
    pub(super) fn end(&mut self) -> Result<(), Failure> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).context("the broker has no pid")?;
        if let Some(status) = self.child.try_wait()? {
            return Err(anyhow::anyhow!("the broker for the run ended before it was to: {status}").into());
        }
        kill_process(pid, Signal::TERM).context("cannot stop the broker")?;
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

/// What a broker is to bear.
#[derive(Clone, Copy, Debug)]
pub(super) struct BrokerLoad {
    /// The bytes of an event's data, at most.
    pub(super) size: u64,
    /// Events per second.
    pub(super) rate: u64,
    /// How many have to be there when the subscribers come.
    pub(super) past: u64,
    /// Whether its history is on the disk, so that it finds it again when it is started again.
    pub(super) outlasts: bool,
}

impl BrokerLoad {
    /// The options that it needs; `None` if it would have to keep more than there is room for.
    fn needs(self) -> Option<[String; 3]> {
        let Self { size, rate, past, .. } = self;
        // Probes are there too.
        let past = if past > 0 { past + PROBES } else { 0 };
        let events = (rate * RETAINED_SECONDS).max(past);
        let in_bytes = |events: u64| events.saturating_mul(size + BOOKKEEPING);
        let bytes = in_bytes(events).clamp(RETAINED_BYTES, MOST_RETAINED);
        (in_bytes(past) <= MOST_RETAINED).then(|| {
            [
                format!("--max-event-size={}", size.max(MAX_EVENT_SIZE)),
                format!("--retain-events={}", events.max(RETAINED_EVENTS)),
                format!("--retain-bytes={bytes}"),
            ]
        })
    }
}

impl Drop for OwnBroker {
    fn drop(&mut self) {
        // After a proper stop it has been waited for, and both do nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_gets_more_than_the_default_only_where_it_needs_it() {
        let needs = |size, rate, past| BrokerLoad { size, rate, past, outlasts: false }.needs();
        let options = |size, events, bytes| {
            let options = [("max-event-size", size), ("retain-events", events), ("retain-bytes", bytes)];
            Some(options.map(|(name, value)| format!("--{name}={value}")))
        };
        assert_eq!(needs(200, 100, 0), options(1_048_576, 100_000, 67_108_864));
        assert_eq!(needs(2 << 20, 5, 0), options(2_097_152, 100_000, 104_889_600));
        assert_eq!(needs(16 << 20, 1_000_000, 0), options(16_777_216, 10_000_000, 1_073_741_824));
        assert_eq!(needs(360, 100, 200_000), options(1_048_576, 201_000, 201_000_000));
        assert_eq!(needs(360, 100, 2_000_000), None);
    }
}
