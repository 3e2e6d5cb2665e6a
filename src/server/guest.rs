//! From a grant to what the broker has to know of whom it serves.

use crate::auth::Grant;
use crate::broker::{Guest, May};

/// Whom a subscription with this grant is for; nobody in particular where there is no authentication.
pub(super) fn guest(grant: &Grant) -> Option<Guest> {
    let text = |text: &Option<String>| text.as_deref().map(Into::into);
    (!grant.is_unlimited()).then(|| {
        let listening = grant.listening();
        let may = May::new(move |topics| listening.may_subscribe(topics).map_err(|forbidden| forbidden.to_string()));
        let (user, session, token) = (text(&grant.user), text(&grant.session), text(&grant.token));
        Guest { user, session, token, expires: grant.expires, may }
    })
}
