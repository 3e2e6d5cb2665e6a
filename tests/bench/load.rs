//! The load that `sse bench` makes, as a process of its own on the generator's core, and what it reports.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::scenarios::Outcome;
use crate::server::{Server, sse};

/// The topic of all scenarios with one.
pub const TOPIC: &str = "bench";

/// The size of an event's data in bytes.
pub const SIZE: usize = 200;

/// What is asked of `sse bench`.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    pub subscribers: u32,
    pub rate: u32,
    pub duration: Duration,
    pub warmup: Duration,
}

/// A load under way.
#[derive(Debug)]
pub struct Running(Option<Child>);

/// What `sse bench` found.
#[derive(Debug)]
pub struct Report(Value);

impl Load {
    /// Carries it out.
    pub fn run(&self, server: &Server) -> anyhow::Result<Report> {
        self.start(server)?.report()
    }

    pub fn start(&self, server: &Server) -> anyhow::Result<Running> {
        self.start_with(server, &[])
    }

    /// The same with more options.
    pub fn start_with(&self, server: &Server, more: &[&str]) -> anyhow::Result<Running> {
        let url = |path: String| format!("http://{}{path}", server.address);
        let milliseconds = |duration: Duration| format!("{}ms", duration.as_millis());
        let mut command: Command = sse();
        command.args(["--quiet", "bench", "-o", "json", "--size", &SIZE.to_string()]);
        command.args(["--subscribe-url", &url(server.subscribe_path(TOPIC))]);
        command.args(["--publish-url", &url(server.publish_path(TOPIC))]);
        command.args(["-c", &self.subscribers.to_string(), "-r", &self.rate.to_string()]);
        command.args(["-d", &milliseconds(self.duration), "--warmup", &milliseconds(self.warmup)]);
        command.args(more).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok(Running(Some(command.spawn().context("cannot start sse bench")?)))
    }
}

impl Running {
    /// Whether it has not ended yet.
    pub fn goes_on(&mut self) -> bool {
        self.0.as_mut().is_some_and(|child| child.try_wait().is_ok_and(|status| status.is_none()))
    }

    /// Waits for its end.
    pub fn report(mut self) -> anyhow::Result<Report> {
        let output = self.0.take().context("sse bench has ended")?.wait_with_output()?;
        // Without a report it says why.
        if output.stdout.is_empty() {
            bail!("sse bench: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(Report(serde_json::from_slice(&output.stdout)?))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Report {
    pub fn count(&self, group: &str, name: &str) -> u64 {
        self.0[group][name].as_u64().unwrap_or(0)
    }

    /// A percentile of the latency in milliseconds.
    pub fn latency(&self, percentile: &str) -> f64 {
        self.0["latency_ms"][percentile].as_f64().unwrap_or(f64::NAN)
    }

    /// Notes what went wrong in it.
    pub fn judge(&self, outcome: &mut Outcome) {
        let deliveries = |name| self.count("deliveries", name);
        let (asked, opened) = (self.count("connections", "asked"), self.count("connections", "opened"));
        for fault in ["lost", "duplicated", "reordered"] {
            if deliveries(fault) > 0 {
                let (count, expected) = (deliveries(fault), deliveries("expected"));
                outcome.faults.push(format!("{count} of {expected} deliveries {fault}"));
            }
        }
        if opened < asked || self.count("connections", "closed") > 0 {
            outcome.faults.push(format!("{asked} subscribers asked, {opened} opened, some were closed or refused"));
        }
        if self.0["valid"] != Value::Bool(true) {
            let warnings = self.0["warnings"].as_array().into_iter().flatten().filter_map(Value::as_str);
            outcome.notes.push(format!("not valid: {}", warnings.collect::<Vec<_>>().join("; ")));
        }
    }
}
