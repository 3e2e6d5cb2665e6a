//! What is wrong with a stream: as a report under `--diagnose`, and as short warnings without it.

use std::time::Duration;

use serde::Serialize;

use super::super::terminal::{escape_control, wrapped};
use super::super::words::counted;
use super::json_lines;
use super::pretty::Pretty;
use crate::client::{Answer, Error, Head, Kind, Notice};
use crate::diagnosis::{self, Diagnosis, End, Finding, Level};

/// The time between two looks for warnings.
pub(super) const LOOK: Duration = Duration::from_secs(1);

/// What is said at once when it happens.
const TOLD_ANYWAY: &str = "unfinished-event";

/// Watches a stream.
pub(super) struct Watch {
    /// None once lines or a document came: they have nothing of what is wrong with an event stream.
    diagnosis: Option<Diagnosis>,
    reports: bool,
    /// Whether the request allows compression.
    compressed: bool,
    /// What has been warned of.
    told: Vec<&'static str>,
    looked: Duration,
}

/// A line of JSON.
#[derive(Serialize)]
struct Line<'a> {
    kind: &'static str,
    level: &'static str,
    code: &'static str,
    what: &'a str,
    fix: &'a str,
}

impl Watch {
    /// For a report on everything, or for warnings of what shows soon.
    pub(super) fn new(reports: bool, compressed: bool, last_event_id: &str, of_recording: bool) -> Self {
        let mut diagnosis = if reports { Diagnosis::new() } else { Diagnosis::brief() };
        if !of_recording {
            diagnosis.connecting(Duration::ZERO, last_event_id);
        }
        Self { diagnosis: Some(diagnosis), reports, compressed, told: vec![TOLD_ANYWAY], looked: Duration::ZERO }
    }

    /// Takes in what happened, `at` so long after the start.
    pub(super) fn notice(&mut self, notice: &Notice, at: Duration) {
        if matches!(notice, Notice::Open(head) if head.kind != Kind::Events && !self.reports) {
            self.diagnosis = None;
        }
        let Some(diagnosis) = &mut self.diagnosis else { return };
        match notice {
            Notice::Connecting { last_event_id } => diagnosis.connecting(at, last_event_id),
            Notice::CannotResume { .. } => diagnosis.connecting(at, ""),
            Notice::Open(head) => diagnosis.answered(at, &opened(head, self.compressed)),
            Notice::Chunk(bytes) => diagnosis.received(at, bytes),
            Notice::Retrying { .. } => diagnosis.ended(at, End::Remote),
            Notice::Read(_) | Notice::Document { .. } | Notice::Unfinished | Notice::GivingUp { .. } => {}
        }
    }

    /// Takes in how it came to an end.
    pub(super) fn end(&mut self, followed: Result<End, &anyhow::Error>, at: Duration) {
        let Some(diagnosis) = &mut self.diagnosis else { return };
        // Without a report the error tells what is wrong.
        if self.reports
            && let Err(error) = followed
            && let Some(Error::NotAnEventStream { answer, .. }) = error.downcast_ref()
        {
            diagnosis.answered(at, &refused(answer, self.compressed));
        }
        diagnosis.ended(at, followed.unwrap_or(End::Remote));
    }

    /// Whether it is time to look for something to warn of.
    pub(super) fn is_time(&self, at: Duration) -> bool {
        at >= self.looked.saturating_add(LOOK)
    }

    /// What to warn of that has not been told yet.
    pub(super) fn warnings(&mut self, at: Duration) -> Vec<String> {
        self.looked = at;
        let findings = self.findings(at).into_iter();
        let new: Vec<Finding> =
            findings.filter(|f| f.level == Level::Problem && !self.told.contains(&f.code)).collect();
        self.told.extend(new.iter().map(|finding| finding.code));
        new.into_iter().map(|finding| format!("{}: {}", finding.what, finding.fix)).collect()
    }

    /// All that was found.
    pub(super) fn findings(&self, at: Duration) -> Vec<Finding> {
        self.diagnosis.as_ref().map(|diagnosis| diagnosis.findings(at)).unwrap_or_default()
    }
}

fn opened(head: &Head, compressed: bool) -> diagnosis::Head {
    let Head { version, status, headers, .. } = head;
    diagnosis::Head {
        version: version.clone(),
        status: *status,
        headers: headers.clone(),
        asked_for_encoding: compressed,
    }
}

fn refused(answer: &Answer, compressed: bool) -> diagnosis::Head {
    diagnosis::Head {
        version: answer.status_line.split(' ').next().unwrap_or_default().to_owned(),
        status: answer.status,
        headers: answer.headers.clone(),
        asked_for_encoding: compressed,
    }
}

/// Appends a report for people, at most `columns` wide.
pub(super) fn report(findings: &[Finding], pretty: &Pretty, columns: usize, out: &mut Vec<u8>) {
    const INDENT: &str = "  ";
    let mut text = String::new();
    for finding in findings {
        text += &pretty.level(finding.level == Level::Problem, finding.code);
        for (paragraph, dim) in [(&finding.what, false), (&finding.fix, true)] {
            let paragraph = escape_control(paragraph, "");
            let prefix = if dim { "→ " } else { "" };
            for line in wrapped(&format!("{prefix}{paragraph}"), columns.saturating_sub(INDENT.len())) {
                text += &format!("{INDENT}{line}\n");
            }
        }
        text.push('\n');
    }
    out.extend_from_slice(text.as_bytes());
}

/// What a report ends with; `seen` is whether there was anything to look at. What `failed` is said by the error.
pub(super) fn conclusion(problems: usize, seen: bool, failed: bool) -> String {
    match problems {
        0 if failed => String::new(),
        0 if !seen => "there was no answer to look at; --for watches longer\n".to_owned(),
        0 => "nothing wrong found\n".to_owned(),
        problems => format!("{}\n", counted(problems as u64, "problem")),
    }
}

/// Appends a line of JSON for each finding.
pub(super) fn lines(findings: &[Finding], out: &mut Vec<u8>) {
    for Finding { level, code, what, fix } in findings {
        let level = if *level == Level::Problem { "problem" } else { "note" };
        json_lines::append(&Line { kind: "finding", level, code, what, fix }, out);
    }
}

/// How many of them are problems.
pub(super) fn problems(findings: &[Finding]) -> usize {
    findings.iter().filter(|finding| finding.level == Level::Problem).count()
}
