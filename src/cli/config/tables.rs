//! The tables of the config file.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_json::Value;

use super::webhook::WebhookTable;
use crate::auth::{Allowed, Digest, Rule, Static, Template};
use crate::cli::values;
use crate::server::Path;
use crate::wire::EventName;

/// All tables.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::cli) struct Tables {
    /// Tokens that are known beforehand.
    #[serde(rename = "token", deserialize_with = "distinct")]
    pub(in crate::cli) tokens: Vec<TokenTable>,
    /// Streams under paths of their own.
    #[serde(rename = "route")]
    pub(in crate::cli) routes: Vec<RouteTable>,
    /// What follows from roles and claims.
    #[serde(rename = "rule")]
    pub(in crate::cli) rules: Vec<RuleTable>,
    /// Who is told of what happens to connections.
    #[serde(rename = "webhook")]
    pub(in crate::cli) webhooks: Vec<WebhookTable>,
}

impl Tables {
    /// Takes out what says who may do what.
    pub(in crate::cli) fn take_permissions(&mut self) -> Self {
        let (tokens, rules) = (std::mem::take(&mut self.tokens), std::mem::take(&mut self.rules));
        Self { tokens, rules, ..Self::default() }
    }
}

/// `[[token]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::cli) struct TokenTable {
    name: String,
    #[serde(deserialize_with = "parsed")]
    digest: Digest,
    #[serde(default)]
    user: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    subscribe: OwnTemplates,
    #[serde(default)]
    publish: OwnTemplates,
    #[serde(default)]
    admin: bool,
}

/// `[[rule]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::cli) struct RuleTable {
    #[serde(default, deserialize_with = "some_roles")]
    pub(in crate::cli) roles: Vec<String>,
    #[serde(default, deserialize_with = "some_claims")]
    claims: BTreeMap<String, Value>,
    #[serde(default)]
    subscribe: Templates,
    #[serde(default)]
    publish: Templates,
    #[serde(default)]
    admin: bool,
}

/// `[[route]]`.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::cli) struct RouteTable {
    #[serde(deserialize_with = "parsed")]
    pub(in crate::cli) path: Path,
    pub(in crate::cli) topics: Vec<OfRequest>,
    #[serde(default, deserialize_with = "some_roles")]
    pub(in crate::cli) roles: Vec<String>,
    #[serde(default, deserialize_with = "all_parsed")]
    pub(in crate::cli) events: Vec<EventName>,
    pub(in crate::cli) hello: Option<Message>,
    pub(in crate::cli) shutdown: Option<Message>,
    #[serde(default, deserialize_with = "interval")]
    pub(in crate::cli) heartbeat: Option<Duration>,
    pub(in crate::cli) heartbeat_text: Option<String>,
    #[serde(default)]
    pub(in crate::cli) snapshot: usize,
}

/// An event of the broker's own: what is no text is sent as JSON.
#[derive(Debug, PartialEq)]
pub(in crate::cli) struct Message {
    pub(in crate::cli) event: Option<EventName>,
    pub(in crate::cli) data: String,
}

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Written {
            event: Option<String>,
            #[serde(default)]
            data: Value,
        }
        let Written { event, data } = Written::deserialize(deserializer)?;
        let event = event.map(|name| name.parse().map_err(D::Error::custom)).transpose()?;
        let data = match data {
            Value::Null => "{}".to_owned(),
            Value::String(text) => text,
            other => other.to_string(),
        };
        Ok(Self { event, data })
    }
}

/// A template for the topics of a route: its places are claims, parts of the path, and parameters.
#[derive(Debug, PartialEq)]
pub(in crate::cli) struct OfRequest(pub(in crate::cli) Template);

impl<'de> Deserialize<'de> for OfRequest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let known = |name: &str| ["claims.", "path.", "query."].iter().any(|kind| is_of(kind, name)) || name == "sub";
        template(deserializer, known, "{claims.NAME}, {sub}, {path.NAME} or {query.NAME}").map(Self)
    }
}

