//! A JSON array: its items are taken apart and appended in slices, so that neither others nor the log wait for all of them.

use std::fmt;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserializer as _;
use serde::de::{Error as _, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::outcome::{Answer, SLICE, refused_with, submit};
use super::place::{Place, Places};
use super::{Publisher, item, number};
use crate::broker::{Draft, IdempotencyKey};
use crate::server::refusal::Refusal;

/// The items of one array: their results, some hundred bytes each, are in memory until they are sent.
const MOST: usize = 50_000;

/// Publishes the items of an array, and answers with their results.
pub(super) async fn respond(
    publisher: &Publisher,
    body: &[u8],
    key: Option<IdempotencyKey>,
) -> Result<Response, Refusal> {
    let app = &publisher.app;
    let items = items(body)?;
    let limits = app.gates.publish.take(&publisher.grant, publisher.address, items.len())?;
    let (mut places, mut outcomes) = (Places::new(body), Vec::with_capacity(items.len()));
    for slice in items.chunks(SLICE) {
        let mut drafts: Vec<_> = slice.iter().map(|item| draft(publisher, item, &mut places)).collect();
        number(key.as_ref(), outcomes.len(), &mut drafts);
        outcomes.extend(submit(app.clone(), drafts).await.await);
        tokio::task::yield_now().await;
    }
    let results: Vec<_> = outcomes.iter().enumerate().map(|(index, outcome)| Answer::new(outcome, index)).collect();
    let status = outcomes.iter().find_map(refused_with).unwrap_or(StatusCode::OK);
    Ok((status, limits, Json(results)).into_response())
}

/// An item, or why it is none: with its place in the body, which takes time to find.
fn draft(publisher: &Publisher, item: &RawValue, places: &mut Places<'_>) -> Result<Draft, Refusal> {
    item::draft(publisher, item.get().as_bytes(), Place::START).map_err(|refusal| match refusal {
        Refusal::Json(fault) => Refusal::Json(fault.within(places.of(item.get()))),
        refusal => refusal,
    })
}

/// The items of an array as they are written.
fn items(json: &[u8]) -> Result<Vec<&RawValue>, Refusal> {
    let (mut items, mut parser) = (Vec::new(), serde_json::Deserializer::from_slice(json));
    let read = parser.deserialize_seq(Bounded(&mut items)).and_then(|()| parser.end());
    if items.len() > MOST {
        return Err(Refusal::TooManyItems(MOST));
    }
    read.map_err(|error| Place::START.fault(&error))?;
    Ok(items)
}

/// Collects items until there are more than may be: what follows is not looked at.
struct Bounded<'i, 'j>(&'i mut Vec<&'j RawValue>);

impl<'j> Visitor<'j> for Bounded<'_, 'j> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of events")
    }

    fn visit_seq<A: SeqAccess<'j>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element()? {
            self.0.push(item);
            if self.0.len() > MOST {
                return Err(A::Error::custom("too many"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_array_with_too_many_items_no_more_are_looked_at() {
        assert_eq!(items(format!("[0{}]", ",1".repeat(MOST - 1)).as_bytes()).expect("as many as may be").len(), MOST);
        // The rest is not even JSON.
        let too_many = format!("[0{},", ",1".repeat(MOST));
        let refused = items(too_many.as_bytes());
        assert!(matches!(refused, Err(Refusal::TooManyItems(MOST))), "{refused:?}");
        assert!(matches!(items(b"[1, 2"), Err(Refusal::Json(_))));
        assert!(matches!(items(b"[1] 2"), Err(Refusal::Json(_))));
    }
}
