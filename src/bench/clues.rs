//! What tells a limit of the generator from one of the server, beside the figures of a report: `report` notes it, `search`
//! reads it, and no output shows it.

use std::time::Duration;

use super::error::Refusal;
use super::firsts::Firsts;
use super::publishers::Published;

/// The clues of a run; first things are quoted as warnings quote them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Clues {
    /// For how many seconds the publisher that waited longest had to wait for room, because the server did not take what
    /// was sent.
    pub(super) held_off_s: f64,
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
    pub(super) fn of(firsts: &Firsts, published: &Published) -> Self {
        let refusal = firsts.refusal.as_ref();
        let reply = published.first_refusal.as_ref().filter(|_| published.refused > 0);
        Self {
            held_off_s: Duration::from_nanos(published.waited).as_secs_f64(),
            first_refusal: refusal.map(Refusal::to_string),
            refused_here: refusal.is_some_and(Refusal::is_of_this_machine),
            first_end: firsts.end.clone(),
            first_reply: reply.map(|reply| format!("status {}: {}", reply.status, reply.words)),
        }
    }
}
