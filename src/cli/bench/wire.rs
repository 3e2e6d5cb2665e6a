//! What is spoken to the server: the options about TLS, and what to do where it does not come about.

use clap::Args;

use crate::bench::{BadHandshake, Protocol, Trust};
use crate::cli::failure::Failure;
use crate::cli::request::CERTIFICATES;
use crate::cli::transport::Certificates;

/// The options about it.
#[derive(Debug, Args)]
pub(super) struct WireOptions {
    #[command(flatten)]
    certificates: Certificates,
}

/// The same, with the files that they name read.
#[derive(Debug, Default)]
pub(super) struct Wire {
    pub(super) trust: Trust,
    /// Of subscribers.
    pub(super) protocol: Protocol,
}

impl WireOptions {
    /// Reads the files that are named.
    pub(super) fn wire(&self) -> Result<Wire, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let pem = runtime.block_on(self.certificates.read())?;
        let mut trust = Trust::default();
        trust.insecure = pem.insecure;
        pem.authorities(|pem| trust.trust(pem))?;
        pem.identity(|pem| trust.identify(pem))?;
        Ok(Wire { trust, protocol: Protocol::Http1 })
    }
}

/// What can be done about a handshake that failed.
pub(super) fn hint(bad: &BadHandshake) -> &'static str {
    match bad {
        BadHandshake::Certificate(_) => CERTIFICATES,
        BadHandshake::CertificateRequired | BadHandshake::CertificateRefused => {
            "--cert and --cert-key name the certificate that is shown, and its key"
        }
        BadHandshake::Protocol(_) => "publishers speak HTTP/1.1",
        BadHandshake::NotTls | BadHandshake::Cut | BadHandshake::Late(_) | BadHandshake::Other(_) => {
            "does the server speak TLS there? Without it the URL begins with http://"
        }
    }
}
