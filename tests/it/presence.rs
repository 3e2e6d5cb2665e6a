//! `GET /api/presence/{topic}`: how many listen to a topic, over whatever transport, and only as long as they do. Who they
//! are is in `auth::presence`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use sse::broker::{self, Farewell, Limits, Policy, SlowConsumer, Style};
use sse::metrics::Metrics;
use sse::store::{Allowance, Memory, Retention};

use crate::http::{Stream, get};
use crate::process::{Broker, wait_until};

fn count(to: SocketAddr, topic: &str) -> u64 {
    let reply = get(to, &format!("/api/presence/{topic}"));
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()["subscribers"].as_u64().expect("a number")
}

/// A stream that hyper serves: to HTTP/1.0, which knows no chunks. It is open when this returns.
fn old(to: SocketAddr, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(to).unwrap();
    stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).unwrap();
    let mut status = String::new();
    BufReader::new(stream.try_clone().unwrap()).read_line(&mut status).unwrap();
    assert!(status.contains(" 200 "), "{status}");
    stream
}

#[test]
fn a_subscription_is_counted_for_every_topic_that_it_selects_once_each() {
    let broker = Broker::start(&["--shards", "3"]);
    let to = broker.address;
    let reply = get(to, "/api/presence/a/b%20ä");
    assert_eq!(
        (reply.status, reply.body.as_str()),
        (200, r#"{"topic":"a/b ä","subscribers":0,"anonymous":0,"users":[]}"#)
    );
    let _shards = ["/events/a/b", "/events?topic=a/b&topic=a/*&topic=c", "/events?topic=**&event=e"]
        .map(|path| Stream::open(to, path, &[]));
    let _by_hyper = ["/events/a/b", "/events?topic=a/b&topic=**", "/events/c"].map(|path| old(to, path));
    let counts = ["a/b", "a/x", "c", "a/b/c", "d"].map(|topic| count(to, topic));
    assert_eq!(counts, [5, 3, 4, 2, 2]);
    Stream::open(to, "/events/d", &[]);
    wait_until("the one that was dropped is counted no more", || count(to, "d") == 2);
}

#[test]
fn whoever_goes_is_counted_no_more_however_it_goes() {
    // To HTTP/1.0 a heartbeat finds out who has gone.
    let broker = Broker::start(&["--shards", "2", "--heartbeat", "100ms"]);
    let to = broker.address;
    let mut streams: Vec<Stream> = (0..20).map(|_| Stream::open(to, "/events?topic=a&topic=a/*", &[])).collect();
    let mut by_hyper: Vec<TcpStream> = (0..10).map(|_| old(to, "/events/a")).collect();
    assert_eq!((count(to, "a"), count(to, "a/1")), (30, 20));
    streams.truncate(5);
    by_hyper.truncate(4);
    // With bytes unread and more on their way, an end is a reset.
    crate::http::publish(to, "a", "unread");
    streams.truncate(3);
    wait_until("some are counted no more", || count(to, "a") == 7 && count(to, "a/1") == 3);
    drop((streams, by_hyper));
    wait_until("nobody is counted any more", || count(to, "a") + count(to, "a/1") == 0);
    let open = get(to, "/api/stats").json()["connections"]["open"].clone();
    assert_eq!(open, 0, "and all agree");
}

#[test]
fn streams_over_http2_and_tls_are_counted_too() {
    let broker = Broker::start(&["--tls-self-signed"]);
    let url = |path: &str| broker.url(path).replace("http://", "https://");
    let curl = |args: &[&str], path: &str| {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--insecure", "--max-time", "60", "-N"]).args(args).arg(url(path));
        curl.stdout(Stdio::piped()).spawn().expect("curl starts: tests/run installs it")
    };
    let mut listeners = [&["--http1.1"][..], &["--http2"]].map(|args| curl(args, "/events/a"));
    for listener in &mut listeners {
        let mut first = String::new();
        BufReader::new(listener.stdout.as_mut().unwrap()).read_line(&mut first).unwrap();
        assert_eq!(first, ": connected\n");
    }
    let answer = || {
        let output = curl(&[], "/api/presence/a").wait_with_output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(answer(), r#"{"topic":"a","subscribers":2,"anonymous":2,"users":[]}"#);
    for mut listener in listeners {
        listener.kill().unwrap();
        listener.wait().unwrap();
    }
    wait_until("they have gone", || answer() == r#"{"topic":"a","subscribers":0,"anonymous":0,"users":[]}"#);
}

#[test]
fn what_is_no_topic_is_refused_as_everywhere() {
    let broker = Broker::start(&[]);
    for (path, status, code) in [
        ("/api/presence/", 400, "bad_topic"),
        ("/api/presence/a/*", 400, "bad_topic"),
        ("/api/presence/$other", 400, "bad_topic"),
        ("/api/presence/%ff", 400, "not_utf8"),
        ("/api/presence", 404, "not_found"),
    ] {
        let reply = get(broker.address, path);
        assert_eq!((reply.status, &reply.json()["code"]), (status, &code.into()), "{path}");
    }
    assert_eq!(crate::http::post(broker.address, "/api/presence/a", "").status, 405);
}

#[test]
fn counting_does_not_keep_events_from_those_who_listen() {
    let broker = Broker::start(&[]);
    let to = broker.address;
    let mut stream = Stream::open(to, "/events/a", &[]);
    let over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(std::sync::atomic::Ordering::Relaxed) {
                assert_eq!(count(to, "a"), 1);
            }
        });
        for n in 0..500 {
            crate::http::publish(to, "a", &n.to_string());
            assert_eq!(stream.event().data, n.to_string());
        }
        over.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

#[test]
fn a_broker_that_has_ended_keeps_nobody_waiting_who_asks_how_many_listen() {
    let minute = Duration::from_mins(1);
    let retention = Retention { events: 1, bytes: 1, age: minute };
    let log = Arc::new(Memory::new(retention, Allowance { idempotency_window: minute, state_bytes: 1 }));
    let limits = Limits { connections: 1, connections_per_address: 1, connections_per_user: 1 };
    let style = Style { heartbeat: minute, comment: String::new(), farewell: Farewell::default() };
    let policy = Policy { styles: Arc::new([style]), slow_consumer: SlowConsumer::CatchUp, tail_bytes: 1, shards: 2 };
    let broker = broker::Broker::start(log, limits, policy, Metrics::default()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let topics = ["a".parse().unwrap()];
        assert_eq!(broker.subscribers(&topics).await, Some(vec![0]));
        broker.drain(Duration::ZERO).await;
        assert_eq!(broker.subscribers(&topics).await, None);
    });
}
