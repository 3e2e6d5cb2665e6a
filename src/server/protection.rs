//! What browsers are told for the safety of those who use them, beside which pages may read what: see `origin`.

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;

use super::Settings;

/// The page at `/` runs its own script, has its own style, and loads nothing. The two sums are those of the texts between
/// the tags: a test says the new ones when the page has changed.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(concat!(
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; ",
    "style-src 'sha256-i9I85hUmBKHCedikCk39RqX6L8i/Ek2gKvrMmgUhXNE='; ",
    "script-src 'sha256-cXOdJlViMLU0BDQqWMnHv09U8ph/YoEVAq1NcA9Wm70='",
));

/// The headers of the page at `/`. Its own address may hold a ticket.
pub(super) fn page() -> [(HeaderName, HeaderValue); 3] {
    [
        (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    ]
}

/// What every answer says.
#[derive(Clone, Debug)]
pub(super) struct Protection {
    /// That this name is to be asked over TLS only, and for how long: RFC 6797 §6.1.
    transport: Option<HeaderValue>,
}

impl Protection {
    pub(super) fn new(settings: &Settings) -> Self {
        let transport = settings.tls_only.and_then(|time| format!("max-age={}", time.as_secs()).try_into().ok());
        Self { transport }
    }

    pub(super) fn add(&self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        // What is published is anyone's, and no browser is to take it for a page or a script.
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Some(transport) = &self.transport {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, transport.clone());
        }
        response
    }
}
