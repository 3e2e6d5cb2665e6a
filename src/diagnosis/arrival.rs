//! When the bytes of a connection come: how long its head takes, which bursts and silences there are. What bursts mean
//! is up to `burst`, how connections end to `ending`.

use std::time::Duration;

use super::burst::{Burst, GAP, Inside, Next, PAUSE, Tally};
use super::ending::Endings;
use super::finding::{Finding, plural, time};
use super::proxy::Proxies;

/// From when on the absence of an answer is a problem. A stream's head has nothing to wait for.
const NO_ANSWER: Duration = Duration::from_secs(3);

/// From when on a head is late enough to say so, and when it is a problem if events come with it: a program that starts
/// on demand may need the former, and few need the latter.
const LATE_HEAD: Duration = Duration::from_secs(2);
const HELD_HEAD: Duration = Duration::from_secs(10);

/// From when on silence is a problem: the usual heartbeat comes every 15 seconds, and many proxies give up after 60.
const SILENCE: Duration = Duration::from_secs(30);

/// The same for a compressed stream, where it may be the encoder that keeps what there is: more than the usual heartbeat.
const COMPRESSED_SILENCE: Duration = Duration::from_secs(20);

/// What a read brought.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunk {
    pub(super) bytes: u64,
    /// How many events it completed, and how long the longest was.
    pub(super) events: u64,
    pub(super) longest: u64,
    /// Where it ended.
    pub(super) inside: Inside,
    pub(super) begins_with_line_end: bool,
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The server, or a proxy, ended it, or it broke.
    Remote,
    /// We left.
    Local,
}

/// A connection that is being made, or open.
#[derive(Clone, Copy, Debug)]
struct Connection {
    since: Duration,
    head: Option<Duration>,
    /// The last byte, or the head before there is one.
    last: Duration,
    burst: Option<Burst>,
    any: bool,
    /// The longest silence that a byte ended.
    survived: Duration,
}

/// A head that came late, and what came together with it.
#[derive(Clone, Copy, Debug)]
struct LateHead {
    wait: Duration,
    events: u64,
}

/// What was seen, over all connections.
#[derive(Clone, Copy, Debug, Default)]
struct Past {
    tally: Tally,
    unanswered: Duration,
    late_head: Option<LateHead>,
    /// How often there was nothing for [`SILENCE`], and the longest silence of all.
    silences: u64,
    silence: Duration,
}

/// Watches one connection after the other.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    connection: Option<Connection>,
    past: Past,
    endings: Endings,
}

impl Arrivals {
    pub(super) fn connecting(&mut self, at: Duration) {
        self.connection =
            Some(Connection { since: at, head: None, last: at, burst: None, any: false, survived: Duration::ZERO });
    }

    pub(super) fn answered(&mut self, at: Duration) {
        let Some(connection) = &mut self.connection else { return };
        (connection.head, connection.last) = (Some(at), at);
        self.past.head(at.saturating_sub(connection.since));
    }

    /// Takes what a read brought; `None` is one that was not looked into.
    pub(super) fn received(&mut self, at: Duration, chunk: Option<Chunk>) {
        let Some(connection) = &mut self.connection else { return };
        let gap = at.saturating_sub(connection.last);
        self.past.silence(gap);
        connection.survived = connection.survived.max(gap);
        connection.last = at;
        let Some(chunk) = chunk else {
            connection.burst = None;
            return;
        };
        let next = if chunk.begins_with_line_end { Next::LineEnd } else { Next::Text };
        if let Some(burst) = connection.burst.take_if(|_| gap >= GAP) {
            self.past.burst(&burst, gap, next, connection);
        }
        connection.take(at, gap, chunk);
    }

    pub(super) fn ended(&mut self, at: Duration, by: End) {
        let past = self.past_at(at);
        let Some(connection) = self.connection.take() else { return };
        // A connection that failed before there was an answer says nothing of the stream.
        if connection.head.is_some() || by == End::Local {
            self.past = past;
        }
        if connection.head.is_some() && by == End::Remote {
            let (age, silence) = (at.saturating_sub(connection.since), at.saturating_sub(connection.last));
            self.endings.add(age, (silence > connection.survived).then_some(silence));
        }
    }

    /// What was seen if `at` is the end.
    fn past_at(&self, at: Duration) -> Past {
        let mut past = self.past;
        let Some(connection) = &self.connection else { return past };
        if connection.head.is_none() {
            past.unanswered = past.unanswered.max(at.saturating_sub(connection.since));
            return past;
        }
        let silence = at.saturating_sub(connection.last);
        past.silence(silence);
        // Before that, more of it may be on the way.
        if let Some(burst) = connection.burst.as_ref().filter(|_| silence >= PAUSE) {
            past.burst(burst, silence, Next::Nothing, connection);
        }
        past
    }

