//! What the page says in words: its title, and what the names of the figures mean. Each scenario has its own.

use crate::bench::figures::{grouped, seconds};
use crate::bench::{Report, Scenario};

/// What was done, in a line.
pub(super) fn title(report: &Report) -> String {
    let plan = &report.plan;
    let count = |number: u32, one: &str, more: &str| {
        format!("{} {}", grouped(number.into()), if number == 1 { one } else { more })
    };
    let subscribers = count(plan.connections, "subscriber", "subscribers");
    let connections = count(plan.connections, "connection", "connections");
    let duration = seconds(plan.duration_s);
    match report.scenario {
        Scenario::Fanout | Scenario::Reconnect => {
            let topics =
                if plan.topics > 1 { format!(" on {} topics", grouped(plan.topics.into())) } else { String::new() };
            let storm = match plan.storm {
                Some(storm) if storm.restart_server => ", and a restart of the server".to_owned(),
                Some(storm) => format!(", {} of them dropped", count(storm.drop, "stream", "streams")),
                None => String::new(),
            };
            format!("{subscribers}, {} per second{topics}{storm}", count(plan.rate, "event", "events"))
        }
        Scenario::Replay => format!("{subscribers}, {} from before", grouped(plan.events)),
        Scenario::Connect => match plan.ramp {
            Some(ramp) => format!("{connections}, opened at {} per second", grouped(ramp.into())),
            None => format!("{connections}, opened as fast as the server answers"),
        },
        Scenario::Idle => format!("{connections}, idle for {duration}"),
        Scenario::Stream => format!("{subscribers}, one stream after the other for {duration}"),
    }
}

/// The names of figures, each with what it means.
pub(super) fn terms(scenario: Scenario) -> String {
    let latency = "From the moment at which an event was due to be sent to the moment at which a subscriber had read it. \
                   Events are due on a schedule that no answer delays.";
    let lost = "What the server took and a subscriber had not received when the wait for it was over.";
    let published = [
        ("latency", latency),
        ("last delivery", "The same for the last subscriber that received an event."),
        ("server latency", "From the moment at which an event was really sent."),
        ("send delay", "How late the generator sent it: the difference of the two."),
        ("lost", lost),
    ];
    let returned = [
        ("reconnect", "From the loss of a stream to the head of the answer that brought the next one."),
        ("next event", "From the loss of a stream to the first event of the next one."),
        ("recovered", "The latency of what was due while its subscriber was away and came all the same."),
        ("gap", "What was due while its subscriber was away and never came."),
    ];
    let replayed =
        [("replay", "From a subscriber’s request until it had all that was published before."), ("lost", lost)];
    let opened = [
        ("connect", "The time to a TCP connection."),
        ("first byte", "From the request for a stream to the head of the answer."),
    ];
    let idle = [
        ("comments", "Lines of a stream that are no events: heartbeats, mostly."),
        ("closed", "Streams that ended before the run did."),
    ];
    let streams = [
        ("first event", "From the request to the first event of a stream: with a language model, to the first token."),
        ("event gap", "From an event to the next one on its stream. Events that one read brought came at once."),
        ("stream", "From the request to the end of a stream that came to it."),
        ("unfinished", "Requests that were under way when the time was over: neither ended nor failed."),
    ];
    let terms = match scenario {
        Scenario::Fanout => published.to_vec(),
        Scenario::Reconnect => [&published[..], &returned].concat(),
        Scenario::Replay => [&opened[..], &replayed].concat(),
        Scenario::Connect => opened.to_vec(),
        Scenario::Idle => [&opened[..], &idle].concat(),
        Scenario::Stream => [&opened[1..], &streams].concat(),
    };
    let term = |(name, meaning): (&str, &str)| format!("<dt>{name}</dt><dd>{meaning}</dd>");
    format!("<dl class=\"terms\">{}</dl>", terms.into_iter().map(term).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::Planned;

    #[test]
    fn the_title_says_what_was_done() {
        let title = |scenario, connections, ramp, topics| {
            let plan = Planned { connections, ramp, rate: 1, duration_s: 1.5, topics, ..Planned::default() };
            super::title(&Report { scenario, plan, ..Report::default() })
        };
        assert_eq!(title(Scenario::Fanout, 2000, None, 1), "2,000 subscribers, 1 event per second");
        assert_eq!(title(Scenario::Fanout, 2000, None, 30), "2,000 subscribers, 1 event per second on 30 topics");
        assert_eq!(title(Scenario::Connect, 1, Some(5), 0), "1 connection, opened at 5 per second");
        assert_eq!(title(Scenario::Idle, 2, None, 0), "2 connections, idle for 1.5 s");
        assert_eq!(title(Scenario::Stream, 1, None, 0), "1 subscriber, one stream after the other for 1.5 s");
    }
}
