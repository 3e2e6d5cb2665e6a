//! What a shard is told of one of its connections: to end it, or to have it listen to something else.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::oneshot;

use super::connection::Connection;
use super::framing::{self, LAST_CHUNK};
use super::worker::Worker;
use crate::broker::End;
use crate::broker::guest::ConnectionId;
use crate::store::Filter;

/// A connection is to listen to this from now on.
#[derive(Debug)]
pub(in crate::broker) struct Changed {
    pub(in crate::broker) key: u32,
    pub(in crate::broker) id: ConnectionId,
    pub(in crate::broker) filter: Arc<Filter>,
    /// Told when it does; dropped if it has gone.
    pub(in crate::broker) done: oneshot::Sender<()>,
}

impl Worker {
    /// Ends a connection, if it is still this one: with a word to its client, unless its socket takes no more.
    pub(super) fn end(&mut self, key: u32, id: ConnectionId, end: End) {
        let Some(connection) = self.known(key, id) else { return };
        let unsent = match &connection.behind {
            None => Some(Bytes::new()),
            Some(behind) => behind.unsent(),
        };
        if let Some(unsent) = unsent {
            let words = [&unsent, &framing::events(&end.encode(), &[])[..], LAST_CHUNK].concat();
            // If it does not take all, the client sees an end without a word.
            let _ = connection.write(&words.into());
        }
        self.close(key, end.closed());
    }

    /// Seats a connection in another audience. Where it is in the log, it stays.
    pub(super) fn change(&mut self, changed: Changed) {
        let Changed { key, id, filter, done } = changed;
        if self.known(key, id).is_none() {
            return;
        }
        let style = self.audiences.at(self.connections[key as usize].audience).style;
        let (audience, seat) = self.audiences.join(filter, style, key);
        let connection = &mut self.connections[key as usize];
        connection.permit.share(&self.audiences.at(audience).filter);
        let left = std::mem::replace(&mut connection.audience, audience);
        let left_seat = std::mem::replace(&mut connection.seat, seat);
        if let Some(moved) = self.audiences.leave(left, left_seat) {
            self.connections[moved as usize].seat = left_seat;
        }
        // Who asked may have gone.
        let _ = done.send(());
    }

    /// A connection, if it is still this one.
    fn known(&mut self, key: u32, id: ConnectionId) -> Option<&mut Connection> {
        self.connections.get_mut(key as usize).filter(|found| found.permit.id() == id)
    }
}
