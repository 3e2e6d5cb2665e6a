//! What `sse bench` shows while it runs: lines that are renewed on a terminal, a line now and then elsewhere.

use std::process::{Child, Stdio};

use crate::faulty::{Faulty, Manners};
use crate::process;
use crate::recording::on_terminal;

/// What a terminal was told to show, without the codes that move its cursor.
fn shown(output: &str) -> String {
    let mut text = String::new();
    let mut rest = output;
    while let Some((before, after)) = rest.split_once("\x1b[") {
        text += before;
        rest = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').get(1..).unwrap_or_default();
    }
    text + rest
}

#[test]
fn a_terminal_shows_how_far_a_run_is_and_the_figures_of_the_last_second() {
    let server = Faulty::start(Manners::default());
    let command = |url: &str| format!("bench '{url}' -c 4 -r 100 -d 3s --warmup 0s -o json");
    let wide = shown(&on_terminal("xterm", 80, &command(&server.url())));
    for part in [" measuring ", "2 s left", "4 open  ", "/s  p50 ", " ms  0 missing  load "] {
        assert!(wide.contains(part), "{part:?} in: {wide}");
    }
    let narrow = shown(&on_terminal("xterm", 30, &command(&server.url())));
    assert!(narrow.contains("4 open  ") && narrow.contains("/s") && !narrow.contains(" ms  "), "{narrow}");
}

#[test]
fn runs_that_publish_nothing_show_what_comes_on_their_streams() {
    let body = "data: a\n\ndata: b\n\n";
    let server = Faulty::start(Manners { instead: Some(("200 OK", "text/event-stream", body)), ..Manners::default() });
    let command = format!("bench stream '{}' -d 3s -o json", server.url());
    let stream = shown(&on_terminal("xterm", 80, &command));
    for part in [" events/s  ", " ended  first ", " ms  gap "] {
        assert!(stream.contains(part), "{part:?} in: {stream}");
    }
    let broker = process::Broker::start(&["--heartbeat", "100ms"]);
    let command = format!("bench idle '{}' -c 5 -d 3s -o json", broker.url("/events/x"));
    let idle = shown(&on_terminal("xterm", 80, &command));
    for part in ["5 open  ", " heartbeats/s  ", " bytes/s  load "] {
        assert!(idle.contains(part), "{part:?} in: {idle}");
    }
    assert!(!idle.contains("missing") && !stream.contains("missing"), "{idle}{stream}");
}

#[test]
fn where_no_line_can_be_renewed_there_is_one_every_five_seconds_and_none_if_quiet() {
    let server = Faulty::start(Manners::default());
    let url = server.url();
    let start = |quiet: &[&str]| {
        let mut command = process::sse();
        command.args(["bench", &url, "-c", "3", "-r", "100", "-d", "6s", "--warmup", "0s", "-o", "json"]).args(quiet);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("sse starts")
    };
    let (loud, quiet) = (start(&[]), start(&["-q"]));
    let said = |child: Child| process::stderr(&child.wait_with_output().expect("it ends"));
    let lines = said(loud);
    assert_eq!(lines.lines().count(), 1, "{lines}");
    assert!(
        lines.starts_with("sse: measuring: ") && lines.contains(" s left, 3 open, ") && lines.contains("/s, p50 "),
        "{lines}"
    );
    assert_eq!(said(quiet), "");
}
