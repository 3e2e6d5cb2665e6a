//! Who makes a request: its token is found, and the authority is asked what it may do.
//!
//! A token comes in the `Authorization` header, RFC 6750 §2.1, or in a cookie; a page that can set neither, as
//! `EventSource` cannot, asks for a ticket first and puts that into the URL.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use axum::Json;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri, header};
use axum::response::IntoResponse;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use tokio::sync::{mpsc, oneshot};

use super::connection::Peer;
use super::limit::Failures;
use super::origin::{self, Origin};
use super::parameters::{Parameters, header as one_header};
use super::refusal::Refusal;
use super::router::App;
use crate::auth::{Authority, Denied, Digest, Grant, Tickets};

/// The parameters of a URL that say who makes the request.
pub(super) const IN_QUERY: [&str; 2] = ["ticket", "token"];

/// How long a request waits for keys that are fetched anew because its token names one that is not known.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks for the keys anew; the other end is dropped when they have been fetched, or will not be.
pub type KeysWanted = mpsc::Sender<oneshot::Sender<()>>;

/// Who decides, which can be replaced while requests come.
#[derive(Clone, Debug)]
pub struct Identity(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// `None` is that everyone may do everything.
    authority: RwLock<Option<Arc<Authority>>>,
    tickets: Mutex<Tickets>,
    places: Places,
    keys: Option<KeysWanted>,
    everything: Arc<Grant>,
}

/// Where a token may be, beside the `Authorization` header.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// In the cookie of this name.
    pub cookie: Option<String>,
    /// In the parameter `token` of the URL, which ends up in logs and histories.
    pub query: bool,
}

impl Identity {
    /// This authority decides; `None` lets everyone do everything. `keys` fetches the keys anew, where that can be done.
    #[must_use]
    pub fn new(authority: Option<Authority>, places: Places, keys: Option<KeysWanted>) -> Self {
        let authority = RwLock::new(authority.map(Arc::new));
        let everything = Arc::new(Grant::everything());
        Self(Arc::new(Shared { authority, tickets: Mutex::default(), places, keys, everything }))
    }

    /// From now on this one decides. Streams that are open stay so; tickets that are out are good no more.
    pub fn replace(&self, authority: Authority) {
        // Held, so that nobody uses a ticket of before when this one has begun to decide.
        let mut tickets = self.tickets();
        *self.0.authority.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(authority));
        tickets.end_reign();
    }

    fn authority(&self) -> Option<Arc<Authority>> {
        self.0.authority.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What a request may do. From an address of which too many bad tokens came, no signature is computed but that of a
    /// token which was accepted before.
    async fn admit(
        &self,
        parts: &Parts,
        origins: &[Origin],
        watched: Watched<'_>,
        for_what: For,
    ) -> Result<Arc<Grant>, Refusal> {
        let Some(authority) = self.authority() else { return Ok(Arc::clone(&self.0.everything)) };
        let token = match self.0.places.find(&parts.uri, &parts.headers, origins)? {
            Found::Token(token) => token,
            Found::Ticket(_) if for_what != For::Stream => return Err(Refusal::TicketElsewhere),
            Found::Ticket(ticket) => return Ok(self.tickets().take(&ticket, SystemTime::now())?),
        };
        let Some((failures, address)) = watched else { return self.look(authority, &token).await };
        match failures.refused_for(address, Instant::now()) {
            Some(wait) if !failures.remembers(&token) => {
                authority.admit_known(&token).map(Arc::new).ok_or(Refusal::TooManyFailures(wait))
            }
            _ => {
                let grant = self.look(authority, &token).await?;
                // A static token is found without a signature.
                if grant.token.is_none() {
                    failures.remember(&token);
                }
                Ok(grant)
            }
        }
    }

    /// What a token may do. If it names a key that is not known, keys are fetched, and who decides then is asked again.
    async fn look(&self, authority: Arc<Authority>, token: &str) -> Result<Arc<Grant>, Refusal> {
        let admitted = authority.admit(token, SystemTime::now());
        if let Err(Denied::UnknownKey(_)) = admitted {
            self.wait_for_keys().await;
            let now = self.authority().filter(|now| !Arc::ptr_eq(now, &authority));
            if let Some(authority) = now {
                return Ok(Arc::new(authority.admit(token, SystemTime::now())?));
            }
        }
        Ok(Arc::new(admitted?))
    }

    /// Has the keys fetched, and waits until they have been, or will not be.
    async fn wait_for_keys(&self) {
        let Some(keys) = &self.0.keys else { return };
        let (done, fetched) = oneshot::channel();
        if keys.try_send(done).is_ok() {
            // However it ends: whether there are other keys now is seen by whoever looks.
            let _ = tokio::time::timeout(PATIENCE, fetched).await;
        }
    }

    fn tickets(&self) -> std::sync::MutexGuard<'_, Tickets> {
        self.0.tickets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a token was none that an honest client would have sent: time passes for all of them, and `EventSource` comes back
/// with the ticket that it has used. Nobody guesses one, and none costs a signature.
fn is_bad(denied: &Denied) -> bool {
    !matches!(denied, Denied::Missing | Denied::Expired(_) | Denied::Ticket)
}

/// What is known of bad tokens, and where a request comes from.
type Watched<'g> = Option<(&'g Failures, IpAddr)>;

