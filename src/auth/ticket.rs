//! Tickets: what a page gets for its token, because `EventSource` can send no header. Each stands for the grant of that
//! token, once and for a short time, so that it may be seen in a URL.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::secret::random_token;
use super::{Denied, Digest, Grant};

/// How long a ticket is good.
pub const LIFE: Duration = Duration::from_secs(30);

/// The most tickets that are out at once: some hundred bytes each. Beyond it none are given out until some are used or
/// over.
const MOST: usize = 100_000;

/// The tickets that are out.
#[derive(Debug, Default)]
pub struct Tickets {
    out: HashMap<Digest, Arc<Grant>>,
    /// When each is over, in order; some of them are used by then.
    ends: VecDeque<(SystemTime, Digest)>,
}

/// What goes into a URL. Its text is a secret, which `Debug` does not show.
pub struct Ticket(String);

impl std::fmt::Debug for Ticket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ticket(…)")
    }
}

impl Ticket {
    /// Its text, which a URL takes as it is.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl Tickets {
    /// Gives one out; `None` if too many are out, or there is no randomness.
    pub fn give(&mut self, grant: Arc<Grant>, now: SystemTime) -> Option<Ticket> {
        self.forget(now);
        if self.ends.len() >= MOST {
            return None;
        }
        let text = random_token()?;
        let digest = Digest::of(&text);
        self.out.insert(digest, grant);
        self.ends.push_back((now + LIFE, digest));
        Some(Ticket(text))
    }

    /// How long it takes until there is room for another, at the latest.
    pub fn room_in(&self, now: SystemTime) -> Duration {
        self.ends.front().and_then(|(end, _)| end.duration_since(now).ok()).unwrap_or_default()
    }

    /// Takes one in.
    ///
    /// # Errors
    /// [`Denied::Ticket`] if it is not out, or no longer.
    pub fn take(&mut self, ticket: &str, now: SystemTime) -> Result<Arc<Grant>, Denied> {
        self.forget(now);
        self.out.remove(&Digest::of(ticket)).ok_or(Denied::Ticket)
    }

    fn forget(&mut self, now: SystemTime) {
        while let Some((_, digest)) = self.ends.pop_front_if(|(end, _)| *end <= now) {
            self.out.remove(&digest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_good_once_and_for_a_short_time() {
        let (mut tickets, now) = (Tickets::default(), SystemTime::UNIX_EPOCH);
        let grant = Arc::new(Grant { user: Some("u".into()), ..Grant::default() });
        let give = |tickets: &mut Tickets| tickets.give(Arc::clone(&grant), now).expect("there is room");
        let (one, other) = (give(&mut tickets), give(&mut tickets));
        assert_ne!(one.reveal(), other.reveal());
        assert!(!format!("{one:?}").contains(one.reveal()));
        let last = now + LIFE - Duration::from_nanos(1);
        assert_eq!(tickets.take(one.reveal(), last).expect("it is good").user.as_deref(), Some("u"));
        assert_eq!(tickets.take(one.reveal(), last).err(), Some(Denied::Ticket));
        assert_eq!(tickets.take(other.reveal(), now + LIFE).err(), Some(Denied::Ticket));
        assert_eq!(tickets.take("", now).err(), Some(Denied::Ticket));
        assert!(tickets.out.is_empty() && tickets.ends.is_empty());
    }

    #[test]
    fn there_are_so_many_at_once_and_no_more() {
        let (mut tickets, now) = (Tickets::default(), SystemTime::UNIX_EPOCH);
        let grant = Arc::new(Grant::default());
        for _ in 0..MOST {
            assert!(tickets.give(Arc::clone(&grant), now).is_some());
        }
        assert!(tickets.give(Arc::clone(&grant), now).is_none());
        assert_eq!(tickets.room_in(now + LIFE / 3), LIFE / 3 * 2);
        assert!(tickets.give(grant, now + LIFE).is_some());
    }
}
