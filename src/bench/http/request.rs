//! The two requests of a run.

use std::borrow::Cow;
use std::fmt::Write as _;

use ::http::{Method, Request, Version};
use bytes::Bytes;
use memchr::memmem;

use super::pieces::{LENGTH, Publish};
use crate::bench::{Endpoint, Publication};
use crate::wire::MEDIA_TYPE;

/// What the generator calls itself.
const AGENT: &str = concat!("sse-bench/", env!("CARGO_PKG_VERSION"));

/// What stands for the number of who makes a request.
pub(in crate::bench) const NUMBER: &str = "{i}";

/// What stands for the number of the topic that a request is about.
pub(in crate::bench) const TOPIC: &str = "{t}";

/// What the requests of a publisher differ in.
#[derive(Clone, Copy, Debug)]
pub(in crate::bench) struct Form {
    /// The size of every payload, if all have the same.
    pub(in crate::bench) size: Option<usize>,
    /// To how many topics the events go.
    pub(in crate::bench) topics: u32,
    /// Whether the server is asked to end the connection.
    pub(in crate::bench) close: bool,
}

/// A request as HTTP/2 has it.
#[derive(Clone, Debug)]
pub(in crate::bench) struct Http2Request {
    pub(in crate::bench) head: Request<()>,
    pub(in crate::bench) body: Option<Bytes>,
}

/// What a request for a stream says of itself.
const SUBSCRIBE: [(&str, &str); 3] = [("Accept", MEDIA_TYPE), ("Cache-Control", "no-cache"), ("User-Agent", AGENT)];

/// The request of a subscriber to a topic: a POST if it has a body. An ID that is not empty is the last event that it has.
pub(in crate::bench) fn subscribe(
    endpoint: &Endpoint,
    body: Option<&[u8]>,
    number: u32,
    topic: u32,
    last_event_id: &str,
) -> Vec<u8> {
    let mut own = SUBSCRIBE.to_vec();
    let head = |method, own: &[(&str, &str)]| {
        let head = head(method, endpoint, own, number);
        filled(&head, TOPIC, topic).into_owned()
    };
    let Some(body) = body.map(|body| filled(body, NUMBER, number)) else {
        return resumed(head("GET", &own), last_event_id);
    };
    let length = body.len().to_string();
    own.extend([("Content-Type", "text/plain"), ("Content-Length", &length)]);
    let mut request = head("POST", &own);
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
    topic: u32,
) -> Result<Http2Request, ::http::Error> {
    let both = |text: &[u8]| filled(&filled(text, NUMBER, number), TOPIC, topic).into_owned();
    let body = body.map(|body| Bytes::from(filled(body, NUMBER, number).into_owned()));
    let length = body.as_ref().map(|body| body.len().to_string());
    let mut own = SUBSCRIBE.to_vec();
    own.extend(length.iter().flat_map(|length| [("Content-Type", "text/plain"), ("Content-Length", length)]));
    let (mut authority, mut fields) = (endpoint.host.clone(), Vec::new());
    for (name, value) in all(endpoint, &own) {
        let value = both(value.as_bytes());
        if name.eq_ignore_ascii_case("host") {
            authority = String::from_utf8_lossy(&value).into_owned();
        } else {
            fields.push((name, value));
        }
    }
    let path = both(endpoint.path.as_bytes());
    let uri = format!("{}://{authority}{}", endpoint.scheme(), String::from_utf8_lossy(&path));
    let method = if body.is_some() { Method::POST } else { Method::GET };
    let head = Request::builder().method(method).uri(uri).version(Version::HTTP_2);
    let head = fields.into_iter().fold(head, |head, (name, value)| head.header(name, value));
    Ok(Http2Request { head: head.body(())?, body })
}

/// The request of a publisher.
pub(in crate::bench) fn publish(endpoint: &Endpoint, publication: &Publication, number: u32, form: Form) -> Publish {
    let Form { size, topics, close } = form;
    // Where there is one topic only, its number is known.
    let known =
        |text: Cow<'_, [u8]>| if topics == 1 { filled(&text, TOPIC, 0).into_owned() } else { text.into_owned() };
    let body = [&publication.body.before, &publication.body.after].map(|part| known(filled(part, NUMBER, number)));
    let varies = size.is_none() || body.iter().any(|part| memmem::find(part, TOPIC.as_bytes()).is_some());
    let length = size.filter(|_| !varies).map(|size| (body[0].len() + size + body[1].len()).to_string());
    let length = length.as_deref().unwrap_or(LENGTH);
    let mut own = vec![("Content-Type", "text/plain"), ("Content-Length", length), ("User-Agent", AGENT)];
    if close {
        own.insert(2, ("Connection", "close"));
    }
    let head = known(head(&publication.method, endpoint, &own, number).into());
    Publish::new(&head, &body)
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
    filled(head.as_bytes(), NUMBER, number).into_owned()
}

/// The head with the ID in it, if it is not empty. It is the server's, and nothing in it stands for a number.
fn resumed(mut head: Vec<u8>, last_event_id: &str) -> Vec<u8> {
    if !last_event_id.is_empty() {
        head.truncate(head.len() - b"\r\n".len());
        head.extend_from_slice(format!("Last-Event-ID: {last_event_id}\r\n\r\n").as_bytes());
    }
    head
}

