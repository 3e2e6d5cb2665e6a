//! Who may use a broker: the options and the tables of the config file, put together into an authority. `serve` asks it
//! for every request, `sse token inspect` for one token.

mod jwks;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};

use super::config::Tables;
use super::exit::Exit;
use super::failure::Failure;
use super::secret::{Hidden, Secret};
use super::values::duration;
use crate::auth::{Algorithm, Authority, BadKey, Checks, Keys};
use crate::bench::System;
pub(super) use jwks::Jwks;

/// How far the clock of an issuer may be off if nothing else is said.
const USUAL_LEEWAY: Duration = Duration::from_secs(10);

/// The options that are taken from the config file again when it changes.
pub(super) const READ_AGAIN: [&str; 9] = [
    "jwt-secret",
    "jwt-key",
    "jwks",
    "jwt-algorithm",
    "jwt-issuer",
    "jwt-audience",
    "jwt-leeway",
    "jwt-allow-endless",
    "jwt-roles",
];

/// Who may use the broker.
#[derive(Debug, Args)]
#[command(next_help_heading = "Authentication")]
#[group(skip)]
pub(super) struct Options {
    /// Who may use the broker: everyone, who has a token of the config file ([[token]]), or who has one of these or a JWT.
    #[arg(long, env = "SSE_AUTH", value_name = "WHO", default_value = "none")]
    pub(super) auth: Who,
    /// The secret that JWTs are signed with (HS256, HS384, HS512), 32 bytes at least; @FILE reads it from a file.
    #[arg(long, env = "SSE_JWT_SECRET", value_name = "SECRET")]
    jwt_secret: Option<Hidden>,
    /// A public key (PEM) that JWTs are signed for (RSA, P-256, P-384, Ed25519); can be repeated.
    #[arg(long = "jwt-key", env = "SSE_JWT_KEY", value_name = "FILE", value_delimiter = ',')]
    jwt_keys: Vec<PathBuf>,
    /// The public keys of an identity provider, as a JSON Web Key Set: a URL, or a file. They are fetched anew every ten
    /// minutes, and when a token names a key that is not among them.
    #[arg(long, env = "SSE_JWKS", value_name = "URL|FILE", value_parser = Secret::<Jwks>::new())]
    jwks: Option<Jwks>,
    /// An algorithm that JWTs may be signed with; can be repeated [default: all that the keys are for].
    #[arg(long = "jwt-algorithm", env = "SSE_JWT_ALGORITHM", value_name = "NAME", value_delimiter = ',')]
    algorithms: Vec<Algorithm>,
    /// Who may have issued a JWT (`iss`); can be repeated [default: whoever has the key].
    #[arg(long = "jwt-issuer", env = "SSE_JWT_ISSUER", value_name = "NAME", value_delimiter = ',')]
    issuers: Vec<String>,
    /// Whom a JWT has to be for (`aud`); can be repeated. Without it, tokens that are for somebody are refused.
    #[arg(long = "jwt-audience", env = "SSE_JWT_AUDIENCE", value_name = "NAME", value_delimiter = ',')]
    audiences: Vec<String>,
    /// How far the clock of the issuer may be off [default: 10s].
    #[arg(long = "jwt-leeway", env = "SSE_JWT_LEEWAY", value_name = "DURATION", value_parser = duration)]
    leeway: Option<Duration>,
    /// Accept JWTs that never expire (without `exp`).
    #[arg(long = "jwt-allow-endless", env = "SSE_JWT_ALLOW_ENDLESS", value_parser = BoolishValueParser::new())]
    endless: bool,
    /// The claim of a JWT that holds its roles: a text or a list [default: roles].
    #[arg(long = "jwt-roles", env = "SSE_JWT_ROLES", value_name = "CLAIM")]
    roles: Option<String>,
}

/// The values of `--auth`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Who {
    /// Everyone.
    None,
    /// Who has a token of the config file.
    Token,
    /// Who has one of these, or a JWT.
    Jwt,
}

impl Options {
    /// Whether everyone may do everything.
    pub(super) fn is_open(&self) -> bool {
        self.auth == Who::None
    }

    /// Whether JWTs are looked at.
    pub(super) fn takes_jwts(&self) -> bool {
        self.auth == Who::Jwt
    }

    /// Where keys are fetched from.
    pub(super) fn jwks(&self) -> Option<&Jwks> {
        self.jwks.as_ref().filter(|_| self.auth == Who::Jwt)
    }