fn template<'de, D: Deserializer<'de>>(
    deserializer: D,
    known: impl Fn(&str) -> bool,
    expected: &str,
) -> Result<Template, D::Error> {
    let template: Template = parsed(deserializer)?;
    let foreign = template.places().find(|place| !known(place)).map(str::to_owned);
    match foreign {
        Some(place) => Err(D::Error::custom(format!("{{{place}}} means nothing here: use {expected}"))),
        None => Ok(template),
    }
}

fn all_parsed<'de, T: FromStr<Err: Display>, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts.iter().map(|text| text.parse().map_err(D::Error::custom)).collect()
}

/// Whoever empties a list wants nobody to have it, and no condition is one that everybody meets.
fn some_roles<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let roles = Vec::<String>::deserialize(deserializer)?;
    if roles.is_empty() { Err(D::Error::custom(nobody("roles"))) } else { Ok(roles) }
}

/// As for roles.
fn some_claims<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Value>, D::Error> {
    let claims = BTreeMap::<String, Value>::deserialize(deserializer)?;
    if claims.is_empty() { Err(D::Error::custom(nobody("claims"))) } else { Ok(claims) }
}

fn nobody(key: &str) -> String {
    format!("{key} is empty, which is neither nobody nor everybody: name some, or leave the key out for every token")
}

fn interval<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    values::positive_duration(&text).map(Some).map_err(D::Error::custom)
}

/// Templates for the topics of tokens and rules: their places are claims.
#[derive(Debug, Default)]
struct Templates(Vec<Template>);

impl<'de> Deserialize<'de> for Templates {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<OfClaims>::deserialize(deserializer).map(|all| Self(all.into_iter().map(|one| one.0).collect()))
    }
}

struct OfClaims(Template);

impl<'de> Deserialize<'de> for OfClaims {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let known = |name: &str| is_of("claims.", name) || name == "sub";
        template(deserializer, known, "{claims.NAME} or {sub}").map(Self)
    }
}

/// Whether the name of a place is of this kind, with a name behind it.
fn is_of(kind: &str, name: &str) -> bool {
    name.strip_prefix(kind).is_some_and(|rest| !rest.is_empty())
}

/// Templates for the topics of a static token, which claims nothing but whose it is.
#[derive(Debug, Default)]
struct OwnTemplates(Vec<Template>);

impl<'de> Deserialize<'de> for OwnTemplates {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<OfUser>::deserialize(deserializer).map(|all| Self(all.into_iter().map(|one| one.0).collect()))
    }
}

struct OfUser(Template);

impl<'de> Deserialize<'de> for OfUser {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "{sub}, its user: a token of this file has no claims";
        template(deserializer, |name| name == "sub", expected).map(Self)
    }
}

/// Tokens that are told apart: streams belong to who has opened them by the name of the token.
fn distinct<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<TokenTable>, D::Error> {
    let tokens = Vec::<TokenTable>::deserialize(deserializer)?;
    let (mut names, mut digests) = (HashSet::new(), HashSet::new());
    for TokenTable { name, digest, user, subscribe, publish, .. } in &tokens {
        let mut places = subscribe.0.iter().chain(&publish.0).flat_map(Template::places);
        if user.is_none() && places.next().is_some() {
            return Err(D::Error::custom(format!(
                "the [[token]] {name:?} has no user, which its lists take as {{sub}}"
            )));
        }
        if !names.insert(name) {
            return Err(D::Error::custom(format!("more than one [[token]] has the name {name:?}: give each its own")));
        }
        if !digests.insert(digest) {
            return Err(D::Error::custom(format!("the [[token]] {name:?} has the digest of another one before it")));
        }
    }
    Ok(tokens)
}

/// A text that is parsed, so that an error is told where it stands.
fn parsed<'de, T: FromStr<Err: Display>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

impl From<TokenTable> for Static {
    fn from(table: TokenTable) -> Self {
        let TokenTable { name, digest, user, roles, subscribe, publish, admin } = table;
        Self { name, digest, user, roles, allowed: Allowed { subscribe: subscribe.0, publish: publish.0, admin } }
    }
}

impl From<RuleTable> for Rule {
    fn from(table: RuleTable) -> Self {
        let RuleTable { roles, claims, subscribe, publish, admin } = table;
        let claims = claims.into_iter().collect();
        Self { roles, claims, allowed: Allowed { subscribe: subscribe.0, publish: publish.0, admin } }
    }
}
