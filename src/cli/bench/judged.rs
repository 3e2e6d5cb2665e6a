//! What runs are held against: the options for thresholds and for the report of an earlier run, and what is said of both.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueHint, value_parser};
use colored::Colorize as _;

use super::runs::Runs;
use crate::bench::{Baseline, Compared, Comparison, Judgement, MOST_RUNS, Scenario, System, Threshold};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::input;
use crate::cli::terminal::escape_control;

/// The options.
#[derive(Debug, Args)]
#[command(next_help_heading = "For continuous integration")]
pub(super) struct JudgeOptions {
    /// End with exit code 5 if this holds, such as p99>50ms, last.p99>=0.2s or lost>0.1%; may be given several times.
    ///
    /// The figures are p50, p90, p99, p99.9 and max of the latency, or behind last., server., connect., tls., first-byte.,
    /// first-event., send-delay., reconnect., next-event., recovered., replay., event-gap. or stream. of those times; and
    /// lost, gap (lost while the subscriber was away), duplicated, reordered, foreign, refused, closed, failed (requests of
    /// `sse bench stream`), late and unsent, as a number or a part. A percentile with too few samples to be known counts as
    /// missed.
    #[arg(long, value_name = "EXPRESSION", value_parser = value_parser!(Threshold))]
    fail_if: Vec<Threshold>,
    /// Compare with the report in this file, which --save-baseline or -o json wrote.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    baseline: Option<PathBuf>,
    /// By how much a time may be worse than in --baseline; more ends with exit code 5.
    #[arg(long, env = "SSE_BENCH_REGRESSION", value_name = "PERCENT", default_value = "10%", value_parser = part)]
    regression: f64,
    /// How many times the same is run in a row; thresholds and baseline are held against the median of each figure.
    #[arg(long, env = "SSE_BENCH_RUNS", value_name = "COUNT", default_value_t = 1)]
    #[arg(value_parser = value_parser!(u32).range(1..=MOST_RUNS as i64))]
    pub(super) runs: u32,
}

/// What runs are held against.
#[derive(Debug)]
pub(super) struct Judge<'o> {
    thresholds: &'o [Threshold],
    baseline: Option<(Baseline, f64)>,
}

impl JudgeOptions {
    /// Whether a threshold is about times of TLS.
    pub(super) fn is_about_tls(&self) -> bool {
        self.fail_if.iter().any(Threshold::is_of_tls)
    }
}

impl<'o> Judge<'o> {
    /// Reads the baseline, and makes sure that the scenario has the figures that are asked for.
    pub(super) fn new(options: &'o JudgeOptions, scenario: Scenario) -> Result<Self, Failure> {
        let unknown = options.fail_if.iter().find_map(|threshold| threshold.known_in(scenario).err());
        if let Some(sentence) = unknown {
            return Err(Failure::usage(format!("--fail-if: {sentence}")));
        }
        let baseline = options.baseline.as_deref().map(read).transpose()?;
        if let Some(other) = baseline.as_ref().map(Baseline::scenario).filter(|other| *other != scenario) {
            let (other, this) = (other.name(), scenario.name());
            return Err(Failure::usage(format!(
                "the baseline is of `sse bench {other}`, and this is `sse bench {this}`"
            )));
        }
        let baseline = baseline.map(|baseline| (baseline, options.regression));
        Ok(Self { thresholds: &options.fail_if, baseline })
    }

    pub(super) fn judge(&self, runs: &Runs) -> Judgement {
        let reports = &runs.reports[..];
        let compare = |(baseline, regression): &(Baseline, f64)| baseline.compare(reports, *regression);
        Judgement {
            thresholds: self.thresholds.iter().map(|threshold| threshold.judge(reports)).collect(),
            baseline: self.baseline.as_ref().map(compare),
        }
    }
}

/// What is said of it below a report.
pub(super) fn render(judgement: &Judgement) -> String {
    let comparison = judgement.baseline.iter().flat_map(comparison_lines);
    let missed = judgement.thresholds.iter().filter_map(|outcome| outcome.missed.as_ref());
    let missed = missed.map(|sentence| format!("{} {sentence}", "threshold missed:".red().bold()));
    comparison.chain(missed).map(|line| line + "\n").collect()
}

fn comparison_lines(comparison: &Comparison) -> Vec<String> {
    let header = format!("{:<20}{:>12}{:>12}{:>12}", "", "now", "baseline", "ratio");
    let mut lines = vec![String::new(), header.bold().to_string()];
    lines.extend(comparison.figures.iter().map(row));
    lines.push(String::new());
    // A file may hold anything.
    let warning = |said: &String| format!("{} {}", "warning:".yellow().bold(), escape_control(said, ""));
    lines.extend(comparison.differences.iter().map(warning));
    let label = "baseline missed:".red().bold();
    lines.extend(comparison.missed().into_iter().map(|sentence| format!("{label} {sentence}")));
    lines
}

fn row(compared: &Compared) -> String {
    let Compared { figure, now, baseline, ratio, .. } = compared;
    let value = |value: &Option<f64>| compared.shown(*value).unwrap_or_else(|| "-".to_owned());
    let ratio = ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
    let figure = if compared.is_judged() { format!("{figure}, ms") } else { figure.clone() };
    format!("{figure:<20}{:>12}{:>12}{ratio:>12}", value(now), value(baseline))
}

fn read(path: &Path) -> Result<Baseline, Failure> {
    let context = || format!("cannot read the baseline {}", path.display());
    let usage = |error: anyhow::Error| Failure::new(Exit::Usage, error).hint("--save-baseline FILE writes one");
    let mut json = Vec::new();
    let file = File::open(path).map_err(System::from).with_context(context).map_err(usage)?;
    file.take(input::LONGEST + 1).read_to_end(&mut json).map_err(System::from).with_context(context).map_err(usage)?;
    if json.len() as u64 > input::LONGEST {
        let sentence = format!("{} holds more than {} bytes, the most that is read", path.display(), input::LONGEST);
        return Err(Failure::usage(sentence));
    }
    Baseline::parse(&json).with_context(context).map_err(usage)
}

/// A part such as `10%`.
fn part(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').and_then(|number| number.trim_end().parse().ok());
    let part = number.filter(|number: &f64| number.is_finite() && *number >= 0.0);
    part.map(|percent| percent / 100.0).ok_or_else(|| "give it as 10%".to_owned())
}
