//! Whether the claims of a genuine token hold now and here: RFC 7519 §4.1.

use std::time::{Duration, SystemTime};

use super::{Claims, Denied};

/// What every token is held against.
#[derive(Clone, Debug)]
pub struct Checks {
    /// Who may have issued it; empty is anyone.
    pub issuers: Vec<String>,
    /// Whom it may be for; empty is nobody in particular.
    pub audiences: Vec<String>,
    /// How far the clock of the issuer may be off.
    pub leeway: Duration,
    /// Whether one without `exp` is good for ever.
    pub endless: bool,
}

impl Checks {
    /// Holds claims against them; returns when the token is over, if ever.
    pub(super) fn check(&self, claims: &Claims, now: SystemTime) -> Result<Option<SystemTime>, Denied> {
        let expires = self.expires(claims, now)?;
        if let Some(begins) = claims.time("nbf")?
            && let Ok(early) = begins.duration_since(now)
            && early > self.leeway
        {
            return Err(Denied::NotYet(early));
        }
        self.check_issuer(claims)?;
        self.check_audience(claims)?;
        Ok(expires)
    }

    /// When a token is over, if ever.
    pub(super) fn expires(&self, claims: &Claims, now: SystemTime) -> Result<Option<SystemTime>, Denied> {
        match claims.time("exp")? {
            None if self.endless => Ok(None),
            None => Err(Denied::ClaimMissing("exp")),
            Some(expires) => {
                let last = expires.checked_add(self.leeway).unwrap_or(expires);
                if last <= now {
                    return Err(Denied::Expired(now.duration_since(expires).unwrap_or_default()));
                }
                Ok(Some(last))
            }
        }
    }

    fn check_issuer(&self, claims: &Claims) -> Result<(), Denied> {
        if self.issuers.is_empty() {
            return Ok(());
        }
        let found = claims.text("iss").ok_or(Denied::ClaimMissing("iss"))?;
        if self.issuers.iter().any(|issuer| issuer == found) {
            return Ok(());
        }
        Err(Denied::Issuer { found: found.to_owned(), accepted: self.issuers.join(", ") })
    }

    /// A token that is for somebody, and not for us, is to be refused: §4.1.3. Who we are says the operator.
    fn check_audience(&self, claims: &Claims) -> Result<(), Denied> {
        let found = claims.texts("aud");
        if self.audiences.is_empty() && claims.at("aud").is_none() {
            return Ok(());
        }
        if claims.at("aud").is_none() {
            return Err(Denied::ClaimMissing("aud"));
        }
        if found.iter().any(|audience| self.audiences.iter().any(|ours| ours == audience)) {
            return Ok(());
        }
        let accepted = if self.audiences.is_empty() {
            "nobody in particular (--jwt-audience names whom)".to_owned()
        } else {
            self.audiences.join(", ")
        };
        let found =
            if found.iter().all(|audience| audience.is_empty()) { "nobody".to_owned() } else { found.join(", ") };
        Err(Denied::Audience { found, accepted })
    }
}

impl Default for Checks {
    fn default() -> Self {
        Self { issuers: Vec::new(), audiences: Vec::new(), leeway: Duration::ZERO, endless: false }
    }
}
