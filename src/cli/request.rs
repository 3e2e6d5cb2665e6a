//! What `listen` and `send` share about requests: headers as options, and words for what may go wrong with them.

use std::fmt::Write as _;
use std::io::Write as _;
use std::iter::successors;
use std::str::FromStr;
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use clap::Args;

use super::exit::Exit;
use super::failure::Failure;
use super::secret::Secret;
use super::terminal::escape_control;
use super::values::for_people;
use super::words::shortened;
use crate::client::{Answer, Error, Header, HeaderError, Lost, Mismatch, Network, Peer, PublishError};

pub(crate) const CERTIFICATES: &str =
    "trusted certificates are those of the system, or those in the file of --cacert; -k takes any";

const REDIRECTIONS: &str = "`curl -i URL` shows where it redirects to";

/// Headers that are added to every request.
#[derive(Debug, Args)]
pub(crate) struct Headers {
    /// Add a header to every request, such as 'X-Api-Key: …'; may be repeated. One that may be a credential is not sent to
    /// another server, if it redirects there.
    #[arg(short = 'H', long = "header", env = "SSE_HEADER", value_name = "HEADER", value_parser = Secret::<Header>::new())]
    #[arg(help_heading = "Request")]
    header: Vec<Header>,
    /// Add the header 'Authorization: Bearer TOKEN' to every request, unless --header gives an Authorization. In the
    /// variable the token is hidden from `ps`.
    #[arg(long, env = "SSE_TOKEN", value_name = "TOKEN", value_parser = Secret::<Bearer>::new(), help_heading = "Request")]
    bearer: Option<Bearer>,
    /// Add the header 'Authorization: Basic …' for this user to every request; goes before --bearer.
    #[arg(short, long, env = "SSE_USER", value_name = "USER:PASSWORD", value_parser = Secret::<User>::new())]
    #[arg(help_heading = "Request")]
    user: Option<User>,
    /// Add the header 'Cookie: …' to every request.
    #[arg(long, env = "SSE_COOKIE", value_name = "NAME=VALUE; …", value_parser = Secret::<Cookie>::new())]
    #[arg(help_heading = "Request")]
    cookie: Option<Cookie>,
}

impl Headers {
    /// All of them.
    pub(crate) fn all(&self) -> Vec<Header> {
        let by_hand = self.header.iter().any(|header| header.is("authorization"));
        let user = self.user.as_ref().map(|user| user.0.clone());
        let credentials = user.or_else(|| self.bearer.as_ref().and_then(|bearer| bearer.0.clone()));
        let cookie = self.cookie.as_ref().map(|cookie| cookie.0.clone());
        self.header.iter().cloned().chain(credentials.filter(|_| !by_hand)).chain(cookie).collect()
    }
}

/// A user and a password as the header that carries them: RFC 7617.
#[derive(Clone, Debug)]
struct User(Header);

/// Why a text names no user.
#[derive(Debug, thiserror::Error)]
enum NotAUser {
    #[error("give it as USER:PASSWORD")]
    NoColon,
    #[error(transparent)]
    Header(#[from] HeaderError),
}

impl FromStr for User {
    type Err = NotAUser;

    fn from_str(text: &str) -> Result<Self, NotAUser> {
        if !text.contains(':') {
            return Err(NotAUser::NoColon);
        }
        Ok(Self(format!("Authorization: Basic {}", BASE64_STANDARD.encode(text)).parse()?))
    }
}

/// Cookies as the header that carries them.
#[derive(Clone, Debug)]
struct Cookie(Header);

impl FromStr for Cookie {
    type Err = HeaderError;

    fn from_str(text: &str) -> Result<Self, HeaderError> {
        format!("Cookie: {text}").parse().map(Self)
    }
}

/// A token as the header that carries it; an empty one, such as that of an empty variable, is none.
#[derive(Clone, Debug)]
struct Bearer(Option<Header>);

impl FromStr for Bearer {
    type Err = HeaderError;

