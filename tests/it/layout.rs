//! The layout of the source: who may use which module, who alone may name a crate, and how long a file may be.
//!
//! The tables below are the decision. A new module gets a row in `MODULES`; a crate that only one layer should know
//! gets a row in `OWNED`. [`paths`] finds every path that a source names, [`rules`] judges them.

mod paths;
mod rules;

use std::fs;
use std::path::{Path, PathBuf};

use rules::Rules;

const ALL: &[&str] = &[
    "auth",
    "bench",
    "broker",
    "client",
    "diagnosis",
    "llm",
    "metrics",
    "server",
    "shutdown",
    "store",
    "telemetry",
    "topic",
    "wire",
];

/// Each module of `src/`, and the modules that it may use. `main` and `lib` are the files of these names.
const MODULES: &[(&str, &[&str])] = &[
    ("main", &["cli"]),
    ("lib", &[]),
    ("cli", ALL),
    ("bench", &["wire"]),
    ("server", &["auth", "broker", "metrics", "topic", "wire"]),
    ("client", &["wire"]),
    ("diagnosis", &["wire"]),
    ("llm", &["wire"]),
    ("broker", &["metrics", "store", "topic", "wire"]),
    ("auth", &["topic"]),
    ("store", &["topic", "wire"]),
    ("wire", &[]),
    ("topic", &[]),
    ("metrics", &[]),
    ("shutdown", &[]),
    ("telemetry", &[]),
];

/// What only some modules may name: a crate, an item by the end of its path, or a macro with its `!`.
const OWNED: &[(&str, &[&str])] = &[
    ("anyhow", &["cli"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("colored", &["cli"]),
    ("indicatif", &["cli"]),
    ("jaq_core", &["cli"]),
    ("jaq_json", &["cli"]),
    ("jaq_std", &["cli"]),
    ("print!", &["cli"]),
    ("println!", &["cli"]),
    ("eprint!", &["cli"]),
    ("eprintln!", &["cli"]),
    ("base64", &["auth", "bench", "cli", "client"]),
    ("jsonwebtoken", &["auth"]),
    ("dbg!", &["nobody"]),
    ("std::io::stdout", &["cli"]),
    ("hdrhistogram", &["bench"]),
    ("axum", &["server"]),
    ("hyper", &["server"]),
    ("hyper_util", &["server"]),
    ("rustls", &["bench", "server"]),
    ("rustls_platform_verifier", &["bench"]),
    ("tokio_rustls", &["bench", "server"]),
    ("h2", &["bench"]),
    ("nix", &["bench"]),
    ("tower", &["server"]),
    ("tower_http", &["server"]),
    ("reqwest", &["client"]),
    ("brotli_decompressor", &["client"]),
    ("httpdate", &["client", "server"]),
    ("flate2", &["client"]),
    ("zstd", &["client"]),
    ("mio", &["broker"]),
    ("jsonwebtoken", &["auth"]),
    ("crc32c", &["store"]),
    ("redis", &["store"]),
    ("prometheus_client", &["metrics"]),
    ("tokio::signal", &["shutdown"]),
    ("tracing_subscriber", &["telemetry"]),
];

const RULES: Rules = Rules { modules: MODULES, owned: OWNED };

/// Lines that a file may have, and that half of the files may have.
const LONGEST: usize = 500;
const MEDIAN: usize = 150;

/// Every Rust file below a directory of the package, as its path from there and its text.
fn sources(directory: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    let (mut directories, mut sources) = (vec![root.clone()], Vec::new());
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).expect("a directory of the package") {
            let path = entry.expect("an entry of it").path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source is UTF-8");
                sources.push((path.strip_prefix(&root).expect("below it").to_owned(), text));
            }
        }
    }
    sources.sort();
    assert!(sources.len() >= 5, "the sources of {directory}/ are found");
    sources
}

/// What the rules say of one source text, line by line.
fn check(file: &str, text: &str) -> Vec<String> {
    RULES.check(Path::new(file), text)
}

#[test]
fn imports_go_downwards_only_and_each_crate_is_named_by_its_owner_alone() {
    let violations: Vec<String> = sources("src").iter().flat_map(|(file, text)| RULES.check(file, text)).collect();
    assert!(violations.is_empty(), "the tables are in tests/it/layout.rs\n{}\n", violations.join("\n"));
}

#[test]
fn every_module_of_the_library_has_its_row_in_the_table() {
    for (file, _) in sources("src") {
        let module = rules::module_of(&file);
        assert!(MODULES.iter().any(|(name, _)| *name == module), "src/{}: no row for {module}", file.display());
    }
}

#[test]
fn files_are_short_and_say_first_what_they_are_for() {
    for directory in ["src", "tests"] {
        let sources = sources(directory);
        for (file, text) in &sources {
            let (file, lines) = (file.display(), text.lines().count());
            assert!(lines <= LONGEST, "{directory}/{file}: {lines} lines, where {LONGEST} is the most: split it");
            assert!(text.starts_with("//!"), "{directory}/{file}: begin with `//!` and what the file is for");
        }
    }
    let mut lengths: Vec<usize> = sources("src").iter().map(|(_, text)| text.lines().count()).collect();
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    assert!(median <= MEDIAN, "half of the files of src/ have more than {median} lines, where {MEDIAN} is the most");
}

