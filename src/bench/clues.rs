//! What tells a limit of the generator from one of the server, beside the figures of a report: `report` notes it, `search`
//! reads it, and no output shows it.

use super::error::Refusal;
use super::plan::Plan;
use super::publishers::Published;
use super::tally::Tally;

/// The clues of a run; first things are quoted as warnings quote them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Clues {
    /// For what part of the schedule the publisher that waited longest had to wait for room, because the server did not
    /// take what was sent.
    pub(super) held_off: f64,
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
    pub(super) fn of(plan: &Plan, heard: &Tally, published: &Published) -> Self {
        let scheduled = plan.warmup.saturating_add(plan.duration).as_secs_f64();
        let waited = std::time::Duration::from_nanos(published.waited).as_secs_f64();
        let refusal = heard.first_refusal.as_ref();
        let reply = published.first_refusal.as_ref().filter(|_| published.refused > 0);
        Self {
            held_off: if scheduled > 0.0 { waited / scheduled } else { 0.0 },
            first_refusal: refusal.map(Refusal::to_string),
            refused_here: refusal.is_some_and(Refusal::is_of_this_machine),
            first_end: heard.first_end.clone(),
            first_reply: reply.map(|reply| format!("status {}: {}", reply.status, reply.words)),
        }
    }
}
