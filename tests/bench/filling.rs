//! A log that has events in it before anything is measured.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context as _, ensure};

use crate::answers::{Answer, Answers};
use crate::marks::Mark;
use crate::requests;
use crate::server::Server;

/// Events in a request.
const BATCH: u64 = 1000;

/// How long the broker may do nothing.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// Publishes events to a topic, numbered in their order: as NDJSON, each request after the answer to the one before.
pub fn fill(server: &Server, topic: &str, events: u64) -> anyhow::Result<()> {
    let mut socket = TcpStream::connect(server.address)?;
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(ANSWER_LIMIT))?;
    let mut answers = Answers::default();
    let mut from = 0;
    while from < events {
        let until = events.min(from + BATCH);
        let event = |sequence| (topic.to_owned(), Mark { measured: true, sequence, intended: 0 });
        socket.write_all(&requests::batch(server, (from..until).map(event)))?;
        let answer = answer(&mut socket, &mut answers).context("the broker does not answer a batch")?;
        ensure!(answer.receipts == until - from, "events of a batch were refused");
        from = until;
    }
    Ok(())
}

fn answer(socket: &mut TcpStream, answers: &mut Answers) -> anyhow::Result<Answer> {
    let mut buffer = [0; 16 << 10];
    loop {
        let count = socket.read(&mut buffer)?;
        ensure!(count > 0, "it ended the connection");
        if let Some(answer) = answers.take(&buffer[..count])? {
            return Ok(answer);
        }
    }
}
