//! What may come over the network from those who are no clients: any bytes. The broker lives on, and so do those who use it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::TestRunner;

use crate::http::{Stream, get, publish};
use crate::process::{Broker, wait_until};

/// Requests of clients, to be damaged.
const REQUESTS: [&str; 10] = [
    "GET /events/a HTTP/1.1\r\nhost: localhost\r\nlast-event-id: 1-1\r\n\r\n",
    "GET /events?topic=b&topic=c/*&last=5 HTTP/1.0\r\n\r\n",
    "HEAD /events/a HTTP/1.1\r\nhost: localhost\r\naccept-encoding: gzip\r\n\r\n",
    "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\nGET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "POST /events/b HTTP/1.1\r\nhost: localhost\r\nsse-event: e\r\nsse-ttl: 10s\r\ncontent-length: 5\r\n\r\nhello",
    "POST /events/b HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "POST /events HTTP/1.1\r\nhost: localhost\r\ncontent-length: 22\r\n\r\n{\"topic\":\"b\",\"data\":1}",
    "POST /events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n\
     17\r\n{\"topic\":\"b\",\"data\":1}\n\r\n1\r\n{\r\n0\r\n\r\n",
    "OPTIONS /events/a HTTP/1.1\r\nhost: localhost\r\norigin: http://localhost\r\naccess-control-request-method: GET\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
];

/// What has broken servers, or is where nobody expects it.
const WORDS: [&str; 16] = [
    "\0",
    "\r",
    "\n",
    "\r\n",
    "\r\n\r\n",
    " ",
    "\t",
    ":",
    "\r\ncontent-length: 18446744073709551616",
    "\r\ncontent-length: -1",
    "\r\ncontent-length: 5\r\ncontent-length: 6",
    "\r\ntransfer-encoding: chunked\r\ncontent-length: 3",
    "\r\nhost: evil.test",
    "\r\nx: y\r\n folded",
    "\r\nffffffffffffffff\r\n",
    "\r\n-1;a=b\r\n",
];

/// What begins a stream.
const STREAM: &[u8] = b"text/event-stream";

/// One way to damage bytes.
#[derive(Clone, Debug)]
enum Damage {
    End(Index),
    Cut(Index, usize),
    Repeat(Index, usize, usize),
    Set(Index, u8),
    Insert(Index, &'static str),
}

impl Damage {
    fn strategy() -> impl Strategy<Value = Self> {
        prop_oneof![
            1 => any::<Index>().prop_map(Self::End),
            2 => (any::<Index>(), 1_usize..20).prop_map(|(at, count)| Self::Cut(at, count)),
            1 => (any::<Index>(), 1_usize..40, 1_usize..2000).prop_map(|(at, count, times)| Self::Repeat(at, count, times)),
            3 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Self::Set(at, byte)),
            4 => (any::<Index>(), select(&WORDS[..])).prop_map(|(at, word)| Self::Insert(at, word)),
        ]
    }

    fn apply(&self, bytes: &mut Vec<u8>) {
        let range = |at: &Index, count: usize, length: usize| {
            let start = at.index(length + 1);
            start..(start + count).min(length)
        };
        match self {
            Self::End(at) => bytes.truncate(at.index(bytes.len() + 1)),
            Self::Cut(at, count) => drop(bytes.drain(range(at, *count, bytes.len()))),
            Self::Repeat(at, count, times) => {
                let range = range(at, *count, bytes.len());
                let repeated = bytes[range.clone()].repeat(*times);
                bytes.splice(range, repeated);
            }
            Self::Set(at, byte) if !bytes.is_empty() => *at.get_mut(bytes) = *byte,
            Self::Set(..) => {}
            Self::Insert(at, word) => {
                let at = at.index(bytes.len() + 1);
                bytes.splice(at..at, word.bytes());
            }
        }
    }
}

/// What somebody sends on one connection: damaged requests, one behind the other, or anything.
fn sent() -> impl Strategy<Value = Vec<u8>> {
    let damaged = (prop::collection::vec(select(&REQUESTS[..]), 1..4), prop::collection::vec(Damage::strategy(), 1..6));
    prop_oneof![
            8 => damaged.prop_map(|(requests, damages)| {
                let mut bytes = requests.concat().into_bytes();
                for damage in &damages {
     damage.apply(&mut bytes);
    }
                bytes
            }),
            1 => prop::collection::vec(any::<u8>(), 0..300),
        ]
}

/// Sends bytes and nothing after them; returns what comes back. The end has to come by itself, unless it is a stream.
fn exchange(to: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut connection = TcpStream::connect(to).expect("it listens");
    connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // It may have heard enough, and hung up.
    let _ = connection.write_all(bytes);
    let _ = connection.shutdown(Shutdown::Write);
    let (mut answer, mut part) = (Vec::new(), [0; 4096]);
    loop {
        match connection.read(&mut part) {
            Ok(count @ 1..) => answer.extend_from_slice(&part[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => panic!("the connection stays open: {answer:?}"),
            _ => return answer,
        }
        if memchr::memmem::find(&answer, STREAM).is_some() {
            return answer;
        }
    }
}

/// The statuses of the answers that come back on a connection of HTTP/1.
fn statuses(answers: &[u8]) -> Vec<u16> {
    let text = String::from_utf8_lossy(answers);
    let lines = text.match_indices("HTTP/1.").map(|(at, _)| &text[at..]);
    lines.filter_map(|line| line.split(' ').nth(1)?.parse().ok()).collect()
}

#[cfg(target_os = "linux")]
fn open_files(broker: &Broker) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", broker.child.id())).expect("it runs").count()
}

#[test]
fn whatever_is_sent_the_broker_lives_and_so_do_its_streams() {
    // So few requests at once that one which is not given back would be noticed, and who has gone is noticed soon.
    let mut broker = Broker::start_quietly(&["--max-requests", "32", "--heartbeat", "100ms"]);
    let mut listener = Stream::open(broker.address, "/events/faithful", &[]);
    #[cfg(target_os = "linux")]
    let files = open_files(&broker);
    let usual = ProptestConfig::default();
    let config = ProptestConfig { cases: 2 * usual.cases, source_file: Some(file!()), ..usual };
    let seen = RefCell::new(BTreeSet::<u16>::new());
    let run = TestRunner::new(config).run(&sent(), |bytes| {
        let answers = exchange(broker.address, &bytes);
        let statuses = statuses(&answers);
        prop_assert!(statuses.iter().all(|status| (200..500).contains(status)), "{statuses:?}");
        seen.borrow_mut().extend(statuses);
        if !bytes.starts_with(b"P") && !answers.is_empty() {
            prop_assert!(answers.starts_with(b"HTTP/1."), "{:?}", String::from_utf8_lossy(&answers));
        }
        Ok(())
    });
    run.unwrap_or_else(|error| panic!("{error}"));
    let seen = seen.into_inner();
    assert!([200, 400, 404].iter().all(|status| seen.contains(status)), "it is read, however it is damaged: {seen:?}");
    let open = || get(broker.address, "/api/stats").json()["connections"]["open"].clone();
    wait_until("only the listener is connected", || open() == 1);
    #[cfg(target_os = "linux")]
    wait_until("all sockets are closed", || open_files(&broker) <= files);
    publish(broker.address, "faithful", "still here");
    assert_eq!(listener.event().data, "still here");
    rustix::process::kill_process(broker.pid(), rustix::process::Signal::TERM).expect("it runs");
    let (status, said) = broker.end();
    assert!(status.success() && !said.contains("panicked"), "{said}");
}

#[test]
fn a_client_that_goes_after_a_part_of_its_first_word_is_not_waited_for() {
    let broker = Broker::start(&["--header-timeout", "1h"]);
    for part in ["", "P", "PRI * HTTP/2", "G"] {
        let answer = exchange(broker.address, part.as_bytes());
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 400"), "{part:?}: {answer:?}");
    }
}

#[test]
fn the_first_word_of_a_connection_may_come_in_pieces() {
    let broker = Broker::start(&[]);
    for (pieces, answer) in [
        (["P", "OST /events/a HTT", "P/1.0\r\ncontent-length: 1\r\n\r\nx"], &b"HTTP/1.0 200"[..]),
        (["PR", "I * HTTP/2.", "0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"], b"\0\0"),
    ] {
        let mut connection = TcpStream::connect(broker.address).expect("it listens");
        connection.set_nodelay(true).unwrap();
        connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        for piece in pieces {
            connection.write_all(piece.as_bytes()).expect("it is read");
            // Another connection is served meanwhile, so the piece has been looked at.
            assert_eq!(get(broker.address, "/healthz").status, 200);
        }
        let mut start = vec![0; answer.len()];
        connection.read_exact(&mut start).expect("an answer");
        assert_eq!(start, answer, "{pieces:?}");
    }
}
