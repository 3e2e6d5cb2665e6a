//! Other ways for a token to come in: tickets, cookies, the URL.

use super::table::{ENDPOINTS, ROUTE};
use super::{Config, bearer, mint};
use crate::http::{Stream, request};
use crate::process::{Broker, run, stdout, wait_until};

fn token() -> String {
    mint(&["--subscribe", "a", "--publish", "a"])
}

#[test]
fn a_ticket_opens_one_stream_and_no_second() {
    let config = Config::of_tenants("");
    let broker = config.start(&[]);
    let reply = request(broker.address, "POST", "/api/tickets", &[("authorization", &bearer(&token()))], b"");
    let (ticket, life) =
        (reply.json()["ticket"].as_str().expect("a ticket").to_owned(), reply.json()["expires_in"].as_u64());
    assert_eq!(life, Some(30));
    let path = format!("/events/a?ticket={ticket}");
    let mut stream = Stream::open(broker.address, &path, &[]);
    let again = request(broker.address, "GET", &path, &[], b"");
    assert_eq!((again.status, &again.json()["code"]), (401, &"ticket_invalid".into()));
    let reply = request(broker.address, "POST", "/events/a", &[("authorization", &bearer(&token()))], b"x");
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(stream.data(1), ["x"]);
    let both = request(broker.address, "GET", &path, &[("authorization", &bearer(&token()))], b"");
    assert_eq!((both.status, &both.json()["code"]), (400, &"several_tokens".into()));
}

#[test]
fn a_ticket_can_do_no_more_than_its_token() {
    let config = Config::of_tenants("");
    let broker = config.start(&[]);
    let reply = request(broker.address, "POST", "/api/tickets", &[("authorization", &bearer(&token()))], b"");
    let path = format!("/events/b?ticket={}", reply.json()["ticket"].as_str().expect("a ticket"));
    assert_eq!(request(broker.address, "GET", &path, &[], b"").json()["code"], "not_allowed");
}

/// A ticket for a token.
pub(super) fn ticket(broker: &Broker, token: &str) -> String {
    let reply = request(broker.address, "POST", "/api/tickets", &[("authorization", &bearer(token))], b"");
    reply.json()["ticket"].as_str().unwrap_or_else(|| panic!("{reply:?}")).to_owned()
}

/// The status and the code of an answer.
fn told(reply: &crate::http::Reply) -> (u16, String) {
    (reply.status, reply.json()["code"].as_str().unwrap_or_default().to_owned())
}

/// The same of a stream that is not to open.
fn refused(broker: &Broker, path: &str) -> (u16, String) {
    told(&Stream::open_or(broker.address, path, &[]).err().expect("no stream"))
}

#[test]
fn a_ticket_is_good_for_streams_alone() {
    let broker = Config::of_tenants(ROUTE).start(&[]);
    let token = mint(&["--sub", "u1", "--subscribe", "**", "--publish", "**", "--admin"]);
    let ticket = ticket(&broker, &token);
    for (method, path) in ENDPOINTS {
        let opens_stream = method == "GET" && ["/events", "/sse"].iter().any(|start| path.starts_with(start));
        if opens_stream || path == "/api/tickets" {
            continue;
        }
        let path = format!("{path}{}ticket={ticket}", if path.contains('?') { '&' } else { '?' });
        let reply = request(broker.address, method, &path, &[("content-length", "1")], b"x");
        assert_eq!(reply.status, 401, "{method} {path} {reply:?}");
        assert!(method == "HEAD" || reply.json()["code"] == "ticket_only_for_streams", "{method} {path} {reply:?}");
    }
    drop(Stream::open(broker.address, &format!("/sse/x?ticket={ticket}"), &[]));
}

#[test]
fn a_ticket_gets_no_other_ticket_and_is_over_with_its_token() {
    let config = Config::of_tenants("jwt-leeway = \"0s\"");
    let broker = config.start(&[]);
    let path = format!("/api/tickets?ticket={}", ticket(&broker, &token()));
    assert_eq!(told(&request(broker.address, "POST", &path, &[], b"")), (401, "ticket_for_ticket".into()));
    let short = mint(&["--subscribe", "a", "--expires", "4s"]);
    let reply = request(broker.address, "POST", "/api/tickets", &[("authorization", &bearer(&short))], b"");
    let life = reply.json()["expires_in"].as_u64().expect("seconds");
    assert!(life < 4, "{reply:?}");
    let path = format!("/events/a?ticket={}", reply.json()["ticket"].as_str().expect("a ticket"));
    wait_until("the token is over", || {
        request(broker.address, "HEAD", "/events/a", &[("authorization", &bearer(&short))], b"").status == 401
    });
    assert_eq!(refused(&broker, &path), (401, "ticket_invalid".into()));
}

