//! Whether the subscribers of a run fit into the files that a process may open, how many processes that takes, and with
//! `--clamp` how many fit.

use super::slowness::SlowOptions;
use super::wire::WireOptions;
use super::{Extent, SUBSCRIBERS_AT_MOST};
use crate::bench::figures::grouped;
use crate::bench::{MOST_WORKERS, Needs, Planned, Report, Scenario};
use crate::cli::failure::Failure;

/// As many subscribers as there will be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fit<'o> {
    pub(super) connections: u32,
    /// How many were asked for, if those are fewer.
    asked: Option<u32>,
    room: Room<'o>,
}

impl<'o> Fit<'o> {
    /// That of so many subscribers; an error if they do not fit and may not be fewer.
    pub(super) fn of(asked: u32, room: Room<'o>, clamp: bool) -> Result<Self, Failure> {
        if room.workers_for(asked).is_some() {
            return Ok(Self { connections: asked, asked: None, room });
        }
        match room.subscribers() {
            fitting @ 1.. if clamp => Ok(Self { connections: fitting, asked: Some(asked), room }),
            _ => Err(room.too_few_for(asked)),
        }
    }

    /// A run of this size with as many workers as it takes.
    pub(super) fn shared_out(&self, extent: Extent) -> Extent {
        Extent { workers: self.room.workers_for(extent.connections).unwrap_or(1), ..extent }
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
        let (asked, connections) = (grouped(self.asked?.into()), grouped(self.connections.into()));
        let (limit, workers) = (grouped(self.room.limit), self.room.workers_for(self.connections).unwrap_or(1));
        let files = match workers {
            1 => format!("{limit} files that this process may open"),
            _ => format!("{limit} files that each of {workers} worker processes may open"),
        };
        Some(format!(
            "{connections} subscribers instead of the {asked} that were asked for: more do not fit into the {files}"
        ))
    }
}

/// What decides how many fit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room<'o> {
    pub(super) wire: &'o WireOptions,
    pub(super) slowness: &'o SlowOptions,
    pub(super) scenario: Scenario,
    pub(super) publishers: u32,
    pub(super) threads: u32,
    /// How many processes share the subscribers, if that was said.
    pub(super) workers: Option<u32>,
    /// Whether the server is started here, with the same limit as any other process.
    pub(super) starts_server: bool,
    /// How many files a process may open.
    pub(super) limit: u64,
}

