//! The figures of the page that are looked for first: six of each scenario.

use super::text::escaped;
use crate::bench::figures::{bytes, float, grouped, milliseconds, percent, seconds, whole};
use crate::bench::{Deliveries, Kind, Percentiles, Reconnects, Replay, Report, Scenario};

/// A name, a figure, and what it is.
type Tile = (&'static str, String, String);

/// What is shown where nothing is known.
const NONE: &str = "–";

pub(super) fn tiles(report: &Report) -> String {
    let tile = |(name, figure, note): Tile| {
        format!("<div><dt>{name}</dt><dd><strong>{figure}</strong><span>{note}</span></dd></div>")
    };
    let tiles = match report.scenario {
        Scenario::Fanout => of_published(report),
        Scenario::Reconnect => of_reconnect(report),
        Scenario::Replay => of_replay(report),
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
    let Deliveries { expected, received, .. } = report.deliveries;
    [
        median,
        tail,
        ("to reach everyone", time(to_all.p50), "median of each event’s last delivery".to_owned()),
        ("deliveries", grouped(received), format!("of {} expected", grouped(expected))),
        lost(&report.deliveries),
        generator(report),
    ]
}

fn lost(deliveries: &Deliveries) -> Tile {
    let Deliveries { expected, lost, .. } = *deliveries;
    let part = match float(lost) / float(expected.max(1)) * 100.0 {
        _ if lost == 0 => "none".to_owned(),
        percent if percent < 0.01 => "less than 0.01 %".to_owned(),
        percent => format!("{percent:.2} %"),
    };
    ("lost", grouped(lost), format!("{part} of the deliveries"))
}

fn of_reconnect(report: &Report) -> [Tile; 6] {
    let reconnects = report.reconnect.clone().unwrap_or_default();
    let Reconnects { away, failed, recovered, gap, back_all_ms, restart_ms, .. } = reconnects;
    let [median, tail] = median_and_tail(
        ("reconnect", "median from the loss of a stream to the next one"),
        ("tail of the reconnect", "the streams"),
        &report.known(Kind::Reconnect),
    );
    let restarted = |took| ("server back", time(Some(took)), "from its stop until it accepted connections".to_owned());
    let back = if away == 0 { "from the storm on".to_owned() } else { format!("{} were still away", grouped(away)) };
    let missed = grouped(recovered + gap);
    let most = reconnects
        .failures
        .first()
        .map_or_else(|| "to reconnect".to_owned(), |most| format!("most: {}", escaped(&most.reason)));
    [
        ("until all were back", time(back_all_ms), back),
        restart_ms.map_or(median, restarted),
        tail,
        ("recovered", grouped(recovered), format!("of {missed} deliveries that were due while somebody was away")),
        ("in a gap", grouped(gap), "of them never came".to_owned()),
        ("failed attempts", grouped(failed), most),
    ]
}

fn of_replay(report: &Report) -> [Tile; 6] {
    let Replay { complete, took_s, events_per_second, .. } = report.replay.unwrap_or_default();
    let [median, tail] = median_and_tail(
        ("replay", "median from the request until all was there"),
        ("tail of the replay", "the subscribers"),
        &report.known(Kind::Replay),
    );
    let asked = grouped(report.connections.asked.into());
    [
        median,
        tail,
        ("in all", seconds(rounded(took_s)), "from the first request to the last event".to_owned()),
        ("events per second", whole(events_per_second), "by all subscribers together".to_owned()),
        ("have all", grouped(complete), format!("of {asked} subscribers")),
        lost(&report.deliveries),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::passive::Failed;

    #[test]
    fn a_storm_shows_when_all_were_back_and_what_that_took() {
        let reconnect = Reconnects {
            failed: 3,
            failures: vec![Failed { reason: "<refused>".to_owned(), count: 3 }],
            recovered: 1_200,
            gap: 34,
            back_all_ms: Some(812.5),
            restart_ms: Some(240.0),
            ..Reconnects::default()
        };
        let report = Report { scenario: Scenario::Reconnect, reconnect: Some(reconnect), ..Report::default() };
        let shown = of_reconnect(&report).map(|(name, figure, note)| format!("{name}: {figure} {note}"));
        let expected = [
            "until all were back: 812.5 ms from the storm on",
            "server back: 240.0 ms from its stop until it accepted connections",
            "tail of the reconnect: – its p90, the highest that the streams allow",
            "recovered: 1,200 of 1,234 deliveries that were due while somebody was away",
            "in a gap: 34 of them never came",
            "failed attempts: 3 most: &lt;refused&gt;",
        ];
        assert_eq!(shown, expected);
    }
}
