//! `--curl`: the command that is printed makes the request that `sse listen` makes.

use std::process::{Command, Stdio};

use crate::process::{run, stderr, stdout};
use crate::recording::recording;
use crate::scripted::Answer::Close;
use crate::scripted::{Request, Scripted, stream};

/// What both ask for: all but how each calls itself, what it says of caches and compression by default, and whether an
/// empty body is said to be so.
fn essence(request: Request) -> (String, Vec<(String, String)>, Vec<u8>) {
    let text = |(name, value): (String, Vec<u8>)| (name.to_ascii_lowercase(), String::from_utf8(value).unwrap());
    let own = ["user-agent", "accept-encoding", "cache-control"];
    let is_own = |header: &(String, String)| {
        own.contains(&header.0.as_str()) || *header == ("content-length".to_owned(), "0".to_owned())
    };
    let mut headers: Vec<_> = request.headers.into_iter().map(text).filter(|header| !is_own(header)).collect();
    headers.sort();
    (request.line, headers, request.body)
}

/// Runs `sse listen` with these options, and the command that it prints for them.
fn compare(path: &str, options: &[&str]) {
    let server = Scripted::start((0..2).map(|_| Close(stream("data: 1\n\n"))).collect());
    let url = server.url(path);
    let arguments = [&["listen", &url], options].concat();
    let output = run(&[&arguments[..], &["-n", "1", "-o", "data"]].concat(), "");
    assert_eq!(stdout(&output), "1\n", "{options:?}: {}", stderr(&output));
    let output = run(&[&arguments[..], &["--curl"]].concat(), "");
    let command = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{command}{}", stderr(&output));
    let mut shell = Command::new("sh");
    shell.args(["-c", command.trim_end()]).env("no_proxy", "*").stdin(Stdio::null());
    let shown = shell.output().expect("sh starts");
    assert_eq!(stdout(&shown), "data: 1\n\n", "{command}{}", stderr(&shown));
    assert_eq!(essence(server.request()), essence(server.request()), "{command}");
}

#[test]
fn the_command_makes_the_same_request() {
    let file = recording(b"from a\r\nfile, it's \xff\n");
    let from_file = format!("@{}", file.path().display());
    let cases: [(&str, &[&str]); 16] = [
        ("/", &[]),
        ("/a%20b/it's?q=\"$HOME\"&r=`id`&s=a;b#fragment", &[]),
        ("/range?a=[1-3]&b={x,y}", &[]),
        ("/s", &["-H", "X-Key: it's \"$HOME\" \\n `id`", "-H", "X-Key: räume", "-H", "X-Empty:"]),
        ("/s", &["-H", "Accept: a/b, c/d", "-H", "Host: example.com"]),
        ("/s", &["-H", "Last-Event-ID: 6"]),
        ("/s", &["-H", "Last-Event-ID: 6", "--last-event-id", "7"]),
        ("/s", &["-u", "me:it's", "--cookie", "a=1; b=2", "--last-event-id", "ä 7"]),
        ("/s", &["--bearer", "token", "--topic", "a/*", "--topic", "b"]),
        ("/s", &["-d", "{\"text\":\"it's $HOME\\n\"}"]),
        ("/s", &["-d", ""]),
        ("/s", &["-d", "@@a"]),
        ("/s", &["-d", &from_file, "-H", "Content-Type: x/y"]),
        ("/s", &["-X", "REPORT", "-d", "a\nb"]),
        ("/s", &["-X", "post"]),
        ("/s", &["--resume-with-get", "-d", "{\"id\":1,\"method\":\"a\"}", "--max-event-size", "1MiB"]),
    ];
    for (path, options) in cases {
        compare(path, options);
    }
}

#[test]
fn compression_and_transport_are_options_of_curl_too() {
    let given = ["--compressed", "-k", "--proxy", "http://p:1", "--http2", "--cert", "/c.pem", "--key", "/k.pem"];
    let output = run(&[&["listen", "https://example.com/s", "--curl"], &given[..]].concat(), "");
    let expected = "curl -N -L -H 'Accept: text/event-stream' --compressed --insecure --cert /c.pem --key /k.pem \
                    --proxy http://p:1 --http2-prior-knowledge https://example.com/s\n";
    assert_eq!(stdout(&output), expected, "{}", stderr(&output));
}

#[test]
fn the_id_to_resume_after_may_come_from_a_file() {
    let file = recording(b"7\n");
    compare("/s", &["--resume-file", file.path().to_str().unwrap()]);
    assert_eq!(std::fs::read(file.path()).unwrap(), b"7\n");
}
