//! The way to a server: Unix sockets, proxies, HTTP/2.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixListener;
use std::sync::mpsc::{self, Receiver};
use std::thread;

use super::{Listening, listen_to};
use crate::http::publish;
use crate::process::{Broker, run, sse, stderr};
use crate::scripted::Answer::{Close, Hold};
use crate::scripted::{Scripted, nobody, start_unix, stream};

#[test]
fn a_unix_socket_is_connected_to_whatever_host_the_url_names() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let requests = start_unix(&path, vec![Close(stream("id: 7\ndata: 1\n\n")), Hold(stream("data: 2\n\n"))]);
    // A proxy of the environment has nothing to do with it.
    let mut command = sse();
    command.args(["listen", "http://example.com/stream?x=1", "-n", "2", "--retry", "0ms", "-o", "json"]);
    command.arg("--unix-socket").arg(&path).envs(["HTTP_PROXY", "http_proxy"].map(|name| (name, "http://127.0.0.1:1")));
    let heard = Listening::start_as(&mut command).end();
    assert_eq!((heard.code, heard.data()), (Some(0), vec!["1", "2"]), "{}", heard.stderr);
    for id in [None, Some("7")] {
        let request = requests.recv().unwrap();
        assert_eq!((request.line.as_str(), request.text("host")), ("GET /stream?x=1 HTTP/1.1", Some("example.com")));
        assert_eq!(request.text("last-event-id"), id);
    }
}

#[test]
fn what_cannot_be_connected_to_is_named_as_what_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("missing").display().to_string();
    let deserted = directory.path().join("deserted").display().to_string();
    drop(UnixListener::bind(&deserted).unwrap());
    let proxy = nobody();
    let by_proxy = format!("http://me:secret@{proxy}");
    let said = |peer: &str, why: &str| format!("sse: cannot connect to {peer}: {why}\nhint: ");
    let through = |server: &str| said(&format!("{server} through the proxy http://{proxy}"), "connection refused");
    for (url, options, said) in [
        ("http://x/", ["--unix-socket", &missing], said(&format!("the socket {missing}"), "no such file or directory")),
        ("http://x/", ["--unix-socket", &deserted], said(&format!("the socket {deserted}"), "connection refused")),
        ("http://example.invalid/", ["--proxy", &by_proxy], through("example.invalid:80")),
        ("https://example.invalid/", ["--proxy", &by_proxy], through("example.invalid:443")),
    ] {
        for heard in [listen_to(url, &options), listen_to(url, &[&["--no-reconnect"], &options[..]].concat())] {
            assert_eq!(heard.code, Some(1), "{options:?}");
            assert!(heard.stderr.starts_with(&said), "{options:?}: {}", heard.stderr);
            assert!(!heard.stderr.contains("secret") && !heard.stderr.contains("sse serve"), "{}", heard.stderr);
        }
        let sent = run(&[&["send", url, "x", "--retries", "0"], &options[..]].concat(), "");
        assert!(stderr(&sent).starts_with(&said), "{options:?}: {}", stderr(&sent));
    }
}

#[test]
fn a_proxy_of_the_environment_that_cannot_be_reached_is_hinted_at() {
    let proxy = format!("http://{}", nobody());
    let mut command = sse();
    command.args(["listen", "http://example.invalid/", "-o", "json"]).env_remove("NO_PROXY").env_remove("no_proxy");
    let heard = Listening::start_as(command.envs(["HTTP_PROXY", "http_proxy"].map(|name| (name, &proxy)))).end();
    assert!(
        heard.stderr.starts_with("sse: cannot connect to example.invalid:80: connection refused\nhint: HTTP_PROXY ")
    );
}

#[test]
fn a_socket_that_does_not_answer_is_named_too() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    start_unix(&path, vec![Close(Vec::new())]);
    let heard = listen_to("http://example.com/", &["--unix-socket", path.to_str().unwrap()]);
    let said = format!("sse: the socket {} did not answer: ", path.display());
    assert!(heard.stderr.starts_with(&said), "{}", heard.stderr);
}

#[test]
fn a_proxy_is_asked_for_the_whole_url() {
    let proxy = Scripted::start(vec![Close(stream("data: 1\n\n")), Hold(stream("data: 2\n\n"))]);
    let options = ["--proxy", &format!("http://me:secret@{}", proxy.address), "-n", "2", "--retry", "0ms"];
    let heard = listen_to("http://example.invalid/stream?x=1", &options);
    assert_eq!((heard.code, heard.data()), (Some(0), vec!["1", "2"]), "{}", heard.stderr);
    for _ in 0..2 {
        let request = proxy.request();
        assert_eq!(request.line, "GET http://example.invalid/stream?x=1 HTTP/1.1");
        assert_eq!(request.text("proxy-authorization"), Some("Basic bWU6c2VjcmV0"));
        assert_eq!((request.text("host"), request.header("authorization")), (Some("example.invalid"), None));
    }
}

