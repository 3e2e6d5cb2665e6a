//! From a grant to what the broker has to know of whom it serves.

use crate::auth::Grant;
use crate::broker::Guest;

/// Whom a subscription with this grant is for; nobody in particular where there is no authentication.
pub(super) fn guest(grant: &Grant) -> Option<Guest> {
    let text = |text: &Option<String>| text.as_deref().map(Into::into);
    (!grant.is_unlimited()).then(|| Guest {
        user: text(&grant.user),
        session: text(&grant.session),
        token: text(&grant.token),
        expires: grant.expires,
    })
}
