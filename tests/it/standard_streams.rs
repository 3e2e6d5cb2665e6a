//! `sse listen` and `sse send` where stdout or stderr is closed, full or read by nobody: no panic, and an honest exit code.

use std::process::{Command, Output};

use crate::listen::spawn;
use crate::process::{sse, stderr};
use crate::recording::recording;
use crate::scripted::{Answer, Scripted, answer, nobody};

/// Runs `sse` as a shell does that redirects its streams.
fn redirected(args: &[&str], redirections: &str) -> Output {
    let program = sse();
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("exec \"$0\" \"$@\" {redirections}")]).arg(program.get_program()).args(args);
    for (name, _) in program.get_envs() {
        shell.env_remove(name);
    }
    shell.output().expect("a shell")
}

#[test]
fn a_stdout_that_is_closed_takes_all_and_one_that_is_full_is_a_failure() {
    let file = recording(b"data: 1\n\n");
    let path = file.path().to_str().unwrap();
    for format in ["pretty", "json", "data", "raw"] {
        let listen = |redirection| redirected(&["listen", path, "-o", format], redirection).status.code();
        assert_eq!((listen(">&-"), listen(">/dev/full")), (Some(0), Some(1)), "{format}");
    }
    let send = |redirections| {
        let id = answer("200 OK", "application/json", r#"{"id":"1"}"#);
        let server = Scripted::start(vec![Answer::Close(id)]);
        redirected(&["send", &server.url("/"), "x"], redirections)
    };
    assert_eq!(send(">&-").status.code(), Some(0));
    let output = send(">/dev/full");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stderr(&output), "sse: cannot write to stdout: No space left on device (os error 28)\n");
}

#[test]
fn a_stderr_that_takes_nothing_changes_no_exit_code() {
    let nobody = format!("http://{}/", nobody());
    for redirection in ["2>&-", "2>/dev/full", ">&- 2>&-"] {
        for command in ["listen", "send"] {
            let code = |args: &[&str]| redirected(&[&[command], args].concat(), redirection).status.code();
            assert_eq!(code(&[&nobody, "-vv"]), Some(1), "{command} {redirection}");
            assert_eq!(code(&["--no-such-option"]), Some(2), "{command} {redirection}");
            let server = Scripted::start(vec![Answer::Close(answer("404 Not Found", "text/plain", "no"))]);
            assert_eq!(code(&[&server.url("/"), "-vv"]), Some(3), "{command} {redirection}");
        }
    }
}

#[test]
fn a_stderr_that_nobody_reads_any_more_changes_no_exit_code() {
    for (args, code) in [(&["listen", "--no-such-option"][..], 2), (&["send", "a/../b", "x", "-vv"], 2)] {
        let mut child = spawn(args);
        drop(child.stderr.take());
        drop(child.stdin.take());
        assert_eq!(child.wait().unwrap().code(), Some(code), "{args:?}");
    }
}
