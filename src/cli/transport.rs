//! What `listen` and `send` share about the way to a server: TLS, proxies, sockets, as options. `bench` has those of TLS too.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use clap::builder::BoolishValueParser;
use tokio::fs;

use super::exit::Exit;
use super::failure::Failure;
use crate::client::Transport;

/// Who is trusted, and what a server is shown.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Transport")]
#[group(skip)]
pub(crate) struct Certificates {
    /// Take any certificate: the connection is then encrypted, and to nobody knows whom.
    #[arg(short = 'k', long, env = "SSE_INSECURE", value_parser = BoolishValueParser::new())]
    insecure: bool,
    /// Trust the certificates of authority in this file (PEM), and no others.
    #[arg(long, env = "SSE_CACERT", value_name = "FILE", conflicts_with = "insecure")]
    cacert: Option<PathBuf>,
    /// Show this certificate (PEM) to a server that asks for one; the file may hold its key as well.
    #[arg(long, env = "SSE_CERT", value_name = "FILE")]
    cert: Option<PathBuf>,
    /// The private key of --cert (PEM, unencrypted).
    #[arg(long, env = "SSE_CERT_KEY", value_name = "FILE", requires = "cert")]
    cert_key: Option<PathBuf>,
}

/// The way to a server.
#[derive(Debug, Args)]
#[command(next_help_heading = "Transport")]
#[group(skip)]
pub(crate) struct Options {
    #[command(flatten)]
    certificates: Certificates,
    /// Go through this proxy: http://, https:// or socks5://. Without it `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and
    /// `NO_PROXY` count, but for this machine.
    #[arg(long, env = "SSE_PROXY", value_name = "URL")]
    proxy: Option<String>,
    /// Connect to this Unix socket, whatever host the URL names.
    #[arg(long, env = "SSE_UNIX_SOCKET", value_name = "PATH", conflicts_with = "proxy")]
    unix_socket: Option<PathBuf>,
    /// Speak HTTP/2 only, without TLS too. With TLS a server that can is spoken to so in any case.
    #[arg(long, env = "SSE_HTTP2", value_parser = BoolishValueParser::new())]
    http2: bool,
}

/// What the files of [`Certificates`] hold.
#[derive(Debug)]
pub(crate) struct Pem<'o> {
    authorities: Option<(&'o Path, Vec<u8>)>,
    identity: Option<(&'o Path, Vec<u8>)>,
    /// Whether any certificate is to be taken.
    pub(crate) insecure: bool,
}

impl Certificates {
    /// Reads the files that are named.
    pub(crate) async fn read(&self) -> Result<Pem<'_>, Failure> {
        let mut pem = Pem { authorities: None, identity: None, insecure: self.insecure };
        if let Some(file) = &self.cacert {
            pem.authorities = Some((file, read(file).await?));
        }
        if let Some(file) = &self.cert {
            let mut both = read(file).await?;
            if let Some(key) = &self.cert_key {
                both.push(b'\n');
                both.extend(read(key).await?);
            }
            pem.identity = Some((file, both));
        }
        Ok(pem)
    }
}

impl Pem<'_> {
    /// Hands over the certificates of authority, if there are any.
    pub(crate) fn authorities<E: Into<anyhow::Error>>(
        &self,
        take: impl FnOnce(&[u8]) -> Result<(), E>,
    ) -> Result<(), Failure> {
        let Some((file, pem)) = &self.authorities else { return Ok(()) };
        take(pem).map_err(|error| wrong("--cacert", file, error))
    }

    /// Hands over the certificate to show and its key, if there is one.
    pub(crate) fn identity<E: Into<anyhow::Error>>(
        &self,
        take: impl FnOnce(&[u8]) -> Result<(), E>,
    ) -> Result<(), Failure> {
        let Some((file, pem)) = &self.identity else { return Ok(()) };
        take(pem).map_err(|error| wrong("--cert", file, error))
    }
}

impl Options {
    /// Reads the files that are named.
    pub(crate) async fn transport(&self) -> Result<Transport, Failure> {
        let pem = self.certificates.read().await?;
        let mut transport = Transport::default();
        transport.insecure = pem.insecure;
        transport.http2 = self.http2;
        transport.unix_socket.clone_from(&self.unix_socket);
        pem.authorities(|pem| transport.trust(pem))?;
        pem.identity(|pem| transport.identify(pem))?;
        if let Some(proxy) = &self.proxy {
            let refused = |error| Failure::new(Exit::Usage, anyhow::Error::new(error).context("--proxy"));
            transport.go_through(proxy).map_err(refused)?;
        }
        Ok(transport)
    }

    /// The same way for curl: its options and their values.
    pub(crate) fn for_curl(&self) -> Vec<(&'static str, Option<String>)> {
        let path = |path: &PathBuf| Some(path.display().to_string());
        let Certificates { insecure, cacert, cert, cert_key } = &self.certificates;
        let mut options = Vec::new();
        options.extend(insecure.then_some(("--insecure", None)));
        options.extend(cacert.as_ref().map(|file| ("--cacert", path(file))));
        options.extend(cert.as_ref().map(|file| ("--cert", path(file))));
        options.extend(cert_key.as_ref().map(|file| ("--key", path(file))));
        options.extend(self.proxy.as_ref().map(|url| ("--proxy", Some(url.clone()))));
        options.extend(self.unix_socket.as_ref().map(|file| ("--unix-socket", path(file))));
        options.extend(self.http2.then_some(("--http2-prior-knowledge", None)));
        options
    }
}

async fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    Ok(fs::read(file).await.with_context(|| format!("cannot read {}", file.display()))?)
}

fn wrong(option: &str, file: &Path, error: impl Into<anyhow::Error>) -> Failure {
    Failure::new(Exit::Usage, error.into().context(format!("{option} {}", file.display())))
}
