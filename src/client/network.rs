//! What went wrong below HTTP, in the words of the layer that knows.

use std::error::Error as _;
use std::fmt;
use std::io;

/// A failure to reach a server, or to read on from it. Its text is the innermost cause ("connection refused"): the
/// layers in between only repeat that there was one.
#[derive(Debug)]
pub struct Network(reqwest::Error);

impl Network {
    /// Whether nobody listens at the address.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        let io = |error: &(dyn std::error::Error + 'static)| error.downcast_ref::<io::Error>().map(io::Error::kind);
        causes(&self.0).any(|cause| io(cause) == Some(io::ErrorKind::ConnectionRefused))
    }

    /// Whether the server's certificate is not one that can be trusted.
    #[must_use]
    pub fn is_certificate(&self) -> bool {
        // Its type belongs to the TLS library, which only the HTTP client names.
        self.to_string().starts_with("invalid peer certificate")
    }

    /// Whether no connection came about, so that the server has seen nothing of the request.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        self.0.is_connect()
    }

    /// Whether another attempt must fail in the same way: the request is none that can be made.
    pub(super) fn is_hopeless(&self) -> bool {
        self.0.is_builder()
    }
}

impl From<reqwest::Error> for Network {
    fn from(error: reqwest::Error) -> Self {
        Self(error.without_url())
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let innermost = causes(&self.0).last().map_or_else(|| self.0.to_string(), ToString::to_string);
        // The number means something to the operating system only.
        let text = innermost.split(" (os error ").next().unwrap_or_default();
        let mut chars = text.chars();
        match chars.next() {
            Some(first) => write!(f, "{}{}", first.to_lowercase(), chars.as_str()),
            None => f.write_str("the connection failed"),
        }
    }
}

impl std::error::Error for Network {}

/// The causes of an error, the outermost first.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    std::iter::successors(error.source(), |&cause| cause.source())
}
