//! Where a stream comes from: a server, or a file that recorded one.

use std::path::Path;

use anyhow::Context as _;
use bytes::Bytes;
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::super::failure::Failure;
use super::super::request::stream_failure;
use super::super::target;
use super::options::Options;
use crate::client::{self, EventSource, Notice, Reader, Request};
use crate::wire::Decoder;

/// How many bytes are read from a recording at once.
const CHUNK: usize = 256 << 10;

/// A source of notices.
pub(super) enum Source {
    Server(Box<EventSource>),
    Recording(Recording),
}

/// A stream in a file or on stdin; it has no connection, so it says nothing but what it holds.
pub(super) struct Recording {
    /// As messages name it.
    name: String,
    input: Box<dyn AsyncRead + Unpin>,
    reader: Reader,
    ended: bool,
    /// Lines are events, if the first byte says that it holds JSON: how Ollama streams.
    guesses_lines: Option<usize>,
}

impl Source {
    /// A server that is asked for a stream, from this ID on.
    pub(super) async fn server(options: &Options, request: Request, last_event_id: String) -> Result<Self, Failure> {
        let transport = options.transport.transport().await?;
        let events = EventSource::new(request, options.conduct(), &transport, last_event_id).map_err(stream_failure)?;
        Ok(Self::Server(Box::new(events)))
    }

    /// What happens next; `None` is the end.
    pub(super) async fn next(&mut self) -> Option<anyhow::Result<Notice>> {
        match self {
            Self::Server(events) => events.next().await.map(|notice| notice.map_err(Into::into)),
            Self::Recording(recording) => recording.next().await.transpose(),
        }
    }

    /// The ID to resume after, by what has been read so far.
    pub(super) fn last_event_id(&self) -> &str {
        match self {
            Self::Server(events) => events.last_event_id(),
            Self::Recording(recording) => recording.reader.last_event_id().unwrap_or_default(),
        }
    }
}

impl Recording {
    pub(super) async fn open(options: &Options, last_event_id: String) -> Result<Self, Failure> {
        let asked = &options.request;
        // Headers and --wait may be standing defaults from the environment: here they mean nothing, and do no harm.
        if asked.method.is_some() || asked.data.is_some() || asked.curl || !asked.topics.is_empty() {
            return Err(Failure::usage(format!(
                "{:?} is a recorded stream: there is no request to make",
                options.target
            )));
        }
        let (name, input): (_, Box<dyn AsyncRead + Unpin>) = match options.target.as_str() {
            "-" => ("stdin", Box::new(tokio::io::stdin())),
            path => (path, Box::new(File::open(path).await.with_context(|| format!("cannot open {path}"))?)),
        };
        let limit = options.max_event_size();
        let reader = Reader::new(Decoder::resuming_from(last_event_id).with_limit(limit));
        let guesses_lines = options.output.llm.then_some(limit);
        Ok(Self { name: name.to_owned(), input, reader, ended: false, guesses_lines })
    }

    async fn next(&mut self) -> anyhow::Result<Option<Notice>> {
        if self.ended {
            return Ok(None);
        }
        if let Some(read) = self.reader.next().map_err(client::Error::from)? {
            return Ok(Some(Notice::Read(read)));
        }
        let mut chunk = Vec::with_capacity(CHUNK);
        let read = self.input.read_buf(&mut chunk).await.with_context(|| format!("cannot read {}", self.name))?;
        if read == 0 {
            self.ended = true;
            return Ok(self.reader.is_inside_event().then_some(Notice::Unfinished));
        }
        let chunk = Bytes::from(chunk);
        if let Some(limit) = self.guesses_lines.take().filter(|_| chunk.starts_with(b"{")) {
            self.reader = Reader::of_lines(limit);
        }
        self.reader.feed(chunk.clone());
        Ok(Some(Notice::Chunk(chunk)))
    }
}

/// Whether the target is a recording: a topic cannot be mistaken for `-` or for a path, and a file that exists is meant
/// rather than a topic of its name.
pub(super) fn is_recording(target: &str) -> bool {
    let path = ["/", "./", "../"].iter().any(|start| target.starts_with(start));
    target == "-" || path || (!target::is_url(target) && Path::new(target).is_file())
}
