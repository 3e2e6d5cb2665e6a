//! `--dry-run`: the plan in its phases, and what it needs beside what there is. Nothing is connected to, and no broker is
//! started.

use std::io::Write as _;

use serde::Serialize;
use url::Url;

use super::fit::Fit;
use super::form::Form;
use super::hints::failure;
use super::search::Quest;
use super::table::fact_lines;
use super::wire::Wire;
use super::{Extent, Format, OWN_TOPIC, Options, columns};
use crate::bench::figures::{bytes, grouped, seconds};
use crate::bench::{Endpoint, Error, MAX_EVENTS, Needs, Plan, Planned, Protocol, Scenario};
use crate::cli::failure::Failure;
use crate::cli::target;

/// What is said of a target that is not there yet.
const OWN_BROKER: &str = "a broker of its own, on a free port of this machine";
const DURABLE_BROKER: &str = "a broker of its own, on a free port of this machine, with its history on the disk";

/// The facts of a plan that its phases say.
const IN_PHASES: [&str; 4] = ["warm-up", "measured", "deliveries", "drain"];

/// Prints the plan. An error says what makes it impossible.
pub(super) fn print(
    options: &Options,
    targets: Option<&(Url, Url)>,
    form: Form,
    wire: &Wire,
    (fit, quest, open_files): (Option<&Fit<'_>>, Option<&Quest>, u64),
) -> Result<(), Failure> {
    let failed = |error| failure(error, &options.targets);
    let own = target::parse(&format!("http://localhost{}", options.targets.named(OWN_TOPIC)))?;
    let (subscribe, publish) = targets.map_or((&own, &own), |(subscribe, publish)| (subscribe, publish));
    let endpoint = |url, protocol| Endpoint::unresolved(url, &wire.trust, protocol).map_err(failed);
    let sides = (endpoint(subscribe, wire.protocol)?, endpoint(publish, Protocol::Http1)?);
    let extent = quest.map_or_else(|| options.extent(options.connections()), Quest::first);
    let extent = fit.map_or(extent, |fit| fit.shared_out(Extent { connections: fit.connections, ..extent }));
    let plan = options.plan(sides, form, None, extent);
    let (mut planned, needs) = (Planned::of(&plan), Needs::of(&plan));
    if let Some(fit) = fit {
        fit.note(&mut planned);
    }
    let text = match options.output {
        Format::Json => serde_json::to_string(&Sketch { plan: &planned, needs })? + "\n",
        Format::Text => {
            let durable = options.storms.restart_server();
            let own = if durable { DURABLE_BROKER } else { OWN_BROKER };
            let mut asked = asked(&planned, targets.is_none().then_some(own));
            asked.extend(options.server.fact());
            if options.judge.runs > 1 {
                asked.push(("runs", format!("{} in a row", options.judge.runs)));
            }
            asked.extend(quest.map(|quest| ("search", quest.course(extent.connections))));
            let parts = [asked, phases(&plan, &planned), needed(&needs, open_files, planned.workers)];
            rendered(&parts, columns::of(&std::io::stdout()).unwrap_or(usize::MAX))
        }
    };
    std::io::stdout().write_all(text.as_bytes())?;
    match plan.events() {
        events if events > MAX_EVENTS => Err(failed(Error::TooManyEvents { events, max: MAX_EVENTS })),
        _ => Ok(()),
    }
}

/// What `-o json` prints.
#[derive(Serialize)]
struct Sketch<'p> {
    plan: &'p Planned,
    needs: Needs,
}

type Facts = Vec<(&'static str, String)>;

fn asked(planned: &Planned, own_broker: Option<&str>) -> Facts {
    let mut facts = planned.facts();
    facts.retain(|(name, _)| !IN_PHASES.contains(name));
    if let Some(broker) = own_broker
        && let Some((_, target)) = facts.iter_mut().find(|(name, _)| *name == "target")
    {
        broker.clone_into(target);
    }
    facts
}

/// Each phase with how long it takes.
fn phases(plan: &Plan, planned: &Planned) -> Facts {
    let connecting = match plan.ramp {
        Some(ramp) => seconds((f64::from(plan.connections) / f64::from(ramp) * 1000.0).round() / 1000.0),
        None => "as long as it takes".to_owned(),
    };
    let measured = grouped(planned.events);
    match plan.scenario {
        Scenario::Fanout | Scenario::Reconnect => {}
        Scenario::Replay => {
            let pace = match planned.rate {
                0 => "as fast as the server takes them".to_owned(),
                rate => format!("in {}", seconds(plan.past.map_or(0.0, |past| past.lasts(rate).as_secs_f64()))),
            };
            let limit = seconds(planned.drain_s);
            return vec![
                ("probing", "until a subscriber beside the others has heard an event".to_owned()),
                ("filling", format!("{measured} events, {pace}")),
                ("connecting", connecting),
                ("measuring", format!("until all have all, or nothing more has come for {limit}")),
            ];
        }
        Scenario::Connect => return vec![("connecting", connecting)],
        Scenario::Idle => return vec![("connecting", connecting), ("measuring", seconds(planned.duration_s))],
        Scenario::Stream => return vec![("measuring", seconds(planned.duration_s))],
    }
    vec![
        ("connecting", connecting),
        ("probing", "until every stream has brought an event".to_owned()),
        ("warming up", format!("{}: {} events", seconds(planned.warmup_s), grouped(plan.events() - planned.events))),
        (
            "measuring",
            format!("{}: {measured} events, {} deliveries", seconds(planned.duration_s), grouped(planned.deliveries)),
        ),
        ("draining", format!("until all is in, {} at most", seconds(planned.drain_s))),
    ]
}

/// What it needs, beside what there is.
fn needed(needs: &Needs, open_files: u64, workers: Option<u32>) -> Facts {
    let of = |available: Option<u64>, shown: fn(u64) -> String| {
        available.map_or_else(String::new, |available| format!(" of {}", shown(available)))
    };
    let Needs { memory_bytes, memory_available_bytes, local_ports, local_ports_available, source_addresses, .. } =
        *needs;
    let sources = if source_addresses > 1 { format!(" at {source_addresses} source addresses") } else { String::new() };
    let each =
        workers.map_or_else(String::new, |count| format!(" at most, in each of {count} workers and in this process"));
    vec![
        ("memory", format!("about {}{}, at most", bytes(memory_bytes), of(memory_available_bytes, bytes))),
        ("open files", format!("{} of {}{each}", grouped(needs.open_files), grouped(open_files))),
        ("local ports", format!("{}{}{sources}", grouped(local_ports), of(local_ports_available, grouped))),
    ]
}

/// The parts with a blank line between them.
fn rendered(parts: &[Facts], columns: usize) -> String {
    let lines =
        |facts: &Facts| facts.iter().flat_map(|(name, fact)| fact_lines(name, fact, columns)).collect::<Vec<_>>();
    let parts: Vec<String> = parts.iter().map(|facts| lines(facts).join("\n") + "\n").collect();
    parts.join("\n")
}
