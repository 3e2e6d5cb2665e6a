//! Proxies in front: whose word about the client's address counts, and for what.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Output;
use std::time::Duration;

use rustix::process::{Signal, kill_process};
use socket2::{Domain, Socket, Type};

use crate::diagnose::nginx::Nginx;
use crate::http::{Reply, Stream, get, request};
use crate::process::{Broker, stderr};

fn open(broker: &Broker, headers: &[(&str, &str)]) -> Stream {
    Stream::open(broker.address, "/events/a", headers)
}

fn refused(broker: &Broker, headers: &[(&str, &str)]) -> String {
    let reply = request(broker.address, "GET", "/events/a", headers, b"");
    assert_eq!((reply.status, &reply.json()["code"]), (429, &"too_many_connections_of_address".into()));
    reply.json()["detail"].as_str().expect("a sentence").to_owned()
}

#[test]
fn limits_for_an_address_count_the_client_that_a_trusted_proxy_asks_for() {
    let broker = Broker::start(&["--trust-proxy", "loopback,10.0.0.0/8", "--max-connections-per-address", "1"]);
    let _first = open(&broker, &[("x-forwarded-for", "192.0.2.1")]);
    for headers in [
        &[("x-forwarded-for", "192.0.2.1")][..],
        &[("x-forwarded-for", "192.0.2.9, 192.0.2.1, 10.1.2.3")],
        &[("x-forwarded-for", "192.0.2.9"), ("x-forwarded-for", "192.0.2.1:4711")],
        &[("forwarded", "for=192.0.2.9, for=192.0.2.1;proto=https")],
        &[("forwarded", "for=\"192.0.2.1\""), ("x-forwarded-for", "192.0.2.1")],
    ] {
        assert!(refused(&broker, headers).contains("taken by 192.0.2.1;"), "{headers:?}");
    }
    let _others = [&[("x-forwarded-for", "192.0.2.2")][..], &[("forwarded", "for=192.0.2.3")], &[]]
        .map(|headers| open(&broker, headers));
    let _ipv6 = open(&broker, &[("x-forwarded-for", "2001:db8::1")]);
    let neighbour = refused(&broker, &[("x-forwarded-for", "2001:db8::ffff")]);
    assert!(neighbour.contains("taken by 2001:db8::/64;"), "{neighbour}");
}

#[test]
fn whoever_is_no_trusted_proxy_is_not_believed() {
    let broker = Broker::start(&["--trust-proxy", "10.0.0.0/8", "--max-connections-per-address", "1"]);
    let _first = open(&broker, &[("x-forwarded-for", "192.0.2.1")]);
    let refused = refused(&broker, &[("x-forwarded-for", "192.0.2.2"), ("forwarded", "for=192.0.2.2")]);
    assert!(refused.contains("taken by 127.0.0.1;"), "{refused}");
}

#[test]
fn what_a_proxy_asks_for_nobody_knows_whom_is_refused_and_that_is_said_but_not_at_every_request() {
    let mut broker =
        Broker::start_quietly(&["--trust-proxy", "loopback", "--max-connections-per-address", "1", "--verbose"]);
    let _first = open(&broker, &[]);
    let unclear = [
        &[("x-forwarded-for", "nonsense")][..],
        &[("forwarded", "for=2001:db8::1")],
        &[("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=192.0.2.2")],
    ];
    for headers in unclear.iter().cycle().take(30) {
        let reply = request(broker.address, "GET", "/events/a", headers, b"");
        assert_eq!((reply.status, &reply.json()["code"]), (400, &"unclear_client".into()), "{headers:?}");
    }
    assert!(refused(&broker, &[]).contains("taken by 127.0.0.1;"), "without a word it asks for itself");
    assert_eq!(request(broker.address, "GET", "/healthz", unclear[0], b"").status, 200);
    let metrics = get(broker.address, "/metrics").body;
    assert!(metrics.contains("sse_unclear_clients_total 31"), "{metrics}");
    request(broker.address, "GET", "/healthz", &[("x-forwarded-for", "192.0.2.7")], b"");
    kill_process(broker.pid(), Signal::TERM).expect("it runs");
    let (_, log) = broker.end();
    let said =
        "refused a request of the proxy 127.0.0.1, which does not say for whom it asks: the header x-forwarded-for";
    assert_eq!(log.matches("refused a request of").count(), log.matches(said).count(), "{log}");
    assert!((1..=3).contains(&log.matches(said).count()), "in a while, not each time: {log}");
    let mut healthz = log.lines().filter(|line| line.contains("GET /healthz"));
    assert!(healthz.any(|line| line.contains("client=192.0.2.7")), "{log}");
}