    /// What is wrong so far; `encoding` is how the stream is compressed, if it is.
    pub(super) fn findings(&self, at: Duration, proxies: &Proxies, encoding: Option<&str>) -> Vec<Finding> {
        let past = self.past_at(at);
        let held_back = past.held_back(proxies, encoding);
        // What holds events back also holds heartbeats back, and makes bursts of everything.
        let others = if held_back.is_some() { [None, None] } else { [past.bursts(), past.silence_finding()] };
        let first = [past.no_answer(proxies), held_back, past.late_head(proxies), past.tally.late_ends()];
        first.into_iter().chain(others).chain([self.endings.finding()]).flatten().collect()
    }
}

impl Connection {
    /// Adds what came to the burst that it belongs to.
    fn take(&mut self, at: Duration, gap: Duration, chunk: Chunk) {
        let before = match self.head {
            // What comes together with its head was held back as long as that.
            Some(head) if !self.any && gap < GAP => head.saturating_sub(self.since),
            _ => gap,
        };
        let first = !std::mem::replace(&mut self.any, true);
        let new = Burst { before, began: at, last: at, bytes: 0, events: 0, longest: 0, inside: chunk.inside, first };
        let burst = self.burst.get_or_insert(new);
        burst.last = at;
        burst.bytes += chunk.bytes;
        burst.events += chunk.events;
        burst.longest = burst.longest.max(chunk.longest);
        burst.inside = chunk.inside;
    }

    /// Whether a burst came together with the head.
    fn came_with_head(&self, burst: &Burst) -> bool {
        burst.first && self.head.is_some_and(|head| burst.began.saturating_sub(head) < GAP)
    }
}

impl Past {
    /// A head came after this time.
    fn head(&mut self, wait: Duration) {
        if wait >= LATE_HEAD && self.late_head.is_none_or(|late| late.wait < wait) {
            self.late_head = Some(LateHead { wait, events: 0 });
        }
    }

    fn silence(&mut self, gap: Duration) {
        self.silences += u64::from(gap >= SILENCE);
        self.silence = self.silence.max(gap);
    }

    fn burst(&mut self, burst: &Burst, after: Duration, next: Next, connection: &Connection) {
        self.tally.add(burst, after, next);
        if let Some(late) = &mut self.late_head
            && connection.came_with_head(burst)
            && burst.before == late.wait
        {
            late.events = burst.events;
        }
    }

    fn no_answer(&self, proxies: &Proxies) -> Option<Finding> {
        (self.unanswered >= NO_ANSWER).then(|| {
            let what = format!(
                "no answer for {}, not even its head: either the server does not send it before the first event, or a proxy \
                 holds it back",
                time(self.unanswered)
            );
            Finding::problem("no-answer", what, proxies.pass_head())
        })
    }

    fn held_back(&self, proxies: &Proxies, encoding: Option<&str>) -> Option<Finding> {
        let proof = self.tally.held_back(encoding.is_some());
        let Some(encoding) = encoding else {
            return proof.map(|what| Finding::problem("buffering", what, proxies.pass_events()));
        };
        let silent = || {
            let silence = time(self.silence);
            (self.silence >= COMPRESSED_SILENCE)
                .then(|| format!("nothing came for {silence}, as if an encoder kept it"))
        };
        let what = proof.or_else(silent)?;
        let fix = "do not compress text/event-stream (nginx: take it out of `gzip_types`), or flush the encoder after every \
                   event (`Z_SYNC_FLUSH`)";
        let also = if proxies.has_nginx() { "; nginx also needs `proxy_buffering off;`" } else { "" };
        let what = format!("the stream is compressed ({encoding}), and that holds events back: {what}");
        Some(Finding::problem("compression", what, format!("{fix}{also}")))
    }

    fn late_head(&self, proxies: &Proxies) -> Option<Finding> {
        let LateHead { wait, events } = self.late_head?;
        let with = match events {
            0 => String::new(),
            events => format!(", together with {}", plural(events, "event")),
        };
        let what = format!(
            "the head of the answer took {}{with}: a client does not know before that it is connected",
            time(wait)
        );
        let fix = match events {
            0 => "send the head before anything that takes time".to_owned(),
            _ => proxies.pass_head(),
        };
        let finding = if wait >= HELD_HEAD && events > 1 { Finding::problem } else { Finding::note };
        Some(finding("late-head", what, fix))
    }

    fn bursts(&self) -> Option<Finding> {
        let settle =
            "to settle it, compare with the times in the server's log, or listen to the application without any proxy";
        self.tally.bursts().map(|what| Finding::note("bursts", what, settle))
    }

    fn silence_finding(&self) -> Option<Finding> {
        (self.silence >= SILENCE).then(|| {
            let times =
                if self.silences > 1 { format!(" ({} times 30 s or more)", self.silences) } else { String::new() };
            let what = format!("nothing came for {}{times}, not even a comment", time(self.silence));
            let fix = "let the server send a comment (`:`) every 15 s: proxies end silent connections, many after 60 s";
            Finding::problem("silence", what, fix)
        })
    }
}
