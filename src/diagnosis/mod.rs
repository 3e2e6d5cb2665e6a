//! What is wrong with an event stream, and what to change where: found by watching what its endpoint does.
//!
//! Pure: no I/O, no clock, no output. The caller tells it what happens, with times since whenever it began, and asks for
//! [`Finding`]s at any time. It cannot see what a proxy does, only what comes of it: where that is no proof, a finding is
//! a [`Level::Note`]. Memory is bounded whatever comes, about 70 KiB; the cost is one pass over the bytes.

mod arrival;
mod burst;
mod ending;
mod faults;
mod field;
mod finding;
mod head;
mod lines;
mod lint;
mod order;
mod proxy;
#[cfg(test)]
mod recorded;
mod resume;
mod utf8;

pub use arrival::End;
pub use finding::{Finding, Level};
pub use head::Head;
pub use order::{ENDED, why_ended};

use std::time::Duration;

use arrival::Arrivals;
use lint::Lint;
use proxy::Proxies;
use resume::Resume;

/// The type of the event with which a broker such as ours says that events are gone.
pub const GAP: &str = "sse.gap";

/// How many bytes of a connection [`Diagnosis::brief`] looks into: what is wrong with a stream mostly shows in its first
/// events, and the buffer of an encoder that is never flushed (measured: 72 to 78 KB, decoded) shows three times.
const BRIEF: u64 = 256 << 10;

/// Watches an endpoint over all its connections, one after the other.
///
/// For each connection call [`connecting`](Self::connecting), [`answered`](Self::answered), [`received`](Self::received)
/// as often as there is something, and [`ended`](Self::ended). Times must not go back. A recording has only bytes and an
/// end: what came without a connection is not judged by its time.
#[derive(Debug)]
pub struct Diagnosis {
    /// How many bytes of a connection are looked into, and how many were.
    limit: u64,
    looked_into: u64,
    lint: Lint,
    resume: Resume,
    arrivals: Arrivals,
    /// What the heads said, each kind of finding once.
    heads: Vec<Finding>,
    proxies: Proxies,
    encoding: Option<String>,
}

impl Diagnosis {
    /// A diagnosis that looks into everything.
    #[must_use]
    pub fn new() -> Self {
        Self {
            limit: u64::MAX,
            looked_into: 0,
            lint: Lint::new(),
            resume: Resume::default(),
            arrivals: Arrivals::default(),
            heads: Vec::new(),
            proxies: Proxies::default(),
            encoding: None,
        }
    }

    /// A diagnosis for everyday warnings: it looks into the first 256 KiB of each connection, and after that sees only
    /// silence and the end.
    #[must_use]
    pub fn brief() -> Self {
        Self { limit: BRIEF, ..Self::new() }
    }

    /// A connection is being made that asks to resume after `last_event_id`, unless that is empty.
    pub fn connecting(&mut self, at: Duration, last_event_id: &str) {
        self.looked_into = 0;
        self.lint.begin();
        self.resume.connecting(last_event_id);
        self.arrivals.connecting(at);
    }

    /// The head of the answer came.
    pub fn answered(&mut self, at: Duration, head: &Head) {
        self.arrivals.answered(at);
        self.proxies = Proxies::of(head);
        self.encoding = head.encoding();
        for finding in head.findings(&self.proxies) {
            if self.heads.iter().all(|known| known.code != finding.code) {
                self.heads.push(finding);
            }
        }
    }

    /// Bytes of the body came, without the compression of the transport if there is any: what one read brought.
    pub fn received(&mut self, at: Duration, bytes: &[u8]) {
        // Compressed bytes may decode to none yet.
        if bytes.is_empty() {
            return;
        }
        let chunk = (self.looked_into < self.limit).then(|| self.lint.take(bytes, &mut self.resume));
        self.looked_into = self.looked_into.saturating_add(bytes.len() as u64);
        self.arrivals.received(at, chunk);
    }

