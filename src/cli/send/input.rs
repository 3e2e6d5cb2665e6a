//! What `send` publishes: a file or stdin as a whole, or read event by event.

use anyhow::{Context as _, bail};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Stdin};

use super::super::Common;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::input::{LONGEST, announce, data};
use super::super::recording::{Player, Recording};
use super::Options;
use super::template::Template;
use crate::wire::Decoder;

/// How much of stdin is read at once, in bytes.
const CHUNK: usize = 64 << 10;

/// What is to be published.
pub(super) enum Input {
    /// Publish objects.
    Objects(Lines),
    /// An event on each line.
    Lines(Lines),
    /// The events of a stream.
    Recording(Player),
    /// So many events of one template.
    Repeated(u64, Template),
    /// The data of one event.
    Single(Vec<u8>),
}

impl Input {
    /// Opens what the options name; what is not read event by event is read.
    pub(super) async fn open(options: &Options, common: &Common) -> Result<Self, Failure> {
        if options.ndjson {
            return Ok(Self::Objects(Lines::stdin("publish objects", common)));
        }
        if options.lines {
            return Ok(Self::Lines(Lines::stdin("events, one a line", common)));
        }
        if let Some(file) = &options.replay.file {
            return Ok(Self::Recording(Player::of(Recording::open(file, Decoder::new()).await?)));
        }
        let data = data(options.data.as_deref().unwrap_or("@-"), "the event's data", common).await?;
        if !options.template && options.repeat.is_none() {
            return Ok(Self::Single(data));
        }
        let template = Template::parse(&data).map_err(|error| Failure::new(Exit::Usage, error))?;
        Ok(match options.repeat {
            Some(count) => Self::Repeated(count, template),
            None => Self::Single(template.render(1)),
        })
    }
}

/// The lines of stdin, without their ends (LF or CRLF); a last one without an end counts.
pub(super) struct Lines {
    stdin: BufReader<Stdin>,
    number: u64,
    bytes: u64,
}

impl Lines {
    /// Begins to read stdin, of which `what` is expected.
    pub(super) fn stdin(what: &str, common: &Common) -> Self {
        announce(what, common);
        Self { stdin: BufReader::with_capacity(CHUNK, tokio::io::stdin()), number: 0, bytes: 0 }
    }

    /// Waits for the next line.
    pub(super) async fn next(&mut self) -> anyhow::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        (&mut self.stdin).take(LONGEST + 1).read_until(b'\n', &mut line).await.context("cannot read stdin")?;
        if line.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        self.bytes += line.len() as u64;
        if line.len() as u64 > LONGEST {
            bail!("line {} has more than {LONGEST} bytes, the longest event that is read", self.number);
        }
        if line.ends_with(b"\n") {
            line.pop();
            if line.ends_with(b"\r") {
                line.pop();
            }
        }
        Ok(Some(line))
    }

    /// The number of the line that was read last, from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// How many bytes the lines so far had, with their ends.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether another line is at hand without waiting.
    pub(super) fn has_next(&self) -> bool {
        memchr::memchr(b'\n', self.stdin.buffer()).is_some()
    }
}