    /// The files that are read.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let secret = self.jwt_secret.as_ref().and_then(|secret| secret.reveal().strip_prefix('@')).map(PathBuf::from);
        let set = self.jwks.as_ref().and_then(Jwks::file).map(Path::to_owned);
        self.jwt_keys.iter().cloned().chain(secret).chain(set).collect()
    }

    /// Puts the authority together; `None` is one that lets everyone do everything. `keys` is the key set, if there is one.
    pub(super) fn authority(&self, tables: Tables, keys: Option<&[u8]>) -> Result<Option<Authority>, Failure> {
        self.check(&tables)?;
        let Tables { tokens, rules, .. } = tables;
        let authority =
            Authority::new(self.roles.as_deref().unwrap_or("roles"), rules.into_iter().map(Into::into).collect());
        match self.auth {
            Who::None => Ok(None),
            Who::Token => Ok(Some(authority.with_tokens(tokens.into_iter().map(Into::into)))),
            Who::Jwt => {
                let authority = authority.with_jwt(self.keys(keys)?, self.checks());
                Ok(Some(authority.with_tokens(tokens.into_iter().map(Into::into))))
            }
        }
    }

    /// Makes sure that all that is given means something.
    fn check(&self, tables: &Tables) -> Result<(), Failure> {
        let keys = [
            ("--jwt-secret", self.jwt_secret.is_some()),
            ("--jwt-key", !self.jwt_keys.is_empty()),
            ("--jwks", self.jwks.is_some()),
        ];
        let others = [
            ("--jwt-algorithm", !self.algorithms.is_empty()),
            ("--jwt-issuer", !self.issuers.is_empty()),
            ("--jwt-audience", !self.audiences.is_empty()),
            ("--jwt-leeway", self.leeway.is_some()),
            ("--jwt-allow-endless", self.endless),
            ("--jwt-roles", self.roles.is_some()),
        ];
        let is_given = |(_, is_given): &&(&'static str, bool)| *is_given;
        let given = match self.auth {
            Who::Jwt => keys.iter().find(is_given),
            Who::None | Who::Token => keys.iter().chain(&others).find(is_given),
        };
        match (self.auth, given) {
            (Who::None | Who::Token, Some((option, _))) => {
                Err(Failure::usage(format!("{option} is given, and no JWT is accepted"))
                    .hint("--auth jwt accepts them"))
            }
            (Who::Jwt, None) => Err(Failure::usage("--auth jwt needs a key that tokens are signed with")
                .hint("give one of --jwt-secret, --jwt-key and --jwks")),
            (Who::None, _) if !tables.tokens.is_empty() || !tables.rules.is_empty() => {
                let sentence = "the config file says what tokens may do, and everyone may do everything";
                Err(Failure::usage(sentence).hint("--auth token or --auth jwt looks at tokens"))
            }
            (Who::Token, _) if tables.tokens.is_empty() => {
                Err(Failure::usage("--auth token needs a [[token]] in the config file")
                    .hint("`sse token hash` makes one"))
            }
            _ => Ok(()),
        }
    }

    fn keys(&self, set: Option<&[u8]>) -> Result<Keys, Failure> {
        let mut keys = Keys::default();
        let wrong = |option: String| move |error: BadKey| Failure::new(Exit::Usage, error).context(option);
        if let Some(secret) = &self.jwt_secret {
            keys.add_secret(&self::secret(secret.reveal())?).map_err(wrong("--jwt-secret".to_owned()))?;
        }
        for file in &self.jwt_keys {
            let pem = std::fs::read(file).map_err(System::from);
            let pem = pem.with_context(|| format!("cannot read the key {}", file.display()));
            let pem = pem.map_err(|error| Failure::new(Exit::Usage, error))?;
            keys.add_pem(&pem).map_err(wrong(format!("--jwt-key {}", file.display())))?;
        }
        if let (Some(set), Some(source)) = (set, &self.jwks) {
            keys.take_set(set).map_err(wrong(format!("--jwks {source}")))?;
        }
        self.check_algorithms(&keys)?;
        Ok(keys.accepting(self.algorithms.clone()))
    }

    /// Makes sure that some token can be accepted.
    fn check_algorithms(&self, keys: &Keys) -> Result<(), Failure> {
        let known = keys.algorithms();
        if self.algorithms.is_empty() || self.algorithms.iter().any(|algorithm| known.contains(algorithm)) {
            return Ok(());
        }
        let names = |all: &[Algorithm]| all.iter().map(|one| one.name()).collect::<Vec<_>>().join(", ");
        let (allowed, known) = (names(&self.algorithms), names(&known));
        Err(Failure::usage(format!(
            "--jwt-algorithm allows {allowed}, and the keys are for {known}: no token could come in"
        )))
    }

    fn checks(&self) -> Checks {
        let Self { issuers, audiences, leeway, endless, .. } = self;
        let leeway = leeway.unwrap_or(USUAL_LEEWAY);
        Checks { issuers: issuers.clone(), audiences: audiences.clone(), leeway, endless: *endless }
    }
}

/// A secret, or what is in the file that @ names, without the line end that editors put behind it.
pub(super) fn secret(text: &str) -> Result<Vec<u8>, Failure> {
    let Some(path) = text.strip_prefix('@') else { return Ok(text.as_bytes().to_vec()) };
    let secret = std::fs::read(path).map_err(System::from);
    let mut secret = secret.with_context(|| format!("cannot read the secret in {path}"))?;
    while secret.pop_if(|byte| matches!(byte, b'\n' | b'\r')).is_some() {}
    Ok(secret)
}
