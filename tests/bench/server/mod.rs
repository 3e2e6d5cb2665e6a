//! The servers that are compared, behind one handle: where to subscribe, where to publish, and which process it is.

mod broker;
#[path = "../../../examples/floor.rs"]
#[expect(dead_code, reason = "as a program of its own it has a main")]
mod floor;
pub mod nchan;
#[path = "../../../examples/plain_axum.rs"]
#[expect(dead_code, reason = "as a program of its own it has a main")]
mod plain;

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context as _, bail};
use clap::ValueEnum;
use tempfile::TempDir;

use crate::pinning::{self, Cores};
use crate::process;

pub use broker::{Broker, Engine};

/// A free port of loopback.
const ANY_PORT: &str = "127.0.0.1:0";

/// What the first line of a server begins with.
const ANNOUNCEMENT: &str = "listening on ";

/// Who is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// `sse serve`.
    Sse,
    /// `axum::response::Sse` over a broadcast channel.
    Axum,
    /// One `write` per delivery and nothing else.
    Floor,
    /// nginx with the nchan module.
    Nchan,
}

/// A running server; it ends when dropped.
#[derive(Debug)]
pub struct Server {
    pub kind: Kind,
    pub address: SocketAddr,
    child: Child,
    /// Kept open, so that it can write.
    _stdout: Option<BufReader<ChildStdout>>,
    /// What it reads and writes, gone when it is dropped.
    files: Option<TempDir>,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::Sse, Self::Axum, Self::Floor, Self::Nchan];

    pub fn name(self) -> &'static str {
        match self {
            Self::Sse => "sse",
            Self::Axum => "axum",
            Self::Floor => "floor",
            Self::Nchan => "nchan",
        }
    }
}

/// Is one of the servers that live in this program, until it is killed.
pub fn serve(kind: Kind) -> anyhow::Result<()> {
    match kind {
        Kind::Floor => floor::serve(ANY_PORT),
        Kind::Axum => plain::serve(ANY_PORT),
        Kind::Sse | Kind::Nchan => bail!("{} is a program of its own", kind.name()),
    }
}

impl Server {
    /// Starts one on a free port of loopback, on the servers' core.
    pub fn start(kind: Kind) -> anyhow::Result<Self> {
        match kind {
            Kind::Sse => Broker::new(Engine::Memory, &[]).start(),
            Kind::Axum | Kind::Floor => {
                let mut command = Command::new(std::env::current_exe()?);
                command.args(["--serve", kind.name()]);
                Self::announced(kind, command, Cores::Server)
            }
            Kind::Nchan => nchan::start(),
        }
    }

    /// Starts a server that says where it listens.
    fn announced(kind: Kind, mut command: Command, cores: Cores) -> anyhow::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = pinning::on(cores, || command.spawn()).context("cannot start a server")?;
        let mut stdout = BufReader::new(child.stdout.take().context("the server has no stdout")?);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let address = line.trim_end().strip_prefix(ANNOUNCEMENT).and_then(|url| url.split("://").nth(1));
        let address = address.context("the server did not start")?.parse()?;
        Ok(Self { kind, address, child, _stdout: Some(stdout), files: None })
    }

    /// The path at which a topic is read.
    pub fn subscribe_path(&self, topic: &str) -> String {
        if self.kind == Kind::Nchan { format!("/sub/{topic}") } else { format!("/events/{topic}") }
    }

    /// The path to which a topic's events are posted.
    pub fn publish_path(&self, topic: &str) -> String {
        if self.kind == Kind::Nchan { format!("/pub/{topic}") } else { format!("/events/{topic}") }
    }

    /// Its CPU seconds so far.
    pub fn cpu(&self) -> f64 {
        process::cpu(self.pid())
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.kind == Kind::Nchan {
            // Killed, nginx would leave its worker behind.
            let _ = rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), nchan::STOP);
        } else {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// `sse`, without the options that the environment may hold.
pub fn sse() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sse"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SSE_")) {
        command.env_remove(name);
    }
    command
}
