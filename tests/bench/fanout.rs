//! The fan-out benchmark: `sse serve` beside a plain `axum::response::Sse` server, beside the floor (one `write` per
//! delivery and nothing else) and beside nginx with nchan, in one run, the server on one core and the generator on another.
//!
//! `cargo bench --bench fanout` runs every scenario but the soak, `cargo bench --bench fanout -- cpu flood` those two;
//! `-- --help` says the rest. It ends with exit code 1 if `sse serve` lost an event or refused a connection; how long
//! anything took decides nothing. As a test (`cargo test --bench fanout`) it does the short form.
//!
//! The lints of the product on output and visibility do not hold here: what it finds is printed.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::unwrap_used, missing_docs, unreachable_pub)]

mod answers;
mod bad_tokens;
mod closed_loop;
mod counts;
mod crowd;
mod environment;
mod filling;
mod load;
mod marks;
mod options;
mod pinning;
mod process;
mod publishing;
mod replay;
mod requests;
mod scenarios;
mod server;
mod stand;
mod table;
mod tls;

use std::process::ExitCode;

use clap::Parser as _;

use options::Options;
use scenarios::Scenario;
use server::Kind;
use table::Table;

fn main() -> ExitCode {
    let options = Options::parse();
    let result = match options.serve {
        Some(kind) => server::serve(kind).map(|()| true),
        None => compare(&options),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("fanout: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs what was asked for; returns whether `sse serve` delivered everything.
fn compare(options: &Options) -> anyhow::Result<bool> {
    rlimit::increase_nofile_limit(u64::MAX)?;
    pinning::take_generator_core();
    let kinds = options.kinds();
    let mut faultless = true;
    for scenario in options.scenarios() {
        faultless &= run(scenario, &kinds, options);
    }
    environment::print();
    Ok(faultless)
}

/// Runs one scenario against all servers, as often as asked, and prints its table.
fn run(scenario: &Scenario, kinds: &[Kind], options: &Options) -> bool {
    let kinds: Vec<Kind> = kinds.iter().copied().filter(|kind| scenario.kinds.contains(kind)).collect();
    let mut table = Table::new(&kinds);
    let mut faultless = true;
    for number in 1..=options.runs {
        for kind in &kinds {
            eprintln!("fanout: {} {} ({number} of {})", scenario.name, kind.name(), options.runs);
            match (scenario.run)(options.scale(), *kind) {
                Ok(outcome) => {
                    faultless &= *kind != Kind::Sse || outcome.faults.is_empty();
                    table.add(*kind, outcome);
                }
                Err(error) => {
                    faultless &= *kind != Kind::Sse;
                    table.note(*kind, &format!("failed: {error:#}"));
                }
            }
        }
    }
    println!("\n{}: {}\n\n{table}", scenario.name, (scenario.title)(options.scale()));
    faultless
}
