//! Other topics for a subscription that is open. It goes on where it is in the log: its cursor stays, and what it reads from
//! there goes by the new topics. So of a topic that stays nothing is lost or comes twice, and all that is published after a
//! change is answered goes by it; who is behind may get some older events of a new topic, too. The current state of a
//! topic is for those who connect.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::roster::Sink;
use super::shard::{Changed, Command};
use super::{Broker, Connection};
use crate::store::Filter;
use crate::topic::Selection;

/// Why a subscription does not listen to other topics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotChanged {
    /// It has ended.
    Gone,
    /// It listens to others than it was taken to.
    Another,
}

impl Broker {
    /// Has a subscription listen to what it is now to ask for, and to what it hears unasked as before. If it is not as
    /// `connection` has it, because another was faster, nothing happens.
    ///
    /// # Errors
    /// [`NotChanged`].
    pub async fn change(&self, connection: &Connection, asked: Selection) -> Result<(), NotChanged> {
        match self.order(connection, asked)? {
            Some(done) => done.await.map_err(|_| NotChanged::Gone),
            None => Ok(()),
        }
    }

    /// Gives the order for that; what it returns resolves when it is done. Whoever is served by hyper looks for it before it
    /// reads on.
    fn order(&self, connection: &Connection, asked: Selection) -> Result<Option<oneshot::Receiver<()>>, NotChanged> {
        let mut roster = self.admission.roster();
        let entry = roster.get(connection.id).filter(|entry| entry.is_open()).ok_or(NotChanged::Gone)?;
        if entry.filter != connection.filter {
            return Err(NotChanged::Another);
        }
        let mut topics = asked;
        topics.extend(entry.filter.topics.unasked().cloned());
        let filter = Arc::new(Filter { topics, names: entry.filter.names.clone() });
        // Given under the lock, so that they come in the order of the roster.
        let done = match &entry.sink {
            Sink::None(_) => None,
            Sink::Shard { number, key } => {
                let (done, answered) = oneshot::channel();
                let changed = Changed { key: *key, id: connection.id, filter: Arc::clone(&filter), done };
                self.shards[*number as usize].tell(Command::Change(Box::new(changed)));
                Some(answered)
            }
            Sink::Hyper(orders) => {
                orders.change(Arc::clone(&filter));
                None
            }
        };
        roster.change(connection.id, &filter);
        self.admission.note_turn(&roster);
        Ok(done)
    }
}
