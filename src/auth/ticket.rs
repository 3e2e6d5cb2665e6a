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

/// The most of them that one user has out, or one token that is nobody's: many pages that are opened at once, and not so many
/// that others get none.
const MOST_OF_ONE: usize = 1000;

/// The tickets that are out.
#[derive(Debug, Default)]
pub struct Tickets {
    out: HashMap<Digest, Out>,
    /// When each is over, in order.
    ends: BTreeSet<(SystemTime, Digest)>,
    /// Whoever has some out.
    holders: HashMap<Holder, Held>,
    reign: Reign,
}

/// A ticket that is out.
#[derive(Debug)]
struct Out {
    end: SystemTime,
    grant: Arc<Grant>,
    holder: Holder,
}

/// Who has got tickets.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Holder {
    User(Arc<str>),
    /// A token that is nobody's.
    Token(Digest),
}

/// What one of them has.
#[derive(Debug)]
struct Held {
    /// When each of the tickets is over, in order.
    ends: BTreeSet<(SystemTime, Digest)>,
    /// The token that the last one was for, and its grant, which all of its tickets share.
    token: Digest,
    grant: Arc<Grant>,
}

/// Why there is no ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoTicket {
    /// Too many are out; how long it takes until there is room, at the latest.
    #[error("too many tickets are out that nobody has used")]
    TooMany(Duration),
    /// This user, or token, has too many out.
    #[error("this user, or this token, has {MOST_OF_ONE} tickets out that it has not used")]
    TooManyOfOne(Duration),
    /// The system has no randomness.
    #[error("the system of the broker has no randomness")]
    NoRandomness,
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

    /// Gives one out, for what this token is granted.
    ///
    /// # Errors
    /// [`NoTicket`].
    pub fn give(&mut self, token: Digest, grant: Arc<Grant>, now: SystemTime) -> Result<Ticket, NoTicket> {
        if grant.is_unlimited() {
            // Where everyone may do everything, nobody looks at it.
            return Ok(Ticket { text: random_token().ok_or(NoTicket::NoRandomness)?, life: LIFE });
        }
        self.forget(now);
        if self.out.len() >= MOST {
            return Err(NoTicket::TooMany(until_first(&self.ends, now)));
        }
        let holder = grant.user.as_deref().map_or(Holder::Token(token), |user| Holder::User(user.into()));
        let of_one = self.holders.get(&holder).filter(|held| held.ends.len() >= MOST_OF_ONE);
        if let Some(held) = of_one {
            return Err(NoTicket::TooManyOfOne(until_first(&held.ends, now)));
        }
        let text = random_token().ok_or(NoTicket::NoRandomness)?;
        let (digest, end) = (Digest::of(&text), grant.expires.map_or(now + LIFE, |expires| expires.min(now + LIFE)));
        let new = || Held { ends: BTreeSet::new(), token, grant: Arc::clone(&grant) };
        let held = self.holders.entry(holder.clone()).or_insert_with(new);
        if held.token != token {
            (held.token, held.grant) = (token, grant);
        }
        held.ends.insert((end, digest));
        self.out.insert(digest, Out { end, grant: Arc::clone(&held.grant), holder });
        self.ends.insert((end, digest));
        Ok(Ticket { text, life: end.duration_since(now).unwrap_or_default() })
    }

    /// Takes one in.
    ///
    /// # Errors
    /// [`Denied::Ticket`] if it is not out, or no longer, or its token is over.
    pub fn take(&mut self, ticket: &str, now: SystemTime) -> Result<Arc<Grant>, Denied> {
        self.forget(now);
        let grant = self.remove(Digest::of(ticket)).ok_or(Denied::Ticket)?;
        grant.check_time(now).map(|()| grant).map_err(|_| Denied::Ticket)
    }

    fn forget(&mut self, now: SystemTime) {
        while let Some((_, digest)) = self.ends.first().copied().filter(|(end, _)| *end <= now) {
            self.remove(digest);
        }
    }

    fn remove(&mut self, ticket: Digest) -> Option<Arc<Grant>> {
        let Out { end, grant, holder } = self.out.remove(&ticket)?;
        self.ends.remove(&(end, ticket));
        if let Some(held) = self.holders.get_mut(&holder) {
            held.ends.remove(&(end, ticket));
            if held.ends.is_empty() {
                self.holders.remove(&holder);
            }
        }
        Some(grant)
    }
}

