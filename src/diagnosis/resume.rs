//! Whether a stream goes on where it was asked to: IDs that come again, and `sse.gap`.
//!
//! Of the IDs only hashes are kept, in a table of fixed size: an ID whose place a newer one took is forgotten, and its
//! repetition is not noticed.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde::Deserialize;

use super::finding::{Finding, excerpt, plural};

/// How many IDs are remembered: 64 KiB, and more than a server usually replays.
const REMEMBERED: usize = 4096;

/// The longest ID that is compared, in bytes: of a longer one only the beginning may be known.
const LONGEST_ID: usize = 1000;

/// An ID that came, and with which connection. A place in the table that no ID has taken is like one whose hash is 0.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    hash: u64,
    connection: u32,
}

/// Where the stream is of a connection that asked to resume.
#[derive(Debug, Default)]
enum Asked {
    /// It did not ask, or has gone on.
    #[default]
    Nothing,
    /// No ID came yet; it asked to go on after this one.
    After(Vec<u8>),
    /// Nothing but IDs that had come already.
    Again,
}

/// What is known of IDs, over all connections.
#[derive(Debug, Default)]
pub(super) struct Resume {
    known: Vec<Known>,
    connection: u32,
    asked: Asked,
    /// Connections that asked to resume and on which an ID came.
    resumed: u64,
    /// Those of them that began with an ID that had come already, and how many such events there were.
    ignored: u64,
    again: u64,
    /// What the first of them asked for, and what it got.
    example: (String, String),
    /// Events with an ID that another event of the same connection had, and the first of them.
    repeated: u64,
    repeated_id: String,
    gaps: u64,
    gap: Gap,
}

/// The broker's word for events that are gone.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Gap {
    requested: String,
    reason: String,
}

impl Resume {
    /// Another connection is made, and asks to go on after `last_event_id` unless that is empty.
    pub(super) fn connecting(&mut self, last_event_id: &str) {
        self.connection = self.connection.saturating_add(1);
        let id = last_event_id.as_bytes();
        let asks = !id.is_empty() && id.len() <= LONGEST_ID;
        self.asked = if asks { Asked::After(id.to_vec()) } else { Asked::Nothing };
    }

    /// An event with this ID came.
    pub(super) fn event(&mut self, id: &[u8]) {
        if id.len() > LONGEST_ID {
            return;
        }
        let before = self.remember(id);
        let earlier = before.is_some_and(|connection| connection < self.connection);
        if before == Some(self.connection) {
            self.repeated += 1;
            if self.repeated == 1 {
                self.repeated_id = excerpt(id);
            }
        }
        match std::mem::take(&mut self.asked) {
            Asked::After(wanted) => {
                self.resumed += 1;
                if earlier || wanted == id {
                    self.ignored += 1;
                    if self.ignored == 1 {
                        self.example = (excerpt(&wanted), excerpt(id));
                    }
                    self.came_again();
                }
            }
            Asked::Again if earlier => self.came_again(),
            Asked::Again | Asked::Nothing => {}
        }
    }

    /// The broker said that events are gone: what comes now is another part of its log.
    pub(super) fn gap(&mut self, data: &[u8]) {
        self.asked = Asked::Nothing;
        self.gaps += 1;
        if self.gaps == 1 {
            self.gap = serde_json::from_slice(data).unwrap_or_default();
        }
    }

    pub(super) fn findings(&self) -> impl Iterator<Item = Finding> {
        [self.gap_finding(), self.ignored_finding(), self.repeated_finding()].into_iter().flatten()
    }

    fn came_again(&mut self) {
        self.asked = Asked::Again;
        self.again += 1;
    }

    /// Remembers an ID; returns the connection with which it came before.
    fn remember(&mut self, id: &[u8]) -> Option<u32> {
        if self.known.is_empty() {
            self.known.resize(REMEMBERED, Known::default());
        }
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        let hash = hasher.finish();
        #[expect(clippy::cast_possible_truncation, reason = "the remainder is smaller than the table")]
        let place = (hash % REMEMBERED as u64) as usize;
        let before = std::mem::replace(&mut self.known[place], Known { hash, connection: self.connection });
        (before.hash == hash).then_some(before.connection)
    }

