//! `--llm`: the answer of a language model as it arrives, and how it came.
//!
//! On a terminal the reasoning of the model is shown too, fainter than its answer; in a pipe there is the answer alone, and
//! with `-o json` everything, a line of JSON a piece.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use super::super::terminal::{Paint, Tone, escape_control};
use super::super::values::precise;
use super::super::words::counted;
use super::json_lines::append;
use crate::diagnosis::End;
use crate::llm::{Completion, Ending, Report, Step};
use crate::wire::Message;

/// An answer on its way.
pub(super) struct Model {
    completion: Completion,
    form: Form,
    paint: Paint,
    /// When the request was made, since the start.
    asked: Duration,
    /// What the piece before was, if it did not end its line.
    open: Option<Part>,
}

/// How pieces are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Terminal,
    Pipe,
    Json,
}

/// What a piece belongs to: another part begins on a new line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Answer,
    Reasoning,
    Call(u64),
}

/// A line of JSON.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Line<'a> {
    Text { text: &'a str },
    Reasoning { text: &'a str },
    Refusal { text: &'a str },
    ToolCall { call: u64, id: &'a Option<String>, name: &'a str },
    Arguments { call: u64, text: &'a str },
    Report(&'a Report),
}

impl Model {
    pub(super) fn new(form: Form, paint: Paint) -> Self {
        Self { completion: Completion::default(), form, paint, asked: Duration::ZERO, open: None }
    }

    /// The request is made, `at` so long after the start.
    pub(super) fn asked(&mut self, at: Duration) {
        self.asked = at;
    }

    /// Takes in an event, and appends what it shows to `out`; whether the answer is over.
    pub(super) fn take(&mut self, message: &Message, at: Duration, out: &mut Vec<u8>) -> bool {
        let mut over = false;
        for step in self.completion.take(message, at.saturating_sub(self.asked)) {
            over |= matches!(step, Step::Done | Step::Failed(_));
            match self.form {
                Form::Json => json(&step, out),
                form => self.text(&step, form, out),
            }
        }
        over
    }

    fn text(&mut self, step: &Step, form: Form, out: &mut Vec<u8>) {
        match step {
            Step::Text(text) | Step::Refusal(text) => self.piece(Part::Answer, text, out),
            Step::Reasoning(text) if form == Form::Terminal => self.piece(Part::Reasoning, text, out),
            Step::ToolCall { call, name, .. } => self.piece(Part::Call(*call), &format!("[{name}] "), out),
            Step::Arguments { call, text } => self.piece(Part::Call(*call), text, out),
            Step::Reasoning(_) | Step::Failed(_) | Step::Done => {}
        }
    }

    fn piece(&mut self, part: Part, text: &str, out: &mut Vec<u8>) {
        if self.open.is_some_and(|open| open != part) {
            out.push(b'\n');
        }
        let shown = match (self.form, part) {
            (Form::Terminal, Part::Answer) => escape_control(text, "\n\t"),
            (Form::Terminal, _) => self.paint.paint(Tone::Faint, &escape_control(text, "\n\t")).into_owned().into(),
            _ => text.into(),
        };
        out.extend_from_slice(shown.as_bytes());
        self.open = (!text.ends_with('\n')).then_some(part);
    }

    /// Whether the answer goes on on the line that was written last.
    pub(super) fn is_inside_line(&self) -> bool {
        self.open.is_some()
    }

    /// Ends the last line, and sums up, with times if they are known.
    pub(super) fn finish(&mut self, at: Duration, timed: bool, out: &mut Vec<u8>) -> Report {
        if self.open.take().is_some() {
            out.push(b'\n');
        }
        let report = self.completion.report(at.saturating_sub(self.asked));
        let report = if timed { report } else { report.without_times() };
        if self.form == Form::Json {
            append(&Line::Report(&report), out);
        }
        report
    }
}

fn json(step: &Step, out: &mut Vec<u8>) {
    let line = match step {
        Step::Text(text) => Line::Text { text },
        Step::Reasoning(text) => Line::Reasoning { text },
        Step::Refusal(text) => Line::Refusal { text },
        Step::ToolCall { call, id, name } => Line::ToolCall { call: *call, id, name },
        Step::Arguments { call, text } => Line::Arguments { call: *call, text },
        // Both are in the report.
        Step::Failed(_) | Step::Done => return,
    };
    append(&line, out);
}

/// What is wrong with an answer, if it is not what was asked for; `by` says who ended it.
pub(super) fn fault(report: &Report, by: End) -> Option<String> {
    if let Some(failure) = &report.failure {
        return Some(format!("the model failed: {failure}"));
    }
    match report.ending {
        // What we did not wait for is not cut off by anyone else.
        Ending::CutOff | Ending::Unknown if by == End::Local => None,
        Ending::CutOff => Some("the answer is cut off: the stream ended without saying that it is complete".to_owned()),
        _ if report.events == 0 => Some("there is no answer: the stream ended before it said anything".to_owned()),
        _ if !report.is_recognised() => {
            let example = report.example.as_deref().map(|example| format!(", such as {example}")).unwrap_or_default();
            Some(format!(
                "no language model that is known here speaks so: {}{example}",
                counted(report.events, "event")
            ))
        }
        _ => None,
    }
}

/// How the answer came, in lines for people; none if nothing came that could be understood.
pub(super) fn lines(report: &Report) -> Vec<String> {
    let Some(dialect) = report.dialect else { return Vec::new() };
    let model = report.model.as_deref().map(|model| format!(", {model}")).unwrap_or_default();
    let reason = report.finish_reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    let mut lines = vec![format!("{}{model}: {}{reason}", dialect.name(), ending(report.ending))];
    lines.extend(times(report));
    lines.extend(tokens(report));
    let left_out = [
        (report.other_choices, "other choice that is not shown", "other choices that are not shown"),
        (report.unshown, "piece that is no text", "pieces that are no text"),
        (report.not_understood, "event that was not understood", "events that were not understood"),
    ];
    let left_out = left_out.iter().filter(|(count, ..)| *count > 0);
    let left_out = left_out.map(|(count, one, many)| format!("{count} {}", if *count == 1 { one } else { many }));
    let left_out: Vec<String> = left_out.collect();
    if !left_out.is_empty() {
        let example = report.example.as_deref().map(|example| format!(", such as {example}")).unwrap_or_default();
        lines.push(format!("{}{example}", left_out.join(", ")));
    }
    lines
}

fn ending(ending: Ending) -> &'static str {
    match ending {
        Ending::Complete => "complete",
        Ending::Limit => "ended at a limit of tokens",
        Ending::Withheld => "refused or withheld",
        Ending::Other => "ended for another reason",
        Ending::Failed => "failed",
        Ending::CutOff => "cut off",
        Ending::Unknown => "it is not known how it ended",
    }
}

fn times(report: &Report) -> Option<String> {
    let mut line = format!("total {}", precise(report.total?));
    if let Some(first) = report.first_token {
        line = format!("first token after {}, {line}", precise(first));
    }
    if let Some(text) = report.first_text.filter(|text| Some(*text) != report.first_token) {
        let _ = write!(line, ", first text after {}", precise(text));
    }
    let _ = write!(line, "; {}", counted(report.chunks, "chunk"));
    if let Some(rate) = report.chunks_per_second {
        let _ = write!(line, ", {rate:.1}/s");
    }
    if let Some(stall) = &report.longest_stall {
        let _ = write!(line, ", longest stall {} after {}", precise(stall.length), precise(stall.began));
    }
    Some(line)
}

fn tokens(report: &Report) -> Option<String> {
    let output = report.output_tokens?;
    let mut line = counted(output, "token");
    if let Some(reasoning) = report.reasoning_tokens.filter(|reasoning| *reasoning > 0) {
        let _ = write!(line, ", {reasoning} of them reasoning");
    }
    if let Some(rate) = report.tokens_per_second {
        let _ = write!(line, ", {rate:.1}/s");
    }
    if let Some(input) = report.input_tokens {
        let _ = write!(line, ", for {input} of the request");
    }
    Some(line)
}
