//! The options of `sse serve` for a broker that strangers can reach: proxies in front of it, and what one client may ask for.

use std::num::NonZeroU32;

use clap::Args;
use clap::builder::RangedU64ValueParser;

use crate::cli::failure::Failure;
use crate::server::{BadTokens, Bounds, Pace, Proxies, Proxy};

/// The highest rate that can be asked for, in events a second: beyond it the clock is no help.
const FASTEST: u64 = 1_000_000;

/// What one client may ask for, and how it is known.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub(super) struct Access {
    /// How many events one token may publish per second: all tokens of a user together, a static token without a user by
    /// itself, and requests without a token by their address. Every item of a batch counts [default: no bound].
    #[arg(long = "max-publish-rate", env = "SSE_MAX_PUBLISH_RATE", value_name = "N", value_parser = rate())]
    publish_rate: Option<u32>,
    /// How many events may be published from one address per second [default: no bound].
    #[arg(long, env = "SSE_MAX_PUBLISH_RATE_PER_ADDRESS", value_name = "N", value_parser = rate())]
    max_publish_rate_per_address: Option<u32>,
    /// How many events may be published at once within these rates [default: what they allow in a second].
    #[arg(long = "max-publish-burst", env = "SSE_MAX_PUBLISH_BURST", value_name = "N")]
    publish_burst: Option<NonZeroU32>,
    /// How many streams one user may have open at once [default: no bound].
    #[arg(long, env = "SSE_MAX_CONNECTIONS_PER_USER", value_name = "N")]
    max_connections_per_user: Option<NonZeroU32>,
    /// How many requests may be under way at once, open streams apart.
    #[arg(long, env = "SSE_MAX_REQUESTS", value_name = "N", default_value_t = 10_000)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    max_requests: u32,
    /// How many bad tokens may come from one address per minute; beyond it no signature is computed for requests from there,
    /// unless their token was accepted before. 0 is no bound [default: 600, and 1000 per second for private addresses,
    /// where a proxy may be].
    #[arg(long = "max-auth-failures", env = "SSE_MAX_AUTH_FAILURES", value_name = "N")]
    auth_failures: Option<u32>,
    /// A proxy that is believed when it says for whom it asks, in `Forwarded` or `X-Forwarded-For`: an address or a network
    /// such as 10.1.0.0/16, `loopback` or `private`; can be repeated. What is limited for one address is for that of the
    /// client then.
    #[arg(long = "trust-proxy", env = "SSE_TRUST_PROXY", value_name = "CIDR", value_delimiter = ',')]
    trust_proxies: Vec<Proxy>,
}

impl Access {
    /// The proxies that are trusted.
    pub(super) fn proxies(&self) -> Proxies {
        self.trust_proxies.iter().cloned().collect()
    }

    /// Whether a proxy is said to be in front.
    pub(super) fn trusts_proxies(&self) -> bool {
        !self.trust_proxies.is_empty()
    }

    /// What one client may ask for.
    pub(super) fn bounds(&self) -> Bounds {
        let pace = |rate: Option<u32>| Some(Pace::new(rate.and_then(NonZeroU32::new)?, self.publish_burst));
        Bounds {
            publish: pace(self.publish_rate),
            publish_of_address: pace(self.max_publish_rate_per_address),
            bad_tokens: match self.auth_failures {
                None => Some(BadTokens::Usual),
                Some(count) => NonZeroU32::new(count).map(BadTokens::PerMinute),
            },
            requests: self.max_requests as usize,
        }
    }

    /// Makes sure that all that is given means something; `is_open` is that nobody is asked who they are.
    pub(super) fn check(&self, is_open: bool) -> Result<(), Failure> {
        if is_open && self.max_connections_per_user.is_some() {
            return Err(Failure::usage("--max-connections-per-user is given, and nobody is asked who they are")
                .hint("--auth jwt or --auth token looks at tokens"));
        }
        if self.publish_burst.is_some() && self.publish_rate.or(self.max_publish_rate_per_address).is_none() {
            return Err(Failure::usage("--max-publish-burst is given, and no rate").hint(
                "it is how many events may come at once within --max-publish-rate or --max-publish-rate-per-address",
            ));
        }
        Ok(())
    }

    pub(super) fn connections_per_user(&self) -> u32 {
        self.max_connections_per_user.map_or(u32::MAX, NonZeroU32::get)
    }
}

fn rate() -> RangedU64ValueParser<u32> {
    RangedU64ValueParser::new().range(1..=FASTEST)
}
