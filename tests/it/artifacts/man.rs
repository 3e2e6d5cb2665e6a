//! The man pages: one for `sse` and one for each subcommand, from clap's definition of them.
//!
//! The sections are those of `clap_mangen`, but for what stands after the help of a command: there, `Heading:` at the
//! start of a line begins a section of its own, whose lines are `  term  what it means` or literal text.

use std::path::Path;
use std::process::Command;

use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

/// The name of each page's file, and the page.
pub fn pages() -> Vec<(String, String)> {
    let mut sse = sse::cli::command().disable_help_subcommand(true);
    sse.build();
    with_subcommands(&sse).into_iter().map(page).collect()
}

/// A command, and those below it at any depth.
fn with_subcommands(command: &clap::Command) -> Vec<&clap::Command> {
    let shown = command.get_subcommands().filter(|command| !command.is_hide_set() && command.get_name() != "help");
    std::iter::once(command).chain(shown.flat_map(with_subcommands)).collect()
}

fn page(command: &clap::Command) -> (String, String) {
    let version = command.get_version().expect("the version is that of sse");
    let man = Man::new(command.clone());
    let name = man.get_filename();
    // The version stands in place of a date, so that a page changes only when the command line does.
    let title = name.trim_end_matches(".1").to_uppercase();
    let mut page = format!(".TH {title} 1 \"\" \"sse {version}\" \"User Commands\"\n").into_bytes();
    man.render_name_section(&mut page).unwrap();
    man.render_synopsis_section(&mut page).unwrap();
    man.render_description_section(&mut page).unwrap();
    man.render_options_section(&mut page).unwrap();
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page).unwrap();
    }
    if let Some(after) = command.get_after_long_help().or(command.get_after_help()) {
        page.extend(sections(&after.to_string()).to_roff().into_bytes());
    }
    if !command.has_subcommands() {
        page.extend(b".SH \"SEE ALSO\"\n.BR sse (1)\n");
    }
    (name, tidy(&String::from_utf8(page).expect("UTF-8")))
}

/// Joins the sections into one page: the definition of the apostrophe, which each brings along, comes once, and a blank
/// line or a line break beside it is the one request for vertical space.
fn tidy(page: &str) -> String {
    let mut tidied = String::from(".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n");
    let is_space = |line: &str| line.trim().is_empty();
    let mut lines = page.lines().filter(|line| !line.contains(".ds Aq ")).peekable();
    let mut after_space = false;
    while let Some(line) = lines.next() {
        let next_is_space = lines.peek().is_some_and(|next| is_space(next));
        match line.trim_end() {
            ".br" if after_space || next_is_space => continue,
            "" if after_space => continue,
            "" => tidied += ".sp\n",
            line => tidied += &format!("{line}\n"),
        }
        after_space = is_space(line);
    }
    tidied
}

fn sections(text: &str) -> Roff {
    let mut roff = Roff::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        if let Some(heading) = line.strip_suffix(':').filter(|line| !line.starts_with(' ')) {
            roff.control("SH", [heading.to_uppercase().as_str()]);
            continue;
        }
        match line.trim().split_once("  ") {
            Some((term, meaning)) => {
                roff.control("TP", []).text([bold(term)]).text([roman(meaning.trim_start())]);
            }
            None => {
                roff.text([roman(line.trim())]).control("br", []);
            }
        }
    }
    roff
}

#[test]
fn there_is_a_page_for_sse_and_one_for_each_subcommand() {
    let names: Vec<String> = pages().into_iter().map(|(name, _)| name).collect();
    for name in ["sse.1", "sse-serve.1", "sse-listen.1", "sse-send.1", "sse-bench.1", "sse-completions.1"] {
        assert!(names.iter().any(|page| page == name), "{name} among {names:?}");
    }
}

#[test]
fn man_pages_have_nothing_that_mandoc_warns_of() {
    let directory = tempfile::tempdir().expect("a directory");
    for (name, page) in pages() {
        let path = directory.path().join(&name);
        std::fs::write(&path, page).expect("the page is written");
        let said = lint(&path);
        let warnings: Vec<&str> = said.lines().filter(|line| !line.contains("missing date")).collect();
        assert!(warnings.is_empty(), "{name}:\n{}", warnings.join("\n"));
    }
}

fn lint(page: &Path) -> String {
    let output = Command::new("mandoc").args(["-T", "lint", "-W", "warning"]).arg(page).output();
    let output = output.expect("mandoc lints the pages: tests/run installs it");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
