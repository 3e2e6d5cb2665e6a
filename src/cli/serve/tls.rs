//! The TLS options of `sse serve`, and the certificate that is read again when its files change.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::builder::BoolishValueParser;

use crate::cli::failure::Failure;
use crate::cli::values::positive_duration;
use crate::server::Tls;

/// Encryption.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "TLS")]
pub(super) struct TlsFiles {
    /// Speak TLS with the certificate chain in this PEM file. It is read again when it or its key changes, and at SIGHUP.
    #[arg(
        long = "tls-cert",
        env = "SSE_TLS_CERT",
        value_name = "FILE",
        requires = "key",
        conflicts_with = "self_signed"
    )]
    cert: Option<PathBuf>,
    /// The private key of the certificate, as a PEM file.
    #[arg(long = "tls-key", env = "SSE_TLS_KEY", value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// Speak TLS with a certificate that is made on the spot and that nobody can verify: for trying things out.
    #[arg(long = "tls-self-signed", env = "SSE_TLS_SELF_SIGNED", value_parser = BoolishValueParser::new())]
    self_signed: bool,
    /// Tell browsers to come over TLS only, and to remember that for so long (Strict-Transport-Security).
    #[arg(long, env = "SSE_HSTS", value_name = "DURATION", value_parser = positive_duration)]
    hsts: Option<Duration>,
}

impl TlsFiles {
    pub(super) fn load(&self, address: SocketAddr) -> Result<Option<Tls>, Failure> {
        match (&self.cert, &self.key) {
            (Some(cert), Some(key)) => Ok(Some(Tls::from_files(cert, key)?)),
            _ if self.self_signed => Ok(Some(Tls::self_signed(address.ip())?)),
            _ if self.hsts.is_some() => Err(Failure::usage("--hsts is given, and no TLS is spoken")
                .hint("--tls-cert and --tls-key speak it; where a proxy does, the proxy has to say so")),
            _ => Ok(None),
        }
    }

    /// For how long browsers are to remember that there is TLS.
    pub(super) fn hsts(&self) -> Option<Duration> {
        self.hsts
    }

    /// The files that are read.
    pub(super) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.cert.iter().chain(&self.key)
    }

    /// Reads the files again. What is wrong with them is told, and the certificate that is known stays.
    pub(super) fn read_again(&self, tls: Option<&Tls>) {
        let (Some(tls), Some(cert), Some(key)) = (tls, &self.cert, &self.key) else { return };
        match Tls::from_files(cert, key).map_err(Failure::from) {
            Ok(new) => {
                tls.replace(&new);
                tracing::info!("new connections get the certificate that is in {} now", cert.display());
            }
            Err(failure) => tracing::error!("{}; the certificate that is known stays", failure.in_words()),
        }
    }
}