/// How long it takes until the first of these is over.
fn until_first(ends: &BTreeSet<(SystemTime, Digest)>, now: SystemTime) -> Duration {
    ends.first().and_then(|(end, _)| end.duration_since(now).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_good_once_and_for_a_short_time() {
        let (mut tickets, now) = (Tickets::default(), SystemTime::UNIX_EPOCH);
        let grant = Arc::new(Grant { user: Some("u".into()), ..Grant::default() });
        let give =
            |tickets: &mut Tickets| tickets.give(Digest::of("token"), Arc::clone(&grant), now).expect("there is room");
        let (one, other) = (give(&mut tickets), give(&mut tickets));
        assert_ne!(one.reveal(), other.reveal());
        assert!(!format!("{one:?}").contains(one.reveal()));
        let last = now + LIFE - Duration::from_nanos(1);
        assert_eq!(tickets.take(one.reveal(), last).expect("it is good").user.as_deref(), Some("u"));
        assert_eq!(tickets.take(one.reveal(), last).err(), Some(Denied::Ticket));
        assert_eq!(tickets.take(other.reveal(), now + LIFE).err(), Some(Denied::Ticket));
        assert_eq!(tickets.take("", now).err(), Some(Denied::Ticket));
        assert!(tickets.out.is_empty() && tickets.ends.is_empty() && tickets.holders.is_empty());
    }

    #[test]
    fn a_ticket_is_over_with_its_token() {
        let (mut tickets, now) = (Tickets::default(), SystemTime::UNIX_EPOCH);
        let ends_in =
            |seconds| Arc::new(Grant { expires: Some(now + Duration::from_secs(seconds)), ..Grant::default() });
        let lives = [3, 30, 300].map(|seconds| {
            tickets.give(Digest::of(&seconds.to_string()), ends_in(seconds), now).expect("there is room")
        });
        assert_eq!(lives.each_ref().map(|ticket| ticket.life().as_secs()), [3, 30, 30]);
        let [short, other, _] = lives;
        assert_eq!(tickets.take(short.reveal(), now + Duration::from_secs(3)).err(), Some(Denied::Ticket));
        assert!(tickets.take(other.reveal(), now + Duration::from_secs(29)).is_ok());
    }

    #[test]
    fn no_ticket_outlives_the_keys_and_rules_that_allowed_it() {
        let (mut tickets, now) = (Tickets::default(), SystemTime::UNIX_EPOCH);
        let (reign, ticket) =
            (tickets.reign(), tickets.give(Digest::of("token"), Arc::default(), now).expect("there is room"));
        tickets.end_reign();
        assert_ne!(tickets.reign(), reign);
        assert_eq!(tickets.take(ticket.reveal(), now).err(), Some(Denied::Ticket));
        assert!(tickets.ends.is_empty() && tickets.holders.is_empty());
    }

    #[test]
    fn a_used_ticket_makes_room_and_nobody_takes_that_of_others() {
        let (mut tickets, now) = (Tickets::default(), SystemTime::UNIX_EPOCH);
        let of = |user: &str| Arc::new(Grant { user: Some(user.to_owned()), ..Grant::default() });
        let mut give = |token: &str, grant: &Arc<Grant>, now| tickets.give(Digest::of(token), Arc::clone(grant), now);
        let anna = of("anna");
        let given: Vec<Ticket> =
            (0..MOST_OF_ONE).map(|n| give(&n.to_string(), &anna, now).expect("there is room")).collect();
        let later = now + LIFE / 3;
        assert_eq!(give("x", &anna, later).err(), Some(NoTicket::TooManyOfOne(LIFE / 3 * 2)));
        assert!(give("x", &of("bert"), later).is_ok() && give("x", &Arc::default(), later).is_ok());
        assert!(tickets.take(given[7].reveal(), later).is_ok());
        assert!(tickets.give(Digest::of("x"), Arc::clone(&anna), later).is_ok());
        assert!(tickets.give(Digest::of("x"), anna, later).is_err());
    }

    #[test]
    fn the_tickets_of_a_token_share_its_grant() {
        let (mut tickets, now) = (Tickets::default(), SystemTime::UNIX_EPOCH);
        let mut give = |token: &str| tickets.give(Digest::of(token), Arc::default(), now).expect("there is room");
        let given = ["one", "one", "other"].map(&mut give);
        let grants = given.map(|ticket| tickets.take(ticket.reveal(), now).expect("it is good"));
        assert!(Arc::ptr_eq(&grants[0], &grants[1]) && !Arc::ptr_eq(&grants[1], &grants[2]));
    }

    #[test]
    fn there_are_so_many_at_once_and_no_more() {
        let (mut tickets, now) = (Tickets::default(), SystemTime::UNIX_EPOCH);
        let mut give = |n: usize, now| tickets.give(Digest::of(&(n / MOST_OF_ONE).to_string()), Arc::default(), now);
        assert!((0..MOST).all(|n| give(n, now).is_ok()));
        assert_eq!(give(MOST, now + LIFE / 3).err(), Some(NoTicket::TooMany(LIFE / 3 * 2)));
        assert!(give(MOST, now + LIFE).is_ok());
    }
}
