//! The one that decides: keys, checks, static tokens and rules together. Another one takes its place when they change.

use std::collections::HashMap;
use std::fmt::Display;
use std::time::SystemTime;

use serde_json::Value;

use super::jwt::Jwt;
use super::rule::Given;
use super::{BadKey, Checks, Claims, Denied, Digest, Grant, Keys, Rule, Static};
use crate::topic::{self, Pattern};

/// The claim that holds permissions itself.
const OWN: &str = "sse";

/// How many characters of what is wrong with it are repeated.
const SHOWN: usize = 80;

/// What that claim has to be.
pub(super) const OWN_FORM: &str = r#"{"subscribe": […], "publish": […], "admin": …} with lists of topics and patterns"#;

/// Decides what a token may do.
#[derive(Clone, Debug)]
pub struct Authority {
    /// The keys of JWTs; `None` where those are not accepted.
    jwt: Option<(Keys, Checks)>,
    tokens: HashMap<Digest, Static>,
    rules: Vec<Rule>,
    /// The claim that holds the roles.
    roles: String,
}

/// A token with its parts, for people to look at.
#[derive(Debug)]
pub struct Inspection {
    /// The algorithm and the key that its header names; `None` if it is no JWT.
    pub header: Option<(String, Option<String>)>,
    /// What it claims, whether that is true or not.
    pub claims: Option<Claims>,
    /// What a request with it would get.
    pub verdict: Result<Grant, Denied>,
}

impl Authority {
    /// One that knows no token; `roles_claim` is the claim that holds the roles.
    #[must_use]
    pub fn new(roles_claim: &str, rules: Vec<Rule>) -> Self {
        Self { jwt: None, tokens: HashMap::new(), rules, roles: roles_claim.to_owned() }
    }

    /// It accepts JWTs that are signed with these keys and hold against these checks.
    #[must_use]
    pub fn with_jwt(mut self, keys: Keys, checks: Checks) -> Self {
        self.jwt = Some((keys, checks));
        self
    }

    /// It verifies JWTs with the keys of this JSON Web Key Set, in the place of those of another one.
    ///
    /// # Errors
    /// [`BadKey::NotASet`], [`BadKey::EmptySet`].
    pub fn with_set(mut self, json: &[u8]) -> Result<Self, BadKey> {
        if let Some((keys, _)) = &mut self.jwt {
            keys.take_set(json)?;
        }
        Ok(self)
    }

    /// It accepts these tokens.
    #[must_use]
    pub fn with_tokens(mut self, tokens: impl IntoIterator<Item = Static>) -> Self {
        self.tokens.extend(tokens.into_iter().map(|token| (token.digest, token)));
        self
    }

    /// What a token may do.
    ///
    /// # Errors
    /// [`Denied`] says which check failed.
    pub fn admit(&self, token: &str, now: SystemTime) -> Result<Grant, Denied> {
        if let Some(grant) = self.admit_known(token) {
            return Ok(grant);
        }
        match &self.jwt {
            Some((keys, checks)) => self.admit_jwt(&Jwt::parse(token)?, keys, checks, now),
            None if token.is_empty() => Err(Denied::Missing),
            None => Err(Denied::Unknown),
        }
    }

    /// The same, with what the token says.
    pub fn inspect(&self, token: &str, now: SystemTime) -> Inspection {
        let jwt = Jwt::parse(token).ok();
        let header = jwt.as_ref().map(|jwt| (jwt.header.alg.clone(), jwt.header.kid.clone()));
        Inspection { header, claims: jwt.map(|jwt| jwt.claims), verdict: self.admit(token, now) }
    }

    /// What a static token may do; no signature is looked at.
    pub fn admit_known(&self, token: &str) -> Option<Grant> {
        self.tokens.get(&Digest::of(token)).map(|known| self.known(known))
    }

    fn admit_jwt(&self, jwt: &Jwt<'_>, keys: &Keys, checks: &Checks, now: SystemTime) -> Result<Grant, Denied> {
        // First what needs no key: those whose tokens have run out come back again and again until they have new ones.
        checks.expires(&jwt.claims, now)?;
        keys.verify(jwt)?;
        let expires = checks.check(&jwt.claims, now)?;
        let roles: Vec<String> = jwt.claims.texts(&self.roles).into_iter().map(str::to_owned).collect();
        let mut given = own(&jwt.claims)?;
        self.apply(&mut given, &roles, &jwt.claims);
        let claims = jwt.claims.clone();
        let grant = Grant {
            user: jwt.claims.name("sub"),
            session: jwt.claims.name("sid"),
            roles,
            claims,
            expires,
            ..Grant::default()
        };
        Ok(grant.giving(given))
    }

    fn known(&self, token: &Static) -> Grant {
        let mut claims = serde_json::Map::new();
        claims.extend(token.user.as_ref().map(|user| ("sub".to_owned(), Value::from(user.as_str()))));
        let claims = Claims::from(claims);
        let mut given = Given::default();
        given.add(0, &token.rule(), &token.roles, &claims);
        self.apply(&mut given, &token.roles, &claims);
        let (user, roles, name) = (token.user.clone(), token.roles.clone(), Some(token.name.clone()));
        Grant { user, roles, token: name, claims, ..Grant::default() }.giving(given)
    }

    fn apply(&self, given: &mut Given, roles: &[String], claims: &Claims) {
        for (number, rule) in (1..).zip(&self.rules) {
            given.add(number, rule, roles, claims);
        }
    }
}

/// What the claims give by themselves.
fn own(claims: &Claims) -> Result<Given, Denied> {
    let bad = |what: &str| Denied::BadPermissions(what.to_owned());
    let own = match claims.all().get(OWN) {
        None => return Ok(Given::default()),
        Some(Value::Object(own)) => own,
        Some(_) => return Err(bad("it is no object")),
    };
    if let Some(name) = own.keys().find(|name| !["subscribe", "publish", "admin"].contains(&name.as_str())) {
        return Err(Denied::BadPermissions(format!("{} means nothing there", shown(&Value::from(name.as_str())))));
    }
    let patterns = |name| match own.get(name) {
        None => Ok(Vec::new()),
        Some(Value::Array(items)) => items.iter().map(|item| pattern(name, item)).collect(),
        Some(_) => Err(Denied::BadPermissions(format!("{name:?} is no list"))),
    };
    let admin = match own.get("admin") {
        None => false,
        Some(Value::Bool(admin)) => *admin,
        Some(_) => return Err(bad("\"admin\" is neither true nor false")),
    };
    Ok(Given { subscribe: patterns("subscribe")?, publish: patterns("publish")?, admin, missed: Vec::new() })
}

fn pattern(name: &str, item: &Value) -> Result<Pattern, Denied> {
    let wrong = |why: &dyn Display| Denied::BadPermissions(format!("{} in {name:?}: {why}", shown(item)));
    let text = item.as_str().ok_or_else(|| wrong(&"it is no text"))?;
    text.parse().map_err(|error: topic::Error| wrong(&error))
}

/// The beginning of a value, which may be as long as a token.
fn shown(value: &Value) -> String {
    value.to_string().chars().take(SHOWN).collect()
}
