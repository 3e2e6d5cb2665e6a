//! Where a stream comes from: a server, or a file that recorded one.

use std::path::Path;

use super::super::failure::Failure;
use super::super::recording::Recording;
use super::super::request::stream_failure;
use super::super::target;
use super::options::Options;
use crate::client::{self, EventSource, Notice, Request};
use crate::wire::Decoder;

/// A source of notices.
pub(super) enum Source {
    Server(Box<EventSource>),
    Recording(Recording),
}

impl Source {
    /// A server that is asked for a stream, from this ID on.
    pub(super) async fn server(options: &Options, request: Request, last_event_id: String) -> Result<Self, Failure> {
        let transport = options.transport.transport().await?;
        let events = EventSource::new(request, options.conduct(), &transport, last_event_id).map_err(stream_failure)?;
        Ok(Self::Server(Box::new(events)))
    }

    /// A recorded stream, resumed after this ID.
    pub(super) async fn recording(options: &Options, last_event_id: String) -> Result<Self, Failure> {
        let asked = &options.request;
        // Headers and --wait may be standing defaults from the environment: here they mean nothing, and do no harm.
        if asked.method.is_some() || asked.data.is_some() || asked.curl || !asked.topics.is_empty() {
            return Err(Failure::usage(format!(
                "{:?} is a recorded stream: there is no request to make",
                options.target
            )));
        }
        let limit = options.max_event_size();
        let decoder = Decoder::resuming_from(last_event_id).with_limit(limit);
        let recording = Recording::open(&options.target, decoder).await?;
        Ok(Self::Recording(if options.output.llm { recording.or_lines(limit) } else { recording }))
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
            Self::Recording(recording) => recording.last_event_id(),
        }
    }
}

/// Whether the target is a recording: a topic cannot be mistaken for `-` or for a path, and a file that exists is meant
/// rather than a topic of its name.
pub(super) fn is_recording(target: &str) -> bool {
    is_path(target) || (!target::is_url(target) && Path::new(target).is_file())
}

/// Whether the target can be nothing but a recording.
fn is_path(target: &str) -> bool {
    target == "-" || ["/", "./", "../"].iter().any(|start| target.starts_with(start))
}

/// The URL of the topic that a recording hides by its name, if it does.
pub(super) fn hidden_topic(options: &Options) -> Option<String> {
    let hides = is_recording(&options.target) && !is_path(&options.target);
    let url = hides.then(|| options.broker.resolve(&options.target).ok()).flatten()?;
    Some(client::without_credentials(&url))
}
