//! `-v` and `SSE_LOG`: what every command says about itself on stderr.

use crate::process::{run, sse, stderr};
use crate::scripted::{Answer, Scripted, answer, stream};

fn published() -> Scripted {
    Scripted::start(vec![Answer::Close(answer("200 OK", "application/json", r#"{"id":"1"}"#))])
}

#[test]
fn a_client_says_nothing_unasked_and_with_v_what_it_does() {
    assert_eq!(stderr(&run(&["send", &published().url("/"), "x"], "")), "");
    let said = stderr(&run(&["send", &published().url("/"), "x", "-v"], ""));
    assert!(said.contains("DEBUG") && said.contains("POST") && said.contains("status=200"), "{said}");
    let server = Scripted::start(vec![Answer::Close(stream("data: 1\n\n"))]);
    let said = stderr(&run(&["listen", &server.url("/"), "-n", "1", "-v"], ""));
    assert!(said.contains("DEBUG") && said.contains("GET") && said.contains("status=200"), "{said}");
}

#[test]
fn credentials_are_in_no_log() {
    let url = published().url("/?key=hunter2").replace("//", "//me:hunter2@");
    let said = stderr(&run(&["send", &url, "x", "-vv", "-H", "Authorization: hunter2"], ""));
    assert!(said.contains("DEBUG") && !said.contains("hunter2"), "{said}");
}

#[test]
fn the_variable_sets_what_is_logged_and_goes_before_the_options() {
    let with = |log: &str| {
        let output = sse().args(["send", &published().url("/"), "x", "-q"]).env("SSE_LOG", log).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        stderr(&output)
    };
    assert!(with("sse=debug").contains("DEBUG"));
    assert_eq!(with(""), "");
    assert_eq!(with("off"), "");
}

#[test]
fn a_variable_that_makes_no_sense_is_refused_with_what_it_should_be() {
    for command in [&["send", "a", "x"][..], &["listen", "-"], &["serve", "--listen", "127.0.0.1:0"]] {
        let output = sse().args(command).env("SSE_LOG", "sse=loud").output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{command:?}: {}", stderr(&output));
        let said = stderr(&output);
        assert!(said.starts_with("sse: SSE_LOG is no filter: ") && said.contains("hint: "), "{said}");
    }
}
