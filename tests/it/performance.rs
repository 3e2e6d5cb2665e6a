//! `tests/performance`, the command behind the table in README: in its short form, with the programs under test. What it
//! finds says nothing; that it finds anything shows that it, the servers and the fields that it reads fit together.

use std::path::Path;
use std::process::Command;

use crate::process::{stderr, stdout};

/// All that can be measured, nchan with them: tests/run installs it.
const HEAD: &str = "| | `sse serve` | the floor | plain axum | nchan |\n|---|---|---|---|---|\n";

/// What --write replaces stands between them.
const MARKS: [&str; 2] = ["<!-- tests/performance --write: begin -->\n", "<!-- tests/performance --write: end -->\n"];

#[test]
fn the_command_behind_the_table_in_readme_measures_every_server() {
    let programs = Path::new(env!("CARGO_BIN_EXE_sse")).parent().unwrap();
    assert!(programs.join("examples/floor").is_file(), "cargo build --examples comes first where not all is built");
    let mut command = Command::new("tests/performance");
    let output = command.args(["--short", "--bin-dir"]).arg(programs).output().expect("there is a Python 3");
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    let (table, notes) = text.split_once("\n\n").expect("notes follow the table");
    let rows: Vec<&str> = table.strip_prefix(HEAD).expect("all take part").lines().collect();
    assert!(rows.len() > 10, "{text}");
    for row in rows {
        let (_, ours) = row.trim_matches('|').split_once('|').expect("cells");
        let ours = ours.split('|').next().unwrap_or_default().trim();
        // A busy machine makes a run not valid, which is said. One without its figures would be another matter, but for the
        // percentiles that so short a run has too few events for.
        assert!(!ours.is_empty() && (ours != "not known" || row.contains("p99")), "{row}");
        assert_eq!(row.matches(" | ").count(), 4, "{row}");
    }
    assert!(notes.contains(concat!("sse ", env!("CARGO_PKG_VERSION"))) && notes.contains("nginx/"), "{notes}");
}

#[test]
fn readme_has_the_place_for_the_table() {
    let readme = std::fs::read_to_string("README.md").expect("it is there");
    let places = MARKS.map(|mark| readme.match_indices(mark).map(|(at, _)| at).collect::<Vec<_>>());
    assert_eq!(places.each_ref().map(Vec::len), [1, 1]);
    assert!(readme[places[0][0]..places[1][0]].contains(HEAD), "the table lies between its marks");
}
