//! `PATCH /api/connections/{id}`: other topics for a stream that is open.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::Uri;
use bytes::Bytes;
use serde::Deserialize;

use super::may_change;
use super::row::Row;
use crate::auth::Grant;
use crate::broker::{Connection, NotChanged};
use crate::server::body::{self, Limit, Whole};
use crate::server::identity::Who;
use crate::server::parameters::Parameters;
use crate::server::refusal::Refusal;
use crate::server::router::App;
use crate::server::subscribe::{check_asked, check_count, selection};
use crate::topic::Selection;

/// The largest body, in bytes: as many names as a stream may have, to be added and to be left out, with room for escapes.
const LARGEST: u64 = 1 << 20;

/// What is to change: all topics, or some.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Change {
    topics: Option<Vec<String>>,
    subscribe: Vec<String>,
    unsubscribe: Vec<String>,
}

/// Changes the topics of a connection, and answers with it as it is then.
pub(in crate::server) async fn handle(
    State(app): State<App>,
    Who(grant): Who,
    uri: Uri,
    body: Body,
) -> Result<Json<Row>, Refusal> {
    Parameters::parse(&uri, &[])?;
    let change = Change::read(&app, body).await?;
    loop {
        let connection = may_change(&app, &grant, &uri)?;
        let asked = connection.filter.topics.asked();
        let wanted = change.apply(&asked)?;
        check(&app, &grant, &connection, &wanted, &wanted.without(&asked))?;
        match app.broker.change(&connection, wanted).await {
            Ok(()) => return Ok(Json(Row::of(&may_change(&app, &grant, &uri)?))),
            Err(NotChanged::Gone) => return Err(Refusal::NoConnection(connection.id.to_string())),
            // Somebody was faster: what is to change is looked at anew.
            Err(NotChanged::Another) => {}
        }
    }
}

/// Whether a connection may listen to what is wanted now, of which some is new.
fn check(
    app: &App,
    grant: &Grant,
    connection: &Connection,
    wanted: &Selection,
    new: &Selection,
) -> Result<(), Refusal> {
    if wanted.is_empty() {
        return Err(Refusal::NoTopicLeft);
    }
    check_count(wanted, &app.settings)?;
    check_asked(wanted)?;
    grant.may_subscribe(new)?;
    match &connection.guest {
        Some(guest) => guest.may.subscribe(new).map_err(Refusal::NotOfConnection),
        None => Ok(()),
    }
}

impl Change {
    async fn read(app: &App, body: Body) -> Result<Self, Refusal> {
        let Whole { bytes, held: _held } = body::read(app, body, OfChange).await?;
        Self::parse(&bytes, app.settings.max_topics)
    }

    /// Lists are counted as they are written, before anything is made of them.
    fn parse(json: &[u8], most: usize) -> Result<Self, Refusal> {
        let wrong = |what: &str| Refusal::Change(what.to_owned());
        // A list would be taken for the members in their order.
        if json.trim_ascii_start().starts_with(b"[") {
            return Err(wrong("it is a list"));
        }
        let change: Self = serde_json::from_slice(json).map_err(|error| wrong(&error.to_string()))?;
        let counts = [change.topics.as_ref().map_or(0, Vec::len), change.subscribe.len(), change.unsubscribe.len()];
        if let Some(count) = counts.into_iter().find(|count| *count > most) {
            return Err(Refusal::TooManyTopics { count, limit: most });
        }
        match (change.topics.is_some(), change.subscribe.is_empty() && change.unsubscribe.is_empty()) {
            (true, false) => Err(wrong("it is both")),
            (false, true) => Err(wrong("it is neither")),
            _ => Ok(change),
        }
    }

    /// What is to be listened to instead of this.
    fn apply(&self, asked: &Selection) -> Result<Selection, Refusal> {
        let named = |texts: &[String]| selection(texts.iter().map(String::as_str));
        Ok(match &self.topics {
            Some(topics) => named(topics)?,
            None => asked.without(&named(&self.unsubscribe)?).and(named(&self.subscribe)?),
        })
    }
}

/// The limit of its body.
struct OfChange;

impl Limit for OfChange {
    fn with(&mut self, _: &Bytes) -> u64 {
        LARGEST
    }

    fn beyond(limit: u64) -> Refusal {
        Refusal::Change(format!("it is larger than {limit} bytes"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    proptest! {
        #[test]
        fn what_is_asked_for_is_what_changes(
            topics in prop::collection::btree_set("[a-z]{1,3}", 0..5), more in prop::collection::btree_set("[a-z]{1,3}", 1..5),
            fewer in prop::collection::btree_set("[a-z]{1,3}", 1..5),
        ) {
            let asked = selection(topics.iter().map(String::as_str)).expect("topics");
            let names = |selection: &Selection| selection.topics().map(ToString::to_string).collect::<std::collections::BTreeSet<_>>();
            let change = |change: serde_json::Value| Change::parse(change.to_string().as_bytes(), 100).expect("a change").apply(&asked).expect("topics");
            prop_assert_eq!(names(&change(json!({ "topics": more }))), more.clone());
            let changed = change(json!({ "subscribe": more, "unsubscribe": fewer }));
            let left: std::collections::BTreeSet<String> = topics.difference(&fewer).chain(&more).cloned().collect();
            prop_assert_eq!(names(&changed), left);
        }

        #[test]
        fn any_body_is_a_change_or_is_refused(body in "([{}\\[\\]:,\"]|\"topics\":|\"subscribe\":|\"unsubscribe\":|a|1| ){0,12}") {
            if let Err(refusal) = Change::parse(body.as_bytes(), 100) {
                prop_assert_eq!(refusal.code(), "bad_json");
            }
        }
    }
}
