//! What a report is held against: thresholds that a user gives, and the report of an earlier run.
//!
//! In reading order: [`Metric`] names a figure of a report, [`Spread`] is what several runs have of it, [`Threshold`] is
//! a limit for it, [`Bound`] the same as what has to hold, [`Baseline`] the earlier report. Whether a run is valid is not
//! decided here.

mod baseline;
mod bound;
mod judgement;
mod metric;
mod spread;
mod threshold;

pub use baseline::{Baseline, Compared, Comparison, MOST_RUNS, NotAReport};
pub use bound::{Bound, Needed};
pub use judgement::Judgement;
pub(super) use metric::Count;
pub use metric::{Figure, Metric, Unknown};
pub use spread::Spread;
pub use threshold::{NotAThreshold, Outcome, Threshold};
