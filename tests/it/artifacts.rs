//! The man pages and completions in the repository: made from the definition of the command line, fresh, and good for
//! the programs that read them.

mod man;
mod shells;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use clap_complete::Shell;

use crate::process;

const DIRECTORIES: [&str; 2] = ["man", "completions"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The file below `completions/` that a shell looks for.
fn completion_file(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash => "sse.bash",
        Shell::Fish => "sse.fish",
        Shell::PowerShell => "_sse.ps1",
        Shell::Zsh => "_sse",
        _ => unreachable!("{shell} has no file in completions/"),
    }
}

const SHELLS: [Shell; 4] = [Shell::Bash, Shell::Fish, Shell::PowerShell, Shell::Zsh];

/// Every artifact as it is to be, by its path in the repository.
fn wanted() -> BTreeMap<PathBuf, String> {
    let pages = man::pages().into_iter().map(|(name, page)| (Path::new("man").join(name), page));
    let scripts = SHELLS.into_iter().map(|shell| {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut sse::cli::command(), "sse", &mut script);
        (Path::new("completions").join(completion_file(shell)), String::from_utf8(script).expect("UTF-8"))
    });
    pages.chain(scripts).collect()
}

/// Every artifact as it is in the repository.
fn committed() -> BTreeMap<PathBuf, String> {
    let files = DIRECTORIES.iter().filter_map(|directory| fs::read_dir(root().join(directory)).ok()).flatten();
    let read = |file: fs::DirEntry| {
        let path = file.path();
        let text = fs::read_to_string(&path).expect("an artifact is UTF-8");
        (path.strip_prefix(root()).expect("below the root").to_owned(), text)
    };
    files.map(|file| read(file.expect("an entry"))).collect()
}

fn rewrite(wanted: &BTreeMap<PathBuf, String>) {
    for stale in committed().keys().filter(|path| !wanted.contains_key(*path)) {
        fs::remove_file(root().join(stale)).expect("a stale artifact goes");
    }
    for (path, text) in wanted {
        let path = root().join(path);
        fs::create_dir_all(path.parent().unwrap()).expect("the directory of an artifact");
        fs::write(path, text).expect("an artifact is written");
    }
}

#[test]
fn man_pages_and_completions_in_the_repository_are_fresh() {
    let wanted = wanted();
    if std::env::var_os("UPDATE_ARTIFACTS").is_some() {
        rewrite(&wanted);
    }
    let committed = committed();
    let stale = |path: &&PathBuf| wanted.get(*path) != committed.get(*path);
    let stale: BTreeSet<_> = wanted.keys().chain(committed.keys()).filter(stale).collect();
    assert!(
        stale.is_empty(),
        "these are not what the command line would make now: {stale:?}\n\
         rewrite them with: UPDATE_ARTIFACTS=1 cargo nextest run are_fresh"
    );
}

#[test]
fn artifacts_do_not_depend_on_the_terminal_or_the_environment() {
    let everything = wanted().into_values().collect::<String>();
    assert!(!everything.contains(env!("CARGO_MANIFEST_DIR")), "no path of this machine");
    assert!(!everything.contains('\x1b'), "no terminal codes");
}

#[test]
fn sse_completions_prints_the_script_that_is_in_the_repository() {
    for shell in SHELLS {
        let output = process::run(&["completions", &shell.to_string()], "");
        assert!(output.status.success(), "{shell}: {}", process::stderr(&output));
        let committed = fs::read_to_string(root().join("completions").join(completion_file(shell)));
        // Not compared by `assert_eq!`, which would print both scripts whole.
        assert!(process::stdout(&output) == committed.expect("it is in the repository"), "{shell}: not the same");
    }
}
