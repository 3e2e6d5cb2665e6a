//! Who comes and who goes, told to others: as events on `$presence/…`.

use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::time::sleep_until;

use super::roster::{Attendance, Turn};
use super::{Broker, Draft, Terms};
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
    pub fn watch(&self, watch: &Watch) {
        if watch.presence_events {
            self.admission.roster().attend(Attendance::new(watch.presence_events, false, watch.grace));
        }
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
        let drafts: Vec<Draft> = turns.into_iter().filter_map(draft).collect();
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
