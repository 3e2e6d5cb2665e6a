//! The page of `sse bench --report` in a real browser, as wide as a desk and as narrow as a phone: all of it can be read.

use serde_json::{Value, json};

use super::chromium::Chromium;
use super::page::Page;
use crate::faulty::{Faulty, Manners};
use crate::process;

/// Shows the page in a frame of a width, and reports what sticks out of it, what does not fit into its own box, and what
/// text of a chart lies on another.
const LOOK: &str = "
    const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
    const named = (element, why) => `${why}: ${element.outerHTML.slice(0, 120)}`;

    function faults(view) {
        const { document, innerWidth } = view, found = [];
        const hidden = element => element.closest('thead') && view.getComputedStyle(element.closest('thead')).clipPath !== 'none';
        for (const element of document.body.querySelectorAll('*')) {
            const box = element.getBoundingClientRect();
            if (hidden(element) || box.width === 0) continue;
            if (box.left < -0.5 || box.right > innerWidth + 0.5) found.push(named(element, 'outside'));
            if (element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1) found.push(named(element, 'too wide'));
        }
        for (const chart of document.querySelectorAll('svg.chart')) {
            const all = chart.getBoundingClientRect(), texts = [...chart.querySelectorAll('text')];
            if (all.width === 0) continue;
            const boxes = texts.map(text => text.getBoundingClientRect());
            boxes.forEach((box, at) => {
                const inside = box.left >= all.left - 0.5 && box.right <= all.right + 0.5 && box.bottom <= all.bottom + 0.5;
                if (!inside) found.push(named(texts[at], 'outside its chart'));
                if (boxes.slice(0, at).some(other => !apart(box, other))) found.push(named(texts[at], 'on another text'));
            });
        }
        return found;
    }

    function look(width) {
        const frame = document.createElement('iframe');
        Object.assign(frame, { width, height: 20000, srcdoc: html });
        frame.style.border = '0';
        frame.onload = () => {
            const view = frame.contentWindow;
            const shown = [...view.document.querySelectorAll('svg.chart')].filter(chart => chart.getBoundingClientRect().width > 0);
            const headings = [...view.document.querySelectorAll('h2')].map(heading => heading.textContent);
            report({ width: view.innerWidth, scroll: view.document.documentElement.scrollWidth, faults: faults(view),
                     charts: shown.length, headings, verdict: view.document.querySelector('.verdict').innerText });
        };
        document.body.append(frame);
    }

    addEventListener('load', () => [1280, 390].forEach(look));
";

/// The page that a run leaves, and its reports at both widths, the wide one first.
fn looked_at(server: &Faulty, options: &[&str]) -> (String, Vec<Value>) {
    let url = server.url() + "&name=" + &"long".repeat(40);
    page_of(&[&[&url, "--warmup", "0s"], options].concat())
}

/// The same of any run.
fn page_of(arguments: &[&str]) -> (String, Vec<Value>) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("report.html").display().to_string();
    process::run(&[&["bench"], arguments, &["--report", &path]].concat(), "");
    let html = std::fs::read_to_string(&path).expect("a page");
    let page = Page::serve_with("html", &html, LOOK);
    let _chromium = Chromium::open(&page.url("127.0.0.1"));
    let mut reports = vec![page.report(), page.report()];
    reports.sort_by_key(|report| std::cmp::Reverse(report["width"].as_u64()));
    (html, reports)
}

fn assert_readable(reports: &[Value]) {
    for (report, width) in reports.iter().zip([1280, 390]) {
        assert_eq!((&report["width"], &report["scroll"]), (&json!(width), &json!(width)));
        assert_eq!(report["faults"], json!([]), "at {width}");
    }
}

#[test]
fn the_page_of_a_quiet_run_fits_a_desk_and_a_phone() {
    let (html, reports) = looked_at(&Faulty::start(Manners::default()), &["-c", "20", "-r", "500", "-d", "3s"]);
    assert_readable(&reports);
    let headings = ["Figures", "Latency", "Over time", "Plan and environment", "How to read it"];
    for report in &reports {
        assert_eq!(report["charts"], 5, "{report}");
        let shown: Vec<&str> =
            report["headings"].as_array().expect("headings").iter().filter_map(Value::as_str).collect();
        assert_eq!(shown.iter().filter(|heading| **heading != "Warnings").copied().collect::<Vec<_>>(), headings);
    }
    for part in ["<script", "src=", "url(", "@import", "http://www"] {
        assert!(!html.contains(part), "{part:?}: nothing is run, and nothing comes from elsewhere");
    }
}

