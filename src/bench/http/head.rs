//! The head of a response, and how long its body is.

use httparse::{Header, Status};

use super::{Malformed, first_words};
use crate::bench::Refusal;
use crate::wire::MEDIA_TYPE;

/// The longest head that is read, in bytes.
pub(in crate::bench) const MAX_HEAD: usize = 32 << 10;

/// The most headers that are read.
pub(in crate::bench) const MAX_HEADERS: usize = 100;

/// What a response's head says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::bench) struct Head {
    pub(in crate::bench) status: u16,
    /// Lower case, without parameters; empty if there is none.
    pub(in crate::bench) content_type: String,
    pub(in crate::bench) framing: Framing,
    /// Whether another request may follow on the connection.
    pub(in crate::bench) keep_alive: bool,
    /// Where a redirection leads.
    pub(in crate::bench) location: Option<String>,
}

/// Where the body ends: RFC 9112 §6.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::bench) enum Framing {
    Chunked,
    /// After this many bytes.
    Length(u64),
    /// With the connection.
    UntilClose,
}

impl Head {
    /// Reads the head at the beginning of `bytes`: it and its length, or `None` if it is not all there yet. Interim
    /// responses (1xx) are passed over.
    pub(in crate::bench) fn read(bytes: &[u8]) -> Result<Option<(Self, usize)>, Malformed> {
        let mut passed = 0;
        loop {
            let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
            let mut response = httparse::Response::new(&mut headers);
            match response.parse(&bytes[passed..]).map_err(|error| malformed(error, bytes))? {
                Status::Partial if bytes.len() - passed > MAX_HEAD => return Err(Malformed::LongHead),
                Status::Partial => return Ok(None),
                Status::Complete(length) => passed += length,
            }
            if !response.code.is_some_and(|code| (100..200).contains(&code)) {
                return Ok(Some((Self::of(&response), passed)));
            }
        }
    }

    fn of(response: &httparse::Response<'_, '_>) -> Self {
        let status = response.code.unwrap_or_default();
        let headers = &*response.headers;
        let framing = framing(status, headers);
        let connection = all(headers, "connection");
        let keep_alive = match response.version {
            Some(1) => !connection.contains("close"),
            _ => connection.contains("keep-alive"),
        };
        Self {
            status,
            content_type: media_type(&all(headers, "content-type")),
            framing,
            keep_alive: keep_alive && framing != Framing::UntilClose,
            location: headers.iter().find(|header| header.name.eq_ignore_ascii_case("location")).map(text),
        }
    }

    /// Whether an event stream follows.
    pub(in crate::bench) fn is_stream(&self) -> bool {
        self.status == 200 && self.content_type == MEDIA_TYPE
    }

    /// What the server said instead of a stream.
    pub(in crate::bench) fn refusal(self, body: &[u8]) -> Refusal {
        let body = self.words(body);
        match self.status {
            200 => Refusal::NotAStream { content_type: self.content_type, body },
            status => Refusal::Status { status, body },
        }
    }

    /// What a refusal says: the beginning of its body, and where it redirects to.
    pub(in crate::bench) fn words(&self, body: &[u8]) -> String {
        match &self.location {
            Some(location) if (300..400).contains(&self.status) => format!("it redirects to {location}"),
            _ => first_words(body),
        }
    }
}

/// The part of a `Content-Type` that says what it is.
pub(in crate::bench) fn media_type(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn text(header: &Header<'_>) -> String {
    String::from_utf8_lossy(header.value).into_owned()
}

/// What a server that speaks TLS answers to a request that is not: an alert of version 3 (RFC 8446 §5.1).
const TLS_ALERT: [u8; 2] = [0x15, 0x03];

fn malformed(error: httparse::Error, bytes: &[u8]) -> Malformed {
    match error {
        httparse::Error::TooManyHeaders => Malformed::ManyHeaders,
        _ if bytes.starts_with(&TLS_ALERT) => Malformed::Tls,
        _ => Malformed::Head,
    }
}

fn framing(status: u16, headers: &[Header<'_>]) -> Framing {
    if matches!(status, 204 | 304) {
        return Framing::Length(0);
    }
    if all(headers, "transfer-encoding").contains("chunked") {
        return Framing::Chunked;
    }
    all(headers, "content-length").trim().parse().map_or(Framing::UntilClose, Framing::Length)
}

/// The values of all headers of a name, in lower case and joined by commas, as RFC 9110 §5.3 allows.
fn all(headers: &[Header<'_>], name: &str) -> String {
    let values = headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
    let values: Vec<_> = values.map(|header| String::from_utf8_lossy(header.value).to_ascii_lowercase()).collect();
    values.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Head {
        for end in 0..text.len() {
            assert_eq!(Head::read(&text.as_bytes()[..end]), Ok(None), "at {end}");
        }
        let (head, length) = Head::read(text.as_bytes()).expect("HTTP").expect("whole");
        assert_eq!(length, text.len());
        head
    }

    #[test]
    fn a_stream_is_recognised_however_its_headers_are_written() {
        let head = read(
            "HTTP/1.1 200 OK\r\ncontent-TYPE: Text/Event-Stream; charset=utf-8\r\ntransfer-encoding: Chunked\r\n\r\n",
        );
        let expected = Head {
            status: 200,
            content_type: "text/event-stream".into(),
            framing: Framing::Chunked,
            keep_alive: true,
            location: None,
        };
        assert_eq!(head, expected);
    }

    #[test]
    fn a_connection_stays_open_by_its_version_and_its_word() {
        assert!(read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n").keep_alive);
        assert!(!read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: Close\r\n\r\n").keep_alive);
        assert!(!read("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n").keep_alive);
        assert!(read("HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\n").keep_alive);
        assert!(!read("HTTP/1.1 200 OK\r\n\r\n").keep_alive, "its body ends with the connection");
        assert!(read("HTTP/1.1 204 No Content\r\n\r\n").keep_alive);
    }

    #[test]
    fn a_redirection_says_where_to_and_any_other_answer_what_its_body_says() {
        let redirection = read("HTTP/1.1 308 Permanent Redirect\r\nLocation: https://h/x\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(redirection.words(b""), "it redirects to https://h/x");
        let created = read("HTTP/1.1 201 Created\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(created.words(b" no\r\n thanks"), "no thanks");
    }

    #[test]
    fn interim_responses_are_passed_over() {
        assert_eq!(
            read("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 404 No\r\n\r\n").status,
            404
        );
    }

    #[test]
    fn what_is_not_http_is_an_error_and_so_is_a_head_without_end() {
        assert_eq!(Head::read(b"SSH-2.0-OpenSSH_9.6\r\n"), Err(Malformed::Head));
        let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(MAX_HEAD));
        assert_eq!(Head::read(endless.as_bytes()), Err(Malformed::LongHead));
    }
}
