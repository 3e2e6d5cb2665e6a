//! The two requests of a run.

use std::borrow::Cow;
use std::fmt::Write as _;

use ::http::{Method, Request, Version};
use bytes::Bytes;
use memchr::memmem;

use crate::bench::{Endpoint, Publication};
use crate::wire::MEDIA_TYPE;

/// What the generator calls itself.
const AGENT: &str = concat!("sse-bench/", env!("CARGO_PKG_VERSION"));

/// What stands for the number of who makes a request.
pub(in crate::bench) const NUMBER: &str = "{i}";

/// What a publisher sends for each event, around the payload.
#[derive(Debug)]
pub(in crate::bench) struct Publish {
    pub(in crate::bench) before: Vec<u8>,
    pub(in crate::bench) after: Vec<u8>,
}

/// A request as HTTP/2 has it.
#[derive(Clone, Debug)]
pub(in crate::bench) struct Http2Request {
    pub(in crate::bench) head: Request<()>,
    pub(in crate::bench) body: Option<Bytes>,
}

/// What a request for a stream says of itself.
const SUBSCRIBE: [(&str, &str); 3] = [("Accept", MEDIA_TYPE), ("Cache-Control", "no-cache"), ("User-Agent", AGENT)];

/// The request of a subscriber: a POST if it has a body.
pub(in crate::bench) fn subscribe(endpoint: &Endpoint, body: Option<&[u8]>, number: u32) -> Vec<u8> {
    let mut own = SUBSCRIBE.to_vec();
    let Some(body) = body.map(|body| numbered(body, number)) else { return head("GET", endpoint, &own, number) };
    let length = body.len().to_string();
    own.extend([("Content-Type", "text/plain"), ("Content-Length", &length)]);
    let mut request = head("POST", endpoint, &own, number);
    request.extend_from_slice(&body);
    request
}

/// The same for HTTP/2: RFC 9113 §8.3.
///
/// # Errors
/// If it is none that HTTP/2 can carry.
pub(in crate::bench) fn subscribe_by_http2(
    endpoint: &Endpoint,
    body: Option<&[u8]>,
    number: u32,
) -> Result<Http2Request, ::http::Error> {
    let body = body.map(|body| Bytes::from(numbered(body, number).into_owned()));
    let length = body.as_ref().map(|body| body.len().to_string());
    let mut own = SUBSCRIBE.to_vec();
    own.extend(length.iter().flat_map(|length| [("Content-Type", "text/plain"), ("Content-Length", length)]));
    let (mut authority, mut fields) = (endpoint.host.clone(), Vec::new());
    for (name, value) in all(endpoint, &own) {
        let value = numbered(value.as_bytes(), number).into_owned();
        if name.eq_ignore_ascii_case("host") {
            authority = String::from_utf8_lossy(&value).into_owned();
        } else {
            fields.push((name, value));
        }
    }
    let path = numbered(endpoint.path.as_bytes(), number);
    let uri = format!("{}://{authority}{}", endpoint.scheme(), String::from_utf8_lossy(&path));
    let method = if body.is_some() { Method::POST } else { Method::GET };
    let head = Request::builder().method(method).uri(uri).version(Version::HTTP_2);
    let head = fields.into_iter().fold(head, |head, (name, value)| head.header(name, value));
    Ok(Http2Request { head: head.body(())?, body })
}

/// The request of a publisher, for payloads of `size` bytes. `close` asks the server to end the connection.
pub(in crate::bench) fn publish(
    endpoint: &Endpoint,
    publication: &Publication,
    size: usize,
    close: bool,
    number: u32,
) -> Publish {
    let body = [&publication.body.before, &publication.body.after].map(|part| numbered(part, number));
    let length = (body[0].len() + size + body[1].len()).to_string();
    let mut own = vec![("Content-Type", "text/plain"), ("Content-Length", &length), ("User-Agent", AGENT)];
    if close {
        own.insert(2, ("Connection", "close"));
    }
    let mut before = head(&publication.method, endpoint, &own, number);
    before.extend_from_slice(&body[0]);
    Publish { before, after: body[1].to_vec() }
}

/// A request up to its body: our own headers, but those of which the endpoint has one, and its.
fn head(method: &str, endpoint: &Endpoint, own: &[(&str, &str)], number: u32) -> Vec<u8> {
    let mut head = format!("{method} {} HTTP/1.1\r\n", endpoint.path);
    let host = [("Host", endpoint.host.as_str())];
    for (name, value) in all(endpoint, &[&host, own].concat()) {
        // Writing to a String cannot fail.
        let _ = write!(head, "{name}: {value}\r\n");
    }
    head.push_str("\r\n");
    numbered(head.as_bytes(), number).into_owned()
}

