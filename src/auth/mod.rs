//! Who may do what: a token goes in, a [`Grant`] or the reason why there is none comes out.
//!
//! Pure: the time is an argument, keys and rules are handed in, nothing is fetched and nothing is kept but what
//! [`Tickets`] is for. `cli` puts an [`Authority`] together from options and the config file, `server` asks it for every
//! request, `sse token inspect` asks the same one, so that both give the same reason. It knows no HTTP.
//!
//! In reading order: `claims` and `jwt` are what a token says, `keys` whether it is genuine, `checks` whether it holds
//! now and here, `rule` and `template` what follows from it, `grant` what may be done with that, `denied` and `forbidden`
//! why not.

mod authority;
mod checks;
mod claims;
mod denied;
mod forbidden;
mod grant;
mod jwt;
mod keys;
mod mint;
mod rule;
mod secret;
mod template;
mod ticket;
mod usable;

pub use authority::{Authority, Inspection};
pub use checks::Checks;
pub use claims::Claims;
pub use denied::Denied;
pub use forbidden::{Action, Forbidden};
pub use grant::{Grant, Listening};
pub use jwt::{Algorithm, NotAnAlgorithm};
pub use keys::{BadKey, Keys};
pub use mint::{CannotSign, SigningKey};
pub use rule::{Allowed, Missed, Rule, Why};
pub use secret::{BadDigest, Digest, Static, random_token};
pub use template::{NotATemplate, Template};
pub use ticket::{NoTicket, Reign, Ticket, Tickets};

use keys::SHORTEST_SECRET;

#[cfg(test)]
mod tests;
