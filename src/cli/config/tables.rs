//! The tables of the config file.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_json::Value;

use super::webhook::WebhookTable;
use crate::auth::{Allowed, Digest, Rule, Static, Template};

/// All tables.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::cli) struct Tables {
    /// Tokens that are known beforehand.
    #[serde(rename = "token")]
    pub(in crate::cli) tokens: Vec<TokenTable>,
    /// What follows from roles and claims.
    #[serde(rename = "rule")]
    pub(in crate::cli) rules: Vec<RuleTable>,
    /// Who is told of what happens to connections.
    #[serde(rename = "webhook")]
    pub(in crate::cli) webhooks: Vec<WebhookTable>,
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
    subscribe: Templates,
    #[serde(default)]
    publish: Templates,
    #[serde(default)]
    admin: bool,
}

/// `[[rule]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::cli) struct RuleTable {
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    claims: BTreeMap<String, Value>,
    #[serde(default)]
    subscribe: Templates,
    #[serde(default)]
    publish: Templates,
    #[serde(default)]
    admin: bool,
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
        let template: Template = parsed(deserializer)?;
        let foreign = template.places().find(|place| !place.starts_with("claims.") && *place != "sub");
        match foreign.map(str::to_owned) {
            Some(place) => {
                Err(D::Error::custom(format!("{{{place}}} means nothing here: use {{claims.NAME}} or {{sub}}")))
            }
            None => Ok(Self(template)),
        }
    }
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
