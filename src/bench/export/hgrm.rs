//! The main time of a run, such as the latency of all deliveries, as the percentile distribution that the HdrHistogram tools
//! plot: value in milliseconds, percentile as a part of 1, samples up to there, and 1/(1-percentile).

use std::io;

use super::Export;
use crate::bench::{Report, Samples};

/// The format.
#[derive(Clone, Copy, Debug)]
pub struct Hgrm;

impl Export for Hgrm {
    fn write(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        let (scenario, kind) = (report.scenario, report.scenario.main_time());
        distribution(report.histograms.of(kind), out)?;
        // The tools pass over what begins so.
        writeln!(out, "#[Times   = {} of sse bench {}, in milliseconds]", kind.name(), scenario.name())
    }
}

/// What the `outputPercentileDistribution` of the Java library writes, to the space.
fn distribution(samples: &Samples, out: &mut dyn io::Write) -> io::Result<()> {
    write!(out, "{:>12} {:>14} {:>10} {:>14}\n\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)")?;
    for point in samples.curve() {
        write!(out, "{:12.3} {:2.12} {:10}", point.value_ms, point.quantile, point.total)?;
        if point.quantile < 1.0 {
            write!(out, " {:14.2}", 1.0 / (1.0 - point.quantile))?;
        }
        writeln!(out)?;
    }
    let (mean, deviation) = samples.mean_and_deviation();
    let (buckets, sub_buckets) = samples.buckets();
    let max = samples.percentiles().max.unwrap_or_default();
    writeln!(out, "#[Mean    = {mean:12.3}, StdDeviation   = {deviation:12.3}]")?;
    writeln!(out, "#[Max     = {max:12.3}, Total count    = {:12}]", samples.count())?;
    writeln!(out, "#[Buckets = {buckets:12}, SubBuckets     = {sub_buckets:12}]")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::Scenario;

    fn written(milliseconds: impl Iterator<Item = u64>) -> String {
        let mut samples = Samples::default();
        milliseconds.for_each(|value| samples.record(value * 1_000_000));
        let mut out = Vec::new();
        distribution(&samples, &mut out).expect("a Vec takes everything");
        String::from_utf8(out).expect("ASCII")
    }

    /// The numbers of a line: value, percentile, count, and 1/(1-percentile) where it has an end.
    fn rows(text: &str) -> Vec<Vec<f64>> {
        let lines = text.lines().skip(2).take_while(|line| !line.starts_with('#'));
        lines.map(|line| line.split_whitespace().map(|field| field.parse().expect("a number")).collect()).collect()
    }

    #[test]
    fn the_rows_lead_from_the_least_to_the_largest_of_known_samples() {
        let text = written(1..=100);
        assert!(text.starts_with("       Value     Percentile TotalCount 1/(1-Percentile)\n\n"), "{text}");
        let rows = rows(&text);
        let near = |value: f64, expected: f64| (value / expected - 1.0).abs() < 0.002;
        assert!(near(rows[0][0], 1.0) && rows[0][1] == 0.0 && near(rows[0][3], 1.0), "{text}");
        let median = rows.iter().find(|row| near(row[1], 0.5)).expect("one for each half");
        assert!(near(median[0], 50.0) && near(median[2], 50.0) && near(median[3], 2.0), "{text}");
        let last = rows.last().expect("rows");
        assert!(near(last[0], 100.0) && near(last[1], 1.0) && near(last[2], 100.0) && last.len() == 3, "{text}");
        assert!(rows.windows(2).all(|pair| pair[0][0] <= pair[1][0] && pair[0][1] <= pair[1][1]), "{text}");
    }

    #[test]
    fn the_last_line_says_which_time_of_which_scenario_it_is() {
        for scenario in Scenario::ALL {
            let mut report = Report { scenario, ..Report::default() };
            report.histograms.of_mut(scenario.main_time()).record(5_000_000);
            let mut out = Vec::new();
            Hgrm.write(&report, &mut out).expect("a Vec takes everything");
            let text = String::from_utf8(out).expect("ASCII");
            let (name, kind) = (scenario.name(), scenario.main_time().name());
            assert!(text.ends_with(&format!("#[Times   = {kind} of sse bench {name}, in milliseconds]\n")), "{text}");
            assert!(text.contains("Total count    =            1]"), "{text}");
        }
    }

    #[test]
    fn the_foot_says_mean_deviation_and_count() {
        let text = written([10, 10, 40].into_iter());
        let foot: Vec<&str> = text.lines().skip_while(|line| !line.starts_with('#')).collect();
        assert!(foot[0].starts_with("#[Mean    =       19.99"), "{text}");
        assert!(foot[0].contains(", StdDeviation   =       14.1"), "{text}");
        assert!(foot[1].starts_with("#[Max     =       40.0"), "{text}");
        assert!(foot[1].ends_with(", Total count    =            3]"), "{text}");
        assert_eq!(foot[2], "#[Buckets =           21, SubBuckets     =         2048]");
    }

    #[test]
    fn without_samples_there_are_no_rows() {
        let text = written(std::iter::empty());
        assert_eq!(rows(&text), Vec::<Vec<f64>>::new());
        assert!(text.contains("Total count    =            0]"), "{text}");
    }
}
