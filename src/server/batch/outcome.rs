//! What becomes of the items of a batch.

use std::sync::Arc;

use axum::http::StatusCode;
use serde::Serialize;

use crate::broker::{self, Draft, NotStored};
use crate::server::publish::Receipt;
use crate::server::refusal::{Problem, Refusal};
use crate::server::router::App;

/// Items that are appended at once: others that publish or read wait no longer than that takes.
pub(super) const SLICE: usize = 1000;

/// What became of one item.
pub(super) type Outcome = Result<Receipt, Refusal>;

/// An outcome as it is answered: the receipt, or the problem with the index of the item.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Answer<'o> {
    Published(&'o Receipt),
    Refused(Problem),
}

impl<'o> Answer<'o> {
    pub(super) fn new(outcome: &'o Outcome, item: usize) -> Self {
        match outcome {
            Ok(receipt) => Self::Published(receipt),
            Err(refusal) => Self::Refused(refusal.problem(Some(item))),
        }
    }
}

/// The status of a refusal.
pub(super) fn refused_with(outcome: &Outcome) -> Option<StatusCode> {
    outcome.as_ref().err().map(Refusal::status)
}

/// Publishes the items that are fit to be, which are appended at once: in two steps, when the first is done they have their
/// place in the log. The outcomes are in the order of the items.
pub(super) async fn submit(app: App, items: Vec<Result<Draft, Refusal>>) -> impl Future<Output = Vec<Outcome>> + use<> {
    let mut drafts = Vec::with_capacity(items.len());
    let unfit: Vec<Option<Refusal>> =
        items.into_iter().map(|item| item.map(|draft| drafts.push(draft)).err()).collect();
    let submitted = app.broker.submit(drafts).await;
    async move {
        let published = match submitted {
            Ok(appending) => appending.await,
            Err(error) => Err(error),
        };
        let outcomes = outcomes(unfit, published);
        for refusal in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
            app.metrics.count_refusal(refusal.code());
        }
        outcomes
    }
}

/// Puts what became of the items that were fit to be published in their places among the others.
fn outcomes(unfit: Vec<Option<Refusal>>, published: Result<Vec<broker::Outcome>, NotStored>) -> Vec<Outcome> {
    match published {
        Ok(published) => {
            let mut fit = published.into_iter().map(|published| published.map(Receipt).map_err(Refusal::from));
            let outcome = |refusal: Option<Refusal>| refusal.map_or_else(|| fit.next(), |refusal| Some(Err(refusal)));
            unfit.into_iter().filter_map(outcome).collect()
        }
        Err(error) => {
            let error = Arc::new(error);
            let outcome = |refusal: Option<Refusal>| refusal.unwrap_or_else(|| Refusal::Store(Arc::clone(&error)));
            unfit.into_iter().map(|refusal| Err(outcome(refusal))).collect()
        }
    }
}
