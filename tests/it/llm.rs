//! `sse listen --llm`: the answers of language models, as their providers stream them.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::listen::{lines, of_kind, spawn};
use crate::process::{run, stderr, stdout};
use crate::recording::{on_terminal, recording};
use crate::scripted::Answer::{Close, Hold};
use crate::scripted::{Scripted, answer, stream};

const BODY: &str = r#"{"model":"m","stream":true}"#;

/// Each stream in `tests/fixtures/llm/`: the answer that it is, how `sse` ends with it, and what it says of it. The times
/// come after the first line, where there are any.
const ANSWERS: [(&str, &str, i32, &[&str]); 13] = [
    (
        "openai-chat.sse",
        "Tea is best at 80 °C.\n",
        0,
        &[
            "OpenAI chat completions, gpt-5.1-mini: complete (stop)",
            "39 tokens, 32 of them reasoning, for 14 of the request",
        ],
    ),
    (
        "openai-chat-tools.sse",
        "[kettle] {\"celsius\":80}\n[timer] {\"minutes\":3}\n",
        0,
        &["OpenAI chat completions, gpt-5.1-mini: complete (tool_calls)"],
    ),
    (
        "openai-chat-error.sse",
        "Tea is\n",
        1,
        &[
            "OpenAI chat completions, gpt-5.1-mini: failed",
            "the model failed: server_error: The server could not go on with this request.",
        ],
    ),
    (
        "openai-chat-cut.sse",
        "Green t\n",
        1,
        &[
            "OpenAI chat completions, deepseek-reasoner: cut off",
            "the answer is cut off: the stream ended without saying that it is complete",
        ],
    ),
    (
        "openai-responses.sse",
        "Sencha, two cups.\n[kettle] {\"celsius\":80}\n",
        0,
        &["OpenAI responses, gpt-5.1: complete (completed)", "56 tokens, 20 of them reasoning, for 61 of the request"],
    ),
    (
        "openai-responses-error.sse",
        "Sencha,\n",
        1,
        &["OpenAI responses, gpt-5.1: failed", "the model failed: rate_limit_exceeded: Too many tokens this minute."],
    ),
    (
        "anthropic.sse",
        "Warm the pot first, then pour.\n",
        0,
        &["Anthropic messages, claude-sonnet-5: complete (end_turn)", "21 tokens, for 111 of the request"],
    ),
    (
        "anthropic-tools.sse",
        "I will heat it.\n[kettle] {\"celsius\": 80}\n",
        0,
        &[
            "Anthropic messages, claude-sonnet-5: complete (tool_use)",
            "63 tokens, 24 of them reasoning, for 402 of the request",
        ],
    ),
    (
        "anthropic-error.sse",
        "Warm\n",
        1,
        &["Anthropic messages, claude-sonnet-5: failed", "the model failed: overloaded_error: Overloaded"],
    ),
    (
        "gemini.sse",
        "Steep it for two minutes.\n",
        0,
        &["Gemini, gemini-3-flash: complete (STOP)", "48 tokens, 40 of them reasoning, for 9 of the request"],
    ),
    (
        "gemini-error.sse",
        "Steep it\n",
        1,
        &[
            "Gemini, gemini-3-flash: failed",
            "3 tokens, for 9 of the request",
            "the model failed: UNAVAILABLE (503): The model is overloaded. Try again later.",
        ],
    ),
    (
        "ollama.ndjson",
        "Leaves taste better.\n",
        0,
        &["Ollama, qwen3:8b: complete (stop)", "60 tokens, 40.0/s, for 26 of the request"],
    ),
    (
        "ollama-error.ndjson",
        "Leaves taste\n",
        1,
        &[
            "Ollama, gemma3: failed",
            "the model failed: an error was encountered while running the model: the runner ended",
        ],
    ),
];

/// The path of a stream.
fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/llm").join(name);
    path.to_str().unwrap().to_owned()
}

