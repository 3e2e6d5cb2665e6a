//! What came of all that runs were held against.

use super::{Comparison, Outcome};

/// Thresholds and baseline, if there were any.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judgement {
    /// One for each threshold.
    pub thresholds: Vec<Outcome>,
    /// How the runs stand to an earlier report.
    pub baseline: Option<Comparison>,
}

impl Judgement {
    /// Whether there was nothing to hold against.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.thresholds.is_empty() && self.baseline.is_none()
    }

    /// Whether all is well.
    #[must_use]
    pub fn met(&self) -> bool {
        let thresholds = self.thresholds.iter().all(|outcome| outcome.met);
        thresholds && self.baseline.as_ref().is_none_or(|comparison| comparison.met)
    }

    /// A sentence for each thing that is not, without its end.
    #[must_use]
    pub fn missed(&self) -> Vec<String> {
        let thresholds = self.thresholds.iter().filter_map(|outcome| outcome.missed.clone());
        thresholds.chain(self.baseline.iter().flat_map(Comparison::missed)).collect()
    }
}