    fn from_str(token: &str) -> Result<Self, HeaderError> {
        let token = token.trim();
        let header = (!token.is_empty()).then(|| format!("Authorization: Bearer {token}").parse());
        Ok(Self(header.transpose()?))
    }
}

/// Says how a stream ended that ended badly.
pub(crate) fn stream_failure(error: Error) -> Failure {
    match error {
        Error::NotAnEventStream { ref answer, ref mismatch } => {
            show(answer);
            let hint = left_behind(answer).unwrap_or_else(|| refusal_hint(answer, mismatch).to_owned());
            Failure::new(Exit::Refused, error).hint(hint)
        }
        Error::Lost(Lost::Unreachable { ref peer, ref cause }) => {
            let hint = unreachable_hint(peer, cause, "; --wait keeps trying");
            Failure::new(Exit::Failed, error).hint(hint)
        }
        Error::Lost(Lost::Unanswered { .. }) => {
            Failure::from(error).hint("does this port speak HTTP, or only https://? --wait keeps trying")
        }
        Error::Setup(_) => Failure::from(error).hint(CERTIFICATES),
        Error::Idle(_) => Failure::new(Exit::Idle, error).hint("--idle-timeout is how long a connection may be silent"),
        Error::Lost(Lost::Astray { .. }) => Failure::from(error).hint(REDIRECTIONS),
        Error::LastEventId(_) => Failure::new(Exit::Usage, error),
        Error::TooLong(_) => Failure::from(error).hint("--max-event-size raises the limit"),
        error => Failure::from(error),
    }
}

/// Says why an event was not published.
pub(crate) fn publish_failure(error: PublishError) -> Failure {
    match error {
        PublishError::NotABroker(ref answer) => {
            show(answer);
            let hint = left_behind(answer).unwrap_or_else(|| publish_hint(answer).to_owned());
            Failure::new(Exit::Refused, error).hint(hint)
        }
        PublishError::Lost(Lost::Unreachable { ref peer, ref cause }) => {
            let hint = unreachable_hint(peer, cause, "");
            Failure::new(Exit::Failed, error).hint(hint)
        }
        PublishError::Setup(_) => Failure::from(error).hint(CERTIFICATES),
        PublishError::Late { .. } => Failure::from(error).hint("--timeout waits longer"),
        PublishError::Lost(Lost::Astray { .. }) => Failure::from(error).hint(REDIRECTIONS),
        PublishError::Refused(_) => Failure::new(Exit::Refused, error),
        error => Failure::from(error),
    }
}

/// Says that a request failed and is made again after a wait.
pub(crate) fn trying_again(error: &PublishError, wait: Duration) -> String {
    let failed = match error {
        // That it may be carried out is for the end to say, if nobody answers until then.
        PublishError::Unanswered { peer, .. } => format!("{peer} did not answer"),
        PublishError::Late { peer, patience } => format!("{peer} did not answer within {patience:?}"),
        error => {
            let causes = successors(Some(error as &dyn std::error::Error), |error| error.source());
            causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
        }
    };
    // Nobody wonders about less than a second.
    let when = if wait < Duration::from_secs(1) { String::new() } else { format!(" in {}", for_people(wait)) };
    format!("{failed}; trying again{when}")
}

/// What a person can try when no connection comes about; `or` is what the command offers besides.
fn unreachable_hint(peer: &Peer, cause: &Network, or: &str) -> String {
    let what = match peer {
        _ if cause.is_certificate() => return CERTIFICATES.to_owned(),
        Peer::Socket(_) => "does a server listen on that socket?".to_owned(),
        Peer::Proxied { .. } => "does the proxy run, and may it connect to that server?".to_owned(),
        Peer::Server { variable: Some(variable), .. } => {
            format!("{variable} names a proxy: does it run? NO_PROXY names the hosts that are reached without it")
        }
        Peer::Server { .. } if cause.is_refused() => {
            "nothing listens there: is the server running? `sse serve` starts a broker".to_owned()
        }
        Peer::Server { .. } => "check the address and the network".to_owned(),
    };
    what + or
}

/// What a person has to know when another server refuses than the one that was asked.
fn left_behind(answer: &Answer) -> Option<String> {
    let names = Some(answer.left_behind.join(" and ")).filter(|names| !names.is_empty());
    let names = names.filter(|_| (400..500).contains(&answer.status))?;
    Some(format!("it redirects to another server, which is not sent {names}: if it shall have them, give its URL"))
}

/// What a person can try when a stream is refused.
fn refusal_hint(answer: &Answer, mismatch: &Mismatch) -> &'static str {
    match answer.status {
        _ if matches!(mismatch, Mismatch::Encoding(_)) => "gzip, deflate, br and zstd are known here, one at a time",
        200 if is_json(mismatch) => "does the request ask for a stream? those to language models say \"stream\": true",
        200 => "does the endpoint stream only for another path, for -X POST, or with a request body (-d)?",
        204 => "204 is how a server tells its clients to stop reconnecting",
        401 | 403 => "a token goes into SSE_TOKEN or --bearer, other credentials into a header: -H 'X-Api-Key: …'",
        404 => "check the path; on a broker, the topic TOPIC is at /events/TOPIC",
        405 => "the endpoint wants another method: -X METHOD, or -d DATA for POST",
        429 | 502..=504 => "--retry-status 429,5xx tries again later",
        500.. => "the server failed: what it says is above",
        _ => "what the server says is above",
    }
}

fn is_json(mismatch: &Mismatch) -> bool {
    matches!(mismatch, Mismatch::ContentType(Some(found)) if found.starts_with("application/json"))
}

/// What a person can try when something else than a broker answers.
fn publish_hint(answer: &Answer) -> &'static str {
    match answer.status {
        300..=399 => "only a 307 or 308 takes an event along: if its location is right, give that as the URL",
        401 | 403 => "a token goes into SSE_TOKEN or --bearer, other credentials into a header: -H 'X-Api-Key: …'",
        429 => "what is at the URL wants fewer requests: send again later",
        500.. => "something in front of the broker may have answered",
        _ => "a broker takes events at /events/TOPIC; is the address right?",
    }
}

/// The most of a header that is shown, in bytes.
const LONGEST_HEADER: usize = 1024;

/// Shows the answer on stderr as it would be seen on the wire, without what could act on a terminal.
fn show(answer: &Answer) {
    let mut text = format!("{}\n", answer.status_line);
    for (name, value) in &answer.headers {
        let _ = writeln!(text, "{name}: {}", shortened(value, LONGEST_HEADER));
    }
    if !answer.body.is_empty() {
        let body = String::from_utf8_lossy(&answer.body);
        let cut = if answer.cut { "…\n(only the beginning of the body is shown)" } else { "" };
        let _ = write!(text, "\n{}{cut}\n", body.replace("\r\n", "\n").trim_end());
    }
    // If stderr is gone there is nobody left to tell.
    let _ = writeln!(std::io::stderr(), "{}", escape_control(&text, "\n\t"));
}