/// The answer of a provider with such a stream.
fn answered(name: &str) -> Vec<u8> {
    let body = std::fs::read_to_string(fixture(name)).unwrap();
    if name.ends_with(".ndjson") { answer("200 OK", "application/x-ndjson", &body) } else { stream(&body) }
}

fn ask(server: &Scripted, options: &[&str]) -> Output {
    run(&[&["listen", &server.url("/v1"), "--llm", "-d", BODY], options].concat(), "")
}

/// The lines on stderr, without the name in front of each.
fn said(output: &Output) -> Vec<String> {
    stderr(output).lines().map(|line| line.strip_prefix("sse: ").unwrap_or(line).to_owned()).collect()
}

#[test]
fn every_stream_is_covered() {
    let count = std::fs::read_dir(fixture("")).unwrap().count();
    assert_eq!(ANSWERS.len(), count);
}

#[test]
fn the_answer_of_every_provider_is_shown_from_a_file_without_times() {
    for (name, text, code, words) in ANSWERS {
        let output = run(&["listen", &fixture(name), "--llm"], "");
        assert_eq!((stdout(&output).as_str(), output.status.code()), (text, Some(code)), "{name}");
        assert_eq!(said(&output), words, "{name}");
    }
}

#[test]
fn the_answer_of_every_provider_is_shown_from_a_server_with_its_times() {
    for (name, text, code, words) in ANSWERS {
        let server = Scripted::start(vec![Close(answered(name))]);
        let output = ask(&server, &[]);
        assert_eq!((stdout(&output).as_str(), output.status.code()), (text, Some(code)), "{name}");
        let mut said = said(&output);
        let times = said.remove(1);
        assert!(times.starts_with("first token after ") && times.contains(", total "), "{name}: {times}");
        assert_eq!(said, words, "{name}");
        let request = server.request();
        assert_eq!((request.line.as_str(), request.body.as_slice()), ("POST /v1 HTTP/1.1", BODY.as_bytes()));
        assert_eq!(request.header("content-type"), Some(&b"application/json"[..]));
        assert_eq!(request.header("accept"), Some(&b"text/event-stream, application/x-ndjson"[..]));
    }
}

