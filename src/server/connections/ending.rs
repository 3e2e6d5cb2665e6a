//! `DELETE /api/connections/{id}` and `DELETE /api/connections?user=…`: connections are ended.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use serde::Serialize;

use super::{WHICH, may_change, may_see, wanted};
use crate::server::identity::Who;
use crate::server::parameters::Parameters;
use crate::server::refusal::Refusal;
use crate::server::router::App;

/// How many connections were told to end.
#[derive(Serialize)]
pub(in crate::server) struct Ended {
    ended: usize,
}

/// Ends one.
pub(in crate::server) async fn one(State(app): State<App>, Who(grant): Who, uri: Uri) -> Result<Json<Ended>, Refusal> {
    Parameters::parse(&uri, &[])?;
    let connection = may_change(&app, &grant, &uri)?;
    Ok(Json(Ended { ended: usize::from(app.broker.kick(connection.id)) }))
}

/// Ends those that are wanted. It has to be said which: nobody means all of them.
pub(in crate::server) async fn several(
    State(app): State<App>,
    Who(grant): Who,
    uri: Uri,
) -> Result<Json<Ended>, Refusal> {
    let wanted = wanted(&Parameters::parse(&uri, &WHICH)?)?;
    may_see(&grant, &wanted)?;
    if wanted.is_any() {
        return Err(Refusal::AllConnections);
    }
    Ok(Json(Ended { ended: app.broker.kick_all(&wanted).await }))
}
