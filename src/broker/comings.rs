//! Who comes and who goes, told to others: as events on `$presence/…`, and as notices.

use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::mpsc;
use tokio::time::sleep_until;

use super::notice::Feed;
use super::roster::{Attendance, Turn};
use super::{Broker, Draft, Notice, Terms, What};
use crate::topic::Topic;
use crate::wire::Event;

/// How long such an event is replayed: about as long as a client takes to come back. Who was away for longer asks who is
/// there now.
const REMEMBERED: Duration = Duration::from_mins(1);

/// Events that are published in one go.
const AT_ONCE: usize = 256;

/// Who is told what of those who come and go.
#[derive(Clone, Debug)]
pub struct Watch {
    /// Whoever listens to `$presence/TOPIC` is told of the users who come to a topic, and who go.
    pub presence_events: bool,
    /// For how long somebody has to be away who is told to have gone.
    pub grace: Duration,
    /// Who is told of connections.
    pub notices: Option<mpsc::Sender<Notice>>,
    /// They are told of topics that get their first subscriber or lose their last one, too.
    pub subscribers: bool,
}

/// The data of an event.
#[derive(Serialize)]
struct Told<'t> {
    topic: &'t str,
    user: &'t str,
    connections: usize,
}

impl Broker {
    /// Begins to watch who comes and goes: to be called before the first subscription.
    pub fn watch(&self, watch: Watch) {
        let Watch { presence_events, grace, notices, subscribers } = watch;
        let is_needed = presence_events || subscribers;
        let attendance = is_needed.then(|| Attendance::new(presence_events, subscribers, grace));
        let feed = notices.map(|notices| Feed::new(notices, self.metrics.clone()));
        self.admission.roster().attend(attendance, feed);
    }

    /// Tells who came and who went as it happens. Never resolves.
    pub async fn tell_who_comes(&self) {
        loop {
            let turns = self.admission.roster().turns(Instant::now(), AT_ONCE);
            let Some((turns, next)) = turns else { return std::future::pending().await };
            self.tell(turns).await;
            let wait = async {
                match next {
                    Some(next) => sleep_until(next.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = wait => {}
                () = self.admission.somebody_came_or_went() => {}
            }
        }
    }

    async fn tell(&self, turns: Vec<Turn>) {
        let (of_users, of_anybody): (Vec<_>, Vec<_>) = turns.into_iter().partition(|turn| turn.place.1.is_some());
        for Turn { place: (topic, _), connections } in of_anybody {
            let what = if connections > 0 { What::FirstSubscriber(topic) } else { What::LastSubscriber(topic) };
            self.admission.roster().tell(what);
        }
        let drafts: Vec<Draft> = of_users.into_iter().filter_map(draft).collect();
        if drafts.is_empty() {
            return;
        }
        if let Err(error) = self.publish(drafts).await {
            let error: &dyn std::error::Error = &error;
            tracing::error!(error, "who came and went could not be told");
        }
    }
}

/// The event that tells of a user. A topic may be too long to have one that tells of it; nobody can listen to that either.
fn draft(turn: Turn) -> Option<Draft> {
    let Turn { place: (topic, user), connections } = turn;
    let told: Topic = format!("$presence/{topic}").parse().ok()?;
    let data = serde_json::to_string(&Told { topic: topic.as_str(), user: &user?, connections }).ok()?;
    let name = if connections > 0 { "join" } else { "leave" };
    let event = Event { name: name.parse().ok(), data, ..Event::default() };
    Some(Draft { topics: vec![told], event, terms: Terms { ttl: Some(REMEMBERED), ..Terms::default() } })
}
