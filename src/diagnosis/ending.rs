//! Whether connections end by a rule: always after the same time, or always after the same silence.

use std::collections::VecDeque;
use std::time::Duration;

use super::finding::{Finding, time};

/// How many endings are kept: the newest.
const KEPT: usize = 8;

/// How many have to be alike: two that ended in the same silence are hardly chance, two of the same age may be.
const SILENT: usize = 2;
const AGED: usize = 3;

/// How far apart they may be: timers of servers tick once a second, and a connection takes its time to be made.
const SPREAD: Duration = Duration::from_secs(2);

/// Shorter connections are short answers, not streams that somebody cuts.
const SHORTEST: Duration = Duration::from_secs(5);

/// The newest endings.
#[derive(Debug, Default)]
pub(super) struct Endings {
    /// Age, and the silence at the end where that may have been the cause.
    kept: VecDeque<(Duration, Option<Duration>)>,
}

impl Endings {
    /// The remote side ended a connection of this age, after this silence unless that was one of those that it survived.
    pub(super) fn add(&mut self, age: Duration, silence: Option<Duration>) {
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back((age, silence));
    }

    pub(super) fn finding(&self) -> Option<Finding> {
        self.silent().or_else(|| self.aged())
    }

    fn silent(&self) -> Option<Finding> {
        let longest = self.alike(SILENT, |(_, silence)| silence.unwrap_or_default())?;
        let (count, after) = (self.kept.len(), time(longest));
        let what = format!("{count} of {count} connections were ended after {after} of silence, give or take a second");
        let fix = format!(
            "send a comment (`:`) more often than every {after}, such as every 15 s, or raise the limit of what ends them: \
             nginx `proxy_read_timeout`, the idle timeout of a load balancer"
        );
        Some(Finding::problem("idle-timeout", what, fix))
    }

    fn aged(&self) -> Option<Finding> {
        let longest = self.alike(AGED, |(age, _)| *age)?;
        let (count, after) = (self.kept.len(), time(longest));
        let what = format!("{count} of {count} connections were ended after {after}, although not in silence");
        let fix = "if the server does not mean to, raise the limit for whole answers: the request timeout of the load \
                   balancer, the platform or the worker process";
        Some(Finding::note("fixed-lifetime", what, fix))
    }

    /// The longest of the times if there are enough and all are alike.
    fn alike(&self, enough: usize, of: impl Fn(&(Duration, Option<Duration>)) -> Duration) -> Option<Duration> {
        let (shortest, longest) = (self.kept.iter().map(&of).min()?, self.kept.iter().map(&of).max()?);
        let alike = self.kept.len() >= enough && longest <= shortest + SPREAD && shortest >= SHORTEST;
        alike.then_some(longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::Level;

    /// Age and silence at the end, in milliseconds.
    fn found(endings: &[(u64, u64)]) -> Option<(&'static str, Level, String)> {
        let mut kept = Endings::default();
        for (age, silence) in endings {
            kept.add(Duration::from_millis(*age), Some(Duration::from_millis(*silence)));
        }
        kept.finding().map(|finding| (finding.code, finding.level, finding.what))
    }

    #[test]
    fn connections_that_end_in_the_same_silence_meet_an_idle_timeout() {
        let expected = "2 of 2 connections were ended after 60.0 s of silence, give or take a second";
        assert_eq!(
            found(&[(60_001, 60_000), (95_310, 59_998)]),
            Some(("idle-timeout", Level::Problem, expected.into()))
        );
        assert_eq!(found(&[(60_001, 60_000)]), None, "once is no rule");
    }

    #[test]
    fn connections_that_end_at_the_same_age_meet_a_limit_or_a_plan() {
        let expected = "3 of 3 connections were ended after 30.0 s, although not in silence";
        let ends = [(30_000, 40), (29_400, 700), (30_010, 80)];
        assert_eq!(found(&ends), Some(("fixed-lifetime", Level::Note, expected.into())));
        assert_eq!(found(&ends[..2]), None);
    }

    #[test]
    fn connections_that_end_now_or_then_or_at_once_follow_no_rule() {
        assert_eq!(found(&[(12_000, 400), (61_000, 900), (300_000, 12)]), None);
        assert_eq!(found(&[(900, 10), (950, 10), (930, 10), (910, 10)]), None);
    }

    #[test]
    fn only_the_newest_endings_are_kept() {
        let many: Vec<_> = (0..1000).map(|i| (i * 1000, 0)).chain([(60_000, 1); KEPT]).collect();
        assert_eq!(found(&many).map(|(code, ..)| code), Some("fixed-lifetime"));
    }
}
