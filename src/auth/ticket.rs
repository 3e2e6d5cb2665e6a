//! Tickets: what a page gets for its token, because `EventSource` can send no header. Each stands for the grant of that
//! token, once and for a short time, so that it may be seen in a URL. It is over when its token is, and when other keys or
//! rules decide: what was allowed then may be allowed no more.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::secret::random_token;
use super::{Denied, Digest, Grant};

/// How long a ticket is good.
pub(super) const LIFE: Duration = Duration::from_secs(30);

/// The most tickets that are out at once: some hundred bytes each. Beyond it none are given out until some are used or
/// over.
const MOST: usize = 100_000;

/// The tickets that are out.
#[derive(Debug, Default)]
pub struct Tickets {
    out: HashMap<Digest, (SystemTime, Arc<Grant>)>,
    /// When each is over, in order.
    ends: BTreeSet<(SystemTime, Digest)>,
    reign: Reign,
}

/// The time in which the same keys and rules decide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reign(u64);

/// What goes into a URL. Its text is a secret, which `Debug` does not show.
pub struct Ticket {
    text: String,
    life: Duration,
}

impl std::fmt::Debug for Ticket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ticket(…)")
    }
}

impl Ticket {
    /// Its text, which a URL takes as it is.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// How long it is good.
    pub fn life(&self) -> Duration {
        self.life
    }
}

impl Tickets {
    /// The reign in which a grant is the one that a ticket can stand for; asked before the grant is.
    pub fn reign(&self) -> Reign {
        self.reign
    }

    /// Other keys and rules decide from now on: no ticket is out any more.
    pub fn end_reign(&mut self) {
        *self = Self { reign: Reign(self.reign.0 + 1), ..Self::default() };
    }

    /// Gives one out; `None` if too many are out, or there is no randomness.
    pub fn give(&mut self, grant: Arc<Grant>, now: SystemTime) -> Option<Ticket> {
        self.forget(now);
        if self.out.len() >= MOST {
            return None;
        }
        let text = random_token()?;
        let digest = Digest::of(&text);
        let end = grant.expires.map_or(now + LIFE, |expires| expires.min(now + LIFE));
        self.out.insert(digest, (end, grant));
        self.ends.insert((end, digest));
        Some(Ticket { text, life: end.duration_since(now).unwrap_or_default() })
    }

    /// How long it takes until there is room for another, at the latest.
    pub fn room_in(&self, now: SystemTime) -> Duration {
        self.ends.first().and_then(|(end, _)| end.duration_since(now).ok()).unwrap_or_default()
    }

    /// Takes one in.
    ///
    /// # Errors
    /// [`Denied::Ticket`] if it is not out, or no longer, or its token is over.
    pub fn take(&mut self, ticket: &str, now: SystemTime) -> Result<Arc<Grant>, Denied> {
        self.forget(now);
        let digest = Digest::of(ticket);
        let (end, grant) = self.out.remove(&digest).ok_or(Denied::Ticket)?;
        self.ends.remove(&(end, digest));
        grant.check_time(now).map(|()| grant).map_err(|_| Denied::Ticket)
    }

    fn forget(&mut self, now: SystemTime) {
        while self.ends.first().is_some_and(|(end, _)| *end <= now)
            && let Some((_, digest)) = self.ends.pop_first()
        {
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
    fn a_ticket_is_over_with_its_token() {
        let (mut tickets, now) = (Tickets::default(), SystemTime::UNIX_EPOCH);
        let ends_in =
            |seconds| Arc::new(Grant { expires: Some(now + Duration::from_secs(seconds)), ..Grant::default() });
        let lives = [3, 30, 300].map(|seconds| tickets.give(ends_in(seconds), now).expect("there is room"));
        assert_eq!(lives.each_ref().map(|ticket| ticket.life().as_secs()), [3, 30, 30]);
        let [short, other, _] = lives;
        assert_eq!(tickets.take(short.reveal(), now + Duration::from_secs(3)).err(), Some(Denied::Ticket));
        assert!(tickets.take(other.reveal(), now + Duration::from_secs(29)).is_ok());
    }

    #[test]
    fn no_ticket_outlives_the_keys_and_rules_that_allowed_it() {
        let (mut tickets, now) = (Tickets::default(), SystemTime::UNIX_EPOCH);
        let (reign, ticket) = (tickets.reign(), tickets.give(Arc::default(), now).expect("there is room"));
        tickets.end_reign();
        assert_ne!(tickets.reign(), reign);
        assert_eq!(tickets.take(ticket.reveal(), now).err(), Some(Denied::Ticket));
        assert_eq!(tickets.room_in(now), Duration::ZERO);
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
