//! `--jq`: a filter that fails or has no end is told with its event, and stops neither the stream nor its user.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::process::{run, sse, stderr, stdout};

#[test]
fn a_filter_that_fails_is_told_with_its_event_and_the_next_is_filtered() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let stream = format!("id: 1\ndata: [7]\n\nid: 2\ndata: {{}}\n\nid: 3\ndata: {deep}\n\nid: 4\ndata: [8]\n\n");
    let output = run(&["listen", "-", "--jq", "if . == {} then def f: 1 + f; f else .[0] end"], &stream);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), "7\n8\n"));
    let said = "sse: --jq failed at event 2: it nests calls or values too deep\n\
                sse: --jq failed at event 3: the JSON is nested deeper than 512 levels\n";
    assert_eq!(stderr(&output), said);
    let output = run(&["listen", "-", "--jq", ".a | ]"], "");
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(2), "sse: --jq: unexpected ] at character 6\n"));
}

#[test]
fn ctrl_c_is_heard_between_events_that_take_a_filter_long() {
    let directory = tempfile::tempdir().unwrap();
    let recording = directory.path().join("recording");
    std::fs::write(&recording, "data: 1\n\n".repeat(1000)).unwrap();
    let mut command = sse();
    command.arg("listen").arg(recording).args(["--jq", "[repeat(1)]"]);
    let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    let first = said.next().expect("a line").expect("text");
    assert!(first.ends_with("it needs more than 2000000 steps: is it endless?"), "{first}");
    let asked = Instant::now();
    kill_process(Pid::from_child(&child), Signal::INT).expect("it runs");
    said.for_each(drop);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(asked.elapsed() < Duration::from_secs(30), "it would go on for minutes: {:?}", asked.elapsed());
}
