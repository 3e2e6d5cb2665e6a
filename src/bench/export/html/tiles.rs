//! The figures of the page that are looked for first: six of each scenario.

use crate::bench::figures::{bytes, float, grouped, milliseconds, percent, seconds, whole};
use crate::bench::{Deliveries, Kind, Percentiles, Report, Scenario};

/// A name, a figure, and what it is.
type Tile = (&'static str, String, String);

/// What is shown where nothing is known.
const NONE: &str = "–";

pub(super) fn tiles(report: &Report) -> String {
    let tile = |(name, figure, note): Tile| {
        format!("<div><dt>{name}</dt><dd><strong>{figure}</strong><span>{note}</span></dd></div>")
    };
    let tiles = match report.scenario {
        Scenario::Fanout | Scenario::Reconnect | Scenario::Replay => of_published(report),
        Scenario::Connect => of_connect(report),
        Scenario::Idle => of_idle(report),
        Scenario::Stream => of_stream(report),
    };
    format!("<dl class=\"tiles\">{}</dl>", tiles.map(tile).concat())
}

fn of_published(report: &Report) -> [Tile; 6] {
    let to_all = report.known(Kind::LastDelivery);
    let [median, tail] = median_and_tail(
        ("median latency", "half of the deliveries took at most this"),
        ("tail of the latency", "the events"),
        &report.known(Kind::Latency),
    );
    let Deliveries { expected, received, lost, .. } = report.deliveries;
    let part = match float(lost) / float(expected.max(1)) * 100.0 {
        _ if lost == 0 => "none".to_owned(),
        percent if percent < 0.01 => "less than 0.01 %".to_owned(),
        percent => format!("{percent:.2} %"),
    };
    [
        median,
        tail,
        ("to reach everyone", time(to_all.p50), "median of each event’s last delivery".to_owned()),
        ("deliveries", grouped(received), format!("of {} expected", grouped(expected))),
        ("lost", grouped(lost), format!("{part} of the deliveries")),
        generator(report),
    ]
}

fn of_connect(report: &Report) -> [Tile; 6] {
    let [median, tail] = first_byte(report);
    let took = report.opening.map_or_else(|| NONE.to_owned(), |opening| seconds(rounded(opening.took_s)));
    let rate = report.opening.map_or_else(|| NONE.to_owned(), |opening| whole(opening.per_second));
    [
        opened(report),
        ("to open all", took, "from the first connection to the last stream".to_owned()),
        ("per second", rate, "streams opened".to_owned()),
        median,
        tail,
        generator(report),
    ]
}

fn of_idle(report: &Report) -> [Tile; 6] {
    let [median, _] = first_byte(report);
    let rows = || report.series.intervals.iter().filter_map(|row| row.traffic);
    let (comments, came): (u64, u64) = (rows().map(|row| row.comments).sum(), rows().map(|row| row.bytes).sum());
    let server = report.resources.server;
    let memory = server.and_then(|server| server.memory.per_connection_bytes);
    let cpus = server.map_or_else(|| NONE.to_owned(), |server| percent(server.cpus));
    let closed = report.connections.closed;
    let held = u64::from(report.connections.opened - closed);
    let ended =
        if closed == 0 { "none ended early".to_owned() } else { format!("{} ended early", grouped(closed.into())) };
    [
        ("held", grouped(held), format!("of {} asked for; {ended}", grouped(report.connections.asked.into()))),
        ("memory per connection", memory.map_or_else(|| NONE.to_owned(), bytes), "what the server grew by".to_owned()),
        ("server", cpus, "of one processor while they were idle".to_owned()),
        ("heartbeats", grouped(comments), format!("comments while they were held; {} in all", bytes(came))),
        median,
        generator(report),
    ]
}

fn of_stream(report: &Report) -> [Tile; 6] {
    let streams = report.streams.clone().unwrap_or_default();
    let [first, first_tail] = median_and_tail(
        ("first event", "median from the request to it"),
        ("tail of the first event", "the streams"),
        &report.known(Kind::FirstEvent),
    );
    let [gap, gap_tail] = median_and_tail(
        ("event gap", "median from one event to the next"),
        ("tail of the event gap", "the events"),
        &report.known(Kind::EventGap),
    );
    let measured = report.series.end_s.max(f64::MIN_POSITIVE);
    let events = report.traffic.map_or(0, |traffic| traffic.events);
    let failed = if streams.failed == 0 { "none".to_owned() } else { grouped(streams.failed) };
    let requests = grouped(streams.requests);
    [
        first,
        first_tail,
        ("streams", grouped(streams.ended), format!("came to their end, of {requests} requests; {failed} failed")),
        gap,
        gap_tail,
        ("events per second", whole(float(events) / measured), "on all streams together".to_owned()),
    ]
}

fn opened(report: &Report) -> Tile {
    let connections = &report.connections;
    let asked = grouped(connections.asked.into());
    (
        "opened",
        grouped(connections.opened.into()),
        format!("of {asked}; {} refused", grouped(connections.refused.into())),
    )
}

fn first_byte(report: &Report) -> [Tile; 2] {
    median_and_tail(
        ("first byte", "median from the request to the answer"),
        ("tail of the first byte", "the connections"),
        &report.known(Kind::FirstByte),
    )
}

/// The median with its note, and the highest percentile that so many of something allow.
fn median_and_tail(
    (median, note): (&'static str, &str),
    (tail, of): (&'static str, &str),
    times: &Percentiles,
) -> [Tile; 2] {
    let highest = [("p99.9", times.p99_9), ("p99", times.p99), ("p90", times.p90)];
    let (name, value) = highest.into_iter().find(|(_, value)| value.is_some()).unwrap_or(("p90", None));
    [
        (median, time(times.p50), note.to_owned()),
        (tail, time(value), format!("its {name}, the highest that {of} allow")),
    ]
}

fn generator(report: &Report) -> Tile {
    let load = report.generator.map_or_else(|| NONE.to_owned(), |load| percent(load.wanted));
    ("generator", load, "of the time its busiest thread wanted to run".to_owned())
}

fn time(value: Option<f64>) -> String {
    value.map_or_else(|| NONE.to_owned(), |value| milliseconds(value) + " ms")
}

/// Seconds to the millisecond.
fn rounded(seconds: f64) -> f64 {
    (seconds * 1e3).round() / 1e3
}