#[test]
fn pieces_and_report_are_lines_of_json_with_keys_that_stay() {
    let output = run(&["listen", &fixture("anthropic-tools.sse"), "--llm", "-o", "json"], "");
    let expected = concat!(
        r#"{"kind":"reasoning","text":"The water"}"#,
        "\n",
        r#"{"kind":"reasoning","text":" is cold."}"#,
        "\n",
        r#"{"kind":"text","text":"I will heat it."}"#,
        "\n",
        r#"{"kind":"tool_call","call":2,"id":"toolu_01K","name":"kettle"}"#,
        "\n",
        r#"{"kind":"arguments","call":2,"text":"{\"celsius\": 8"}"#,
        "\n",
        r#"{"kind":"arguments","call":2,"text":"0}"}"#,
        "\n",
        r#"{"kind":"report","dialect":"anthropic","model":"claude-sonnet-5","ending":"complete","#,
        r#""finish_reason":"tool_use","failure":null,"first_token_ms":null,"first_text_ms":null,"#,
        r#""last_token_ms":null,"total_ms":null,"chunks":6,"chunks_per_second":null,"longest_stall":null,"#,
        r#""input_tokens":402,"output_tokens":63,"reasoning_tokens":24,"generation_ms":null,"#,
        r#""tokens_per_second":null,"tool_calls":1,"other_choices":0,"unshown":0,"events":17,"#,
        r#""not_understood":0,"example":null}"#,
        "\n",
    );
    assert_eq!(stdout(&output), expected);

    let server = Scripted::start(vec![Close(answered("gemini-error.sse"))]);
    let output = ask(&server, &["-o", "json", "-q"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(said(&output), ["the model failed: UNAVAILABLE (503): The model is overloaded. Try again later."]);
    let report = lines(&output).pop().unwrap();
    let (first, total) = (report["first_token_ms"].as_f64().unwrap(), report["total_ms"].as_f64().unwrap());
    assert!(0.0 < first && first <= total, "{report}");
    assert_eq!((&report["ending"], &report["failure"]["code"]), (&"failed".into(), &"503".into()));
    assert_eq!(report["failure"]["type"], "UNAVAILABLE");
}

#[test]
fn reasoning_is_faint_on_a_terminal_and_left_out_in_a_pipe() {
    let shown = on_terminal("xterm", 80, &format!("listen {} --llm", fixture("anthropic-tools.sse")));
    assert!(shown.contains("mThe water\x1b[0m\x1b["), "{shown:?}");
    assert!(shown.contains("m is cold.\x1b[0m\r\nI will heat it.\r\n"), "{shown:?}");
    assert!(shown.contains("m[kettle] \x1b[0m"), "a call is no text of the answer either: {shown:?}");
    let plain = on_terminal("xterm", 80, &format!("listen {} --llm --color never", fixture("anthropic-tools.sse")));
    assert!(
        plain.starts_with("The water is cold.\r\nI will heat it.\r\n[kettle] {\"celsius\": 80}\r\nsse: "),
        "{plain:?}"
    );
}

#[test]
fn text_of_a_model_does_nothing_to_a_terminal() {
    let chunk =
        r#"{"choices":[{"index":0,"delta":{"content":"a\u001b[31m\u009b1mb\n\tc\u202e"},"finish_reason":"stop"}]}"#;
    let file = recording(format!("data: {chunk}\n\n").as_bytes());
    let path = file.path().to_str().unwrap();
    let shown = on_terminal("xterm", 80, &format!("listen {path} --llm --color never"));
    assert!(shown.starts_with("a\\x1b[31m\\u{9b}1mb\r\n\tc\\u{202e}\r\n"), "{shown:?}");
    let json = on_terminal("xterm", 80, &format!("listen {path} --llm --color never -o json"));
    assert!(json.starts_with(r#"{"kind":"text","text":"a\u001b[31m\u009b1mb\n\tc\u202e"}"#), "{json:?}");
    assert_eq!(stdout(&run(&["listen", path, "--llm"], "")), "a\x1b[31m\u{9b}1mb\n\tc\u{202e}\n");
}

#[test]
fn an_answer_ends_with_its_mark_and_not_with_the_connection() {
    let server = Scripted::start(vec![Hold(answered("anthropic.sse"))]);
    let output = ask(&server, &[]);
    assert_eq!((stdout(&output).as_str(), output.status.code()), ("Warm the pot first, then pour.\n", Some(0)));
}

#[test]
fn a_piece_is_shown_when_it_comes() {
    let body = std::fs::read_to_string(fixture("anthropic.sse")).unwrap();
    let (beginning, _) = body.split_once(" then pour").unwrap();
    let (beginning, _) = beginning.rsplit_once("event: ").unwrap();
    let server = Scripted::start(vec![Hold(stream(beginning))]);
    let mut child = spawn(&["listen", &server.url("/"), "--llm", "-d", BODY]);
    let mut shown = vec![0; "Warm the pot first,".len()];
    child.stdout.as_mut().unwrap().read_exact(&mut shown).unwrap();
    assert_eq!(shown, b"Warm the pot first,");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_refusal_is_shown_as_the_provider_words_it() {
    for (status, words) in [("401 Unauthorized", "Incorrect API key provided"), ("429 Too Many Requests", "Slow down")]
    {
        let body = format!(r#"{{"error":{{"message":"{words}","type":"invalid_request_error"}}}}"#);
        let output = ask(&Scripted::start(vec![Close(answer(status, "application/json", &body))]), &[]);
        let said = stderr(&output);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(3), ""), "{said}");
        assert!(said.starts_with(&format!("HTTP/1.1 {status}\n")) && said.contains(&body), "{said}");
        assert!(said.contains("\nsse: http://") && !said.contains("no language model"), "{said}");
    }
}

#[test]
fn an_answer_that_is_no_stream_is_refused_with_a_hint_how_to_get_one() {
    let body = r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"Tea."}}]}"#;
    let output = ask(&Scripted::start(vec![Close(answer("200 OK", "application/json", body))]), &[]);
    let said = stderr(&output);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(3), ""), "{said}");
    assert!(said.contains(body) && said.contains("its content type is application/json"), "{said}");
    assert!(said.contains("\nhint: ") && said.contains(r#""stream": true"#), "{said}");
}

#[test]
fn a_stream_of_something_else_is_told_to_be_none_of_a_model() {
    let output = ask(&Scripted::start(vec![Close(stream("event: tick\ndata: 1\n\ndata: 2\n\n"))]), &[]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), ""));
    assert_eq!(said(&output), ["no language model that is known here speaks so: 2 events, such as tick: 1"]);
    let output = run(&["listen", "-", "--llm"], "data: \x1b[1m\n\n");
    assert_eq!(said(&output), ["no language model that is known here speaks so: 1 event, such as \\x1b[1m"]);
    let output = ask(&Scripted::start(vec![Close(stream(": hello\n\n"))]), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(said(&output), ["there is no answer: the stream ended before it said anything"]);
}

