//! The tables of the page: the times, the counts, and the facts of plan and environment. On a narrow page the style sheet
//! turns the cells of a row into a list, so each has its name with it, and tables keep their roles.

use super::text::escaped;
use crate::bench::figures::{bytes, grouped, milliseconds, percent, whole};
use crate::bench::{Kind, Percentiles, Reconnects, Report, Time};

/// All times, each with the percentiles that enough samples lie beyond.
pub(super) fn times(report: &Report) -> String {
    let columns = ["p50", "p90", "p99", "p99.9", "max", "samples"];
    let rows = report.times().into_iter().map(|time| row(time.name, &cells(&time)));
    let rows = rows.collect::<String>();
    let latency = report.times().into_iter().find(|time| time.kind == Kind::Latency);
    let rest =
        latency.map_or_else(String::new, |latency| format!("They rest on {} events; ", grouped(latency.samples)));
    let caption = format!("Times in milliseconds. {rest}– stands where fewer than 10 samples lie beyond.");
    self::columns(&caption, &[&["time"], &columns[..]].concat(), &rows)
}

/// A table with a row of names above it.
pub(super) fn columns(caption: &str, names: &[&str], rows: &str) -> String {
    let heads = names.iter().map(|name| format!("<th scope=\"col\" role=\"columnheader\">{name}</th>"));
    let heads: String = heads.collect();
    format!(
        "<div class=\"card\"><table role=\"table\" class=\"times\"><caption>{caption}</caption>\
         <thead role=\"rowgroup\"><tr role=\"row\">{heads}</tr></thead><tbody role=\"rowgroup\">{rows}</tbody></table></div>\n"
    )
}

fn cells(time: &Time<'_>) -> [(&'static str, String); 6] {
    let Percentiles { p50, p90, p99, p99_9, max, count } = time.known();
    let shown = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), milliseconds);
    [
        ("p50", shown(p50)),
        ("p90", shown(p90)),
        ("p99", shown(p99)),
        ("p99.9", shown(p99_9)),
        ("max", shown(max)),
        ("samples", grouped(count)),
    ]
}

/// What became of subscribers, events and deliveries, or of streams and what came on them.
pub(super) fn counts(report: &Report) -> String {
    let shown = |(label, counts): (&'static str, Vec<(&'static str, u64)>)| {
        row(label, &counts.into_iter().map(|(name, count)| (name, grouped(count))).collect::<Vec<_>>())
    };
    let mut rows: Vec<String> = report.counts().into_iter().map(shown).collect();
    if let Some(opening) = report.opening {
        let took = milliseconds(opening.took_s * 1e3) + " ms";
        rows.insert(1, row("opening", &[("until all were open", took), ("per second", whole(opening.per_second))]));
    }
    if let Some(Reconnects { back_all_ms, restart_ms, .. }) = &report.reconnect {
        let after = |name, took: &Option<f64>| took.map(|took| (name, milliseconds(took) + " ms"));
        let known = [after("until all were back", back_all_ms), after("until the server was", restart_ms)];
        let cells: Vec<_> = known.into_iter().flatten().collect();
        rows.extend((!cells.is_empty()).then(|| row("storm", &cells)));
    }
    if let Some(replay) = &report.replay {
        let cells = [
            ("have all", grouped(replay.complete)),
            ("in all", milliseconds(replay.took_s * 1e3) + " ms"),
            ("events per second", whole(replay.events_per_second)),
            ("received", bytes(replay.bytes)),
        ];
        rows.push(row("replay", &cells));
    }
    if let Some(spread) = report.streams.as_ref().map(|streams| streams.events_per_stream) {
        let count = |count: Option<u64>| count.map_or_else(|| "–".to_owned(), grouped);
        let mean = spread.mean.map_or_else(|| "–".to_owned(), |mean| format!("{mean:.1}"));
        let cells = [("at least", count(spread.min)), ("on average", mean), ("at most", count(spread.max))];
        rows.push(row("events per stream", &cells));
    }
    if let Some(load) = report.generator {
        rows.push(row("busiest generator thread", &[("ran", percent(load.ran)), ("wanted", percent(load.wanted))]));
    }
    let late = if report.scenario.publishes() {
        " Late is an event that was sent more than 10 ms behind its time."
    } else {
        ""
    };
    format!(
        "<div class=\"card\"><table role=\"table\" class=\"counts\"><caption>What became of it all.{late}</caption>\
         <tbody role=\"rowgroup\">{}</tbody></table></div>\n",
        rows.concat()
    )
}

/// Why requests for streams failed, or attempts to have one again, if any did.
pub(super) fn failures(report: &Report) -> String {
    let again = report.reconnect.is_some();
    let failures = report.streams.iter().flat_map(|streams| &streams.failures);
    let failures = failures.chain(report.reconnect.iter().flat_map(|reconnects| &reconnects.failures));
    let facts: Vec<(&str, String)> = failures.map(|failed| (failed.reason.as_str(), grouped(failed.count))).collect();
    let what = if again { "attempts to reconnect" } else { "requests" };
    if facts.is_empty() { String::new() } else { reasons(&format!("Why {what} failed, and how often."), &facts) }
}

/// Sentences of any length, each with a count.
fn reasons(caption: &str, reasons: &[(&str, String)]) -> String {
    let row = |(reason, count): &(&str, String)| {
        let reason = in_words(reason);
        format!(
            "<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">{count}</th><td role=\"cell\">{reason}</td></tr>"
        )
    };
    format!(
        "<div class=\"card\"><table role=\"table\" class=\"facts\"><caption>{caption}</caption>\
         <tbody role=\"rowgroup\">{}</tbody></table></div>\n",
        reasons.iter().map(row).collect::<String>()
    )
}

/// What the server and the generator used; nothing where that is not known.
pub(super) fn resources(report: &Report) -> String {
    let rows: String = report.resources.rows().iter().map(|(name, cells)| row(name, cells)).collect();
    if rows.is_empty() {
        return rows;
    }
    format!(
        "<div class=\"card\"><table role=\"table\" class=\"counts\"><caption>What it cost. Processor time is that of the \
         measured phase, and until all was in where it is per million deliveries. Memory is resident; that of the kernel for TCP is all \
         there is.</caption><tbody role=\"rowgroup\">{rows}</tbody></table></div>\n"
    )
}

/// A row of cells, each with its name; markup in them stays markup.
pub(super) fn row(name: &str, cells: &[(&str, String)]) -> String {
    let cell = |(name, value): &(&str, String)| {
        format!("<td role=\"cell\" data-name=\"{name}\"><span class=\"of\">{name} </span>{value}</td>")
    };
    format!(
        "<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">{name}</th>{}</tr>",
        cells.iter().map(cell).collect::<String>()
    )
}

/// Facts with their names.
pub(super) fn facts(caption: &str, facts: &[(&str, String)]) -> String {
    let row = |(name, fact): &(&str, String)| {
        let (name, fact) = (escaped(name), in_words(fact));
        format!("<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">{name}</th><td role=\"cell\">{fact}</td></tr>")
    };
    format!(
        "<div class=\"card\"><table role=\"table\" class=\"facts\"><caption>{caption}</caption>\
         <tbody role=\"rowgroup\">{}</tbody></table></div>\n",
        facts.iter().map(row).collect::<String>()
    )
}

/// Text whose options are not broken behind their hyphens.
fn in_words(text: &str) -> String {
    let word = |word: &str| {
        let shown = escaped(word);
        if word.starts_with('-') { format!("<span class=\"word\">{shown}</span>") } else { shown }
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}
