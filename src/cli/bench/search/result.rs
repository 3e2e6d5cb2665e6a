//! What a search has found, in a sentence and in a word.

use super::options::Sought;
use super::quest::{Ceiling, Quest};
use super::{Ladder, Rung};
use crate::bench::figures::{grouped, seconds};
use crate::bench::{Fate, Found, Limit, MAX_EVENTS, Search, Step};

impl Quest {
    /// What goes on, for whoever watches.
    pub(super) fn announcement(&self, step: Step) -> String {
        let Step { number, attempt, value, confirms } = step;
        let again = if attempt > 1 { ", once more" } else { "" };
        let longer = if confirms { " in a longer run" } else { "" };
        format!("step {number}: {}{longer}{again}", self.in_words(value))
    }
}

/// What ended it, as JSON has it.
pub(super) fn limited_by(ladder: &Ladder<'_>) -> &'static str {
    match (ladder.search.found().limit, ladder.quest.ceiling) {
        (Limit::Server(_), _) => "server",
        (Limit::Generator(_), _) => "generator",
        (Limit::Gone(_), _) => "no_server",
        (Limit::Most, Ceiling::OpenFiles) => "open_files",
        (Limit::Most, Ceiling::Events) => "events",
        (Limit::Most, Ceiling::Option) => "option",
        (Limit::Runs, _) => "runs",
        (Limit::Stopped, _) => "stopped",
    }
}

/// The result for people.
pub(super) fn sentence(ladder: &Ladder<'_>) -> String {
    let Found { value, confirmed, limit } = ladder.search.found();
    let quest = ladder.quest;
    let why = why(ladder);
    let Some(value) = value else { return nothing(ladder, limit) };
    let at_least = if limit.is_open() { "at least " } else { "" };
    let held = format!("{at_least}{} held {}", quest.in_words(value), quest.bounds());
    let held = if confirmed { held } else { held + ", without a longer run that confirms it" };
    format!(
        "{held}; {}",
        match limit {
            Limit::Server(missed) => format!("{} did not{why}", grouped(missed.into())),
            limit => ended(ladder, limit),
        }
    )
}

/// The same where nothing held.
fn nothing(ladder: &Ladder<'_>, limit: Limit) -> String {
    let option = match ladder.quest.sought {
        Sought::Rate => "--rate",
        Sought::Connections => "--connections",
    };
    match limit {
        Limit::Server(missed) => {
            let first = ladder.quest.in_words(missed);
            format!(
                "nothing held {}: not even {first}{}; begin with a lower {option}",
                ladder.quest.bounds(),
                why(ladder)
            )
        }
        limit => format!("nothing can be said of the server; {}", ended(ladder, limit)),
    }
}

/// What ended it, where that was not the server.
fn ended(ladder: &Ladder<'_>, limit: Limit) -> String {
    let in_words = |value| ladder.quest.in_words(value);
    match (limit, ladder.quest.ceiling) {
        (Limit::Server(missed) | Limit::Gone(missed), _) => {
            format!("at {} there was no server any more{}", in_words(missed), why(ladder))
        }
        (Limit::Generator(from), _) => format!(
            "the generator was the limit from {} on: more --threads or --publishers, or another machine",
            in_words(from)
        ),
        (Limit::Most, Ceiling::OpenFiles) => {
            "the generator's limit of open files ends the search: raise the hard limit of `nofile`".to_owned()
        }
        (Limit::Most, Ceiling::Events) => {
            let most = grouped(MAX_EVENTS);
            format!("a run has at most {most} events, and that ends the search: a shorter --duration leads further")
        }
        (Limit::Most, Ceiling::Option) => "more cannot be asked for, and that ends the search".to_owned(),
        (Limit::Runs, _) => format!("the search ended after {} runs, the most that it may have", Search::MOST_RUNS),
        (Limit::Stopped, _) => "the search was stopped early".to_owned(),
    }
}

/// Why the lowest value did not hold that did not; the run that says most of it is the last one.
fn why(ladder: &Ladder<'_>) -> String {
    let (Limit::Server(value) | Limit::Gone(value)) = ladder.search.found().limit else { return String::new() };
    let of_it = |rung: &&Rung| rung.step.value == value && !matches!(rung.judged.fate, Fate::Held | Fate::Generator);
    let rung = ladder.rungs.iter().rev().find(of_it);
    rung.and_then(|rung| rung.judged.why.as_ref()).map_or_else(String::new, |why| format!(": {why}"))
}

impl Rung {
    /// Whether it held though the generator was busy.
    pub(super) fn is_busy(&self) -> bool {
        self.judged.fate == Fate::Held && self.judged.why.is_some()
    }
}

/// What a run came to, in a few words.
pub(super) fn verdict(rung: &Rung) -> String {
    let busy = if rung.is_busy() { ", generator busy" } else { "" };
    match (rung.judged.fate, rung.step.confirms) {
        (Fate::Held, true) => format!("held for {}{busy}", seconds(rung.extent.duration.as_secs_f64())),
        (Fate::Held, false) => format!("held{busy}"),
        (Fate::Missed, _) => "missed".to_owned(),
        (Fate::Failed, _) => "failed".to_owned(),
        (Fate::Generator, _) => "generator".to_owned(),
        (Fate::Gone, _) => "no server".to_owned(),
    }
}
