//! What several runs have of a figure. Percentiles are never averaged: each value here is that of one of the runs.

use super::metric::{Figure, Metric, Unknown};
use crate::bench::Report;

/// The figures of several runs; those of one are all the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The smallest.
    pub min: Figure,
    /// The one in the middle; of an even number the larger, and so the worse, of the two.
    pub median: Figure,
    /// The largest.
    pub max: Figure,
}

impl Spread {
    /// That of a metric over runs, ordered by their values.
    ///
    /// # Errors
    /// The first [`Unknown`], where any of the runs does not know it.
    pub fn of(metric: Metric, reports: &[Report]) -> Result<Self, Unknown> {
        let figures: Result<Vec<Figure>, Unknown> = reports.iter().map(|report| metric.of(report)).collect();
        let mut figures = figures?;
        figures.sort_by(|one, other| one.value.total_cmp(&other.value));
        match (figures.first(), figures.get(figures.len() / 2), figures.last()) {
            (Some(min), Some(median), Some(max)) => Ok(Self { min: *min, median: *median, max: *max }),
            _ => Err(Unknown::TooFew { samples: 0, needed: 1 }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::Percentiles;

    fn spread(values: &[f64]) -> Result<[f64; 3], Unknown> {
        let of =
            |max| Report { latency_ms: Percentiles { max: Some(max), ..Percentiles::default() }, ..Report::default() };
        let reports: Vec<Report> = values.iter().copied().map(of).collect();
        let metric = "max".parse().map_err(|()| Unknown::NoWhole)?;
        Spread::of(metric, &reports).map(|spread| [spread.min, spread.median, spread.max].map(|figure| figure.value))
    }

    #[test]
    fn the_median_is_the_figure_of_one_of_the_runs() {
        assert_eq!(spread(&[9.0, 1.0, 4.0]), Ok([1.0, 4.0, 9.0]));
        assert_eq!(spread(&[1.0, 4.0]), Ok([1.0, 4.0, 4.0]), "of two the worse");
        assert_eq!(spread(&[3.0]), Ok([3.0; 3]));
        assert!(spread(&[]).is_err());
    }
}