    /// The connection is over, or the recording.
    pub fn ended(&mut self, at: Duration, by: End) {
        if by == End::Remote && self.looked_into < self.limit {
            self.lint.end();
        }
        self.arrivals.ended(at, by);
    }

    /// What is wrong so far, problems first. Each code is there at most once.
    #[must_use]
    pub fn findings(&self, at: Duration) -> Vec<Finding> {
        let arrivals = self.arrivals.findings(at, &self.proxies, self.encoding.as_deref());
        let mut findings: Vec<Finding> = self.heads.iter().cloned().chain(arrivals).collect();
        findings.extend(faults::findings(&self.lint.counts));
        findings.extend(self.resume.findings());
        findings.sort_by_key(|finding| finding.level);
        findings
    }
}

impl Default for Diagnosis {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn broker(version: &str) -> Head {
        let headers = [
            ("content-type", "text/event-stream"),
            ("cache-control", "no-store"),
            ("x-accel-buffering", "no"),
            ("transfer-encoding", "chunked"),
        ];
        Head { version: version.to_owned(), ..Head::of_test(&headers) }
    }

    fn codes(findings: &[Finding]) -> Vec<(&'static str, Level)> {
        findings.iter().map(|finding| (finding.code, finding.level)).collect()
    }

    #[test]
    fn our_own_broker_is_healthy() {
        let (mut diagnosis, mut at) = (Diagnosis::new(), Duration::ZERO);
        let mut id = 0;
        for _ in 0..3 {
            diagnosis.connecting(at, &if id == 0 { String::new() } else { format!("8f3a1c07-{id}") });
            diagnosis.answered(at, &broker("HTTP/1.1"));
            diagnosis.received(at, b": connected\n");
            for beat in 0..12 {
                at += 15 * SECOND;
                diagnosis.received(at, b": heartbeat\n");
                for _ in 0..beat % 3 {
                    id += 1;
                    at += SECOND / 50;
                    diagnosis.received(at, format!("id: 8f3a1c07-{id}\ndata: {{}}\n\n").as_bytes());
                }
                assert_eq!(codes(&diagnosis.findings(at + 14 * SECOND)), [("http1", Level::Note)]);
            }
            // Streams end at times of their own.
            at += SECOND * (id / 6);
            diagnosis.ended(at, End::Remote);
            at += SECOND;
        }
        assert_eq!(codes(&diagnosis.findings(at)), [("http1", Level::Note)]);
    }

    #[test]
    fn silence_for_half_a_minute_is_a_problem_also_if_we_then_leave() {
        let mut diagnosis = Diagnosis::new();
        diagnosis.connecting(SECOND, "");
        diagnosis.answered(SECOND, &broker("HTTP/2.0"));
        assert_eq!(diagnosis.findings(30 * SECOND), []);
        diagnosis.ended(31 * SECOND, End::Local);
        let found = diagnosis.findings(31 * SECOND);
        assert_eq!(codes(&found), [("silence", Level::Problem)]);
        assert!(found[0].what.starts_with("nothing came for 30.0 s"), "{}", found[0].what);
    }

    #[test]
    fn a_server_that_is_restarted_between_heartbeats_has_no_idle_timeout() {
        let mut diagnosis = Diagnosis::new();
        for (start, beats) in [(0, 2), (40, 3), (100, 1)] {
            diagnosis.connecting(SECOND * start, "");
            diagnosis.answered(SECOND * start, &broker("HTTP/2.0"));
            (1..=beats).for_each(|beat| diagnosis.received(SECOND * (start + 15 * beat), b":\n"));
            diagnosis.ended(SECOND * (start + 15 * beats + 8), End::Remote);
        }
        assert_eq!(diagnosis.findings(SECOND * 128), []);
    }

