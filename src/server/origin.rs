//! Which web pages may use the broker: CORS for those that may, a refusal for all others.
//!
//! A browser adds `Origin` to what a page of another origin sends (Fetch, §3.1). CORS alone only keeps the page from
//! reading the answer; a simple request, such as a `POST` of text, would be carried out. So a request of a foreign page
//! is refused before any handler sees it. Programs that are no browsers send no `Origin` and are not concerned.

use std::borrow::Cow;
use std::str::FromStr;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header, request};
use axum::response::Response;
use tower_http::cors::{AllowCredentials, AllowHeaders, AllowOrigin, CorsLayer};
use url::Url;

use super::refusal::Refusal;
use super::router::App;
use super::{Settings, host};

/// What a page may read of an answer beside what it always may.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "idempotent-replayed, ratelimit, ratelimit-policy, retry-after, sse-connection, www-authenticate",
);

/// One entry of the list of origins that may use the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Any page.
    Any,
    /// Pages from this machine: `localhost`, names below it, and loopback addresses, on any port.
    Loopback,
    /// Pages of this origin, as a browser writes it; `null` is what pages from files and sandboxes have.
    Exactly(String),
}

/// Says that a text names no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("give an origin such as https://app.example.com, or one of: loopback, null, *")]
pub struct NotAnOrigin;

impl FromStr for Origin {
    type Err = NotAnOrigin;

    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        match text {
            "*" => Ok(Self::Any),
            "loopback" => Ok(Self::Loopback),
            "null" => Ok(Self::Exactly(text.to_owned())),
            _ => {
                let url = Url::parse(text).map_err(|_| NotAnOrigin)?;
                let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
                let origin = url.origin();
                if bare && origin.is_tuple() {
                    Ok(Self::Exactly(origin.ascii_serialization()))
                } else {
                    Err(NotAnOrigin)
                }
            }
        }
    }
}

impl Origin {
    /// The host of an origin that is named.
    pub fn host(&self) -> Option<String> {
        let Self::Exactly(origin) = self else { return None };
        Url::parse(origin).ok()?.host_str().map(str::to_owned)
    }

    fn allows(&self, origin: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Loopback => is_loopback(origin),
            Self::Exactly(allowed) => allowed == origin,
        }
    }
}

fn is_loopback(origin: &str) -> bool {
    Url::parse(origin).is_ok_and(|url| url.host().is_some_and(|host| host::is_this_machine(&host)))
}

fn allows(origins: &[Origin], origin: &HeaderValue) -> bool {
    origin.to_str().is_ok_and(|origin| origins.iter().any(|allowed| allowed.allows(origin)))
}

/// Refuses what foreign pages send, preflights apart: those are answered without leave.
pub(super) fn check(settings: &Settings, request: &Request) -> Result<(), Refusal> {
    host::check(settings.hosts.as_deref(), request)?;
    match request.headers().get(header::ORIGIN) {
        Some(origin) if allows(&settings.origins, origin) || is_own(origin, request.uri(), request.headers()) => Ok(()),
        Some(origin) => Err(Refusal::Origin(String::from_utf8_lossy(origin.as_bytes()).into_owned())),
        None if is_foreign_embedding(request.headers()) => Err(Refusal::Embedded),
        None => Ok(()),
    }
}

/// A page that came from where its request goes: it is no foreign one.
fn is_own(origin: &HeaderValue, uri: &Uri, headers: &HeaderMap) -> bool {
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    origin.is_some_and(|(_, from)| host::asked_for(uri, headers).is_some_and(|to| to.eq_ignore_ascii_case(from)))
}

/// A foreign page that embeds a stream as an image or script: no `Origin`, and nothing it could read, but a connection.
fn is_foreign_embedding(headers: &HeaderMap) -> bool {
    let is = |name: &str, value: &str| headers.get(name).is_some_and(|found| found == value);
    is("sec-fetch-site", "cross-site") && is("sec-fetch-mode", "no-cors")
}

/// Whether pages of an origin may use the cookies that the browser has for this broker: those of origins that the operator has
/// named. Behind `loopback` and `*` may be anyone, and behind `null` any page that wants to.
fn lets_cookies_in(origins: &[Origin], origin: &HeaderValue) -> bool {
    let named = |allowed: &Origin| matches!(allowed, Origin::Exactly(name) if name == origin && name != "null");
    origins.iter().any(named)
}

/// The origin of the page that a request comes from, where the cookies that it brings say nothing of who wants it: a page
/// that anyone may have made has the browser send them along.
pub(super) fn without_cookies<'h>(origins: &[Origin], uri: &Uri, headers: &'h HeaderMap) -> Option<Cow<'h, str>> {
    let foreign = |origin: &&HeaderValue| !lets_cookies_in(origins, origin) && !is_own(origin, uri, headers);
    headers.get(header::ORIGIN).filter(foreign).map(|origin| String::from_utf8_lossy(origin.as_bytes()))
}

/// Lets the page that made a request read these headers of its answer.
pub(super) fn expose(response: &mut Response) {
    response.headers_mut().insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
}

/// Answers preflights and tells browsers that pages of these origins may read.
pub(super) fn cors(app: &App) -> CorsLayer {
    let (app, again) = (app.clone(), app.clone());
    let allow = move |origin: &HeaderValue, _: &request::Parts| allows(&app.settings.origins, origin);
    let with_credentials =
        move |origin: &HeaderValue, _: &request::Parts| lets_cookies_in(&again.settings.origins, origin);
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(allow))
        .allow_credentials(AllowCredentials::predicate(with_credentials))
        .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers(AllowHeaders::mirror_request())
        .allow_private_network(true)
        .max_age(std::time::Duration::from_hours(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_this_machine_and_nothing_that_looks_like_it() {
        for ours in ["http://localhost:5173", "https://app.localhost", "http://127.0.0.1", "http://[::1]:8080"] {
            assert!(Origin::Loopback.allows(ours), "{ours}");
        }
        for foreign in ["http://localhost.evil.test", "http://evil.test", "null", "", "http://127.0.0.1.evil.test"] {
            assert!(!Origin::Loopback.allows(foreign), "{foreign}");
        }
    }

    #[test]
    fn only_a_named_origin_brings_its_cookies() {
        let origins = ["*", "loopback", "null", "https://app.example.com"].map(|text| text.parse().expect("an origin"));
        let lets_in = |origin| lets_cookies_in(&origins, &HeaderValue::from_static(origin));
        assert!(lets_in("https://app.example.com"));
        for other in ["http://app.example.com", "http://localhost:5173", "null", "https://evil.example", ""] {
            assert!(!lets_in(other), "{other}");
        }
    }

    #[test]
    fn an_origin_is_compared_as_browsers_write_it() {
        let origin: Origin = "https://App.example.com:443/".parse().expect("an origin");
        assert!(origin.allows("https://app.example.com") && !origin.allows("http://app.example.com"));
        for wrong in ["app.example.com", "https://example.com/path", "", "localhost:5173"] {
            assert_eq!(wrong.parse::<Origin>(), Err(NotAnOrigin), "{wrong}");
        }
    }
}
