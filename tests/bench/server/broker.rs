//! `sse serve` with options: where it keeps its events, and how it is killed and started again on what it kept.

use tempfile::TempDir;

use super::{Kind, Server, sse};
use crate::pinning::Cores;

/// Where a broker keeps its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Memory,
    /// In a directory: whatever was answered is on the disk.
    Durable,
}

/// How a broker is started.
#[derive(Clone, Copy, Debug)]
pub struct Broker<'o> {
    pub engine: Engine,
    pub cores: Cores,
    pub options: &'o [&'o str],
}

impl Engine {
    pub const ALL: [Self; 2] = [Self::Memory, Self::Durable];

    pub fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Durable => "durable",
        }
    }
}

impl<'o> Broker<'o> {
    /// One on the server's core, with more options.
    pub fn new(engine: Engine, options: &'o [&'o str]) -> Self {
        Self { engine, cores: Cores::Server, options }
    }

    /// Starts it, if it is durable in a directory of its own, which goes with the server.
    pub fn start(self) -> anyhow::Result<Server> {
        let directory = (self.engine == Engine::Durable).then(tempfile::tempdir).transpose()?;
        self.start_in(directory)
    }

    /// Ends a server that was started so with SIGKILL, and starts another in its directory.
    pub fn restart(self, mut killed: Server) -> anyhow::Result<Server> {
        let directory = killed.files.take();
        drop(killed);
        self.start_in(directory)
    }

    fn start_in(self, directory: Option<TempDir>) -> anyhow::Result<Server> {
        let mut command = sse();
        command.args(["--quiet", "serve", "--listen", "127.0.0.1:0"]).args(self.options);
        if let Some(directory) = &directory {
            command.arg("--data").arg(directory.path());
        }
        let mut server = Server::announced(Kind::Sse, command, self.cores)?;
        server.files = directory;
        Ok(server)
    }
}