impl Room<'_> {
    /// How many processes so many subscribers take, 1 being this one alone; `None` if they do not fit.
    pub(super) fn workers_for(&self, subscribers: u32) -> Option<u32> {
        let fits_alone = self.alone(subscribers) <= self.limit;
        if self.starts_server && !fits_alone {
            // It has a connection of each of them too.
            return None;
        }
        match self.workers {
            Some(1) => fits_alone.then_some(1),
            Some(count) => {
                let count = count.min(self.measured(subscribers)).max(1);
                (count == 1 && fits_alone || self.fits_with(count, subscribers)).then_some(count)
            }
            None if fits_alone => Some(1),
            None => (2..=MOST_WORKERS).find(|count| self.fits_with(*count, subscribers)),
        }
    }

    /// How many subscribers fit.
    pub(super) fn subscribers(&self) -> u32 {
        let (mut fit, mut too_many) = (0, SUBSCRIBERS_AT_MOST + 1);
        while too_many - fit > 1 {
            let middle = fit + (too_many - fit) / 2;
            if self.workers_for(middle).is_some() { fit = middle } else { too_many = middle }
        }
        fit
    }

    /// How many subscribers are measured.
    fn measured(&self, subscribers: u32) -> u32 {
        self.slowness.share(self.scenario, subscribers).0
    }

    /// The files that this process opens if it has all subscribers.
    fn alone(&self, subscribers: u32) -> u64 {
        Needs::files_beside_streams(self.publishers) + self.wire.sockets(subscribers, self.threads)
    }

    /// Whether so many workers have room for them, and this process for what is left to it.
    fn fits_with(&self, workers: u32, subscribers: u32) -> bool {
        let measured = self.measured(subscribers);
        let slow = u64::from(subscribers - measured);
        let here = Needs::files_beside_workers(workers, self.publishers) + slow;
        here.max(self.of_a_worker(workers, measured)) <= self.limit
    }

    /// The files that a worker opens.
    fn of_a_worker(&self, workers: u32, measured: u32) -> u64 {
        Needs::files_beside_streams(0) + self.wire.sockets(measured.div_ceil(workers), self.threads.div_ceil(workers))
    }

    fn too_few_for(&self, connections: u32) -> Failure {
        let limit = self.limit;
        let (needed, who) = match self.most_workers() {
            1 if self.starts_server => (
                self.alone(connections),
                format!("this process may open {limit} files, and so may the broker it starts"),
            ),
            1 => (self.alone(connections), format!("this process may open {limit} files")),
            workers => {
                let needed = self.of_a_worker(workers, self.measured(connections));
                let needed = needed.max(Needs::files_beside_workers(workers, self.publishers));
                (needed, format!("each of {workers} worker processes may open {limit} files"))
            }
        };
        let raise = format!("raise the hard limit of `nofile` to {needed} (as root: `ulimit -Hn {needed}`)");
        let way_out = match self.subscribers() {
            0 => format!("that leaves room for none beside what bench itself needs: {raise}"),
            room => format!("{raise}, or use -c {room} at most, or --clamp for as many as fit"),
        };
        let more = match self.workers {
            Some(count) if !self.starts_server && count < MOST_WORKERS => ", or more --workers",
            _ => "",
        };
        Failure::usage(format!("{connections} subscribers do not fit: {who}")).hint(way_out + more)
    }

    /// How many processes there may be.
    fn most_workers(&self) -> u32 {
        if self.starts_server { 1 } else { self.workers.unwrap_or(MOST_WORKERS) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(asked: u32, limit: u64, (workers, starts_server): (Option<u32>, bool), clamp: bool) -> Option<(u32, u32)> {
        let (wire, slowness) = (WireOptions::plain(), SlowOptions::none());
        let scenario = Scenario::Fanout;
        let room = Room {
            wire: &wire,
            slowness: &slowness,
            scenario,
            publishers: 1,
            threads: 1,
            workers,
            starts_server,
            limit,
        };
        let fit = Fit::of(asked, room, clamp).ok()?;
        let extent = Extent { connections: fit.connections, rate: 1, duration: std::time::Duration::ZERO, workers: 1 };
        Some((fit.connections, fit.shared_out(extent).workers))
    }

    #[test]
    fn what_does_not_fit_into_one_process_is_shared_out_or_refused_or_clamped_as_asked_for() {
        let beside = Needs::files_beside_streams(1);
        let one = |asked, clamp| fit(asked, beside + 10, (Some(1), false), clamp);
        assert_eq!([one(10, false), one(10, true)], [Some((10, 1)); 2]);
        assert_eq!((one(11, false), one(11, true)), (None, Some((10, 1))));
        assert_eq!(fit(1, beside, (Some(1), false), true), None, "there is room for none");

        // A worker has no publisher: 27 streams each.
        let any = |asked| fit(asked, beside + 10, (None, false), false);
        assert_eq!([10, 11, 54, 55].map(any), [Some((10, 1)), Some((11, 2)), Some((54, 2)), Some((55, 3))]);
        let two = |asked, clamp| fit(asked, beside + 10, (Some(2), false), clamp);
        assert_eq!((two(1, false), two(2, false), two(54, false)), (Some((1, 1)), Some((2, 2)), Some((54, 2))));
        assert_eq!((two(55, false), two(55, true)), (None, Some((54, 2))));
    }

    #[test]
    fn a_server_that_is_started_here_has_no_room_for_more_than_a_process_has() {
        let beside = Needs::files_beside_streams(1);
        let own = |asked, workers, clamp| fit(asked, beside + 10, (workers, true), clamp);
        assert_eq!((own(11, None, false), own(11, None, true)), (None, Some((10, 1))));
        assert_eq!((own(10, Some(3), false), own(11, Some(3), true)), (Some((10, 3)), Some((10, 3))));
    }
}
