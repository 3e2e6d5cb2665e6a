//! Opening a subscription: where in the log it begins, and what it has missed already.

use std::io;
use std::net::{IpAddr, TcpStream};
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use tokio::sync::Notify;

use super::blocking::may_block;
use super::permit::Permit;
use super::shard::{Arrival, Command};
use super::{Broker, ConnectionId, Gap, Guest, Layer, Reason, StyleId, Subscription, TooMany};
use crate::metrics::Transport;
use crate::store::{Filter, Newest, Place};
use crate::wire::EventId;

/// Where a subscription begins.
#[derive(Clone, Debug)]
pub enum Start {
    /// With the next event.
    Live,
    /// After the event with this ID.
    After(EventId),
    /// With the oldest event there is.
    Earliest,
    /// With the first event that was published at this time or later; `requested` is how the client put it.
    Since {
        /// The time.
        time: SystemTime,
        /// The client's own words, for the gap event.
        requested: String,
    },
    /// With the newest events of each topic, this many.
    Newest(usize),
}

/// A subscription that may be opened: it needs a sink. Dropping it gives its place back.
#[derive(Debug)]
pub struct Admitted {
    pub(super) filter: Arc<Filter>,
    pub(super) beginning: Beginning,
    pub(super) permit: Permit,
    pub(super) style: StyleId,
}

impl Admitted {
    /// The same in another style than the usual one.
    #[must_use]
    pub fn in_style(self, style: StyleId) -> Self {
        Self { style, ..self }
    }

    /// The ID of the subscription.
    pub fn id(&self) -> ConnectionId {
        self.permit.id()
    }
}

/// What a start comes to in this log.
#[derive(Debug)]
pub(super) struct Beginning {
    /// Read the log after this number.
    pub(super) cursor: u64,
    /// Up to its end, only these events.
    pub(super) snapshot: Option<Newest>,
    /// Before all, tell of this gap.
    pub(super) gap: Option<Gap>,
    /// It begins at the end of the log.
    pub(super) live: bool,
}

impl Broker {
    /// Admits a subscription of this guest, which begins now: what is published from here on is in it.
    ///
    /// # Errors
    /// If too many are open.
    pub fn subscribe(
        &self,
        filter: Filter,
        start: Start,
        guest: Option<Guest>,
        address: IpAddr,
        transport: Transport,
    ) -> Result<Admitted, TooMany> {
        let filter = Arc::new(filter);
        // Before it is admitted: who comes may be told to those who listen, and it is one of them.
        let newest = self.hub.log.span().last;
        let permit = self.admission.admit(&filter, guest, address, transport)?;
        let looks_back = !matches!(start, Start::Live);
        let beginning = may_block(looks_back && self.hub.log.is_on_disk(), || self.begin(&filter, start, newest));
        Ok(Admitted { filter, beginning, permit, style: StyleId::default() })
    }

    /// Has hyper as the sink. `hang_up` is notified if the subscription is to end and is not asked for its last words. To be called on a runtime.
    pub fn open(&self, admitted: Admitted, hang_up: Arc<Notify>) -> Subscription {
        Subscription::open(self, admitted, hang_up)
    }

    /// Has a shard as the sink: it writes `head`, the head of a response in the chunked coding and what is to come before
    /// all events, to the socket, and then what the subscription gets; all of it through the layer, if there is one.
    ///
    /// # Errors
    /// If the socket cannot be put into non-blocking mode.
    pub fn attach(
        &self,
        admitted: Admitted,
        socket: TcpStream,
        layer: Option<Box<dyn Layer>>,
        head: Bytes,
    ) -> io::Result<()> {
        socket.set_nonblocking(true)?;
        let Admitted { filter, beginning, permit, style } = admitted;
        self.next_shard().tell(Command::Arrive(Box::new(Arrival {
            socket,
            layer,
            head,
            filter,
            beginning,
            permit,
            style,
        })));
        Ok(())
    }

    fn begin(&self, filter: &Filter, start: Start, newest: u64) -> Beginning {
        match start {
            Start::Live => Beginning { live: true, ..self.snapshot(filter, 0, newest) },
            Start::Earliest => self.snapshot(filter, 0, self.hub.log.span().first - 1),
            Start::After(id) => self.resume(filter, self.hub.log.find(&id, filter), id.as_str()),
            Start::Since { time, requested } => match self.hub.log.since(time) {
                // It is new, so it gets the state of before as well.
                Place::After(seq) => self.snapshot(filter, 0, seq),
                place => self.resume(filter, place, &requested),
            },
            Start::Newest(count) => self.snapshot(filter, count, newest),
        }
    }

    /// Begins with the current state of the topics, and the newest events of each, as of this number.
    fn snapshot(&self, filter: &Filter, count: usize, until: u64) -> Beginning {
        if until == 0 || (count == 0 && !self.hub.log.has_state(filter)) {
            return Beginning::after(until);
        }
        Beginning { snapshot: Some(Newest { count, until }), ..Beginning::after(0) }
    }

    /// Goes on from a place, or from the oldest event there is, and says so, if the place is not in the log.
    fn resume(&self, filter: &Filter, place: Place, requested: &str) -> Beginning {
        let reason = match place {
            Place::After(seq) => return Beginning::after(seq),
            Place::Expired => Reason::Expired,
            Place::OtherEpoch => Reason::Epoch,
            Place::Unknown => Reason::Unknown,
        };
        let cursor = self.hub.log.span().first - 1;
        let resumed = self.hub.log.epoch().at(cursor).to_string();
        let gap = Gap { requested: requested.to_owned(), resumed, reason };
        Beginning { gap: Some(gap), ..self.snapshot(filter, 0, cursor) }
    }
}

impl Beginning {
    fn after(cursor: u64) -> Self {
        Self { cursor, snapshot: None, gap: None, live: false }
    }
}
