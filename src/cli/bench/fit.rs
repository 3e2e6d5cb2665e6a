//! Whether the subscribers of a run fit into the files that this process may open, and with `--clamp` how many do.

use super::wire::WireOptions;
use crate::bench::figures::grouped;
use crate::bench::{Needs, Planned, Report};
use crate::cli::failure::Failure;

/// As many subscribers as there will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fit {
    pub(super) connections: u32,
    /// How many were asked for, if those are fewer.
    asked: Option<u32>,
    /// How many files this process may open.
    limit: u64,
}

impl Fit {
    /// That of so many subscribers; an error if they do not fit and may not be fewer.
    pub(super) fn of(asked: u32, room: &Room<'_>, clamp: bool) -> Result<Self, Failure> {
        let limit = room.limit;
        if room.sockets(asked) <= room.files() {
            return Ok(Self { connections: asked, asked: None, limit });
        }
        match u32::try_from(room.subscribers()) {
            Ok(fitting @ 1..) if clamp => Ok(Self { connections: fitting, asked: Some(asked), limit }),
            _ => Err(room.too_few_for(asked)),
        }
    }

    /// Makes a plan say how many were asked for.
    pub(super) fn note(&self, planned: &mut Planned) {
        planned.connections_asked = self.asked;
    }

    /// The same for a report, which warns too.
    pub(super) fn warn(&self, report: &mut Report) {
        self.note(&mut report.plan);
        report.warnings.extend(self.warning());
    }

    /// A sentence where there are fewer than were asked for.
    pub(super) fn warning(&self) -> Option<String> {
        let (asked, connections, limit) = (grouped(self.asked?.into()), grouped(self.connections.into()), self.limit);
        Some(format!(
            "{connections} subscribers instead of the {asked} that were asked for: more do not fit into the {} files that \
             this process may open",
            grouped(limit)
        ))
    }
}

/// What decides how many fit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room<'o> {
    pub(super) wire: &'o WireOptions,
    pub(super) publishers: u32,
    pub(super) threads: u32,
    /// How many files this process may open.
    pub(super) limit: u64,
}

impl Room<'_> {
    /// How many files there are for connections of subscribers.
    fn files(&self) -> u64 {
        self.limit.saturating_sub(Needs::files_beside_streams(self.publishers))
    }

    /// How many connections so many subscribers have.
    fn sockets(&self, subscribers: u32) -> u64 {
        self.wire.sockets(subscribers, self.threads)
    }

    /// How many subscribers fit.
    pub(super) fn subscribers(&self) -> u64 {
        match self.files() {
            0 => 0,
            files => self.wire.subscribers(files, self.threads),
        }
    }

    fn too_few_for(&self, connections: u32) -> Failure {
        let needed = Needs::files_beside_streams(self.publishers) + self.sockets(connections);
        let raise = format!("raise the hard limit of `nofile` to {needed} (as root: `ulimit -Hn {needed}`)");
        let way_out = match self.subscribers() {
            0 => format!("that leaves room for none beside what bench itself needs: {raise}"),
            room => format!("{raise}, or use -c {room} at most, or --clamp for as many as fit"),
        };
        let sentence = format!("{connections} subscribers do not fit: this process may open {} files", self.limit);
        Failure::usage(sentence).hint(way_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_or_clamped_as_asked_for() {
        let beside = Needs::files_beside_streams(1);
        let options = WireOptions::plain();
        let room = |limit| Room { wire: &options, publishers: 1, threads: 1, limit };
        let fit = |asked, clamp| Fit::of(asked, &room(beside + 10), clamp).ok().map(|fit| (fit.connections, fit.asked));
        assert_eq!([fit(10, false), fit(10, true)], [Some((10, None)); 2]);
        assert_eq!((fit(11, false), fit(11, true)), (None, Some((10, Some(11)))));
        assert!(Fit::of(1, &room(beside), true).is_err(), "there is room for none");
    }
}
