//! Whether those who listen notice that somebody else comes with bad tokens, and what one of those costs the server: by how
//! tokens are signed, and where only so many are looked at.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};

use super::{Outcome, Scenario, float};
use crate::bad_tokens::BadTokens;
use crate::load::{Load, Report, SIZE};
use crate::options::Scale;
use crate::pinning::Cores;
use crate::server::{Broker, Engine, Kind, sse};

const SUBSCRIBERS: u32 = 200;
const RATE: u32 = 50;

/// Bad tokens per second.
const BAD: u64 = 10_000;

/// Those of a minute that are looked at where that is limited.
const FAILURES: &str = "600";

pub const TOKENS: Scenario = Scenario {
    name: "tokens",
    title: |scale| {
        let (subscribers, rate) = (scale.count(SUBSCRIBERS), scale.count(RATE));
        format!(
            "{subscribers} subscribers × {rate} events/s of {SIZE} bytes, alone and beside {BAD} bad tokens/s; milliseconds \
             from when an event was due, and microseconds of CPU for each bad token"
        )
    },
    kinds: &[Kind::Sse],
    run,
};

/// How tokens are signed.
#[derive(Clone, Copy)]
enum Signed {
    Hs256,
    Rs256,
    Es256,
}

/// The files of a server and its clients.
struct Keys<'d> {
    directory: &'d Path,
    signed: Signed,
}

/// What one load showed.
struct Shown {
    report: Report,
    cpu: f64,
}

fn run(scale: Scale, _: Kind) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::default();
    for (cores, suffix) in [(Cores::Server, ""), (Cores::Both, ", both cores")] {
        for signed in [Signed::Hs256, Signed::Rs256, Signed::Es256] {
            let directory = tempfile::tempdir()?;
            let keys = Keys { directory: directory.path(), signed };
            keys.make()?;
            let label = |what: &str| format!("{what}, {}{suffix}", signed.name());
            let alone = measure(scale, cores, &keys, &[], None, &mut outcome)?;
            outcome.show(label("p50 ms alone"), alone.report.latency("p50"));
            outcome.show(label("p99 ms alone"), alone.report.latency("p99"));
            for (name, options) in [("", &[][..]), (" limited", &["--max-auth-failures", FAILURES])] {
                let beside = measure(scale, cores, &keys, options, Some(BAD), &mut outcome)?;
                outcome.show(label(&format!("p50 ms beside{name}")), beside.report.latency("p50"));
                outcome.show(label(&format!("p99 ms beside{name}")), beside.report.latency("p99"));
                outcome.show(label(&format!("µs per bad token{name}")), (beside.cpu - alone.cpu) * 1e6);
            }
        }
    }
    Ok(outcome)
}

/// Loads a server of its own, beside so many bad tokens a second. The CPU time is that per bad token, had there been [`BAD`]
/// of them.
fn measure(
    scale: Scale,
    cores: Cores,
    keys: &Keys<'_>,
    more: &[&str],
    bad: Option<u64>,
    outcome: &mut Outcome,
) -> anyhow::Result<Shown> {
    let options: Vec<String> = keys.of_server().into_iter().chain(more.iter().map(|text| (*text).to_owned())).collect();
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let server = Broker { cores, ..Broker::new(Engine::Memory, &options) }.start()?;
    let (good, wrong) = (keys.token("own")?, keys.token("other")?);
    let load = Load {
        subscribers: scale.count(SUBSCRIBERS),
        rate: scale.count(RATE),
        duration: scale.seconds(10, 2),
        warmup: std::time::Duration::from_secs(1),
    };
    let flood = bad.map(|rate| BadTokens::start(&server, &wrong, rate)).transpose()?;
    let report = load.start_with(&server, &["--subscribe-token", &good, "--publish-token", &good])?.report()?;
    let answers = flood.map(BadTokens::end).transpose()?;
    let seconds = (load.duration + load.warmup).as_secs_f64();
    report.judge(outcome);
    if let Some(answers) = answers {
        let answered = answers.refused + answers.turned_away;
        let asked = float(BAD) * answers.lasted.as_secs_f64();
        if float(answered) < asked * 0.95 {
            outcome.notes.push(format!("{}: {answered} of {asked:.0} bad tokens were answered", keys.signed.name()));
        }
        ensure!(more.is_empty() == (answers.turned_away == 0), "the limit holds where there is one: {answers:?}");
    }
    Ok(Shown { report, cpu: server.cpu() / seconds / float(BAD) })
}

impl Signed {
    fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }

    fn algorithm(self) -> Option<&'static rcgen::SignatureAlgorithm> {
        match self {
            Self::Hs256 => None,
            Self::Rs256 => Some(&rcgen::PKCS_RSA_SHA256),
            Self::Es256 => Some(&rcgen::PKCS_ECDSA_P256_SHA256),
        }
    }
}

impl Keys<'_> {
    /// Writes the key of the server, and another one.
    fn make(&self) -> anyhow::Result<()> {
        for name in ["own", "other"] {
            let Some(algorithm) = self.signed.algorithm() else { continue };
            let pair = rcgen::KeyPair::generate_for(algorithm)?;
            std::fs::write(self.directory.join(format!("{name}.pem")), pair.serialize_pem())?;
            std::fs::write(self.directory.join(format!("{name}.pub")), pair.public_key_pem())?;
        }
        Ok(())
    }

    fn path(&self, name: &str) -> String {
        self.directory.join(name).display().to_string()
    }

    fn secret(name: &str) -> String {
        format!("{name:x>40}")
    }

    fn of_server(&self) -> Vec<String> {
        let key = match self.signed {
            Signed::Hs256 => ["--jwt-secret".to_owned(), Self::secret("own")],
            _ => ["--jwt-key".to_owned(), self.path("own.pub")],
        };
        ["--auth".to_owned(), "jwt".to_owned()].into_iter().chain(key).collect()
    }

    /// A token that is signed with the key of this name.
    fn token(&self, name: &str) -> anyhow::Result<String> {
        let mut command: Command = sse();
        command.args(["token", "mint", "--subscribe", "**", "--publish", "**"]);
        match self.signed {
            Signed::Hs256 => command.args(["--jwt-secret", &Self::secret(name)]),
            _ => command.args(["--key", &self.path(&format!("{name}.pem"))]),
        };
        let output = command.output().context("cannot start sse token")?;
        ensure!(output.status.success(), "sse token: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
    }
}