    fn gap_finding(&self) -> Option<Finding> {
        let (meaning, fix) = match self.gap.reason.as_str() {
            "expired" => (
                "the server does not keep them any more",
                "let the broker keep more (`--retain-age`, `--retain-events`, `--retain-bytes`), or reconnect sooner",
            ),
            "epoch" => (
                "the ID is one of another log: the server has lost its history, or is not the one of before",
                "give the broker a `--data` directory that outlasts it, and let clients load their state anew",
            ),
            "unknown" => (
                "the server keeps no event with this ID",
                "check the ID that the client sends; if it is old, let the broker keep more (`--retain-age`)",
            ),
            "slow" => (
                "this client read so slowly that the server no longer keeps what it had not read",
                "read faster, or let the broker keep more (`--retain-bytes`, `--retain-events`)",
            ),
            "damaged" => (
                "the server's disk has lost or spoilt them",
                "check the disk of the broker and what it logs; clients have to load their state anew",
            ),
            _ => ("the server does not say why", "let the client load its state anew"),
        };
        (self.gaps > 0).then(|| {
            let (times, asked) = (plural(self.gaps, "time"), excerpt(self.gap.requested.as_bytes()));
            let what = format!("the server said {times} (`sse.gap`) that events after {asked} are gone: {meaning}");
            Finding::problem("gap", what, fix)
        })
    }

    fn ignored_finding(&self) -> Option<Finding> {
        let Self { resumed, ignored, again, example: (asked, got), .. } = self;
        (*ignored > 0).then(|| {
            let (of, events) = (plural(*resumed, "resumed connection"), plural(*again, "event"));
            let what = format!(
                "{ignored} of {of} began with IDs that had come already ({events}): asked for what follows {asked}, the \
                 server sent {got}"
            );
            let fix = "read the Last-Event-ID header in the server and go on after that event; IDs must not begin anew \
                       with every connection";
            Finding::problem("resume-ignored", what, fix)
        })
    }

    fn repeated_finding(&self) -> Option<Finding> {
        (self.repeated > 0).then(|| {
            let events = plural(self.repeated, "event");
            let what =
                format!("{events} with an ID that came before on the same connection, such as {}", self.repeated_id);
            let fix = "give every event an ID of its own: from one that several share, a client cannot resume exactly";
            Finding::note("repeated-ids", what, fix)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::Level;

    /// Connections, each with the ID it resumes from and the IDs that come.
    fn said(connections: &[(&str, &[&str])]) -> Vec<Finding> {
        let mut resume = Resume::default();
        for (asked, ids) in connections {
            resume.connecting(asked);
            ids.iter().for_each(|id| resume.event(id.as_bytes()));
        }
        resume.findings().collect()
    }

    #[test]
    fn a_server_that_goes_on_after_the_last_event_id_is_healthy() {
        assert_eq!(said(&[("", &["1", "2"]), ("2", &["3", "4"]), ("4", &[]), ("4", &["5"])]), []);
    }

    #[test]
    fn a_server_that_begins_anew_ignores_the_resume() {
        let found = said(&[("", &["1", "2", "3"]), ("3", &["1", "2", "3", "4"]), ("4", &["5"])]);
        assert_eq!((found.len(), found[0].code, found[0].level), (1, "resume-ignored", Level::Problem));
        let expected = "1 of 2 resumed connections began with IDs that had come already (3 events): asked for what follows \
                        \"3\", the server sent \"1\"";
        assert_eq!(found[0].what, expected);
    }

    #[test]
    fn a_server_that_sends_the_last_event_once_more_ignores_the_resume_too() {
        assert_eq!(said(&[("7", &["7", "8"])])[0].code, "resume-ignored", "even if the ID is from another time");
        assert_eq!(
            said(&[("", &["1", "2", "1"]), ("", &["1"])])[0].code,
            "repeated-ids",
            "without asking there is none"
        );
    }

    #[test]
    fn ids_that_several_events_share_are_a_note() {
        let found = said(&[("", &["5", "5", "5", "6"])]);
        assert_eq!((found.len(), found[0].code, found[0].level), (1, "repeated-ids", Level::Note));
        assert!(found[0].what.starts_with("2 events with an ID that came before"), "{}", found[0].what);
    }

    #[test]
    fn very_many_ids_take_no_more_memory_and_raise_no_alarm() {
        let mut resume = Resume::default();
        for connection in 0..3_u64 {
            resume.connecting(if connection == 0 { "" } else { "x" });
            (0..50_000).for_each(|id| resume.event((connection * 50_000 + id).to_string().as_bytes()));
        }
        assert_eq!(resume.known.len(), REMEMBERED);
        assert_eq!(resume.findings().count(), 0);
    }

    #[test]
    fn a_gap_says_what_its_reason_means_and_is_no_ignored_resume() {
        for reason in ["expired", "epoch", "unknown", "slow", "damaged", "other"] {
            let mut resume = Resume::default();
            resume.connecting("");
            resume.event(b"1");
            resume.connecting("1");
            resume.gap(format!(r#"{{"requested":"1","resumed":"9","reason":"{reason}"}}"#).as_bytes());
            resume.event(b"1");
            let found: Vec<_> = resume.findings().collect();
            assert_eq!((found.len(), found[0].code, found[0].level), (1, "gap", Level::Problem), "{reason}");
            assert!(found[0].what.contains("1 time (`sse.gap`) that events after \"1\" are gone"), "{}", found[0].what);
        }
    }
}
