//! Requests that are open for longer than their token is good.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use super::{Config, bearer, mint};
use crate::http::{get, request};
use crate::process::wait_until;

/// An item, as a chunk of a body.
fn item(n: u32) -> Vec<u8> {
    let line = format!("{{\"topic\":\"a\",\"data\":{n}}}\n");
    format!("{:x}\r\n{line}\r\n", line.len()).into_bytes()
}

#[test]
fn a_batch_that_goes_on_for_longer_than_its_token_publishes_nothing_more_and_says_why() {
    let broker = Config::of_tenants("jwt-leeway = \"0s\"").start(&[]);
    let token = bearer(&mint(&["--publish", "a", "--expires", "5s"]));
    let mut connection = TcpStream::connect(broker.address).expect("the broker accepts");
    connection.set_read_timeout(Some(Duration::from_secs(20))).expect("a time-out");
    let head = format!(
        "POST /events HTTP/1.1\r\nhost: x\r\nauthorization: {token}\r\ncontent-type: application/x-ndjson\r\n\
         transfer-encoding: chunked\r\nconnection: close\r\n\r\n"
    );
    connection.write_all(&[head.as_bytes(), &item(1)].concat()).expect("it is sent");
    let mut answer = String::new();
    while !answer.contains("\"id\"") {
        let mut part = [0; 1024];
        let read = connection.read(&mut part).expect("an answer");
        assert!(read > 0, "{answer}");
        answer += std::str::from_utf8(&part[..read]).expect("UTF-8");
    }
    wait_until("the token is over", || {
        request(broker.address, "POST", "/events/b", &[("authorization", &token)], b"x").status == 401
    });
    connection.write_all(&[item(2), item(3)].concat()).expect("it is sent");
    connection.read_to_string(&mut answer).expect("the answer ends, though the request does not");
    assert_eq!(answer.matches("\"id\"").count(), 1, "{answer}");
    assert_eq!(answer.matches("token_expired").count(), 1, "{answer}");
    let root = bearer(&mint(&["--role", "superadmin"]));
    let stats = request(broker.address, "GET", "/api/stats", &[("authorization", &root)], b"").json();
    assert_eq!(stats["events"]["published"], 1, "{stats}");
    assert_eq!(get(broker.address, "/healthz").status, 200);
}