/// An answer costs money: nobody asked for a second one.
#[test]
fn a_request_is_never_sent_again() {
    let cut = answered("openai-chat-cut.sse");
    let broken = [
        &b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"[..],
        b"5\r\n: hi\n\r\n",
    ];
    let later = answer("503 Service Unavailable", "application/json", "{}");
    for (answer, code) in [(cut, 1), (broken.concat(), 1), (Vec::new(), 1), (later, 3)] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let child = spawn(&["listen", &url, "--llm", "-d", BODY, "--retry", "0ms"]);
        let (mut connection, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        while !request.ends_with(BODY.as_bytes()) {
            let mut bytes = [0; 1024];
            let read = connection.read(&mut bytes).unwrap();
            request.extend_from_slice(&bytes[..read]);
        }
        connection.write_all(&answer).unwrap();
        drop(connection);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
        listener.set_nonblocking(true).unwrap();
        assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "nobody has come again");
    }
}

#[test]
fn a_recorded_answer_has_the_times_at_which_it_came() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("answer");
    let path = path.to_str().unwrap();
    let output = ask(&Scripted::start(vec![Close(answered("openai-chat.sse"))]), &["--record", path]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let played = run(&["listen", path, "--llm"], "");
    assert_eq!((stdout(&played), played.status.code()), (stdout(&output), Some(0)));
    assert!(said(&played)[1].starts_with("first token after "), "{}", stderr(&played));

    let text = |content: &str, end: &str| {
        format!(r#"data: {{"choices":[{{"index":0,"delta":{{"content":"{content}"}},"finish_reason":{end}}}]}}"#)
    };
    let (first, last) = (text("Tea", "null"), text(".", r#""stop""#));
    let file =
        recording(format!(":recorded 2026-11-20T12:00:00.000Z\n:at 300\n{first}\n\n:at 1800\n{last}\n\n").as_bytes());
    let output = run(&["listen", file.path().to_str().unwrap(), "--llm", "-o", "json"], "");
    let report = of_kind(&lines(&output), "report").remove(0);
    let times = ["first_token_ms", "last_token_ms", "total_ms"].map(|key| report[key].clone());
    assert_eq!(times, [300.0, 1800.0, 1800.0].map(Value::from), "{report}");
}

#[test]
fn options_that_mean_nothing_for_an_answer_are_refused() {
    let options: [&[&str]; 9] = [
        &["-n", "2"],
        &["-e", "message"],
        &["--exclude", "ping"],
        &["--until", "[DONE]"],
        &["--exec", "cat"],
        &["--forward-to", "http://127.0.0.1:1/"],
        &["--jq", "."],
        &["--lifecycle"],
        &["--diagnose"],
    ];
    for options in options {
        let output = run(&[&["listen", &fixture("openai-chat.sse"), "--llm"], options].concat(), "");
        assert_eq!(output.status.code(), Some(2), "{options:?}");
        assert!(stderr(&output).contains("cannot be used with"), "{options:?}: {}", stderr(&output));
    }
}
