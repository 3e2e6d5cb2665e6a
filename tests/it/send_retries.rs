//! What `sse send` repeats, and what it does not: never what could be published twice.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::http::{Stream, get};
use crate::listen::spawn;
use crate::process::{Broker, run, stderr, stdout};
use crate::recording::{on_terminal, recording};
use crate::scripted::{Answer, Request, Scripted, answer, nobody};
use crate::send::{published, refused, results};

/// The connection breaks where the answer should be.
fn unanswered() -> Answer {
    Answer::Close(Vec::new())
}

fn not_now(status: &str, retry_after: &str) -> Answer {
    let text = String::from_utf8(answer(status, "text/plain", "not now")).unwrap();
    Answer::Close(text.replacen("\r\n", &format!("\r\nRetry-After: {retry_after}\r\n"), 1).into())
}

fn key(request: &Request) -> Option<String> {
    request.header("idempotency-key").map(|key| String::from_utf8(key.to_vec()).unwrap())
}

#[test]
fn an_answer_that_says_not_now_is_followed_by_the_same_request_after_the_time_that_it_asks_for() {
    let script = vec![not_now("503 Service Unavailable", "1"), refused("429 Too Many Requests", "x"), published("1")];
    let server = Scripted::start(script);
    let began = Instant::now();
    let output = run(&["send", &server.url("/"), "x"], "");
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), "1\n"), "{}", stderr(&output));
    assert!(began.elapsed() >= Duration::from_secs(1));
    let requests = [(); 3].map(|()| server.request());
    assert!(requests.iter().all(|request| request.body == b"x" && key(request).is_none()));
}

#[test]
fn a_time_that_is_too_long_and_any_other_refusal_are_told_at_once() {
    for script in [not_now("503 Service Unavailable", "3600"), refused("400 Bad Request", "too odd")] {
        let server = Scripted::start(vec![script, published("1")]);
        let output = run(&["send", "a", "x", "--url", &server.url("")], "");
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(3), ""), "{}", stderr(&output));
    }
}

#[test]
fn without_an_answer_an_event_for_a_topic_is_sent_again_under_the_same_key() {
    for (options, stdin) in [(&["a", "x"][..], ""), (&["a", "--lines"], "x\n")] {
        let server = Scripted::start(vec![unanswered(), published("1")]);
        let output = run(&[&["send", "--url", &server.url("")], options].concat(), stdin);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), "1\n"), "{}", stderr(&output));
        let keys = [(); 2].map(|()| key(&server.request()));
        assert!(keys[0].is_some() && keys[0] == keys[1], "{keys:?}");
    }
}

#[test]
fn what_is_at_a_url_is_asked_again_only_under_a_key_that_was_given() {
    let server = Scripted::start(vec![unanswered(), published("1")]);
    let output = run(&["send", &server.url("/"), "x", "--idempotency-key", "k"], "");
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), "1\n"), "{}", stderr(&output));
    for options in [&[][..], &["-H", "Idempotency-Key: k"]] {
        let server = Scripted::start(vec![unanswered(), published("1")]);
        let output = run(&[&["send", &server.url("/"), "x"], options].concat(), "");
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains("may be published or not"), "{}", stderr(&output));
    }
}

#[test]
fn batches_are_sent_again_under_keys_of_their_own_and_what_was_refused_of_them_is_not() {
    let refusal = r#"{"title":"Bad topic","status":503,"detail":"too odd"}"#;
    let server = Scripted::start(vec![
        unanswered(),
        results("200 OK", &[r#"{"id":"1"}"#]),
        results("503 Service Unavailable", &[r#"{"id":"2"}"#, refusal]),
    ]);
    let mut child = spawn(&["send", "--ndjson", &server.url("/")]);
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"{}\n").unwrap();
    let first = [(); 2].map(|()| server.request());
    input.write_all(b"\n{}\n{}\n").unwrap();
    let second = server.request();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(3), "1\n2\n"));
    let again = format!("sse: {} did not answer; trying again\n", server.address);
    assert_eq!(stderr(&output), again + "sse: line 4: the broker refused: too odd\n");
    let (run, line) = key(&first[0]).unwrap().split_once('-').map(|(r, l)| (r.to_owned(), l.to_owned())).unwrap();
    assert_eq!((line.as_str(), key(&first[1])), ("1", key(&first[0])));
    assert_eq!(key(&second), Some(format!("{run}-3")));
}

#[test]
fn without_retries_nothing_is_sent_again_and_no_key_is_made_up() {
    for (options, stdin) in [(&["a", "x"][..], ""), (&["--ndjson"], "{}\n")] {
        let server = Scripted::start(vec![unanswered(), published("1")]);
        let output = run(&[&["send", "--retries", "0", "--url", &server.url("")], options].concat(), stdin);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert_eq!(key(&server.request()), None);
    }
}

#[test]
fn that_it_is_tried_again_is_said_once_and_at_once_unless_only_errors_are_to_be_said() {
    let address = nobody();
    let url = format!("http://{address}");
    let mut child = spawn(&["send", "a", "x", "--retries", "2", "--url", &url]);
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut first = String::new();
    said.read_line(&mut first).unwrap();
    assert!(child.try_wait().unwrap().is_none(), "before it has given up");
    let refused = format!("sse: cannot connect to {address}: connection refused");
    assert_eq!(first, format!("{refused}; trying again\n"));
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    assert!(rest.starts_with(&format!("{refused}\nhint: ")) && child.wait().unwrap().code() == Some(1), "{rest}");
    let output = run(&["send", "a", "x", "--retries", "1", "-q", "--url", &url], "");
    assert!(stderr(&output).starts_with(&format!("{refused}\nhint: ")), "{}", stderr(&output));
    let output = run(&["send", "a", "x", "--retries", "0", "--url", &url], "");
    assert!(stderr(&output).starts_with(&format!("{refused}\nhint: ")), "{}", stderr(&output));
}

#[test]
fn a_wait_that_the_server_asks_for_is_said_and_what_it_says_cannot_act_on_a_terminal() {
    let body = r#"{"title":"Busy","status":429,"detail":"\u001b[31mlater"}"#;
    let busy = String::from_utf8(answer("429 Too Many Requests", "application/problem+json", body)).unwrap();
    let busy = busy.replacen("\r\n", "\r\nRetry-After: 1\r\n", 1).into();
    let server = Scripted::start(vec![Answer::Close(busy), published("1")]);
    let output = run(&["send", &server.url("/"), "x"], "");
    let said = "sse: the broker refused: \\x1b[31mlater; trying again in 1 s\n";
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), said));
}

