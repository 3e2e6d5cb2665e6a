//! Which names the broker is asked under: the guard against DNS rebinding.
//!
//! A foreign page can have its own name point to this machine. Its requests then go to its own origin as far as the browser
//! knows, so they carry no `Origin`; what gives them away is the name. A broker that only this machine can reach is
//! asked as `localhost` or by its address, or under a name that its operator has listed.

use std::net::SocketAddr;

use axum::extract::Request;
use axum::http::{HeaderMap, Uri, header};
use url::{Host, Url};

use super::refusal::Refusal;

/// Refuses a request for a name that is not one of ours; `None` lets in any.
pub(super) fn check(hosts: Option<&[String]>, request: &Request) -> Result<(), Refusal> {
    let (Some(hosts), Some(asked)) = (hosts, asked_for(request.uri(), request.headers())) else { return Ok(()) };
    // What nearly everyone asks for needs no closer look.
    if asked.parse::<SocketAddr>().is_ok() {
        return Ok(());
    }
    let url = Url::parse(&format!("http://{asked}")).ok();
    let ours = url.as_ref().and_then(Url::host).is_some_and(|host| match &host {
        // A name without a dot, such as that of a container, is nobody's to register and point here.
        Host::Domain(name) if !name.contains('.') => true,
        Host::Domain(name) => is_this_machine(&host) || hosts.iter().any(|ours| ours.eq_ignore_ascii_case(name)),
        Host::Ipv4(_) | Host::Ipv6(_) => true,
    });
    if ours { Ok(()) } else { Err(Refusal::Host(asked.to_owned())) }
}

/// The name and port that the request is for: the authority of HTTP/2, the `Host` header of HTTP/1 (RFC 9110 §7.2).
pub(super) fn asked_for<'r>(uri: &'r Uri, headers: &'r HeaderMap) -> Option<&'r str> {
    let in_header = || headers.get(header::HOST).and_then(|host| host.to_str().ok());
    uri.authority().map(axum::http::uri::Authority::as_str).or_else(in_header)
}

/// Whether a host is a loopback address, `localhost`, or a name below that.
pub(super) fn is_this_machine(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

#[cfg(test)]
mod tests;
