//! A recording, or any other stream, as it is in a file or comes on stdin: of whatever length, there is never more of it in
//! memory than the event that is being read.

use anyhow::Context as _;
use bytes::Bytes;
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::client::{Error, Notice, Reader};
use crate::wire::Decoder;

/// How many bytes are read at once.
const CHUNK: usize = 256 << 10;

/// A stream that is being read; it has no connection, so it says nothing but what it holds.
pub(crate) struct Recording {
    /// As messages name it.
    name: String,
    input: Box<dyn AsyncRead + Unpin>,
    reader: Reader,
    ended: bool,
    /// Lines of at most so many bytes are events, if the first byte says that it holds JSON.
    guesses_lines: Option<usize>,
}

impl Recording {
    /// Opens a file; `-` is stdin.
    pub(crate) async fn open(path: &str, decoder: Decoder) -> anyhow::Result<Self> {
        Ok(match path {
            "-" => Self::new("stdin", tokio::io::stdin(), decoder),
            path => Self::new(path, File::open(path).await.with_context(|| format!("cannot open {path}"))?, decoder),
        })
    }

    /// Reads what comes; `name` is for messages.
    pub(super) fn new(name: &str, input: impl AsyncRead + Unpin + 'static, decoder: Decoder) -> Self {
        let (reader, input) = (Reader::new(decoder), Box::new(input));
        Self { name: name.to_owned(), input, reader, ended: false, guesses_lines: None }
    }

    /// The same, but what begins with an object of JSON has an event on each line, of at most `limit` bytes: how Ollama
    /// streams.
    pub(crate) fn or_lines(self, limit: usize) -> Self {
        Self { guesses_lines: Some(limit), ..self }
    }

    /// What comes next: bytes, what they say, or that the end is inside an event; `None` at the end.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Option<Notice>> {
        if self.ended {
            return Ok(None);
        }
        let context = || format!("cannot read {}", self.name);
        if let Some(read) = self.reader.next().map_err(Error::from).with_context(context)? {
            return Ok(Some(Notice::Read(read)));
        }
        let mut chunk = Vec::with_capacity(CHUNK);
        let read = self.input.read_buf(&mut chunk).await.with_context(context)?;
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

    /// The ID to resume after, by what has been read so far.
    pub(crate) fn last_event_id(&self) -> &str {
        self.reader.last_event_id().unwrap_or_default()
    }

    /// What is read, as messages name it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}