#[test]
fn that_it_is_tried_again_stands_on_a_line_of_its_own_beside_the_progress() {
    let file = recording(b"{}\n");
    let server = Scripted::start(vec![unanswered(), results("200 OK", &[r#"{"id":"1"}"#])]);
    let command = format!("send --ndjson {} < {} > /dev/null", server.url("/"), file.path().display());
    let seen = on_terminal("xterm", 80, &command);
    let said = format!("\x1b[2Ksse: {} did not answer; trying again\r\n", server.address);
    assert!(seen.contains(&said) && seen.ends_with("\x1b[2K"), "{seen:?}");
}

#[test]
fn that_an_event_may_be_published_is_said_also_when_nobody_is_there_any_more() {
    let server = Scripted::start(vec![unanswered()]);
    let output = run(&["send", "a", "x", "--retries", "1", "--url", &server.url("")], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("the event may be published or not"), "{}", stderr(&output));
}

/// A way to the broker on which the answer to the first request is lost when the broker has begun to give it.
fn losing_the_first_answer(to: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for (number, client) in listener.incoming().enumerate() {
            let (mut client, mut broker) = (client.unwrap(), TcpStream::connect(to).unwrap());
            let (mut from, mut into) = (client.try_clone().unwrap(), broker.try_clone().unwrap());
            thread::spawn(move || std::io::copy(&mut from, &mut into));
            if number == 0 {
                broker.read_exact(&mut [0; 8]).unwrap();
                client.shutdown(Shutdown::Both).unwrap();
            } else {
                thread::spawn(move || std::io::copy(&mut broker, &mut client));
            }
        }
    });
    address
}

#[test]
fn what_the_broker_has_taken_is_published_once_though_its_answer_is_lost() {
    for (options, stdin, count) in [
        (&["a", "x"][..], String::new(), 1),
        (&["a", "--lines"], "x\nx\n".to_owned(), 2),
        (&["--ndjson"], "{\"topic\":\"a\",\"data\":1}\n".repeat(50), 50),
    ] {
        let broker = Broker::start(&[]);
        let url = format!("http://{}", losing_the_first_answer(broker.address));
        let output = run(&[&["send", "--url", &url], options].concat(), &stdin);
        assert_eq!((output.status.code(), stdout(&output).lines().count()), (Some(0), count), "{}", stderr(&output));
        assert_eq!(get(broker.address, "/api/stats").json()["retained"]["events"], count, "{options:?}");
    }
}

#[test]
fn every_line_is_published_once_and_in_order_over_a_broker_that_is_killed() {
    let count = if std::env::var_os("SSE_TEST_LONG").is_some() { 200_000 } else { 20_000 };
    let (address, directory) = (nobody(), tempfile::tempdir().unwrap());
    let options =
        ["--data", directory.path().to_str().unwrap(), "--retain-events", "1000000", "--retain-bytes", "256MiB"];
    let mut broker = Broker::start_at(address, &options);
    let mut child = spawn(&["send", "--ndjson", "--retries", "20", "--url", &broker.url("")]);
    let mut input = child.stdin.take().unwrap();
    let writer = thread::spawn(move || {
        for n in 0..count {
            input.write_all(format!("{{\"topic\":\"a\",\"data\":{n}}}\n").as_bytes()).unwrap();
        }
    });
    let mut ids = Vec::new();
    for id in BufReader::new(child.stdout.take().unwrap()).lines() {
        ids.push(id.unwrap());
        if [count / 4, count / 2].contains(&ids.len()) {
            broker.child.kill().unwrap();
            broker.child.wait().unwrap();
            broker = Broker::start_at(address, &options);
        }
    }
    writer.join().unwrap();
    let output = child.wait_with_output().unwrap();
    let said = stderr(&output);
    assert!(output.status.success() && said.lines().count() == 1 && said.ends_with("; trying again\n"), "{said}");
    assert_eq!(get(address, "/api/stats").json()["retained"]["events"], count);
    let mut stream = Stream::open(address, "/events/a?since=earliest", &[]);
    for (n, id) in ids.iter().enumerate() {
        let event = stream.event();
        assert_eq!((event.data, &event.last_event_id), (n.to_string(), id));
    }
    assert_eq!(ids.len(), count);
}
