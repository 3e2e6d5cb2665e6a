//! Which proxies and caches show themselves in the headers of an answer, and how each is kept from collecting a stream.

use super::head::Head;

/// A header, what its value contains in lower case, and who sends it.
const SIGNS: &[(&str, &str, &str)] = &[
    ("server", "nginx", NGINX),
    ("server", "openresty", NGINX),
    ("server", "tengine", NGINX),
    ("server", "cloudflare", "Cloudflare"),
    ("cf-ray", "", "Cloudflare"),
    ("x-amz-cf-id", "", "CloudFront"),
    ("server", "awselb", "an AWS load balancer"),
    ("x-varnish", "", "Varnish"),
    ("via", "varnish", "Varnish"),
    ("x-served-by", "cache-", "Fastly"),
    ("server", "envoy", "Envoy"),
    ("x-envoy-upstream-service-time", "", "Envoy"),
    ("via", "caddy", "Caddy"),
    ("via", "google", "a Google load balancer"),
    ("via", "vegur", "the Heroku router"),
    ("via", "heroku-router", "the Heroku router"),
    ("server", "akamaighost", "Akamai"),
    ("fly-request-id", "", "the Fly.io proxy"),
    ("x-vercel-id", "", "Vercel"),
    ("via", "", SOME_PROXY),
    ("x-cache", "", "a cache"),
    ("age", "", "a cache"),
];

const NGINX: &str = "nginx";

/// One that says that it is there, but not who it is: of no interest beside one that does.
const SOME_PROXY: &str = "a proxy";

/// Those that showed themselves, each once.
#[derive(Clone, Debug, Default)]
pub(super) struct Proxies(Vec<&'static str>);

impl Proxies {
    pub(super) fn of(head: &Head) -> Self {
        let mut names: Vec<&str> = Vec::new();
        for (header, part, name) in SIGNS {
            let shows = head.all(header).is_some_and(|value| value.contains(part));
            let known = names.contains(name) || (matches!(*name, SOME_PROXY | "a cache") && !names.is_empty());
            if shows && !known {
                names.push(name);
            }
        }
        Self(names)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them takes `X-Accel-Buffering` out of the answer, so that its absence says nothing.
    pub(super) fn has_nginx(&self) -> bool {
        self.0.contains(&NGINX)
    }

    /// Their names, as part of a sentence.
    pub(super) fn names(&self) -> String {
        self.0.join(" and ")
    }

    /// What to change so that events are passed on at once.
    pub(super) fn pass_events(&self) -> String {
        if self.has_nginx() {
            return "set `proxy_buffering off;` (`fastcgi_buffering off;`) in the nginx location of this path, or send \
                    `X-Accel-Buffering: no`; if that is so, let the application flush after every event"
                .to_owned();
        }
        let flush = "let the application flush after every event (PHP: `output_buffering = 0` and `flush()`)";
        format!("{flush}; {}", self.turn_off())
    }

    /// What to change so that the head is passed on at once.
    pub(super) fn pass_head(&self) -> String {
        format!("let the server flush the head at once, best with a comment (`:`); {}", self.turn_off())
    }

    fn turn_off(&self) -> String {
        let nginx = "set `proxy_buffering off;` or send `X-Accel-Buffering: no`";
        match self.0.first() {
            Some(&NGINX) => format!("in the nginx location of this path, {nginx}"),
            Some(_) => {
                format!("turn off what {} collects of this path; if there is an nginx too, {nginx}", self.names())
            }
            None => format!("if there is an nginx on the way, {nginx}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(headers: &[(&str, &str)]) -> String {
        Proxies::of(&Head::of_test(headers)).names()
    }

    #[test]
    fn proxies_show_themselves_by_their_own_headers_or_in_those_of_all() {
        assert_eq!(names(&[("Server", "nginx/1.22.1")]), "nginx");
        assert_eq!(names(&[("server", "cloudflare"), ("cf-ray", "8f1-FRA")]), "Cloudflare");
        assert_eq!(names(&[("X-Varnish", "32770"), ("Age", "0"), ("Via", "1.1 varnish (Varnish/7.1)")]), "Varnish");
        assert_eq!(names(&[("via", "1.1 abc.cloudfront.net (CloudFront)"), ("x-amz-cf-id", "x")]), "CloudFront");
        assert_eq!(names(&[("Via", "1.1 inner")]), "a proxy");
        assert_eq!(names(&[("X-Cache", "MISS")]), "a cache");
        assert_eq!(names(&[("server", "nginx"), ("x-envoy-upstream-service-time", "4")]), "nginx and Envoy");
    }

    #[test]
    fn a_server_of_its_own_is_no_proxy() {
        assert_eq!(names(&[("Server", "uvicorn"), ("Date", "now"), ("X-Powered-By", "Express")]), "");
    }
}
