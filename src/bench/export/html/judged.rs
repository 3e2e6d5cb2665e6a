//! What the run was held against: thresholds, and the report of an earlier run.

use super::tables;
use super::text::escaped;
use crate::bench::figures::shortest;
use crate::bench::{Compared, Comparison, Judgement, Outcome};

/// What is said below the verdict, if there was anything.
pub(super) fn verdict(judgement: &Judgement) -> String {
    if judgement.is_empty() {
        return String::new();
    }
    let missed = judgement.missed();
    let (class, sign, word, sentence) = if judgement.met() {
        let all = match (judgement.thresholds.len(), &judgement.baseline) {
            (0, _) => "No time is worse than in the baseline by more than allowed.",
            (_, None) => "No threshold was missed.",
            (_, Some(_)) => "No threshold was missed, and no time is worse than in the baseline by more than allowed.",
        };
        ("good", "✓", "Met", all.to_owned())
    } else {
        ("bad", "✕", "Missed", missed.iter().map(|sentence| escaped(sentence)).collect::<Vec<_>>().join("; ") + ".")
    };
    format!(
        "<p class=\"verdict {class}\"><strong><span aria-hidden=\"true\">{sign}</span> {word}</strong> {sentence}</p>"
    )
}

/// The tables, if there was anything.
pub(super) fn section(judgement: &Judgement) -> String {
    if judgement.is_empty() {
        return String::new();
    }
    let thresholds = if judgement.thresholds.is_empty() { String::new() } else { thresholds(&judgement.thresholds) };
    let baseline = judgement.baseline.as_ref().map_or_else(String::new, baseline);
    format!(
        "<section aria-labelledby=\"held-against\"><h2 id=\"held-against\">Held against</h2>\n{thresholds}{baseline}</section>\n"
    )
}

fn thresholds(outcomes: &[Outcome]) -> String {
    let rows = outcomes.iter().map(|outcome| {
        let measured = outcome.shown.clone().unwrap_or_else(|| "not known".to_owned());
        let cells = [("measured", escaped(&measured)), ("", outcome_of(outcome.met, "met", "missed"))];
        tables::row(&escaped(&outcome.expression), &cells)
    });
    tables::columns(
        "Thresholds: the run fails if one of them holds.",
        &["fails if", "measured", ""],
        &rows.collect::<String>(),
    )
}

fn baseline(comparison: &Comparison) -> String {
    let row = |compared: &Compared| {
        let value = |value| compared.shown(value).unwrap_or_else(|| "–".to_owned());
        let ratio = compared.ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"));
        let judged = match (compared.ratio, compared.is_judged()) {
            (Some(_), true) => outcome_of(!compared.worse, "met", "missed"),
            _ => String::new(),
        };
        let cells =
            [("now", value(compared.now)), ("baseline", value(compared.baseline)), ("ratio", ratio), ("", judged)];
        tables::row(&escaped(&compared.figure), &cells)
    };
    let rows: String = comparison.figures.iter().map(row).collect();
    let caption = format!(
        "Baseline: a time may be {} % worse than in the earlier report. Times in milliseconds.",
        shortest(comparison.regression * 100.0)
    );
    let table = tables::columns(&caption, &["figure", "now", "baseline", "ratio", ""], &rows);
    let differences: Vec<String> = comparison.differences.iter().map(|sentence| escaped(sentence)).collect();
    if differences.is_empty() {
        return table;
    }
    format!("{table}<div class=\"warnings\"><ul><li>{}</li></ul></div>\n", differences.join("</li><li>"))
}

/// A word with a sign: colours are not all there is to tell them apart.
fn outcome_of(met: bool, well: &str, ill: &str) -> String {
    let (class, sign, word) = if met { ("met", "✓", well) } else { ("missed", "✕", ill) };
    format!("<span class=\"{class}\"><span aria-hidden=\"true\">{sign}</span> {word}</span>")
}
