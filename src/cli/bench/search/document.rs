//! A search as JSON: one object on one line. Its fields stand in the help, in `fields`.

use std::io;

use serde::Serialize;

use super::options::Sought;
use super::{Ladder, Rung, result};
use crate::bench::{
    Bound, Connections, Deliveries, Environment, Events, Fate, Found, Load, Outcome, Percentiles, Planned, RESOLUTION,
    Report,
};

#[derive(Serialize)]
struct Document<'l> {
    search: Searched<'l>,
    interrupted: bool,
    warnings: Vec<String>,
    /// That of the last run.
    plan: Option<Planned>,
    environment: Environment,
}

#[derive(Serialize)]
struct Searched<'l> {
    of: Sought,
    bounds: Vec<String>,
    resolution: f64,
    steps: Vec<Row<'l>>,
    result: Result,
}

/// A run.
#[derive(Serialize)]
struct Row<'l> {
    step: u32,
    attempt: u32,
    confirms: bool,
    rate: u32,
    connections: u32,
    duration_s: f64,
    verdict: Fate,
    why: Option<&'l str>,
    bounds: &'l [Outcome],
    #[serde(flatten)]
    figures: Option<Figures<'l>>,
}

/// What there is of a run that has a report.
#[derive(Serialize)]
struct Figures<'l> {
    subscribers: &'l Connections,
    events: &'l Events,
    deliveries: &'l Deliveries,
    latency_ms: &'l Percentiles,
    last_delivery_ms: &'l Percentiles,
    server_latency_ms: &'l Percentiles,
    send_delay_ms: &'l Percentiles,
    generator: Option<Load>,
    valid: bool,
    warnings: &'l [String],
}

#[derive(Serialize)]
struct Result {
    value: Option<u32>,
    at_least: bool,
    confirmed: bool,
    limited_by: &'static str,
    sentence: String,
}

/// Writes it.
pub(super) fn write(ladder: &Ladder<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let Found { value, confirmed, limit } = ladder.search.found();
    let search = Searched {
        of: ladder.quest.sought,
        bounds: ladder.quest.bounds.iter().map(Bound::to_string).collect(),
        resolution: RESOLUTION,
        steps: ladder.rungs.iter().map(row).collect(),
        result: Result {
            value,
            at_least: value.is_some() && limit.is_open(),
            confirmed,
            limited_by: result::limited_by(ladder),
            sentence: result::sentence(ladder),
        },
    };
    let document = Document {
        search,
        interrupted: ladder.interrupted,
        warnings: ladder.fit.warning().into_iter().collect(),
        plan: ladder.last_report().map(|report| {
            let mut planned = report.plan.clone();
            ladder.fit.note(&mut planned);
            planned
        }),
        environment: ladder.environment(),
    };
    serde_json::to_writer(&mut *out, &document)?;
    out.write_all(b"\n")
}

fn row(rung: &Rung) -> Row<'_> {
    let Rung { step, extent, judged, report } = rung;
    Row {
        step: step.number,
        attempt: step.attempt,
        confirms: step.confirms,
        rate: extent.rate,
        connections: extent.connections,
        duration_s: extent.duration.as_secs_f64(),
        verdict: judged.fate,
        why: judged.why.as_deref(),
        bounds: &judged.bounds,
        figures: report.as_ref().map(figures),
    }
}

fn figures(report: &Report) -> Figures<'_> {
    Figures {
        subscribers: &report.connections,
        events: &report.events,
        deliveries: &report.deliveries,
        latency_ms: &report.latency_ms,
        last_delivery_ms: &report.last_delivery_ms,
        server_latency_ms: &report.server_latency_ms,
        send_delay_ms: &report.send_delay_ms,
        generator: report.generator,
        valid: report.valid,
        warnings: &report.warnings,
    }
}
