//! What is spoken to the server: the options about TLS, and what to do where it does not come about.

use clap::builder::BoolishValueParser;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, value_parser};

use crate::bench::{self, BadHandshake, Malformed, Protocol, Refusal, Trust};
use crate::cli::failure::Failure;
use crate::cli::request::CERTIFICATES;
use crate::cli::transport::Certificates;

/// The options about it.
#[derive(Debug, Args)]
pub(super) struct WireOptions {
    #[command(flatten)]
    certificates: Certificates,
    /// Speak HTTP/2 as a subscriber, many streams on one connection: with TLS the server has to agree to it (ALPN), without
    /// it is spoken from the first byte. Publishers stay on HTTP/1.1.
    #[arg(long, env = "SSE_BENCH_HTTP2", help_heading = "Transport", value_parser = BoolishValueParser::new())]
    http2: bool,
    /// How many streams share a connection with --http2; where the server allows fewer there are more connections.
    #[arg(long, env = "SSE_BENCH_STREAMS_PER_CONNECTION", value_name = "COUNT", default_value_t = 100)]
    #[arg(help_heading = "Transport", value_parser = value_parser!(u32).range(1..=1_000_000))]
    streams_per_connection: u32,
}

/// The same, with the files that they name read.
#[derive(Debug, Default)]
pub(super) struct Wire {
    pub(super) trust: Trust,
    /// Of subscribers.
    pub(super) protocol: Protocol,
}

impl WireOptions {
    /// Those of plain HTTP/1.1.
    #[cfg(test)]
    pub(super) fn plain() -> Self {
        Self { certificates: Certificates::default(), http2: false, streams_per_connection: 1 }
    }

    /// Reads the files that are named.
    pub(super) fn wire(&self) -> Result<Wire, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let pem = runtime.block_on(self.certificates.read())?;
        let mut trust = Trust::default();
        trust.insecure = pem.insecure;
        pem.authorities(|pem| trust.trust(pem))?;
        pem.identity(|pem| trust.identify(pem))?;
        Ok(Wire { trust, protocol: if self.http2 { Protocol::Http2 } else { Protocol::Http1 } })
    }

    /// How many streams share a connection, if they do.
    pub(super) fn streams_per_connection(&self) -> Option<u32> {
        self.http2.then_some(self.streams_per_connection)
    }

    /// How many connections so many subscribers have.
    pub(super) fn sockets(&self, subscribers: u32, threads: u32) -> u64 {
        bench::sockets(subscribers, threads, self.streams_per_connection())
    }
}

/// Refuses what is typed and means nothing without HTTP/2.
pub(super) fn check(matches: &ArgMatches) -> Result<(), clap::Error> {
    let typed = matches.value_source("streams_per_connection") == Some(ValueSource::CommandLine);
    if !typed || matches.get_flag("http2") {
        return Ok(());
    }
    let sentence = "--streams-per-connection means nothing without --http2\n";
    Err(clap::Error::raw(ErrorKind::ArgumentConflict, sentence))
}

/// What can be done where the server speaks something else, if that is what is wrong.
pub(super) fn hint(source: &Refusal) -> Option<&'static str> {
    match source {
        Refusal::Tls(bad) => Some(about_tls(bad)),
        Refusal::Malformed(Malformed::Tls) => Some("the URL of a server that speaks TLS begins with https://"),
        Refusal::NoHttp2(_) | Refusal::NoStreams => Some(WITHOUT_HTTP2),
        _ => None,
    }
}

const WITHOUT_HTTP2: &str = "without --http2 subscribers speak HTTP/1.1";

fn about_tls(bad: &BadHandshake) -> &'static str {
    match bad {
        BadHandshake::Certificate(_) => CERTIFICATES,
        BadHandshake::CertificateRequired | BadHandshake::CertificateRefused => {
            "--cert and --cert-key name the certificate that is shown, and its key"
        }
        BadHandshake::Protocol(Protocol::Http2) => WITHOUT_HTTP2,
        BadHandshake::Protocol(Protocol::Http1) => "publishers speak HTTP/1.1; with --http2 subscribers speak HTTP/2",
        BadHandshake::NotTls | BadHandshake::Cut | BadHandshake::Late(_) | BadHandshake::Other(_) => {
            "does the server speak TLS there? Without it the URL begins with http://"
        }
    }
}