/// What a request is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    /// To open a stream: what a page can do with a URL alone.
    Stream,
    Other,
}

/// What was found in a request.
enum Found {
    Token(String),
    Ticket(String),
}

impl Found {
    /// What it is known by.
    fn digest(&self) -> Digest {
        let (Self::Token(text) | Self::Ticket(text)) = self;
        Digest::of(text)
    }
}

impl Places {
    /// Looks for what says who makes a request: in one place. A cookie comes along unasked, so it is looked at last, and not
    /// at all if a page of an origin that nobody has named may have had it sent.
    fn find(&self, uri: &Uri, headers: &HeaderMap, origins: &[Origin]) -> Result<Found, Refusal> {
        let in_header = one_header(headers, "authorization")?.map(bearer).transpose()?;
        let [ticket, token] = IN_QUERY.map(|name| in_query(uri, name));
        if token.is_some() && !self.query {
            return Err(Refusal::TokenInQuery);
        }
        match (in_header, ticket, token) {
            (Some(token), None, None) => Ok(Found::Token(token.to_owned())),
            (None, Some(ticket), None) => Ok(Found::Ticket(ticket)),
            (None, None, Some(token)) => Ok(Found::Token(token)),
            (None, None, None) => {
                let token = self.in_cookie(headers).ok_or(Denied::Missing)?;
                match origin::without_cookies(origins, uri, headers) {
                    None => Ok(Found::Token(token)),
                    Some(origin) => Err(Refusal::CookieOfPage(origin.into_owned())),
                }
            }
            _ => Err(Refusal::SeveralTokens),
        }
    }

    /// The cookie (RFC 6265 §4.2.1).
    fn in_cookie(&self, headers: &HeaderMap) -> Option<String> {
        let wanted = self.cookie.as_deref()?;
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == wanted).map(|(_, value)| value.trim_matches('"').to_owned())
    }
}

/// The token of an `Authorization` header.
fn bearer(value: &str) -> Result<&str, Refusal> {
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(Refusal::NotBearer),
    }
}

/// A parameter of the URL; the first if it is there more than once, which whoever parses the others refuses.
fn in_query(uri: &Uri, wanted: &str) -> Option<String> {
    let pairs = uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    let value = pairs.into_iter().find(|(name, _)| *name == wanted)?.1;
    Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
}

/// What the request may do: whoever takes it as an argument has had its token looked at.
#[derive(Clone, Debug)]
pub(super) struct Who(pub(super) Arc<Grant>);

impl Who {
    /// Looks at the token of a request.
    async fn of(parts: &Parts, app: &App, for_what: For) -> Result<Self, Refusal> {
        let address = parts.extensions.get::<Peer>().map(|peer| peer.address);
        let watched = app.gates.failures.as_ref().zip(address);
        let admitted = app.settings.identity.admit(parts, &app.settings.origins, watched, for_what).await;
        if let (Some((failures, address)), Err(Refusal::Denied(denied))) = (watched, &admitted)
            && is_bad(denied)
        {
            failures.note(address, Instant::now());
        }
        admitted.map(Self)
    }
}

impl FromRequestParts<App> for Who {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        Self::of(parts, app, For::Other).await
    }
}

/// The same of a request that opens a stream, which may come with a ticket. That stands in a URL, where others may see it, so
/// it is good for nothing else.
pub(super) struct Listener(pub(super) Arc<Grant>);

impl Listener {
    /// Looks at the token or the ticket of a request.
    pub(super) async fn of(parts: &Parts, app: &App) -> Result<Self, Refusal> {
        let for_what = if parts.method == Method::GET { For::Stream } else { For::Other };
        Who::of(parts, app, for_what).await.map(|who| Self(who.0))
    }
}

impl FromRequestParts<App> for Listener {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        Self::of(parts, app).await
    }
}

/// The answer to `POST /api/tickets`.
#[derive(Serialize)]
pub(super) struct TicketAnswer {
    ticket: String,
    /// Seconds.
    expires_in: u64,
}

/// `POST /api/tickets`: a ticket for the token of the request. There is none for a ticket: one after the other they would
/// outlive their token.
pub(super) async fn ticket(State(app): State<App>, request: Request) -> Result<impl IntoResponse, Refusal> {
    let (parts, _) = request.into_parts();
    if in_query(&parts.uri, "ticket").is_some() {
        return Err(Refusal::TicketForTicket);
    }
    let identity = &app.settings.identity;
    let token = identity.0.places.find(&parts.uri, &parts.headers, &app.settings.origins).map(|found| found.digest());
    loop {
        let reign = identity.tickets().reign();
        let Who(grant) = Who::of(&parts, &app, For::Other).await?;
        let (mut tickets, now) = (identity.tickets(), SystemTime::now());
        // Meanwhile keys or rules may have changed: what the token may do is asked again then.
        if tickets.reign() == reign {
            Parameters::parse(&parts.uri, &[])?;
            // Where everyone may do everything there may be no token.
            let ticket = tickets.give(token.unwrap_or(Digest::of("")), grant, now)?;
            let answer = TicketAnswer { ticket: ticket.reveal().to_owned(), expires_in: ticket.life().as_secs() };
            return Ok(([(header::CACHE_CONTROL, "no-store")], Json(answer)));
        }
    }
}

#[cfg(test)]
mod tests;
