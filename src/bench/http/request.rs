//! The two requests of a run.

use std::borrow::Cow;
use std::fmt::Write as _;

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

/// The request of a subscriber: a POST if it has a body. An ID that is not empty is the last event that it has.
pub(in crate::bench) fn subscribe(
    endpoint: &Endpoint,
    body: Option<&[u8]>,
    last_event_id: &str,
    number: u32,
) -> Vec<u8> {
    let mut own = vec![("Accept", MEDIA_TYPE), ("Cache-Control", "no-cache"), ("User-Agent", AGENT)];
    let Some(body) = body.map(|body| numbered(body, number)) else {
        return resumed(head("GET", endpoint, &own, number), last_event_id);
    };
    let length = body.len().to_string();
    own.extend([("Content-Type", "text/plain"), ("Content-Length", &length)]);
    let mut request = head("POST", endpoint, &own, number);
    request.extend_from_slice(&body);
    request
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
    let Endpoint { host, path, headers, .. } = endpoint;
    let mut head = format!("{method} {path} HTTP/1.1\r\n");
    let own = [("Host", host.as_str())].into_iter().chain(own.iter().copied());
    let own = own.filter(|(name, _)| !headers.iter().any(|header| header.is(name)));
    let given = headers.iter().map(|header| (header.name.as_str(), header.value.as_str()));
    for (name, value) in own.chain(given) {
        // Writing to a String cannot fail.
        let _ = write!(head, "{name}: {value}\r\n");
    }
    head.push_str("\r\n");
    numbered(head.as_bytes(), number).into_owned()
}

/// The head with the ID in it, if it is not empty. It is the server's, and nothing in it stands for a number.
fn resumed(mut head: Vec<u8>, last_event_id: &str) -> Vec<u8> {
    if !last_event_id.is_empty() {
        head.truncate(head.len() - b"\r\n".len());
        head.extend_from_slice(format!("Last-Event-ID: {last_event_id}\r\n\r\n").as_bytes());
    }
    head
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
        Endpoint { address, host: "h:1".into(), path: path.into(), headers: headers.iter().map(header).collect() }
    }

    fn text(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).replace(AGENT, "us")
    }

    #[test]
    fn headers_that_are_given_come_last_and_replace_ours() {
        let plain = subscribe(&endpoint("/s?a", &[]), None, "", 0);
        let expected = "GET /s?a HTTP/1.1\r\nHost: h:1\r\nAccept: text/event-stream\r\nCache-Control: no-cache\r\nUser-Agent: us\r\n\r\n";
        assert_eq!(text(&plain), expected);
        let own =
            subscribe(&endpoint("/", &[("accept", "*/*"), ("HOST", "other"), ("X", "y"), ("X", "z")]), None, "", 0);
        let expected = "GET / HTTP/1.1\r\nCache-Control: no-cache\r\nUser-Agent: us\r\naccept: */*\r\nHOST: other\r\n\
                        X: y\r\nX: z\r\n\r\n";
        assert_eq!(text(&own), expected);
    }

    #[test]
    fn the_last_event_id_goes_into_the_head_as_it_came() {
        let text = text(&subscribe(&endpoint("/{i}", &[("X", "y")]), None, "a{i}ä", 7));
        assert!(text.starts_with("GET /7 HTTP/1.1\r\n") && text.ends_with("\r\nX: y\r\nLast-Event-ID: a{i}ä\r\n\r\n"));
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
