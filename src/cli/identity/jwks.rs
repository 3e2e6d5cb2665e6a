//! Where the keys of an identity provider are: at a URL or in a file.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use anyhow::Context as _;
use url::Url;

use crate::bench::System;
use crate::cli::failure::Failure;
use crate::client::{Transport, fetch};

/// The largest key set that is read, in bytes: hundreds of keys.
const LARGEST: usize = 1 << 20;

/// How long a provider may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where a key set is; the credentials of a URL are not shown.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::cli) enum Jwks {
    Url(Url),
    File(PathBuf),
}

/// Says that a text names neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("give a URL such as https://login.example.com/.well-known/jwks.json, or a file")]
pub(in crate::cli) struct NotASource;

impl FromStr for Jwks {
    type Err = NotASource;

    fn from_str(text: &str) -> Result<Self, NotASource> {
        if text.is_empty() {
            return Err(NotASource);
        }
        match text.contains("://").then(|| Url::parse(text)) {
            Some(Ok(url)) if matches!(url.scheme(), "http" | "https") => Ok(Self::Url(url)),
            Some(_) => Err(NotASource),
            None => Ok(Self::File(text.into())),
        }
    }
}

impl fmt::Display for Jwks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => f.write_str(&crate::client::without_credentials(url)),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

impl fmt::Debug for Jwks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Jwks {
    /// The file.
    pub(in crate::cli) fn file(&self) -> Option<&Path> {
        match self {
            Self::Url(_) => None,
            Self::File(path) => Some(path),
        }
    }

    /// The document.
    pub(in crate::cli) async fn load(&self) -> Result<Vec<u8>, Failure> {
        let context = || format!("cannot get the keys of --jwks {self}");
        match self {
            Self::File(path) => Ok(tokio::fs::read(path).await.map_err(System::from).with_context(context)?),
            Self::Url(url) => Ok(fetch(&Transport::default(), url, LARGEST, PATIENCE).await.with_context(context)?),
        }
    }
}
