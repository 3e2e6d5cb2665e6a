//! Where a stream comes from: a server, or a file that recorded one.

use std::path::Path;

use anyhow::Context as _;
use bytes::Bytes;
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::super::failure::Failure;
use super::super::request::stream_failure;
use super::super::target;
use super::Options;
use crate::client::{self, EventSource, Header, Method, Notice, Reader, Reconnect, Request};
use crate::wire::Decoder;

/// How many bytes are read from a recording at once.
const CHUNK: usize = 64 << 10;

/// The longest body that is kept to be sent with every connection: 64 MiB.
const LONGEST_BODY: u64 = 64 << 20;

/// A source of notices.
pub(super) enum Source {
    /// An event source, and its URL as it may be shown.
    Server {
        events: Box<EventSource>,
        url: String,
    },
    Recording(Recording),
}

/// A stream in a file or on stdin; it has no connection, so it says nothing but what it holds.
pub(super) struct Recording {
    /// As messages name it.
    name: String,
    input: Box<dyn AsyncRead + Unpin>,
    reader: Reader,
    ended: bool,
}

impl Source {
    /// Finds out what the target is, and opens it.
    pub(super) async fn open(options: &Options) -> Result<Self, Failure> {
        if is_recording(&options.target) {
            return Ok(Self::Recording(Recording::open(options).await?));
        }
        let request = request(options).await?;
        let url = client::without_credentials(&request.url);
        let reconnect = match (options.no_reconnect, options.wait) {
            (true, false) => Reconnect::Never,
            (true, true) => Reconnect::UntilOpen,
            (false, false) => Reconnect::OnceOpen,
            (false, true) => Reconnect::Always,
        };
        let events = EventSource::new(request, reconnect, last_event_id(options), limit(options));
        Ok(Self::Server { events: Box::new(events.map_err(stream_failure)?), url })
    }

    /// What happens next; `None` is the end.
    pub(super) async fn next(&mut self) -> Option<anyhow::Result<Notice>> {
        match self {
            Self::Server { events, .. } => events.next().await.map(|notice| notice.map_err(Into::into)),
            Self::Recording(recording) => recording.next().await.transpose(),
        }
    }

    /// The URL, where there is one.
    pub(super) fn url(&self) -> Option<&str> {
        match self {
            Self::Server { url, .. } => Some(url),
            Self::Recording(_) => None,
        }
    }
}

impl Recording {
    async fn open(options: &Options) -> Result<Self, Failure> {
        // Headers and --wait may be standing defaults from the environment: here they mean nothing, and do no harm.
        if options.method.is_some() || options.data.is_some() {
            return Err(Failure::usage(format!(
                "{:?} is a recorded stream: there is no request to make",
                options.target
            )));
        }
        let (name, input): (_, Box<dyn AsyncRead + Unpin>) = match options.target.as_str() {
            "-" => ("stdin", Box::new(tokio::io::stdin())),
            path => (path, Box::new(File::open(path).await.with_context(|| format!("cannot open {path}"))?)),
        };
        let decoder = Decoder::resuming_from(last_event_id(options)).with_limit(limit(options));
        Ok(Self { name: name.to_owned(), input, reader: Reader::new(decoder), ended: false })
    }

    async fn next(&mut self) -> anyhow::Result<Option<Notice>> {
        while !self.ended {
            if let Some(read) = self.reader.next().map_err(client::Error::from)? {
                return Ok(Some(Notice::Read(read)));
            }
            let mut chunk = vec![0; CHUNK];
            let read = self.input.read(&mut chunk).await.with_context(|| format!("cannot read {}", self.name))?;
            if read == 0 {
                self.ended = true;
                return Ok(self.reader.is_inside_event().then_some(Notice::Unfinished));
            }
            chunk.truncate(read);
            self.reader.feed(Bytes::from(chunk));
        }
        Ok(None)
    }
}

/// A topic cannot be mistaken for `-` or for a path; a file that exists is meant rather than a topic of its name.
fn is_recording(target: &str) -> bool {
    let path = ["/", "./", "../"].iter().any(|start| target.starts_with(start));
    target == "-" || path || (!target::is_url(target) && Path::new(target).is_file())
}

fn last_event_id(options: &Options) -> String {
    options.last_event_id.as_ref().map(ToString::to_string).unwrap_or_default()
}

/// Where memory is smaller than the limit, the limit is no limit.
fn limit(options: &Options) -> usize {
    usize::try_from(options.max_event_size).unwrap_or(usize::MAX)
}

/// Puts together what is asked for on every connection.
async fn request(options: &Options) -> Result<Request, Failure> {
    let url = options.broker.resolve(&options.target)?;
    let body = match &options.data {
        Some(data) => Some(body(data).await?),
        None => None,
    };
    let mut headers = options.headers.all();
    if let Some(body) = &body
        && !headers.iter().any(|header| header.is("content-type"))
    {
        headers.push(content_type(body));
    }
    let default = if body.is_some() { Method::POST } else { Method::GET };
    Ok(Request { url, method: options.method.clone().unwrap_or(default), headers, body })
}

/// The text itself, or what is in the file or on stdin that `@` names.
async fn body(data: &str) -> Result<Bytes, Failure> {
    let input: Box<dyn AsyncRead + Unpin> = match data.strip_prefix('@') {
        None => return Ok(Bytes::copy_from_slice(data.as_bytes())),
        Some("-") => Box::new(tokio::io::stdin()),
        Some(path) => Box::new(File::open(path).await.with_context(|| format!("cannot open {path}"))?),
    };
    let mut body = Vec::new();
    input.take(LONGEST_BODY + 1).read_to_end(&mut body).await.with_context(|| format!("cannot read {data}"))?;
    if body.len() as u64 > LONGEST_BODY {
        return Err(Failure::usage(format!("{data} holds more than {LONGEST_BODY} bytes, the longest body to send")));
    }
    Ok(body.into())
}

/// Most endpoints that stream an answer to a POST take JSON.
fn content_type(body: &[u8]) -> Header {
    match serde_json::from_slice::<serde::de::IgnoredAny>(body) {
        Ok(_) => Header::content_type("application/json"),
        Err(_) => Header::content_type("text/plain; charset=utf-8"),
    }
}
