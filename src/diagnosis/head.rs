//! What the head of an answer says about the stream below it: WHATWG HTML §9.2.2 and §9.2.6, and what proxies make of it.

use super::finding::{Finding, excerpt};
use super::proxy::Proxies;
use crate::wire::MEDIA_TYPE;

/// The head of an answer.
#[derive(Clone, Debug, Default)]
pub struct Head {
    /// The protocol as it is written: `HTTP/1.1`, `HTTP/2.0`.
    pub version: String,
    /// The status code.
    pub status: u16,
    /// The headers, names in any case.
    pub headers: Vec<(String, String)>,
    /// Whether the request allowed the body to be compressed (`Accept-Encoding` other than `identity`).
    pub asked_for_encoding: bool,
}

impl Head {
    /// The values of all headers of a name, in lower case and joined by commas as RFC 9110 §5.3 allows.
    pub(super) fn all(&self, name: &str) -> Option<String> {
        let values = self.headers.iter().filter(|(header, _)| header.eq_ignore_ascii_case(name));
        let values: Vec<_> = values.map(|(_, value)| value.trim().to_ascii_lowercase()).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    /// How the body is compressed, if it is.
    pub(super) fn encoding(&self) -> Option<String> {
        self.all("content-encoding").filter(|encoding| !encoding.is_empty() && encoding != "identity")
    }

    /// What is wrong with it, without regard to how the stream then behaves. A refusal is no stream: its other headers are
    /// those of its own body.
    pub(super) fn findings(&self, proxies: &Proxies) -> impl Iterator<Item = Finding> {
        let refusal = self.judge_status();
        let others = refusal.is_none().then(|| {
            [
                self.judge_type(),
                self.judge_charset(),
                self.judge_length(),
                self.judge_encoding(),
                self.judge_cached(),
                self.judge_cache_control(proxies),
                self.judge_accel(proxies),
                self.judge_version(),
            ]
        });
        refusal.into_iter().chain(others.into_iter().flatten().flatten())
    }

    fn judge_status(&self) -> Option<Finding> {
        let (meaning, fix) = match self.status {
            200 => return None,
            204 => (", which tells clients to stop reconnecting", "answer 200 as long as there may be events"),
            300..=399 => ("", "redirect with 301, 302, 303, 307 or 308 and a Location that the client can reach"),
            401 | 403 => ("", "send credentials: an EventSource has cookies and the URL, but no headers of its own"),
            _ => ("", "answer 200: with any other status an EventSource gives up for good"),
        };
        Some(Finding::problem("status", format!("the status is {}, not 200{meaning}", self.status), fix))
    }

    fn judge_type(&self) -> Option<Finding> {
        let fix = format!("send `Content-Type: {MEDIA_TYPE}`: with anything else a browser gives up");
        let what = match self.all("content-type") {
            Some(value) if value.split(';').next().is_some_and(|essence| essence.trim() == MEDIA_TYPE) => return None,
            Some(value) => format!("the content type is {}, not {MEDIA_TYPE}", excerpt(value.as_bytes())),
            None => format!("there is no content type; that of a stream is {MEDIA_TYPE}"),
        };
        Some(Finding::problem("content-type", what, fix))
    }

    fn judge_charset(&self) -> Option<Finding> {
        let value = self.all("content-type")?;
        let charset = value.split(';').skip(1).find_map(|parameter| parameter.trim().strip_prefix("charset="))?;
        let charset = charset.trim_matches('"');
        (!matches!(charset, "utf-8" | "utf8" | "us-ascii")).then(|| {
            let what =
                format!("the content type names the charset {}, which clients ignore", excerpt(charset.as_bytes()));
            Finding::problem("charset", what, "encode the stream as UTF-8, and leave the charset out or name utf-8")
        })
    }

    fn judge_length(&self) -> Option<Finding> {
        let length = excerpt(self.all("content-length")?.as_bytes());
        let what = format!("the answer has a length of {} bytes: a stream has none", length.trim_matches('"'));
        let fix = "something collected the whole answer before it sent it: send the events as they happen, without \
                   Content-Length";
        Some(Finding::problem("content-length", what, fix))
    }

    /// Whether an encoding that was asked for does harm only its stream can tell.
    fn judge_encoding(&self) -> Option<Finding> {
        let encoding = self.encoding().filter(|_| !self.asked_for_encoding)?;
        let what =
            format!("the answer is compressed ({}), although that was not asked for", excerpt(encoding.as_bytes()));
        let fix = "compress only what Accept-Encoding allows; best leave text/event-stream out (nginx: `gzip_types`)";
        Some(Finding::problem("content-encoding", what, fix))
    }

    fn judge_cached(&self) -> Option<Finding> {
        let age = self.all("age").filter(|age| age.parse().is_ok_and(|seconds: u64| seconds > 0));
        let hit = self.all("x-cache").filter(|value| value.contains("hit"));
        let sign = match (age, hit) {
            (Some(age), _) => format!("Age: {age}"),
            (None, Some(hit)) => format!("X-Cache: {hit}"),
            (None, None) => return None,
        };
        let what = format!("the answer is a copy that a cache has kept: {}", excerpt(sign.as_bytes()));
        Some(Finding::problem("cached", what, "send `Cache-Control: no-store`, and exclude this path from the cache"))
    }

    fn judge_cache_control(&self, proxies: &Proxies) -> Option<Finding> {
        let value = self.all("cache-control").unwrap_or_default();
        let keeps_caches_off = ["no-store", "no-cache", "private"].iter().any(|word| value.contains(word));
        (!keeps_caches_off && !proxies.is_empty()).then(|| {
            let names = proxies.names();
            let what = match value.as_str() {
                "" => format!("there is no Cache-Control header, and {names} is on the way"),
                value => format!("{names} may keep the stream: Cache-Control is {}", excerpt(value.as_bytes())),
            };
            Finding::note("cache-control", what, "send `Cache-Control: no-store` with the stream")
        })
    }

    /// nginx obeys `X-Accel-Buffering` and takes it out, so behind nginx its absence says nothing.
    fn judge_accel(&self, proxies: &Proxies) -> Option<Finding> {
        let wanted = self.all("x-accel-buffering").is_some_and(|value| value == "no");
        (!wanted && !proxies.is_empty() && !proxies.has_nginx()).then(|| {
            let names = proxies.names();
            let what = format!(
                "there is no `X-Accel-Buffering: no`, and {names} is on the way: an nginx would collect events"
            );
            let fix =
                "send `X-Accel-Buffering: no` with the stream; if an nginx has taken it out on the way, all is well";
            Finding::note("x-accel-buffering", what, fix)
        })
    }

    fn judge_version(&self) -> Option<Finding> {
        self.version.starts_with("HTTP/1").then(|| {
            let version = excerpt(self.version.as_bytes());
            let what = format!(
                "the stream came over {}: there, a browser has six connections to a host for all its tabs, and every \
                 stream takes one",
                version.trim_matches('"')
            );
            Finding::note("http1", what, "offer HTTP/2 (with TLS, also at the proxy), or share one stream between tabs")
        })
    }

    /// A head with these headers beside those that every stream has.
    #[cfg(test)]
    pub(super) fn of_test(headers: &[(&str, &str)]) -> Self {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { version: "HTTP/2.0".to_owned(), status: 200, headers, asked_for_encoding: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::Level;

    const STREAM: (&str, &str) = ("Content-Type", "text/event-stream");

    fn judged(head: &Head) -> Vec<(&'static str, Level)> {
        head.findings(&Proxies::of(head)).map(|finding| (finding.code, finding.level)).collect()
    }

    fn found(headers: &[(&str, &str)]) -> Vec<(&'static str, Level)> {
        judged(&Head::of_test(headers))
    }

    #[test]
    fn a_healthy_head_is_not_found_fault_with() {
        assert_eq!(found(&[STREAM]), []);
        assert_eq!(
            found(&[("content-type", "Text/Event-Stream; charset=UTF-8"), ("content-encoding", "identity")]),
            []
        );
        assert_eq!(found(&[STREAM, ("Server", "nginx"), ("Cache-Control", "no-cache, no-transform")]), []);
        assert_eq!(found(&[STREAM, ("X-Accel-Buffering", "no"), ("Via", "1.1 x"), ("Cache-Control", "no-store")]), []);
    }

    #[test]
    fn a_wrong_or_missing_content_type_is_a_problem() {
        assert_eq!(found(&[]), [("content-type", Level::Problem)]);
        assert_eq!(found(&[("content-type", "text/plain; charset=utf-8")]), [("content-type", Level::Problem)]);
        assert_eq!(found(&[("content-type", "text/event-streams")]), [("content-type", Level::Problem)]);
    }

    #[test]
    fn a_charset_that_is_not_utf_8_is_a_problem() {
        assert_eq!(found(&[("content-type", "text/event-stream;charset=ISO-8859-1")]), [("charset", Level::Problem)]);
        assert_eq!(found(&[("content-type", "text/event-stream; charset=\"utf-8\"")]), []);
    }

    #[test]
    fn a_stream_with_a_length_or_out_of_a_cache_is_a_problem() {
        assert_eq!(found(&[STREAM, ("content-length", "120")]), [("content-length", Level::Problem)]);
        let kept = [STREAM, ("Cache-Control", "no-store"), ("X-Accel-Buffering", "no"), ("Age", "12")];
        assert_eq!(found(&kept), [("cached", Level::Problem)]);
        let hit =
            [STREAM, ("Cache-Control", "no-store"), ("X-Accel-Buffering", "no"), ("X-Cache", "Hit from cloudfront")];
        assert_eq!(found(&hit), [("cached", Level::Problem)]);
        let passed =
            [STREAM, ("Cache-Control", "no-store"), ("X-Accel-Buffering", "no"), ("Age", "0"), ("X-Cache", "MISS")];
        assert_eq!(found(&passed), []);
    }

    #[test]
    fn compression_that_was_not_asked_for_is_a_problem() {
        let head = Head::of_test(&[STREAM, ("content-encoding", "gzip")]);
        assert_eq!(judged(&head), [("content-encoding", Level::Problem)]);
        assert_eq!(judged(&Head { asked_for_encoding: true, ..head }), []);
    }

    #[test]
    fn behind_a_proxy_missing_headers_are_notes_but_not_what_nginx_takes_out() {
        let both = [("cache-control", Level::Note), ("x-accel-buffering", Level::Note)];
        assert_eq!(found(&[STREAM, ("cf-ray", "1")]), both);
        assert_eq!(found(&[STREAM, ("server", "nginx/1.22.1")]), [("cache-control", Level::Note)]);
        let kept = [STREAM, ("server", "nginx"), ("cache-control", "public, max-age=60")];
        assert_eq!(found(&kept), [("cache-control", Level::Note)]);
    }

    #[test]
    fn http_1_is_a_note_about_the_connections_of_browsers() {
        let head = |version: &str| Head { version: version.to_owned(), ..Head::of_test(&[STREAM]) };
        assert_eq!(judged(&head("HTTP/1.1")), [("http1", Level::Note)]);
        assert_eq!(judged(&head("HTTP/3.0")), []);
    }

    #[test]
    fn another_status_than_200_is_a_problem_and_the_only_one() {
        let headers = [("content-type", "text/html; charset=ISO-8859-1"), ("content-length", "9"), ("server", "nginx")];
        let head = |status| Head { version: "HTTP/1.1".to_owned(), status, ..Head::of_test(&headers) };
        for status in [204, 302, 403, 404, 502] {
            assert_eq!(judged(&head(status)), [("status", Level::Problem)]);
        }
    }
}