#[test]
fn a_proxy_of_the_environment_counts_but_for_this_machine() {
    let proxy = Scripted::start(vec![Close(stream("data: by proxy\n\n"))]);
    let server = Scripted::start(vec![Close(stream("data: directly\n\n"))]);
    for (url, data) in [("http://example.invalid/", "by proxy"), (server.url("/").as_str(), "directly")] {
        let mut command = sse();
        command.args(["listen", url, "-n", "1", "-o", "json"]).env("HTTP_PROXY", proxy.url("")).env_remove("NO_PROXY");
        assert_eq!(Listening::start_as(command.env("http_proxy", proxy.url(""))).end().data(), [data]);
    }
}

/// A proxy that passes on the connections it is asked for, and tells what it was asked.
fn tunnel() -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (url, (sender, asked)) = (format!("http://{}", listener.local_addr().unwrap()), mpsc::channel());
    thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            client.read_exact(&mut byte).unwrap();
            head.extend(byte);
        }
        let head = String::from_utf8(head).unwrap();
        let server = TcpStream::connect(head.split(' ').nth(1).unwrap()).unwrap();
        sender.send(head).unwrap();
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        let copy =
            |(mut from, mut to): (TcpStream, TcpStream)| thread::spawn(move || std::io::copy(&mut from, &mut to));
        copy((client.try_clone().unwrap(), server.try_clone().unwrap()));
        copy((server, client));
    });
    (url, asked)
}

#[test]
fn https_goes_through_a_tunnel_of_the_proxy() {
    let broker = Broker::start(&["--tls-self-signed"]);
    let ((proxy, asked), address) = (tunnel(), broker.address.to_string());
    let listening = Listening::start(&format!("https://{address}/events/a"), &["-k", "--proxy", &proxy, "-n", "1"]);
    listening.next("open");
    let head = asked.recv().unwrap();
    assert!(head.starts_with(&format!("CONNECT {address} HTTP/1.1\r\n")), "{head}");
    assert!(!head.to_lowercase().contains("last-event-id"), "{head}");
    let sent = run(&["send", "-k", &format!("https://{address}/events/a"), "hello"], "");
    assert!(sent.status.success(), "{}", stderr(&sent));
    assert_eq!(listening.data(), "hello");
}

#[test]
fn what_is_no_proxy_is_refused() {
    for proxy in ["example.com:3128", "ftp://example.com"] {
        let heard = listen_to("http://example.invalid/", &["--proxy", proxy]);
        assert_eq!(heard.code, Some(2), "{}", heard.stderr);
        assert!(heard.stderr.contains("--proxy: give it as http://HOST:PORT"), "{}", heard.stderr);
    }
}

#[test]
fn http2_is_spoken_from_the_first_byte_where_it_is_asked_for() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let listening = Listening::start(&url, &["--http2"]);
    let (mut connection, _) = listener.accept().unwrap();
    let mut preface = [0; 24];
    connection.read_exact(&mut preface).unwrap();
    assert_eq!(&preface, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    drop((connection, listener));
    assert_eq!(listening.end().code, Some(1));
}

#[test]
fn a_broker_is_listened_to_by_http2_without_tls() {
    let broker = Broker::start(&[]);
    let listening = Listening::start(&broker.url("/events/a"), &["--http2", "-n", "2"]);
    listening.next("open");
    for data in ["1", "2"] {
        publish(broker.address, "a", data);
        assert_eq!(listening.data(), data);
    }
    assert_eq!(listening.end().code, Some(0));
}

#[test]
fn a_broker_that_restarts_is_found_again_by_http2() {
    let broker = Broker::start(&[]);
    let (address, url) = (broker.address, broker.url("/events/a"));
    let listening = Listening::start(&url, &["--http2", "--retry", "0ms", "--max-backoff", "50ms"]);
    listening.next("open");
    broker.kill();
    listening.next("retrying");
    let broker = Broker::start_at(address, &[]);
    listening.next("open");
    publish(broker.address, "a", "again");
    assert_eq!(listening.data(), "again");
}

#[test]
fn a_broker_is_listened_to_by_http2_with_tls() {
    let broker = Broker::start(&["--tls-self-signed"]);
    let url = format!("https://{}/events/a", broker.address);
    for options in [&["-k", "--http2", "-n", "1"][..], &["-k", "-n", "1"]] {
        let listening = Listening::start(&url, options);
        listening.next("open");
        assert!(run(&["send", "-k", &url, "hello"], "").status.success());
        assert_eq!(listening.data(), "hello");
        assert_eq!(listening.end().code, Some(0));
    }
}