    #[test]
    fn no_answer_is_a_problem_that_names_both_possible_causes() {
        let mut diagnosis = Diagnosis::new();
        diagnosis.connecting(SECOND, "");
        assert_eq!(diagnosis.findings(3 * SECOND), []);
        let found = diagnosis.findings(11 * SECOND);
        assert_eq!(codes(&found), [("no-answer", Level::Problem)]);
        assert!(found[0].what.contains("10.0 s") && found[0].what.contains("the server does not send it"));
        assert!(found[0].what.contains("a proxy holds it back") && found[0].fix.contains("flush"));
        diagnosis.ended(11 * SECOND, End::Local);
        assert_eq!(diagnosis.findings(11 * SECOND), found);
        let mut unreachable = Diagnosis::new();
        unreachable.connecting(SECOND, "");
        unreachable.ended(11 * SECOND, End::Remote);
        assert_eq!(unreachable.findings(11 * SECOND), []);
    }

    #[test]
    fn a_blank_line_that_comes_with_the_next_event_is_a_problem() {
        let mut diagnosis = Diagnosis::new();
        diagnosis.connecting(Duration::ZERO, "");
        diagnosis.answered(Duration::ZERO, &broker("HTTP/2.0"));
        for id in 1..8 {
            let start = if id == 1 { "" } else { "\n" };
            diagnosis.received(2 * SECOND * id, format!("{start}id: {id}\ndata: x\n").as_bytes());
        }
        let found = diagnosis.findings(15 * SECOND);
        assert_eq!(codes(&found), [("late-blank-line", Level::Problem)]);
        assert!(found[0].what.contains("up to 2.0 s after the rest of it (6 times)"), "{}", found[0].what);
    }

    #[test]
    fn a_head_that_is_wrong_on_one_connection_is_said_once_and_problems_come_first() {
        let mut diagnosis = Diagnosis::new();
        for _ in 0..3 {
            let head =
                Head { version: "HTTP/1.1".into(), ..Head::of_test(&[("Via", "1.1 x"), ("Content-Encoding", "br")]) };
            diagnosis.connecting(Duration::ZERO, "");
            diagnosis.answered(Duration::ZERO, &head);
            diagnosis.ended(Duration::ZERO, End::Remote);
        }
        diagnosis.connecting(Duration::ZERO, "");
        diagnosis.answered(Duration::ZERO, &broker("HTTP/2.0"));
        diagnosis.received(Duration::ZERO, b"Data: 1\n\n");
        let (problem, note) = (Level::Problem, Level::Note);
        let expected = [
            ("content-type", problem),
            ("content-encoding", problem),
            ("unknown-field", problem),
            ("cache-control", note),
            ("x-accel-buffering", note),
            ("http1", note),
        ];
        assert_eq!(codes(&diagnosis.findings(Duration::ZERO)), expected);
    }

    #[test]
    fn what_is_unfinished_when_we_leave_is_no_fault() {
        let mut diagnosis = Diagnosis::new();
        diagnosis.connecting(Duration::ZERO, "");
        diagnosis.answered(Duration::ZERO, &broker("HTTP/2.0"));
        diagnosis.received(Duration::ZERO, b"data: \xe2\x82");
        diagnosis.ended(Duration::ZERO, End::Local);
        diagnosis.connecting(Duration::ZERO, "");
        assert_eq!(diagnosis.findings(Duration::ZERO), []);
    }

    #[test]
    fn a_brief_diagnosis_looks_into_the_beginning_of_each_connection() {
        let mut diagnosis = Diagnosis::brief();
        let good = "data: 1\n\n".repeat(1000);
        for connection in 0..2 {
            diagnosis.connecting(Duration::ZERO, "");
            diagnosis.answered(Duration::ZERO, &broker("HTTP/2.0"));
            (0..40).for_each(|_| diagnosis.received(SECOND, good.as_bytes()));
            diagnosis.received(SECOND, b"Data: 1\n\ndata: \xff");
            diagnosis.ended(2 * SECOND, End::Remote);
            assert_eq!(codes(&diagnosis.findings(2 * SECOND)), [("no-ids", Level::Note)], "on connection {connection}");
        }
        diagnosis.connecting(Duration::ZERO, "");
        diagnosis.received(Duration::ZERO, b"Data: 1\n\n");
        assert_eq!(diagnosis.findings(Duration::ZERO)[0].code, "unknown-field");
    }
}
