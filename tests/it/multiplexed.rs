//! HTTP/2 frame by frame: connections on which nothing happens, peers that are gone, and one stream among others.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::http::{get, publish, request};
use crate::process::{Broker, wait_until};

/// The types of frames, RFC 9113 §6.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;

/// The flag of SETTINGS and PING that answers one.
const ACK: u8 = 1;

/// A client that sends what the test likes.
struct Client(TcpStream);

/// A frame as it came.
struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

impl Client {
    /// Sends bytes of its own.
    fn of(broker: &Broker, bytes: &[u8]) -> Self {
        let mut connection = TcpStream::connect(broker.address).unwrap();
        connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        connection.write_all(bytes).unwrap();
        Self(connection)
    }

    /// Begins as HTTP/2 does, with these settings.
    fn begin(broker: &Broker, settings: &[u8]) -> Self {
        let mut client = Self::of(broker, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        client.send(SETTINGS, 0, 0, settings);
        client
    }

    fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let frame = [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat();
        self.0.write_all(&frame).unwrap();
    }

    /// Asks for a path, with header fields that are in no table: RFC 7541 §6.2.2.
    fn get(&mut self, stream: u32, path: &str) {
        let literal = |name: u8, value: &str| [&[name, u8::try_from(value.len()).unwrap()], value.as_bytes()].concat();
        // :method GET, :scheme http, :path, :authority.
        let block = [vec![0x82, 0x86], literal(4, path), literal(1, "localhost")].concat();
        // END_STREAM and END_HEADERS.
        self.send(HEADERS, 5, stream, &block);
    }

    /// The next frame; `None` at the end of the connection, however that comes.
    fn next(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        let mut read = |bytes: &mut [u8]| match self.0.read_exact(bytes) {
            Ok(()) => Some(()),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                panic!("nothing comes, and no end")
            }
            Err(_) => None,
        };
        read(&mut head)?;
        let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        read(&mut payload)?;
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        Some(Frame { kind: head[3], flags: head[4], stream, payload })
    }

    /// The next frame of a kind; questions are answered.
    fn wait_for(&mut self, kind: u8) -> Frame {
        loop {
            let frame = self.next().expect("the connection goes on");
            self.answer(&frame);
            if frame.kind == kind && !frame.is_answer() {
                return frame;
            }
        }
    }

    fn answer(&mut self, frame: &Frame) {
        if matches!(frame.kind, SETTINGS | PING) && !frame.is_answer() {
            let payload: &[u8] = if frame.kind == PING { &frame.payload } else { &[] };
            self.send(frame.kind, ACK, 0, payload);
        }
    }

    /// Reads to the end of the connection.
    fn ends(mut self) {
        while self.next().is_some() {}
    }
}

impl Frame {
    /// Of the kinds that are questions: whether it is the answer to one.
    fn is_answer(&self) -> bool {
        matches!(self.kind, SETTINGS | PING) && self.flags & ACK != 0
    }
}

#[test]
fn a_connection_that_asks_for_nothing_is_closed_however_far_it_has_come() {
    let broker = Broker::start(&["--header-timeout", "300ms"]);
    Client::of(&broker, b"PRI * HTTP/2.0\r\n").ends();
    Client::begin(&broker, &[]).ends();
    let mut polite = Client::begin(&broker, &[]);
    polite.wait_for(SETTINGS);
    polite.ends();
    let mut half = Client::begin(&broker, &[]);
    // A head of which the end does not come: no END_HEADERS.
    half.send(HEADERS, 1, 1, &[0x82]);
    half.ends();
    let mut asked = Client::begin(&broker, &[]);
    asked.get(1, "/");
    assert_eq!(asked.wait_for(DATA).stream, 1);
    asked.ends();
}

#[test]
fn a_stream_stays_open_as_long_as_its_client_says_that_it_is_there() {
    let broker = Broker::start(&["--header-timeout", "100ms"]);
    let mut client = Client::begin(&broker, &[]);
    client.get(1, "/events/a");
    for _ in 0..3 {
        client.wait_for(PING);
    }
    publish(broker.address, "a", "still here");
    while !String::from_utf8_lossy(&client.wait_for(DATA).payload).contains("still here") {}
    // From here on it answers nothing.
    client.ends();
    wait_until("its stream is over", || get(broker.address, "/api/stats").json()["connections"]["open"] == 0);
}

#[test]
fn a_stream_that_is_ended_and_does_not_read_is_reset_and_its_neighbour_goes_on() {
    let broker = Broker::start(&[]);
    // No stream may be written to until its window grows.
    let mut client = Client::begin(&broker, &[0, 4, 0, 0, 0, 0]);
    client.get(1, "/events/unread");
    client.get(3, "/events/read");
    client.send(WINDOW_UPDATE, 0, 3, &(1_u32 << 20).to_be_bytes());
    let of =
        |topic: &str| get(broker.address, &format!("/api/connections?topic={topic}")).json()["connections"].clone();
    wait_until("both are open", || of("unread").get(0).is_some() && of("read").get(0).is_some());
    let id = of("unread")[0]["id"].as_str().unwrap().to_owned();
    for _ in 0..3 {
        let path = format!("/api/connections/{id}");
        assert_eq!(request(broker.address, "DELETE", &path, &[], b"").status, 200);
    }
    assert_eq!(client.wait_for(RST_STREAM).stream, 1);
    publish(broker.address, "read", "goes on");
    loop {
        let data = client.wait_for(DATA);
        assert_eq!(data.stream, 3);
        if String::from_utf8_lossy(&data.payload).contains("goes on") {
            break;
        }
    }
    assert!(of("unread").get(0).is_none() && of("read").get(0).is_some());
    assert!(get(broker.address, "/metrics").body.contains("sse_connections_closed_total{reason=\"kicked\"} 1"));
}
