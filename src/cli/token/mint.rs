//! `sse token mint`: a JWT, for tests and for systems that have no provider of their own.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use clap::{ArgGroup, Args};
use serde_json::{Map, Value, json};

use crate::auth::{Algorithm, Claims, SigningKey};
use crate::bench::System;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::secret::Hidden;
use crate::cli::{identity, values};
use crate::topic::Pattern;

/// How long a token lasts if nothing else is said.
const USUAL_LIFE: Duration = Duration::from_hours(1);

/// Make a JSON Web Token and print it.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("signed with").args(["jwt_secret", "key"]).required(true)))]
pub(super) struct Options {
    /// The secret to sign with, 32 bytes at least; @FILE reads it from a file.
    #[arg(long, env = "SSE_JWT_SECRET", value_name = "SECRET")]
    jwt_secret: Option<Hidden>,
    /// The private key to sign with (PEM, PKCS 8).
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// The algorithm [default: HS256, RS256, ES256, ES384 or `EdDSA`, as the key is].
    #[arg(long, value_name = "NAME")]
    algorithm: Option<Algorithm>,
    /// The name of the key, for who has several to verify with.
    #[arg(long, value_name = "ID")]
    kid: Option<String>,
    /// Whose the token is: the user of `$user/…`.
    #[arg(long, value_name = "USER")]
    sub: Option<String>,
    /// The session that it is for, of `$session/…`.
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// A role; can be repeated.
    #[arg(long = "role", value_name = "NAME")]
    roles: Vec<String>,
    /// Another claim; can be repeated. A value that is JSON is taken as that, any other is text.
    #[arg(long = "claim", value_name = "NAME=VALUE", value_parser = claim)]
    claims: Vec<(String, Value)>,
    /// A topic or pattern that it may subscribe to; can be repeated.
    #[arg(long = "subscribe", value_name = "PATTERN")]
    subscribe: Vec<Pattern>,
    /// A topic or pattern that it may publish to; can be repeated.
    #[arg(long = "publish", value_name = "PATTERN")]
    publish: Vec<Pattern>,
    /// It may see and end connections.
    #[arg(long)]
    admin: bool,
    /// Who issues it.
    #[arg(long, value_name = "NAME")]
    issuer: Option<String>,
    /// Whom it is for; can be repeated.
    #[arg(long = "audience", value_name = "NAME")]
    audiences: Vec<String>,
    /// After how long it is over; `never` is for a broker that accepts that [default: 1h].
    #[arg(long, value_name = "DURATION", value_parser = expiry)]
    expires: Option<Expiry>,
    /// From when on it is good: so long from now.
    #[arg(long, value_name = "DURATION", value_parser = values::duration)]
    not_before: Option<Duration>,
}

/// When a token is over.
#[derive(Clone, Copy, Debug)]
enum Expiry {
    Never,
    After(Duration),
}

pub(super) fn run(options: &Options) -> Result<Exit, Failure> {
    let key = options.signing_key()?;
    let key = options.algorithm.into_iter().fold(key, SigningKey::with);
    options.check_claims()?;
    let token = key.sign(&options.claims(SystemTime::now()), options.kid.as_deref());
    let token = token.map_err(|error| Failure::new(Exit::Usage, error))?;
    writeln!(std::io::stdout(), "{token}")?;
    Ok(Exit::Done)
}

impl Options {
    fn signing_key(&self) -> Result<SigningKey, Failure> {
        let wrong = |option: &'static str| move |error| Failure::new(Exit::Usage, error).context(option);
        if let Some(file) = &self.key {
            let pem = std::fs::read(file).map_err(System::from);
            let pem = pem.with_context(|| format!("cannot read the key {}", file.display()))?;
            return SigningKey::from_pem(&pem).map_err(wrong("--key"));
        }
        let secret = identity::secret(self.jwt_secret.as_ref().map_or("", Hidden::reveal))?;
        SigningKey::from_secret(&secret).map_err(wrong("--jwt-secret"))
    }

    /// Makes sure that no claim is said twice: one of them would not be in the token.
    fn check_claims(&self) -> Result<(), Failure> {
        let options = [
            ("sub", "--sub", self.sub.is_some()),
            ("sid", "--session", self.session.is_some()),
            ("iss", "--issuer", self.issuer.is_some()),
            ("aud", "--audience", !self.audiences.is_empty()),
            ("nbf", "--not-before", self.not_before.is_some()),
            ("exp", "--expires", self.expires.is_some()),
            ("roles", "--role", !self.roles.is_empty()),
            ("sse", "--subscribe, --publish or --admin", self.permissions().is_some()),
        ];
        for (number, (name, _)) in self.claims.iter().enumerate() {
            if let Some((_, option, _)) = options.iter().find(|(claim, _, is_given)| claim == name && *is_given) {
                return Err(Failure::usage(format!("the claim {name:?} is said by {option} and by --claim: give one")));
            }
            if self.claims[..number].iter().any(|(earlier, _)| earlier == name) {
                return Err(Failure::usage(format!("--claim says {name:?} more than once")));
            }
        }
        Ok(())
    }

    fn claims(&self, now: SystemTime) -> Claims {
        let mut claims = Map::new();
        let mut add = |name: &str, value: Option<Value>| {
            claims.extend(value.map(|value| (name.to_owned(), value)));
        };
        let after = |duration: Duration| {
            json!(now.duration_since(UNIX_EPOCH).unwrap_or_default().saturating_add(duration).as_secs())
        };
        let texts = |texts: &[String]| (!texts.is_empty()).then(|| json!(texts));
        add("sub", self.sub.as_deref().map(Value::from));
        add("sid", self.session.as_deref().map(Value::from));
        add("iss", self.issuer.as_deref().map(Value::from));
        add("aud", texts(&self.audiences));
        add("iat", Some(after(Duration::ZERO)));
        add("nbf", self.not_before.map(after));
        add(
            "exp",
            match self.expires.unwrap_or(Expiry::After(USUAL_LIFE)) {
                Expiry::Never => None,
                Expiry::After(duration) => Some(after(duration)),
            },
        );
        add("roles", texts(&self.roles));
        add("sse", self.permissions());
        for (name, value) in &self.claims {
            add(name, Some(value.clone()));
        }
        claims.into()
    }

    fn permissions(&self) -> Option<Value> {
        let Self { subscribe, publish, admin, .. } = self;
        if subscribe.is_empty() && publish.is_empty() && !admin {
            return None;
        }
        let texts = |patterns: &[Pattern]| patterns.iter().map(Pattern::to_string).collect::<Vec<_>>();
        let mut permissions = json!({ "subscribe": texts(subscribe), "publish": texts(publish) });
        if *admin {
            permissions["admin"] = true.into();
        }
        Some(permissions)
    }
}

fn claim(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or("give it as NAME=VALUE")?;
    Ok((name.to_owned(), serde_json::from_str(value).unwrap_or_else(|_| value.into())))
}

fn expiry(text: &str) -> Result<Expiry, String> {
    if text == "never" { Ok(Expiry::Never) } else { values::duration(text).map(Expiry::After) }
}
