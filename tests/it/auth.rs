//! Who may use a broker: tokens through the real binary, at every endpoint, and what `sse token` says of the same ones.

mod addressed;
mod config;
mod lasting;
mod log;
mod people;
mod presence;
mod reload;
pub(crate) mod routes;
mod table;
mod tickets;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Broker, run, stdout};

/// A secret that is long enough.
pub const SECRET: &str = "the secret of these tests, 32 bytes or more";

/// A broker of two tenants: staff sees its own company, superadmins see and publish everything.
const RULES: &str = r#"
[[rule]]
roles = ["staff", "admin"]
subscribe = ["company/{claims.company_id}/**"]

[[rule]]
roles = ["superadmin"]
subscribe = ["**"]
publish = ["**"]
admin = true
"#;

/// A directory with a config file.
pub struct Config {
    directory: TempDir,
}

impl Config {
    pub fn new(text: &str) -> Self {
        let directory = TempDir::new().expect("a directory");
        let config = Self { directory };
        config.write("sse.toml", text);
        config
    }

    /// Accepts JWTs of [`SECRET`] by [`RULES`], and what is given besides.
    pub fn of_tenants(more: &str) -> Self {
        Self::new(&format!("auth = \"jwt\"\njwt-secret = \"{SECRET}\"\n{more}\n{RULES}"))
    }

    pub fn write(&self, name: &str, text: &str) {
        // In one step, so that nobody reads half of it.
        let new = self.path("new");
        fs::write(&new, text).expect("a file");
        fs::rename(new, self.path(name)).expect("its name");
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn file(&self) -> String {
        text(&self.path("sse.toml"))
    }

    pub fn start(&self, options: &[&str]) -> Broker {
        Broker::start(&[&["--config", &self.file()], options].concat())
    }
}

fn text(path: &Path) -> String {
    path.to_str().expect("UTF-8").to_owned()
}

/// Mints a token with `sse token mint`.
pub fn mint(options: &[&str]) -> String {
    mint_with(SECRET, options)
}

pub fn mint_with(secret: &str, options: &[&str]) -> String {
    let output = run(&[&["token", "mint", "--jwt-secret", secret], options].concat(), "");
    assert!(output.status.success(), "{output:?}");
    stdout(&output).trim_end().to_owned()
}

/// The header that carries a token.
pub fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

/// What `sse token inspect` says, and its exit code.
fn inspect(config: &Config, token: &str, options: &[&str]) -> (Value, i32) {
    let args = ["token", "inspect", "-o", "json", "--config", &config.file()];
    let output = run(&[&args, options].concat(), token);
    let said = serde_json::from_str(&stdout(&output)).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    (said, output.status.code().expect("an exit code"))
}
