//! A document of a server, whole and of a bounded size: the keys of an identity provider. It tries once, and follows no
//! redirection: what is to be trusted comes from where the operator has said.

use std::time::Duration;

use url::Url;

use super::network::Network;
use super::redirect::Follow;
use super::transport::Transport;

/// Why there is no document.
#[derive(Debug, thiserror::Error)]
pub enum NotFetched {
    /// There is no answer, or it broke off.
    #[error(transparent)]
    Network(#[from] Network),
    /// It did not come in time.
    #[error("nothing came within {0:?}")]
    Late(Duration),
    /// The server has none.
    #[error("it answered with status {0}")]
    Status(u16),
    /// It is larger than what is read.
    #[error("it is larger than {0} bytes, the most that is read")]
    TooLarge(usize),
}

/// Fetches what is at a URL, at most so many bytes within so much time.
///
/// # Errors
/// [`NotFetched`].
pub async fn fetch(transport: &Transport, url: &Url, most: usize, limit: Duration) -> Result<Vec<u8>, NotFetched> {
    let late = |_| NotFetched::Late(limit);
    tokio::time::timeout(limit, whole(transport, url, most)).await.map_err(late)?
}

async fn whole(transport: &Transport, url: &Url, most: usize) -> Result<Vec<u8>, NotFetched> {
    let client = transport.way_to(url, Follow::All)?.client;
    let mut response = client.get(url.clone()).send().await.map_err(Network::from)?;
    if !response.status().is_success() {
        return Err(NotFetched::Status(response.status().as_u16()));
    }
    let mut document = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(Network::from)? {
        if document.len() + chunk.len() > most {
            return Err(NotFetched::TooLarge(most));
        }
        document.extend_from_slice(&chunk);
    }
    Ok(document)
}