/// All headers of a request: our own, but those of which the endpoint has one, and its.
fn all<'h>(endpoint: &'h Endpoint, own: &[(&'h str, &'h str)]) -> Vec<(&'h str, &'h str)> {
    let headers = &endpoint.headers;
    let own = own.iter().copied().filter(|(name, _)| !headers.iter().any(|header| header.is(name)));
    own.chain(headers.iter().map(|header| (header.name.as_str(), header.value.as_str()))).collect()
}

/// The text with the number wherever its place is.
fn filled<'t>(text: &'t [u8], place: &str, number: u32) -> Cow<'t, [u8]> {
    let (mut rest, mut out) = (text, Vec::new());
    while let Some(at) = memmem::find(rest, place.as_bytes()) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(number.to_string().as_bytes());
        rest = &rest[at + place.len()..];
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

    /// What goes out for a payload, with letters in its place.
    fn written(request: &Publish, topic: u32, size: usize) -> String {
        let mut out = Vec::new();
        request.write_before(topic, size, &mut out);
        out.resize(out.len() + size, b'x');
        request.write_after(topic, &mut out);
        text(&out)
    }

    #[test]
    fn headers_that_are_given_come_last_and_replace_ours() {
        let plain = subscribe(&endpoint("/s?a", &[]), None, 0, 0, "");
        let expected = "GET /s?a HTTP/1.1\r\nHost: h:1\r\nAccept: text/event-stream\r\nCache-Control: no-cache\r\nUser-Agent: us\r\n\r\n";
        assert_eq!(text(&plain), expected);
        let headers = [("accept", "*/*"), ("HOST", "other"), ("X", "y"), ("X", "z{i}{t}")];
        let own = subscribe(&endpoint("/", &headers), None, 5, 3, "");
        let expected = "GET / HTTP/1.1\r\nCache-Control: no-cache\r\nUser-Agent: us\r\naccept: */*\r\nHOST: other\r\n\
                        X: y\r\nX: z53\r\n\r\n";
        assert_eq!(text(&own), expected);
        let prompt = subscribe(&endpoint("/{t}", &[]), Some(b"{i}{t}"), 12, 3, "");
        assert!(
            text(&prompt).starts_with("POST /3 ") && text(&prompt).ends_with("Length: 5\r\n\r\n12{t}"),
            "of no topic"
        );
    }

    #[test]
    fn the_request_of_http2_has_its_host_in_the_url_and_the_rest_as_headers() {
        let own = [("HOST", "other{i}"), ("X-Who", "u{i}"), ("user-agent", "mine")];
        let request = |headers: &[(&str, &str)], body| {
            let request = subscribe_by_http2(&endpoint("/s/{i}?a", headers), body, 7, 0).expect("a request");
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
        assert!(subscribe_by_http2(&endpoint("/", &[("host", "a b")]), None, 0, 0).is_err());
    }

    #[test]
    fn the_last_event_id_goes_into_the_head_as_it_came() {
        let text = text(&subscribe(&endpoint("/{i}{t}", &[("X", "y")]), None, 7, 3, "a{i}{t}ä"));
        assert!(
            text.starts_with("GET /73 HTTP/1.1\r\n") && text.ends_with("\r\nX: y\r\nLast-Event-ID: a{i}{t}ä\r\n\r\n")
        );
    }

    #[test]
    fn the_number_goes_into_path_headers_and_body_and_the_length_follows() {
        let body = Template::parse(br#"{"n":{i},"d":"{payload}","m":"{i}"}"#).expect("a template");
        let publication = Publication { method: "PUT".into(), body, refusal: None };
        let endpoint = endpoint("/p/{i}", &[("Content-Type", "application/json"), ("X-Who", "p{i}")]);
        let request = publish(&endpoint, &publication, 12, Form { size: Some(3), topics: 1, close: true });
        let expected = "PUT /p/12 HTTP/1.1\r\nHost: h:1\r\nContent-Length: 27\r\nConnection: close\r\nUser-Agent: us\r\n\
                        Content-Type: application/json\r\nX-Who: p12\r\n\r\n{\"n\":12,\"d\":\"xxx\",\"m\":\"12\"}";
        assert_eq!(written(&request, 0, 3), expected);
    }

    #[test]
    fn the_topic_goes_everywhere_and_the_length_counts_its_digits_and_those_of_any_size() {
        let body = Template::parse(b"\0{t}:{payload}:{t}").expect("a template");
        let publication = Publication { method: "POST".into(), body, refusal: None };
        let endpoint = endpoint("/p/{t}", &[("X", "{i}{t}")]);
        let expected = |topic: &str, length: usize, payload: &str| {
            format!(
                "POST /p/{topic} HTTP/1.1\r\nHost: h:1\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\
                 User-Agent: us\r\nX: 9{topic}\r\n\r\n\0{topic}:{payload}:{topic}"
            )
        };
        for size in [Some(2), None] {
            let request = publish(&endpoint, &publication, 9, Form { size, topics: 200, close: false });
            assert_eq!(written(&request, 7, 2), expected("7", 7, "xx"));
            assert_eq!(written(&request, 123, 2), expected("123", 11, "xx"));
        }
        let request = publish(&endpoint, &publication, 9, Form { size: None, topics: 1, close: false });
        assert_eq!(written(&request, 0, 10), expected("0", 15, "xxxxxxxxxx"));
    }
}
