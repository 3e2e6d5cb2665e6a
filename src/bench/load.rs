//! How busy the threads are that read the streams. An event that waits in a socket because its reader has no processor
//! looks like a slow server; the send delay, which another thread has, need not show it.
//!
//! Linux tells for each thread how long it ran and how long it waited to run. Elsewhere nothing is known, and nothing
//! is claimed.

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use super::clock;

/// Threads of this process and of its workers, each with its place at the kernel, which it has once it runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Threads(pub(super) Vec<Arc<OnceLock<Place>>>);

/// A thread as the kernel knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) process: u32,
    pub(super) thread: i32,
}

/// What a thread had of its processors up to a moment; nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sample {
    at: u64,
    ran: u64,
    waited: u64,
}

/// What a thread had between two moments, as parts of the time between them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// It ran.
    pub ran: f64,
    /// It ran or waited to run: close to 1, what it measures is its own pace.
    pub wanted: f64,
}

impl Threads {
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// A sample of each thread that can be sampled.
    pub(super) fn samples(&self) -> Vec<Option<Sample>> {
        self.0.iter().map(|id| Sample::of(*id.get()?)).collect()
    }
}

/// The load since a moment at which all threads began to run, of the thread that was the busiest.
pub(super) fn busiest_since(begun: u64, now: &[Option<Sample>]) -> Option<Load> {
    busiest(now, &vec![Some(Sample { at: begun, ran: 0, waited: 0 }); now.len()])
}

/// That of both which wanted more, of those that are known.
pub(super) fn busier(one: Option<Load>, other: Option<Load>) -> Option<Load> {
    one.into_iter().chain(other).max_by(|one, other| one.wanted.total_cmp(&other.wanted))
}

/// The load between two rounds of samples, of the thread that was the busiest.
pub(super) fn busiest(now: &[Option<Sample>], earlier: &[Option<Sample>]) -> Option<Load> {
    let loads = now.iter().zip(earlier).filter_map(|(now, earlier)| Some(now.as_ref()?.since(earlier.as_ref()?)));
    loads.max_by(|one, other| one.wanted.total_cmp(&other.wanted))
}

impl Place {
    /// That of the calling thread; where threads have no numbers, one that no thread has.
    pub(super) fn here() -> Self {
        #[cfg(target_os = "linux")]
        let thread = rustix::thread::gettid().as_raw_nonzero().get();
        #[cfg(not(target_os = "linux"))]
        let thread = 0;
        Self { process: std::process::id(), thread }
    }
}

impl Sample {
    /// Takes a sample of a thread.
    pub(super) fn of(Place { process, thread }: Place) -> Option<Self> {
        // proc_pid_schedstat: time spent running, time spent waiting on a run queue, time slices.
        let text = std::fs::read_to_string(format!("/proc/{process}/task/{thread}/schedstat")).ok()?;
        let mut fields = text.split_whitespace().map(str::parse);
        Some(Self { at: clock::now(), ran: fields.next()?.ok()?, waited: fields.next()?.ok()? })
    }

    /// What the thread had since an earlier sample.
    pub(super) fn since(&self, earlier: &Self) -> Load {
        let part = |time: u64| seconds(time) / seconds(self.at.saturating_sub(earlier.at).max(1));
        let ran = self.ran.saturating_sub(earlier.ran);
        let waited = self.waited.saturating_sub(earlier.waited);
        Load { ran: part(ran), wanted: part(ran + waited) }
    }
}

fn seconds(nanoseconds: u64) -> f64 {
    std::time::Duration::from_nanos(nanoseconds).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_is_what_was_had_of_the_time_between() {
        let earlier = Sample { at: 1_000, ran: 500, waited: 100 };
        let later = Sample { at: 2_000, ran: 700, waited: 800 };
        let load = later.since(&earlier);
        assert!((load.ran - 0.2).abs() < 1e-9 && (load.wanted - 0.9).abs() < 1e-9, "{load:?}");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_thread_of_this_process_can_be_sampled_and_another_number_cannot() {
        assert!(Sample::of(Place::here()).is_some());
        assert!(Sample::of(Place { thread: -1, ..Place::here() }).is_none());
    }
}
