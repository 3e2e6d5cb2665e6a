//! What a request may do, once its token is accepted.

use std::time::SystemTime;

use super::rule::Given;
use super::{Action, Claims, Denied, Forbidden, Missed};
use crate::topic::{Native, Pattern, Selection, Topic};

/// The permissions of a token, and whose it is.
#[derive(Clone, Debug, Default)]
pub struct Grant {
    /// The user: `sub`, to whom `$user/…` is addressed.
    pub user: Option<String>,
    /// The session: `sid`, to which `$session/…` is addressed.
    pub session: Option<String>,
    /// The name of a static token.
    pub token: Option<String>,
    /// The roles that rules and routes see.
    pub roles: Vec<String>,
    /// What the token claims.
    pub claims: Claims,
    /// When it is over.
    pub expires: Option<SystemTime>,
    pub(super) permissions: Permissions,
}

#[derive(Clone, Debug, Default)]
pub(super) enum Permissions {
    /// There is no authentication: everyone may do everything.
    All,
    #[default]
    None,
    Some {
        subscribe: Vec<Pattern>,
        publish: Vec<Pattern>,
        admin: bool,
        missed: Vec<Missed>,
    },
}

impl Grant {
    /// That of everyone where there is no authentication.
    #[must_use]
    pub fn everything() -> Self {
        Self { permissions: Permissions::All, ..Self::default() }
    }

    /// With what rules and claims have given.
    pub(super) fn giving(self, given: Given) -> Self {
        let Given { subscribe, publish, admin, missed } = given;
        Self { permissions: Permissions::Some { subscribe, publish, admin, missed }, ..self }
    }

    /// Whether it may listen to all that a selection matches.
    ///
    /// # Errors
    /// [`Forbidden`] names the first topic or pattern that it may not.
    pub fn may_subscribe(&self, selection: &Selection) -> Result<(), Forbidden> {
        if self.is_unlimited() { Ok(()) } else { may_subscribe(self.subscribe(), self.missed(), selection) }
    }

    /// What of it says to what it may listen: to be kept for as long as somebody does.
    #[must_use]
    pub fn listening(&self) -> Listening {
        Listening { subscribe: self.subscribe().into() }
    }

    /// Whether it may publish to a topic.
    ///
    /// # Errors
    /// [`Forbidden`] if not.
    pub fn may_publish(&self, topic: &Topic) -> Result<(), Forbidden> {
        let allowed = self.publish();
        if self.is_unlimited() || allowed.iter().any(|pattern| pattern.matches(topic)) {
            return Ok(());
        }
        Err(Forbidden::new(Action::Publish, topic.as_str(), allowed, self.missed()))
    }

    /// Whether there is any topic to which it may publish.
    ///
    /// # Errors
    /// [`Forbidden`] if not.
    pub fn may_publish_at_all(&self) -> Result<(), Forbidden> {
        if self.is_unlimited() || !self.publish().is_empty() {
            return Ok(());
        }
        Err(Forbidden::new(Action::Publish, "", &[], self.missed()))
    }

    /// Whether it may see and end connections.
    ///
    /// # Errors
    /// [`Forbidden`] if not.
    pub fn may_administer(&self) -> Result<(), Forbidden> {
        let admin = matches!(self.permissions, Permissions::All | Permissions::Some { admin: true, .. });
        if admin { Ok(()) } else { Err(Forbidden::new(Action::Administer, "", &[], self.missed())) }
    }

    /// Whether it still holds.
    ///
    /// # Errors
    /// [`Denied::Expired`] if its token is over.
    pub fn check_time(&self, now: SystemTime) -> Result<(), Denied> {
        match self.expires.map(|expires| now.duration_since(expires)) {
            Some(Ok(ago)) => Err(Denied::Expired(ago)),
            Some(Err(_)) | None => Ok(()),
        }
    }

    /// Whether there is nothing that it may not.
    pub fn is_unlimited(&self) -> bool {
        matches!(self.permissions, Permissions::All)
    }

    /// What it may listen to; nothing if it is unlimited.
    pub fn subscribe(&self) -> &[Pattern] {
        match &self.permissions {
            Permissions::Some { subscribe, .. } => subscribe,
            Permissions::All | Permissions::None => &[],
        }
    }

    /// What it may publish to; nothing if it is unlimited.
    pub fn publish(&self) -> &[Pattern] {
        match &self.permissions {
            Permissions::Some { publish, .. } => publish,
            Permissions::All | Permissions::None => &[],
        }
    }

    /// The rules that gave nothing, or not all that they could.
    pub fn missed(&self) -> &[Missed] {
        match &self.permissions {
            Permissions::Some { missed, .. } => missed,
            Permissions::All | Permissions::None => &[],
        }
    }
}

/// To what somebody may listen, and nothing else of a [`Grant`] that has limits.
#[derive(Clone, Debug)]
pub struct Listening {
    subscribe: Box<[Pattern]>,
}

impl Listening {
    /// As [`Grant::may_subscribe`].
    ///
    /// # Errors
    /// [`Forbidden`].
    pub fn may_subscribe(&self, selection: &Selection) -> Result<(), Forbidden> {
        may_subscribe(&self.subscribe, &[], selection)
    }
}

fn may_subscribe(allowed: &[Pattern], missed: &[Missed], selection: &Selection) -> Result<(), Forbidden> {
    let covers = |wanted: &Pattern| allowed.iter().any(|allowed| allowed.covers(wanted));
    // Who may listen to a topic may know who else does.
    let presence = |native: Option<Native>| match native {
        Some(Native::Presence(of)) => of.parse().is_ok_and(|of: Pattern| covers(&of)),
        _ => false,
    };
    let may_topic = |topic: &Topic| allowed.iter().any(|pattern| pattern.matches(topic)) || presence(topic.native());
    let topic = selection.topics().find(|topic| !may_topic(topic));
    let pattern = selection.patterns().find(|pattern| !covers(pattern) && !presence(pattern.native()));
    match topic.map(Topic::as_str).or(pattern.map(Pattern::as_str)) {
        None => Ok(()),
        Some(what) => Err(Forbidden::new(Action::Subscribe, what, allowed, missed)),
    }
}
