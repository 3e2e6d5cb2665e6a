//! The table of a scenario: a column for each server, a row for each figure, below it what the figure is as a multiple of
//! others'. Over several runs a cell is the median, with the least and the most.

use std::fmt;

use crate::scenarios::{Figure, Outcome};
use crate::server::Kind;

/// The width of a column and of the names of the rows, if nothing in them is longer.
const COLUMN: usize = 22;
const NAMES: usize = 34;

/// The space between two columns at least.
const GAP: usize = 2;

/// Figures of several servers over several runs.
#[derive(Debug)]
pub struct Table {
    kinds: Vec<Kind>,
    rows: Vec<Row>,
    notes: Vec<String>,
}

/// A name and its cells.
type Line = (String, Vec<String>);

#[derive(Debug)]
struct Row {
    name: String,
    against: &'static [Kind],
    /// By server, then by run.
    values: Vec<Vec<f64>>,
}

impl Table {
    pub fn new(kinds: &[Kind]) -> Self {
        Self { kinds: kinds.to_vec(), rows: Vec::new(), notes: Vec::new() }
    }

    pub fn add(&mut self, kind: Kind, outcome: Outcome) {
        let Some(column) = self.kinds.iter().position(|other| *other == kind) else { return };
        for Figure { name, value, against } in outcome.figures {
            let at = self.rows.iter().position(|row| row.name == name).unwrap_or(self.rows.len());
            if at == self.rows.len() {
                self.rows.push(Row { name, against, values: vec![Vec::new(); self.kinds.len()] });
            }
            self.rows[at].values[column].push(value);
        }
        for note in outcome.faults.into_iter().chain(outcome.notes) {
            self.note(kind, &note);
        }
    }

    pub fn note(&mut self, kind: Kind, note: &str) {
        let note = format!("{}: {note}", kind.name());
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// A row of multiples of what a server has.
    fn multiples(&self, row: &Row, of: Kind) -> Option<Line> {
        let base = self.kinds.iter().position(|kind| *kind == of).and_then(|at| median(&row.values[at]));
        let base = base.filter(|base| *base > 0.0 && self.kinds.len() > 1)?;
        let cells = row.values.iter().map(|values| median(values).map_or(String::new(), |value| figure(value / base)));
        Some((format!("  as a multiple of {}", of.name()), cells.collect()))
    }

    fn lines(&self) -> Vec<Line> {
        let mut lines = vec![(String::new(), self.kinds.iter().map(|kind| kind.name().to_owned()).collect())];
        for row in &self.rows {
            lines.push((row.name.clone(), row.values.iter().map(|values| cell(values)).collect()));
            lines.extend(row.against.iter().filter_map(|kind| self.multiples(row, *kind)));
        }
        lines
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.lines();
        let width = |text: &String| text.chars().count();
        let names = lines.iter().map(|(name, _)| width(name)).fold(NAMES, usize::max);
        let column = lines.iter().flat_map(|(_, cells)| cells).map(|cell| width(cell) + GAP).fold(COLUMN, usize::max);
        for (name, cells) in lines {
            write!(f, "{name:names$}")?;
            for cell in cells {
                write!(f, "{cell:>column$}")?;
            }
            writeln!(f)?;
        }
        for note in &self.notes {
            writeln!(f, "  {note}")?;
        }
        Ok(())
    }
}

/// The median, and what it lies between if there was more than one run.
fn cell(values: &[f64]) -> String {
    let Some(median) = median(values) else { return String::new() };
    if values.len() == 1 {
        return figure(median);
    }
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    format!("{} ({}..{})", figure(median), figure(least), figure(most))
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

/// Three digits that mean something, or all of a large number.
fn figure(value: f64) -> String {
    let decimals = match value.abs() {
        _ if value.fract() == 0.0 => 0,
        size if size < 1.0 => 3,
        size if size < 10.0 => 2,
        size if size < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}
