//! What a broker says it has counted, at `/api/stats`.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;

use crate::server::Server;

/// How long the answer may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// Events that it has taken since it was started.
pub fn published(server: &Server) -> anyhow::Result<u64> {
    let mut socket = TcpStream::connect(server.address)?;
    socket.set_read_timeout(Some(ANSWER_LIMIT))?;
    write!(socket, "GET /api/stats HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", server.address)?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer)?;
    let (_, body) = answer.split_once("\r\n\r\n").context("/api/stats has no answer")?;
    let stats: Value = serde_json::from_str(body).context("/api/stats is no JSON")?;
    stats["events"]["published"].as_u64().context("/api/stats does not say how many events were published")
}
