//! What most people try first: `curl -d` publishes, `curl -N` receives.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::process::{self, Broker};

/// A `curl` that runs; killed when dropped.
struct Curl {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Curl {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--max-time", "60"]).args(arguments).stdout(Stdio::piped());
        let mut child = command.spawn().expect("curl starts: tests/run installs it");
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The first line that comes and begins with `start`, without it.
    fn line(&mut self, start: &str) -> String {
        let mut lines = self.lines.by_ref().map(|line| line.expect("text"));
        lines.find_map(|line| line.strip_prefix(start).map(str::to_owned)).expect("the stream goes on")
    }
}

impl Drop for Curl {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn curl_receives_what_curl_and_sse_send_publish() {
    let broker = Broker::start(&[]);
    let url = broker.url("/events/greetings");
    let mut stream = Curl::start(&["-N", "--include", &url]);
    // The answer begins before there is any event.
    assert_eq!(stream.line("HTTP/1.1 "), "200 OK");

    let answer = Curl::start(&["--data", "hello", &url]).line("");
    let answer: serde_json::Value = serde_json::from_str(&answer).expect("a JSON object");
    assert_eq!(stream.line("id: "), answer["id"].as_str().expect("an id"));
    assert_eq!(stream.line("data: "), "hello");

    let sent = process::run(&["send", "--url", &broker.url(""), "greetings", "hello again"], "");
    assert!(sent.status.success(), "{}", process::stderr(&sent));
    assert_eq!(stream.line("id: "), process::stdout(&sent).trim_end());
    assert_eq!(stream.line("data: "), "hello again");
}

/// Subscribes and publishes by curl with these options, and checks that what is sent arrives.
fn receives(broker: &Broker, options: &[&str], scheme: &str, version: &str) {
    let url = broker.url("/events/a").replace("http://", scheme);
    let mut stream = Curl::start(&[options, &["-N", "--include", &url]].concat());
    assert!(stream.line("HTTP/").starts_with(version), "{options:?}");
    assert_eq!(stream.line("content-type: "), "text/event-stream");
    assert_eq!(stream.line(": "), "connected");
    for n in 0..3 {
        let answer = Curl::start(&[options, &["--data", &n.to_string(), &url]].concat()).line("");
        assert!(answer.contains("\"id\""), "{answer}");
        assert_eq!(stream.line("data: "), n.to_string());
    }
}

#[test]
fn http2_without_tls_is_understood_beside_http1() {
    let broker = Broker::start(&[]);
    receives(&broker, &["--http2-prior-knowledge"], "http://", "2 ");
    receives(&broker, &["--http1.1"], "http://", "1.1 ");
    receives(&broker, &["--http1.0"], "http://", "1.0 ");
}

#[test]
fn a_certificate_made_on_the_spot_serves_http1_and_http2_over_tls() {
    let broker = Broker::start(&["--tls-self-signed"]);
    receives(&broker, &["--insecure", "--http2"], "https://", "2 ");
    receives(&broker, &["--insecure", "--http1.1"], "https://", "1.1 ");
}

#[test]
fn a_certificate_from_files_is_verified_by_its_clients() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    std::fs::write(file("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(file("key.pem"), made.signing_key.serialize_pem()).unwrap();
    let broker = Broker::start(&["--tls-cert", &file("cert.pem"), "--tls-key", &file("key.pem")]);
    receives(&broker, &["--cacert", &file("cert.pem")], "https://", "2 ");

    for (cert, key, why) in
        [("key.pem", "key.pem", "no certificate"), ("cert.pem", "none.pem", "cannot read a private key")]
    {
        let failed = process::run(&["serve", "--tls-cert", &file(cert), "--tls-key", &file(key)], "");
        assert_eq!(failed.status.code(), Some(1));
        assert!(process::stderr(&failed).contains(why), "{}", process::stderr(&failed));
    }
}
