//! The completions in the shells they are for: each is loaded as its users load it, and asked to complete `sse li`.

use std::process::Command;

use super::root;

/// What a shell prints that runs `script` in the directory of the completions, with no files of the user's.
fn output(shell: &str, arguments: &[&str], script: &str) -> String {
    let output =
        Command::new(shell).args(arguments).args(["-c", script]).current_dir(root().join("completions")).output();
    let output =
        output.unwrap_or_else(|error| panic!("{shell} loads the completions: tests/run installs it ({error})"));
    let [stdout, stderr] = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(output.status.success() && stderr.is_empty(), "{shell} ends with {}: {stderr}\n{stdout}", output.status);
    stdout
}

#[test]
fn bash_completes_a_subcommand_and_an_option() {
    let complete = |words: &str, last: usize| {
        let ask = format!(
            "source ./sse.bash; complete -p sse >/dev/null; COMP_WORDS=({words}); COMP_CWORD={last}
             _sse sse \"${{COMP_WORDS[{last}]}}\" \"${{COMP_WORDS[{last}-1]}}\"; echo \"${{COMPREPLY[@]}}\""
        );
        output("bash", &["--norc", "--noprofile"], &ask)
    };
    assert_eq!(complete("sse li", 1), "listen\n");
    assert_eq!(complete("sse listen --col", 2), "--color\n");
}

#[test]
fn zsh_completes_a_subcommand_at_its_prompt() {
    // A terminal is needed to complete anything: zpty is one. A function in the place of sse says what it was called with.
    let ask = "
        zmodload zsh/zpty
        zpty inner 'TERM=dumb zsh -f -i'
        zpty -w inner 'PS1= fpath=($PWD $fpath); autoload -Uz compinit && compinit -D -u; unsetopt zle_bracketed_paste'
        zpty -w inner 'sse() { print -r -- \"<called with $*>\" }; print loaded: $_comps[sse].'
        zpty -r inner said '*loaded: _sse.*'
        zpty -w inner $'sse li\\t'
        zpty -r inner said '*<called with listen>*' && print completed
        zpty -d inner
    ";
    assert_eq!(output("zsh", &["-f"], ask), "completed\n");
}

#[test]
fn fish_completes_a_subcommand_and_an_option() {
    let complete = |line: &str| {
        let said = output("fish", &["--no-config"], &format!("source ./sse.fish; complete -C '{line}'"));
        said.lines().filter_map(|line| line.split('\t').next().map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(complete("sse li"), ["listen"]);
    assert_eq!(complete("sse listen --col"), ["--color"]);
}
