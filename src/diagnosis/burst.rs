//! Whether something holds events back: what bursts that come out of silence look like.
//!
//! A server writes whole events. Whatever collects bytes and passes them on when a buffer is full cuts them anywhere, so
//! an event that stops in the middle, with silence behind it, is proof. Bursts of whole events are none: an application
//! may well send them so.

use std::time::Duration;

use super::finding::{Finding, plural, time};

/// Reads that follow each other within this time belong together. It is more than a round trip over most networks, in
/// which the rest of a large write follows, and less than the pauses that a person sees.
pub(super) const GAP: Duration = Duration::from_millis(100);

/// A pause that a network hardly makes between two segments of one write: a lost one is sent again after 200 to 300 ms,
/// and once more after 400 to 600. It is below the second that many servers let pass between events.
pub(super) const PAUSE: Duration = Duration::from_millis(900);

/// A pause in the middle of an event so long that seeing it once is enough.
const LONG_PAUSE: Duration = Duration::from_secs(5);

/// How much longer than the burst itself the silence before it has to be, so that a stream that flows is none.
const SUDDEN: u32 = 4;

/// The sizes of most buffers are one of these, or a multiple: nginx, PHP, C and Go have 4096, Java and Apache 8192.
const PAGE: u64 = 4096;
const PAGES: [u64; 2] = [PAGE, 2 * PAGE];

/// The buffers that whole events may fill: powers of two, as people choose them.
const BUFFERS: [u64; 5] = [PAGE, 2 * PAGE, 4 * PAGE, 8 * PAGE, 16 * PAGE];

/// How often events have to be cut before a pause: once may be the network, the same again is not.
const CUTS: u64 = 2;

/// How often if the pauses are shorter than [`PAUSE`] and only the exact size of a buffer tells them from the network's.
const PAGE_CUTS: u64 = 3;

/// How many bursts have to fill the same buffer as well as whole events can, before that is no coincidence: each does so
/// by chance in at most one of eight cases, see [`Tally::fills`].
const FILLS: u64 = 4;

/// How many events make a burst, and how many bursts a habit, where nothing is cut.
const EVENTS: u64 = 5;
const BURSTS: u64 = 3;

/// How often the blank line of an event has to come only with the next one.
const LATE_ENDS: u64 = 3;

/// Where in the stream some bytes end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inside {
    /// Between two blocks.
    Nothing,
    /// After a line of a block.
    Block,
    /// In a line.
    Line,
}

/// Reads that came together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Burst {
    /// The silence before the first of them.
    pub(super) before: Duration,
    pub(super) began: Duration,
    pub(super) last: Duration,
    pub(super) bytes: u64,
    /// How many events they completed, and how long the longest was.
    pub(super) events: u64,
    pub(super) longest: u64,
    pub(super) inside: Inside,
    /// They were the first of their connection: what was kept for the client may come so.
    pub(super) first: bool,
}

/// What comes after a burst and the silence behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing so far.
    Nothing,
    /// The end of a line.
    LineEnd,
    /// Something else.
    Text,
}

/// Bursts of one kind.
#[derive(Clone, Copy, Debug, Default)]
struct Kind {
    times: u64,
    events: u64,
    bytes: u64,
    /// The longest silence beside one of them.
    pause: Duration,
    /// The size of all, if they have the same.
    size: Option<u64>,
    /// Whether all are multiples of [`PAGE`].
    pages: bool,
}

/// Bursts that fill a buffer with whole events.
#[derive(Clone, Copy, Debug, Default)]
struct Filling {
    /// The size of the buffer, and whether bursts go beyond it or stay below.
    buffer: (u64, bool),
    bursts: Kind,
    /// The fewest and the most events that filled it.
    events: (u64, u64),
    /// How many bursts there were in all since the first.
    of: u64,
}

/// What bursts looked like, over all connections.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// All but what came first on a connection.
    all: Kind,
    /// Those that end inside an event, with a pause behind it.
    cut: Kind,
    /// Those that end inside an event and have the size of a buffer.
    page: Kind,
    filling: Filling,
    /// Those of many whole events after a pause.
    whole: Kind,
    /// Those that end before the blank line, which came first after the silence.
    late_end: Kind,
    longest_event: u64,
}

impl Burst {
    fn is_sudden(&self) -> bool {
        self.before >= GAP && self.before >= SUDDEN * self.last.saturating_sub(self.began)
    }

    /// Whether they end inside an event that some other event comes before. The latter leaves out an application that
    /// writes an event piece by piece.
    fn is_cut(&self, next: Next) -> bool {
        let inside = match self.inside {
            Inside::Nothing => false,
            Inside::Block => next == Next::Text,
            Inside::Line => true,
        };
        inside && self.events > 0
    }
}

impl Kind {
    fn add(&mut self, burst: &Burst, pause: Duration) {
        self.size = if self.times == 0 { Some(burst.bytes) } else { self.size.filter(|size| *size == burst.bytes) };
        self.pages = (self.times == 0 || self.pages) && burst.bytes.is_multiple_of(PAGE);
        self.times += 1;
        self.events += burst.events;
        self.bytes += burst.bytes;
        self.pause = self.pause.max(pause);
    }

