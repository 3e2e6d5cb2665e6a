//! Into the log.

use std::fmt;
use std::sync::Arc;

use crate::store::{self, Appended, Draft, Epoch, Position, Record, Refused, Terms};
use crate::topic::Topic;
use crate::wire::{Event, EventId, EventName};

use super::Broker;

/// Event types that begin so are the broker's own control events.
const RESERVED_PREFIX: &str = "sse.";

/// The longest ID and the longest type that a publisher may give, in bytes: a client has to be able to send an ID back
/// in a header.
const MAX_FIELD_BYTES: usize = 1024;

/// An event that is in the log.
#[derive(Clone, Debug)]
pub struct Published {
    event: InLog,
    epoch: Epoch,
}

/// How it came to be there.
#[derive(Clone, Debug)]
enum InLog {
    /// Just now.
    New(Arc<Record>),
    /// With an earlier request that had the same idempotency key.
    Before(u64, Box<Draft>),
}

impl Published {
    /// The topics that it was published to.
    pub fn topics(&self) -> &[Topic] {
        match &self.event {
            InLog::New(record) => &record.topics,
            InLog::Before(_, draft) => &draft.topics,
        }
    }

    /// Whether it was in the log before, so that nothing was done.
    pub fn is_repeated(&self) -> bool {
        matches!(self.event, InLog::Before(..))
    }
}

/// The ID that subscribers see.
impl fmt::Display for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, seq) = match &self.event {
            InLog::New(record) => (&record.id, record.seq),
            InLog::Before(seq, draft) => (&draft.event.id, *seq),
        };
        match id {
            Some(id) => id.fmt(f),
            None => self.epoch.at(seq).fmt(f),
        }
    }
}

/// Why an event cannot be published as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// The ID has the form of a position in this log.
    #[error("the ID {0} has the form of this broker's own IDs; choose another form, or leave it out")]
    ReservedId(EventId),
    /// The ID would not survive the way back in a `Last-Event-ID` header, RFC 9110 §5.5.
    #[error(
        "an ID cannot be empty, hold control characters, or begin or end with a space: a Last-Event-ID header could not \
         carry it"
    )]
    UnsendableId,
    /// The type belongs to the broker.
    #[error("event types that begin with {RESERVED_PREFIX} are reserved for the broker")]
    ReservedName,
    /// The ID or the type is too long.
    #[error("an ID and an event type have at most {MAX_FIELD_BYTES} bytes each")]
    FieldTooLong,
}

/// What became of an event that was to be published.
pub type Outcome = Result<Published, Refused>;

/// The log took none of the events.
#[derive(Debug, thiserror::Error)]
#[error("the events could not be stored")]
pub struct NotStored(#[from] store::Error);

impl Broker {
    /// Makes an event ready to be published.
    ///
    /// # Errors
    /// Says why it cannot be.
    pub fn draft(&self, topics: Vec<Topic>, event: Event, terms: Terms) -> Result<Draft, Unfit> {
        if let Some(id) = &event.id {
            self.check_id(id)?;
        }
        match event.name.as_ref().map(EventName::as_str) {
            Some(name) if name.starts_with(RESERVED_PREFIX) => Err(Unfit::ReservedName),
            Some(name) if name.len() > MAX_FIELD_BYTES => Err(Unfit::FieldTooLong),
            _ => Ok(Draft { topics, event, terms }),
        }
    }

    fn check_id(&self, id: &EventId) -> Result<(), Unfit> {
        let text = id.as_str();
        let unsendable = |c: char| c.is_ascii_control() && c != '\t';
        if text.is_empty() || text.trim_matches([' ', '\t']) != text || text.contains(unsendable) {
            return Err(Unfit::UnsendableId);
        }
        if text.len() > MAX_FIELD_BYTES {
            return Err(Unfit::FieldTooLong);
        }
        match text.parse::<Position>() {
            Ok(position) if position.epoch == self.hub.log.epoch() => Err(Unfit::ReservedId(id.clone())),
            _ => Ok(()),
        }
    }

    /// Publishes the events in their order, and says of each what became of it.
    ///
    /// # Errors
    /// If the log took none of them.
    pub async fn publish(&self, drafts: Vec<Draft>) -> Result<Vec<Outcome>, NotStored> {
        self.submit(drafts).await?.await
    }

    /// The same in two steps: when the first is done, the events have their place, and others can be submitted that come
    /// after them.
    ///
    /// # Errors
    /// If the log took none of them.
    pub async fn submit(
        &self,
        drafts: Vec<Draft>,
    ) -> Result<impl Future<Output = Result<Vec<Outcome>, NotStored>> + use<>, NotStored> {
        let appending = self.hub.log.append(drafts).await?;
        let (metrics, epoch) = (self.metrics.clone(), self.hub.log.epoch());
        let outcome = move |appended| match appended {
            Appended::New(record) => Ok(Published { event: InLog::New(record), epoch }),
            Appended::Repeated(seq, draft) => Ok(Published { event: InLog::Before(seq, draft), epoch }),
            Appended::Refused(refused) => Err(refused),
        };
        Ok(async move {
            let appended = appending.await?;
            let new = appended.iter().filter(|appended| matches!(appended, Appended::New(_))).count();
            metrics.events_published.inc_by(new as u64);
            Ok(appended.into_iter().map(outcome).collect())
        })
    }
}