#[test]
fn a_forbidden_module_is_reported_with_file_line_and_who_may() {
    let found = check("broker/hub.rs", "//! A hub.\n\nuse crate::server::Router;\n");
    assert_eq!(found, ["src/broker/hub.rs:3: broker may not use server (it may use metrics, store, topic, wire)"]);
}

#[test]
fn every_way_to_name_a_module_is_seen() {
    let caught = |file: &str, text: &str, module: &str| {
        let found = check(file, text);
        let named = found.iter().any(|violation| violation.contains(&format!("may not use {module} ")));
        assert!(named, "{text:?} in {file} names {module}, and this is found: {found:?}");
    };
    caught("auth/rules.rs", "use crate::{topic, store::{self}};", "store");
    caught("auth/rules.rs", "use crate::{\n    topic,\n    wire::{Event, EventId},\n};", "wire");
    caught("auth/rules.rs", "use {std::fmt, crate::wire::Event};", "wire");
    caught("store/disk/index.rs", "fn f() { super::super::super::broker::publish() }", "broker");
    caught("store/disk.rs", "mod tests { use super::super::super::broker; }", "broker");
    caught("shutdown.rs", "use super::wire;", "wire");
    caught("client/mod.rs", "fn f(hub: &sse::broker::Hub) {}", "broker");
    caught("client/mod.rs", "fn f() { assert_eq!(crate::broker::limit(), 1) }", "broker");
    caught("client/mod.rs", "fn f() { 0..crate::broker::LIMIT }", "broker");
    caught("client/mod.rs", "impl<T: Into<crate::topic::Topic>> From<T> for X {}", "topic");
    caught("client/mod.rs", "use crate::{wire as w, broker as b};", "broker");
    caught("client/mod.rs", "pub(crate) use crate::broker;", "broker");
    caught("client/mod.rs", "use crate as everything;", "the whole crate");
    caught("client/mod.rs", "use super::*;", "the whole crate");
    caught("main.rs", "use sse::broker::Hub;", "broker");
    caught("lib.rs", "pub use broker::Hub;", "broker");
}

#[test]
fn every_way_to_name_an_owned_crate_or_macro_is_seen() {
    let caught = |file: &str, text: &str, owned: &str| {
        let found = check(file, text);
        let named = found.iter().any(|violation| violation.contains(&format!(" may not name {owned} ")));
        assert!(named, "{text:?} in {file} names {owned}, and this is found: {found:?}");
    };
    caught("broker/hub.rs", "use axum::response::Sse;", "axum");
    caught("broker/hub.rs", "use {std::fmt, axum as web};", "axum");
    caught("broker/hub.rs", "extern crate axum as web;", "axum");
    caught("broker/hub.rs", "fn f() -> ::hyper::Result<()> {}", "hyper");
    caught("broker/hub.rs", "#[derive(Debug, clap::Args)] struct Options;", "clap");
    caught("broker/hub.rs", "fn f() { println!(\"{}\", 1) }", "println!");
    caught("broker/hub.rs", "fn f() { std::eprintln!() }", "eprintln!");
    caught("broker/hub.rs", "use tokio::{net, signal};", "tokio::signal");
    caught("broker/hub.rs", "use std::io; fn f() { io::stdout().flush() }", "std::io::stdout");
    caught("broker/hub.rs", "use std::io::{self as out, Write}; fn f() { out::stdout() }", "std::io::stdout");
    caught("cli/mod.rs", "fn f() { dbg!(1) }", "dbg!");
    caught("cli/target.rs", "use reqwest::Url;", "reqwest");
    caught("server/stream.rs", "use base64::Engine as _;", "base64");
}

#[test]
fn what_is_allowed_and_what_only_looks_like_a_path_is_not_reported() {
    let clean = |file: &str, text: &str| assert_eq!(check(file, text), Vec::<String>::new(), "{text:?} in {file}");
    clean("broker/hub.rs", "// use crate::server;\n/* axum::x */\n//! crate::server\n/// `axum::Router`\nstruct X;");
    clean("broker/hub.rs", "fn f() -> &'static str { \"use crate::server; axum::Router println!()\" }");
    clean("broker/hub.rs", "use crate::{store, topic::Topic, wire::{self, Event}};\nuse super::limits;");
    clean("broker/hub.rs", "fn f(server: Server) { server.axum.redis() }\nmod hyper {}");
    clean("broker/hub.rs", "use crate::broker::limits; use super::hub::server::X; use std::io::stderr;");
    clean("broker/hub.rs", "mod tests { use super::*; mod deeper { use super::super::super::limits; } }");
    clean("store/mod.rs", "mod redis; use redis::Redis; use self::redis::Other;");
    clean("cli/serve.rs", "use crate::{server, store, client, bench}; use clap::Args; use std::io::stdout;");
    clean("main.rs", "fn main() -> std::process::ExitCode { sse::cli::main() }");
    clean("broker/hub.rs", "pub(in crate::broker) fn f() {}\npub(crate) fn g() {}\npub(super) fn h() {}");
}
