//! What follows from a genuine token: rules by role and claim, each of which allows something, and why one does not apply.

use serde_json::Value;

use super::{Action, Claims, Template};
use crate::topic::Pattern;

/// How the places of a template are named that mean claims.
const PLACES: &str = "claims.";

/// If a token has one of the roles and all of the claims, this is allowed.
#[derive(Clone, Debug, Default)]
pub struct Rule {
    /// One of these; empty is no role in particular.
    pub roles: Vec<String>,
    /// Each of these, with this value; a list holds it.
    pub claims: Vec<(String, Value)>,
    /// What then is allowed.
    pub allowed: Allowed,
}

/// What a rule, or a static token, allows.
#[derive(Clone, Debug, Default)]
pub struct Allowed {
    /// To listen to what these match.
    pub subscribe: Vec<Template>,
    /// To publish to what these match.
    pub publish: Vec<Template>,
    /// To see and to end connections.
    pub admin: bool,
}

/// A rule that gave nothing, or not all that it could.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    /// Its number, from 1; 0 stands for what a static token allows by itself.
    pub rule: usize,
    /// What it would have allowed.
    pub action: Action,
    /// What stood in the way.
    pub why: Why,
}

/// What stands in the way of a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// The token has none of its roles.
    #[error("needs a role that the token does not have")]
    Role,
    /// The token has not this claim, or with another value.
    #[error("needs the claim {0:?} with another value")]
    Value(String),
    /// A template needs a claim that the token does not have.
    #[error("needs the claim {0:?}, which the token does not have")]
    Missing(String),
    /// A template cannot take the value of the claim.
    #[error(
        "cannot take the claim {0:?} into a topic: it has to be text without / and *, an integer of 64 bits, or a list \
         of such"
    )]
    Unfit(String),
}

impl Why {
    /// The same where the place of a template means a claim.
    fn of_claim(self) -> Self {
        let claim = |name: String| name.strip_prefix(PLACES).map(str::to_owned).unwrap_or(name);
        match self {
            Self::Missing(name) => Self::Missing(claim(name)),
            Self::Unfit(name) => Self::Unfit(claim(name)),
            why => why,
        }
    }
}

/// What a rule comes to for one token.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub(super) subscribe: Vec<Pattern>,
    pub(super) publish: Vec<Pattern>,
    pub(super) admin: bool,
    pub(super) missed: Vec<Missed>,
}

impl Given {
    /// Adds what rule number `number` gives to a token.
    pub(super) fn add(&mut self, number: usize, rule: &Rule, roles: &[String], claims: &Claims) {
        let Allowed { subscribe, publish, admin } = &rule.allowed;
        let Self { missed, .. } = self;
        let mut miss = |action, why| missed.push(Missed { rule: number, action, why });
        if let Err(why) = rule.applies(roles, claims) {
            let would = [
                (Action::Subscribe, !subscribe.is_empty()),
                (Action::Publish, !publish.is_empty()),
                (Action::Administer, *admin),
            ];
            would.into_iter().filter(|(_, would)| *would).for_each(|(action, _)| miss(action, why.clone()));
            return;
        }
        self.admin |= admin;
        let sides =
            [(Action::Subscribe, subscribe, &mut self.subscribe), (Action::Publish, publish, &mut self.publish)];
        for (action, templates, patterns) in sides {
            for template in templates {
                match template.fill(|name| place(name, claims)) {
                    Ok(filled) => patterns.extend(filled),
                    Err(why) => miss(action, why.of_claim()),
                }
            }
        }
    }
}

/// The value of a place: `claims.company_id`, or `sub` for the claim that is needed most.
fn place<'c>(name: &str, claims: &'c Claims) -> Option<&'c Value> {
    claims.at(name.strip_prefix(PLACES).unwrap_or(name))
}

impl Rule {
    fn applies(&self, roles: &[String], claims: &Claims) -> Result<(), Why> {
        if !self.roles.is_empty() && !self.roles.iter().any(|role| roles.contains(role)) {
            return Err(Why::Role);
        }
        for (name, wanted) in &self.claims {
            match claims.at(name) {
                None => return Err(Why::Missing(name.clone())),
                Some(Value::Array(items)) if items.contains(wanted) => {}
                Some(found) if found == wanted => {}
                Some(_) => return Err(Why::Value(name.clone())),
            }
        }
        Ok(())
    }
}