/// All headers of a request: our own, but those of which the endpoint has one, and its.
fn all<'h>(endpoint: &'h Endpoint, own: &[(&'h str, &'h str)]) -> Vec<(&'h str, &'h str)> {
    let headers = &endpoint.headers;
    let own = own.iter().copied().filter(|(name, _)| !headers.iter().any(|header| header.is(name)));
    own.chain(headers.iter().map(|header| (header.name.as_str(), header.value.as_str()))).collect()
}

/// The text with the number wherever it belongs.
fn numbered(text: &[u8], number: u32) -> Cow<'_, [u8]> {
    let (mut rest, mut out) = (text, Vec::new());
    while let Some(at) = memmem::find(rest, NUMBER.as_bytes()) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(number.to_string().as_bytes());
        rest = &rest[at + NUMBER.len()..];
    }
    if out.is_empty() && rest.len() == text.len() {
        return Cow::Borrowed(text);
    }
    out.extend_from_slice(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Header, Template};

    fn endpoint(path: &str, headers: &[(&str, &str)]) -> Endpoint {
        let header = |(name, value): &(&str, &str)| Header { name: (*name).into(), value: (*value).into() };
        let address = "127.0.0.1:1".parse().expect("an address");
        Endpoint {
            address,
            host: "h:1".into(),
            path: path.into(),
            headers: headers.iter().map(header).collect(),
            tls: None,
        }
    }

    fn text(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).replace(AGENT, "us")
    }

    #[test]
    fn headers_that_are_given_come_last_and_replace_ours() {
        let plain = subscribe(&endpoint("/s?a", &[]), None, 0);
        let expected = "GET /s?a HTTP/1.1\r\nHost: h:1\r\nAccept: text/event-stream\r\nCache-Control: no-cache\r\nUser-Agent: us\r\n\r\n";
        assert_eq!(text(&plain), expected);
        let own = subscribe(&endpoint("/", &[("accept", "*/*"), ("HOST", "other"), ("X", "y"), ("X", "z")]), None, 0);
        let expected = "GET / HTTP/1.1\r\nCache-Control: no-cache\r\nUser-Agent: us\r\naccept: */*\r\nHOST: other\r\n\
                        X: y\r\nX: z\r\n\r\n";
        assert_eq!(text(&own), expected);
    }

    #[test]
    fn the_request_of_http2_has_its_host_in_the_url_and_the_rest_as_headers() {
        let own = [("HOST", "other{i}"), ("X-Who", "u{i}"), ("user-agent", "mine")];
        let request = |headers: &[(&str, &str)], body| {
            let request = subscribe_by_http2(&endpoint("/s/{i}?a", headers), body, 7).expect("a request");
            let fields = request.head.headers().iter();
            let fields: Vec<_> = fields.map(|(name, value)| format!("{name}: {}", text(value.as_bytes()))).collect();
            (format!("{} {}", request.head.method(), request.head.uri()), fields.join("\n"), request.body)
        };
        let plain = "accept: text/event-stream\ncache-control: no-cache\nuser-agent: us";
        assert_eq!(request(&[], None), ("GET http://h:1/s/7?a".into(), plain.into(), None));
        let given = "accept: text/event-stream\ncache-control: no-cache\ncontent-type: text/plain\ncontent-length: 3\n\
                     x-who: u7\nuser-agent: mine";
        let body = Some(Bytes::from_static(b"<7>"));
        assert_eq!(request(&own, Some(b"<{i}>")), ("POST http://other7/s/7?a".into(), given.into(), body));
        assert!(subscribe_by_http2(&endpoint("/", &[("host", "a b")]), None, 0).is_err());
    }

    #[test]
    fn the_number_goes_into_path_headers_and_body_and_the_length_follows() {
        let body = Template::parse(br#"{"n":{i},"d":"{payload}","m":"{i}"}"#).expect("a template");
        let publication = Publication { method: "PUT".into(), body, refusal: None };
        let endpoint = endpoint("/p/{i}", &[("Content-Type", "application/json"), ("X-Who", "p{i}")]);
        let Publish { before, after } = publish(&endpoint, &publication, 100, true, 12);
        let expected = "PUT /p/12 HTTP/1.1\r\nHost: h:1\r\nContent-Length: 124\r\nConnection: close\r\nUser-Agent: us\r\n\
                        Content-Type: application/json\r\nX-Who: p12\r\n\r\n{\"n\":12,\"d\":\"";
        assert_eq!((text(&before).as_str(), text(&after).as_str()), (expected, "\",\"m\":\"12\"}"));
    }
}