    /// ` of 4096 bytes`, if their sizes have something in common.
    fn sizes(&self) -> String {
        match self.size {
            Some(size) if self.times > 1 => format!(" of {size} bytes"),
            _ if self.pages => format!(" of a multiple of {PAGE} bytes"),
            _ => String::new(),
        }
    }
}

impl Tally {
    /// Counts a burst, with the silence after it.
    pub(super) fn add(&mut self, burst: &Burst, after: Duration, next: Next) {
        self.longest_event = self.longest_event.max(burst.longest);
        if burst.inside == Inside::Block && next == Next::LineEnd {
            self.late_end.add(burst, after);
        }
        let sudden = burst.is_sudden();
        if sudden || !burst.first {
            self.all.add(burst, burst.before);
        }
        if !sudden {
            return;
        }
        if burst.is_cut(next) && after >= PAUSE {
            self.cut.add(burst, after);
        }
        if burst.is_cut(next) && after >= GAP && PAGES.contains(&burst.bytes) {
            self.page.add(burst, after);
        }
        if burst.events >= EVENTS && burst.before >= PAUSE {
            self.whole.add(burst, burst.before);
        }
        if !burst.first && burst.inside != Inside::Line {
            self.fills(burst);
        }
    }

    /// Counts a burst of whole events that goes beyond the size of a buffer by less than an event, or stays below by less:
    /// always the same size, always the same side. Events have to be so short that chance hits that in one of eight cases.
    fn fills(&mut self, burst: &Burst) {
        let is_near = |size: &u64| burst.bytes.abs_diff(*size) < self.longest_event && self.longest_event <= *size / 8;
        let buffer = BUFFERS.into_iter().find(is_near).unwrap_or_default();
        let matches = buffer > 0;
        let buffer = (buffer, burst.bytes >= buffer);
        let filling = &mut self.filling;
        filling.of += 1;
        if matches && filling.buffer == buffer {
            filling.bursts.add(burst, burst.before);
            filling.events = (filling.events.0.min(burst.events), filling.events.1.max(burst.events));
        } else if filling.bursts.times < FILLS {
            *filling = Filling { of: 1, ..Filling::default() };
            if matches {
                filling.buffer = buffer;
                filling.events = (burst.events, burst.events);
                filling.bursts.add(burst, burst.before);
            }
        }
    }

    /// The proof that something holds events back, if there is one. A compressed stream is cut less often, for more goes
    /// into a buffer, so that one cut is enough.
    pub(super) fn held_back(&self, compressed: bool) -> Option<String> {
        let Self { all, cut, page, .. } = self;
        let is_most = |kind: &Kind| 2 * kind.bytes >= all.bytes;
        let enough = cut.times >= CUTS || cut.pause >= LONG_PAUSE || (compressed && cut.times > 0);
        if enough && is_most(cut) {
            return Some(self.describe_cuts(cut));
        }
        if page.times >= PAGE_CUTS && is_most(page) {
            return Some(self.describe_cuts(page));
        }
        self.describe_filling()
    }

    fn describe_cuts(&self, kind: &Kind) -> String {
        let (Kind { times, events, pause, .. }, all) = (kind, self.all.events);
        let (bursts, sizes) = (plural(*times, "burst"), kind.sizes());
        let end = if *times == 1 { "that ends" } else { "that end" };
        let pause = time(*pause);
        format!(
            "{events} of {} arrived in {bursts}{sizes} {end} in the middle of an event, with up to {pause} of silence before \
             the rest: something passes the stream on only when a buffer is full",
            plural(all, "event")
        )
    }

    /// If the number of events varies while the bytes do not, it is the bytes that decide.
    fn describe_filling(&self) -> Option<String> {
        let Filling { buffer: (buffer, beyond), bursts, events: (fewest, most), of } = self.filling;
        let enough = bursts.times >= FILLS && 10 * bursts.times >= 9 * of && fewest < most;
        enough.then(|| {
            let side = if beyond { "at least" } else { "at most" };
            format!(
                "{} bursts of {fewest} to {most} events each had {side} {buffer} bytes, by less than an event: something \
                 passes the stream on only when a buffer is full, after up to {} of silence",
                bursts.times,
                time(bursts.pause)
            )
        })
    }

    /// That events come in bursts, where this proves nothing.
    pub(super) fn bursts(&self) -> Option<String> {
        let Self { all, whole, .. } = self;
        (whole.times >= BURSTS && 5 * whole.events >= 4 * all.events).then(|| {
            format!(
                "{} of {} arrived in {} after up to {} of silence: it looks like something collects them, unless the \
                 application sends them so",
                whole.events,
                plural(all.events, "event"),
                plural(whole.times, "burst"),
                time(whole.pause)
            )
        })
    }

    /// That events are complete only when the next one comes.
    pub(super) fn late_ends(&self) -> Option<Finding> {
        let Self { all, late_end, .. } = self;
        (late_end.times >= LATE_ENDS && 2 * late_end.times >= all.events).then(|| {
            let what = format!(
                "the blank line that ends an event came up to {} after the rest of it ({})",
                time(late_end.pause),
                plural(late_end.times, "time")
            );
            let fix = "write every event with its blank line in one piece and flush it: clients see an event only then";
            Finding::problem("late-blank-line", what, fix)
        })
    }
}