#[test]
fn the_page_of_a_run_with_losses_and_refusals_fits_them_too_and_says_so() {
    let manners = Manners { faults: true, takes: Some(400), ends_one_at: Some(300), ..Manners::default() };
    let (html, reports) = looked_at(&Faulty::start(manners), &["-c", "3", "-r", "300", "-d", "2s", "--drain", "500ms"]);
    assert_readable(&reports);
    for report in &reports {
        assert!(report["verdict"].as_str().is_some_and(|text| text.contains("Not valid")), "{report}");
        assert_eq!(report["headings"][0], "Warnings");
        assert_eq!(report["charts"], 6, "losses have a chart of their own: {report}");
    }
    for part in ["200 of 600 events refused; the first with status 429", "streams ended before the run did"] {
        assert!(html.contains(part), "{part:?}");
    }
}

#[test]
fn what_a_server_says_is_text_on_the_page_and_no_markup() {
    let words = Some("<img src=x onerror=alert(1)>");
    let manners = Manners { takes: Some(10), words, ..Manners::default() };
    let (html, reports) = looked_at(&Faulty::start(manners), &["-c", "1", "-r", "50", "-d", "1s"]);
    assert_readable(&reports);
    assert!(html.contains("status 429: &lt;img src=x onerror=alert(1)&gt;") && !html.contains("<img"), "{html}");
}

#[test]
fn the_pages_of_runs_that_publish_nothing_fit_them_too_and_have_charts_of_their_own() {
    let server = Faulty::start(Manners::default());
    let directory = tempfile::tempdir().expect("a directory");
    let baseline = directory.path().join("baseline.json").display().to_string();
    process::run(&["bench", "connect", &server.url(), "-c", "30", "--save-baseline", &baseline], "");
    let judged = ["--fail-if", "first-byte.p50>10s", "--fail-if", "connect.max>=0us", "--baseline", &baseline];
    let (html, reports) = page_of(&[&["connect", &server.url(), "-c", "60", "--ramp", "40"], &judged[..]].concat());
    assert_readable(&reports);
    for report in &reports {
        let headings: Vec<&str> =
            report["headings"].as_array().expect("headings").iter().filter_map(Value::as_str).collect();
        let known = ["Figures", "Held against", "Times", "Over time", "Plan and environment", "How to read it"];
        assert_eq!(headings.into_iter().filter(|heading| *heading != "Warnings").collect::<Vec<_>>(), known);
        assert_eq!(report["charts"], 4, "percentiles, first byte, open streams, generator: {report}");
    }
    for part in ["connect.max&gt;=0us", "✓</span> met", "✕</span> missed", "another number of connections: 30, and now"]
    {
        assert!(html.contains(part), "{part:?}");
    }

    let body = "data: a\n\ndata: b\n\n: c\n\n";
    let streams = Faulty::start(Manners { instead: Some(("200 OK", "text/event-stream", body)), ..Manners::default() });
    let (html, reports) = page_of(&["stream", &streams.url(), "-c", "2", "-d", "2s", "--until", "[DONE]"]);
    assert_readable(&reports);
    assert!(html.contains("without the event of --until") && html.contains("Why requests failed"));
    // Both percentiles; first event, gap, events, turnover, open streams, bytes and generator over time.
    assert!(reports.iter().all(|report| report["charts"] == 9), "{reports:?}");

    let storm = Faulty::start(Manners { room_for: Some(5), replays: 1, ..Manners::default() });
    let options = ["-c", "5", "--drop", "40%", "-r", "300", "-d", "2s", "--drain", "500ms"];
    let (html, reports) = page_of(&[&["reconnect", &storm.url()], &options[..]].concat());
    assert_readable(&reports);
    assert!(html.contains("Why attempts to reconnect failed") && html.contains("most: status 429: come back later"));

    let past = Faulty::start(Manners { replays: 1, ..Manners::default() });
    let (html, reports) = page_of(&["replay", &past.url(), "-c", "30", "--events", "300"]);
    assert_readable(&reports);
    assert!(html.contains("Replay by percentile") && html.contains("<dt>have all</dt><dd><strong>30</strong>"));

    let (_, reports) = page_of(&["idle", "-c", "30", "-d", "2s"]);
    assert_readable(&reports);
    // Percentiles; open streams, generator, processors and memory over time.
    assert!(reports.iter().all(|report| report["charts"] == 5), "{reports:?}");
}