#[test]
fn what_names_no_proxies_is_refused_at_the_start() {
    let ended =
        |text: &str| -> Output { Broker::try_start(&["--trust-proxy", text]).err().expect("it does not start") };
    for text in ["proxy.example.com", "10.0.0.0/33", "10.0.0.1,"] {
        let ended = ended(text);
        assert_eq!(ended.status.code(), Some(2), "{text}");
        assert!(stderr(&ended).contains("give an address, a network such as 10.1.0.0/16"), "{}", stderr(&ended));
    }
}

/// Refusals of other kinds go by the same address.
#[test]
fn rates_for_an_address_go_by_the_client_too() {
    let broker = Broker::start(&["--trust-proxy", "loopback", "--max-publish-rate-per-address", "1"]);
    let publish =
        |client: &str| -> Reply { request(broker.address, "POST", "/events/a", &[("x-forwarded-for", client)], b"x") };
    let refused = (0..100).map(|_| publish("192.0.2.1")).find(|reply| reply.status != 200).expect("one is too fast");
    assert_eq!((refused.status, &refused.json()["code"]), (429, &"publish_rate_of_address".into()));
    assert_eq!(publish("192.0.2.2").status, 200);
}

/// Asks for a stream from another address of this machine; the connection and the beginning of its answer.
fn ask_from(client: [u8; 4], to: SocketAddr, headers: &str) -> (TcpStream, String) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind(&SocketAddr::from((client, 0)).into()).expect("an address of this machine");
    socket.connect(&to.into()).expect("somebody accepts");
    let mut connection = TcpStream::from(socket);
    connection.set_read_timeout(Some(Duration::from_secs(20))).expect("a time-out");
    write!(connection, "GET /events/a HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n").expect("a request");
    let mut answer = String::new();
    while !answer.contains("connected") && !answer.ends_with('}') {
        let mut part = [0; 4096];
        let count = connection.read(&mut part).expect("an answer");
        assert!(count > 0, "it ended early: {answer}");
        answer += std::str::from_utf8(&part[..count]).expect("UTF-8");
    }
    (connection, answer)
}

#[test]
fn behind_nginx_each_client_has_its_own_limits_and_cannot_pass_for_another() {
    let broker = Broker::start(&["--trust-proxy", "127.0.0.1", "--max-connections-per-address", "1"]);
    let nginx = Nginx::to(broker.address);
    let (_first, opened) = ask_from([127, 0, 0, 2], nginx.address(), "");
    assert!(opened.starts_with("HTTP/1.1 200"), "{opened}");
    for headers in ["", "x-forwarded-for: 192.0.2.9\r\n", "forwarded: for=192.0.2.9\r\n"] {
        let (_, refused) = ask_from([127, 0, 0, 2], nginx.address(), headers);
        let contradicts = headers.starts_with("forwarded");
        // nginx passes on what its client says of itself in a header that it does not set.
        let (status, whose) = if contradicts { (" 400 ", "unclear_client") } else { (" 429 ", "taken by 127.0.0.2;") };
        assert!(refused[..20].contains(status) && refused.contains(whose), "{headers:?}: {refused}");
    }
    let (_third, opened) = ask_from([127, 0, 0, 3], nginx.address(), "");
    assert!(opened.starts_with("HTTP/1.1 200"), "{opened}");
}
