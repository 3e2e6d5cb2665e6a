//! The real `sse` as a child process: a broker on a free port, or any command run to its end.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

/// What has not happened after this long will not happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for a condition; fails if it does not come true.
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::yield_now();
    }
}

/// The `sse` under test, without the options that the environment of the developer may hold.
pub fn sse() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sse"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SSE_")) {
        command.env_remove(name);
    }
    command
}

/// Runs `sse` with the arguments, and the text on its stdin, to its end.
pub fn run(args: &[&str], stdin: &str) -> Output {
    let mut child = sse()
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("sse starts");
    // A command that does not read its stdin may be gone already: what counts is how it ends.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().expect("sse ends")
}

/// The `sse` under test with no more than this many open files.
fn with_open_files(limit: u32) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("ulimit -n {limit}; exec \"$0\" \"$@\"")]).arg(sse().get_program());
    shell
}

/// Runs it so to its end.
pub fn run_with_open_files(limit: u32, args: &[&str]) -> Output {
    with_open_files(limit).args(args).output().expect("sh starts")
}

/// Stdout as text.
pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("stdout is UTF-8")
}

/// Stderr as text.
pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("stderr is UTF-8")
}

/// A broker on a free port of loopback.
const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

/// A running `sse serve` on a free port of loopback; killed when dropped.
pub struct Broker {
    pub child: Child,
    pub stdout: BufReader<ChildStdout>,
    pub address: SocketAddr,
}

impl Broker {
    /// Starts it with more options than the address, and waits until it listens.
    pub fn start(options: &[&str]) -> Self {
        Self::start_as(sse().args(SERVE).args(options))
    }

    /// The same at an address that is known before.
    pub fn start_at(address: SocketAddr, options: &[&str]) -> Self {
        Self::start_as(sse().args(["serve", "--listen", &address.to_string()]).args(options))
    }

    /// The same, with its stderr kept for [`Broker::end`].
    pub fn start_quietly(options: &[&str]) -> Self {
        Self::start_as(sse().args(SERVE).args(options).stderr(Stdio::piped()))
    }

    /// The same, with no more than this many open files.
    pub fn start_with_open_files(limit: u32, options: &[&str]) -> Self {
        Self::start_as(with_open_files(limit).args(SERVE).args(options))
    }

    /// The same, or how it ended instead.
    pub fn try_start(options: &[&str]) -> Result<Self, Output> {
        let command = &mut sse();
        let started = Self::try_start_as(command.args(SERVE).args(options).stderr(Stdio::piped()));
        started.map_err(|child| child.wait_with_output().expect("sse ends"))
    }

    /// The same with all that is said of it in the command.
    pub fn start_as(command: &mut Command) -> Self {
        Self::try_start_as(command).expect("the address comes first")
    }

    fn try_start_as(command: &mut Command) -> Result<Self, Child> {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("sse starts");
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).expect("stdout is UTF-8");
        match line.trim_end().split_once("://") {
            Some((_, address)) => Ok(Self { address: address.parse().expect("an address"), child, stdout }),
            None => Err(child),
        }
    }

    /// Kills it, as `kill -9` does.
    pub fn kill(self) {
        drop(self);
    }

    /// Stops it, as SIGTERM does, and waits until it has ended well.
    pub fn stop(mut self) {
        rustix::process::kill_process(self.pid(), rustix::process::Signal::TERM).expect("it runs");
        assert!(self.child.wait().expect("an end").success());
    }

    /// Waits for its end; returns how it ended and what it said on stderr.
    pub fn end(&mut self) -> (ExitStatus, String) {
        let mut stderr = String::new();
        self.child.stderr.take().expect("started quietly").read_to_string(&mut stderr).expect("stderr is UTF-8");
        (self.child.wait().expect("an end"), stderr)
    }

    /// Its process, to send signals to.
    pub fn pid(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_child(&self.child)
    }

    /// Its resident memory.
    #[cfg(target_os = "linux")]
    pub fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// The URL of a path on it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // It may have ended already, as the test asked.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