#[test]
fn a_ticket_does_not_survive_that_its_token_is_taken_away() {
    let entry = |name: &str| {
        let made = stdout(&run(&["token", "hash", "--name", name], ""));
        let token = made.lines().find_map(|line| line.strip_prefix("# ").filter(|text| !text.contains(' ')));
        (token.expect("a token").to_owned(), made.replace("subscribe = []", "subscribe = [\"a\"]"))
    };
    let ((taken, first), (kept, second)) = (entry("taken"), entry("kept"));
    let config = Config::new(&format!("auth = \"token\"\n{first}\n{second}"));
    let broker = config.start(&[]);
    let path = format!("/events/a?ticket={}", ticket(&broker, &taken));
    let status =
        |token: &str| request(broker.address, "HEAD", "/events/a", &[("authorization", &bearer(token))], b"").status;
    assert_eq!(status(&taken), 200);
    config.write("sse.toml", &format!("auth = \"token\"\n{second}"));
    wait_until("the token is taken away", || status(&taken) == 401);
    assert_eq!(refused(&broker, &path), (401, "ticket_invalid".into()));
    drop(Stream::open(broker.address, &format!("/events/a?ticket={}", ticket(&broker, &kept)), &[]));
}

#[test]
fn a_used_ticket_is_no_bad_token_since_a_browser_comes_back_with_it() {
    let broker = Config::of_tenants("").start(&["--max-auth-failures", "3"]);
    let path = format!("/events/a?ticket={}", ticket(&broker, &token()));
    drop(Stream::open(broker.address, &path, &[]));
    for _ in 0..10 {
        assert_eq!(told(&request(broker.address, "GET", &path, &[], b"")), (401, "ticket_invalid".into()));
    }
    let another = mint(&["--sub", "another", "--subscribe", "a"]);
    assert_eq!(request(broker.address, "HEAD", "/events/a", &[("authorization", &bearer(&another))], b"").status, 200);
}

#[test]
fn a_token_comes_in_a_cookie_or_the_url_where_that_is_wanted() {
    let config = Config::of_tenants("");
    let token = token();
    let in_url = format!("/events/a?token={token}");
    let cookie = format!("other=1; session={token}; more=2");
    let head = |broker: &crate::process::Broker, path: &str, headers: &[(&str, &str)]| {
        let reply = request(broker.address, "GET", path, headers, b"");
        (reply.status, reply.json()["code"].as_str().unwrap_or_default().to_owned())
    };
    let strict = config.start(&[]);
    assert_eq!(head(&strict, &in_url, &[]), (401, "token_in_query".into()));
    assert_eq!(head(&strict, "/events/a", &[("cookie", &cookie)]), (401, "token_missing".into()));
    let basic = [("authorization", "Basic eDp5")];
    assert_eq!(head(&strict, "/events/a", &basic), (401, "token_not_bearer".into()));
    let lenient = config.start(&["--allow-query-token", "--token-cookie", "session"]);
    drop(Stream::open(lenient.address, &in_url, &[]));
    drop(Stream::open(lenient.address, "/events/a", &[("cookie", &cookie)]));
    drop(Stream::open(lenient.address, "/events/a", &[("authorization", &bearer(&token)), ("cookie", "session=old")]));
    assert_eq!(head(&lenient, "/events/a", &[("cookie", "session=old")]), (401, "token_malformed".into()));
}

#[test]
fn a_cookie_says_nothing_of_who_wants_what_a_page_of_an_origin_that_is_not_named_sends() {
    let origins = ["--cors-origin", "*,loopback,null,https://app.example.com", "--token-cookie", "session"];
    let broker = Config::of_tenants("").start(&origins);
    let token = token();
    let cookie = format!("session={token}");
    let own = format!("http://{}", broker.address);
    for (origin, status) in [
        (Some("https://evil.example"), 401),
        (Some("http://localhost:5173"), 401),
        (Some("null"), 401),
        (Some("https://app.example.com.evil.example"), 401),
        (Some("https://app.example.com"), 200),
        (Some(own.as_str()), 200),
        (None, 200),
    ] {
        let page = origin.map(|origin| ("origin", origin));
        let with = |header: (&'static str, &str)| {
            let headers = [&[("content-type", "text/plain"), header][..], page.as_slice()].concat();
            request(broker.address, "POST", "/events/a", &headers, b"x")
        };
        let reply = with(("cookie", &cookie));
        assert_eq!(reply.status, status, "{origin:?} {reply:?}");
        if status == 401 {
            let problem = reply.json();
            assert_eq!(problem["code"], "cookie_of_page");
            assert!(problem["detail"].as_str().expect("a sentence").contains(origin.expect("a page")), "{problem}");
        }
        assert_eq!(with(("authorization", &bearer(&token))).status, 200, "{origin:?}: no browser adds this by itself");
    }
    let stream = [("cookie", cookie.as_str()), ("origin", "https://evil.example")];
    assert_eq!(request(broker.address, "GET", "/events/a", &stream, b"").status, 401);
    assert_eq!(told(&request(broker.address, "GET", "/events/a", &stream[1..], b"")), (401, "token_missing".into()));
}
