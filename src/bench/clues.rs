//! What tells a limit of the generator from one of the server, beside the figures of a report: `report` notes it, `search`
//! reads it, and no output shows it.

use super::error::Refusal;
use super::firsts::Firsts;
use super::publishers::Published;

/// The clues of a run; first things are quoted as warnings quote them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Clues {
    /// Whether each event had a connection of its own, of which a publisher has only so many at once: that the server holds
    /// all of them is then its affair, and that there are not more is the generator's.
    pub(super) one_by_one: bool,
    /// Why the first subscriber without a stream had none.
    pub(super) first_refusal: Option<String>,
    /// Whether that was for want of something on this machine: local ports, open files, memory.
    pub(super) refused_here: bool,
    /// Why the first stream ended that ended too early.
    pub(super) first_end: Option<String>,
    /// The first answer to a publish that was no success.
    pub(super) first_reply: Option<String>,
}

impl Clues {
    pub(super) fn of(firsts: &Firsts, published: &Published, one_by_one: bool) -> Self {
        let refusal = firsts.refusal.as_ref();
        let reply = published.first_refusal.as_ref().filter(|_| published.refused > 0);
        Self {
            one_by_one,
            first_refusal: refusal.map(Refusal::to_string),
            refused_here: refusal.is_some_and(Refusal::is_of_this_machine),
            first_end: firsts.end.clone(),
            first_reply: reply.map(|reply| format!("status {}: {}", reply.status, reply.words)),
        }
    }
}
