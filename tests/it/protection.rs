//! What answers tell browsers: for all of them, for the page at `/`, and for answers that hold a secret.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::auth::{Config, bearer, mint};
use crate::http::{NDJSON, Reply, Stream, get, post, request};
use crate::process::Broker;

const NOSNIFF: &str = "x-content-type-options: nosniff\r\n";

#[test]
fn no_answer_is_to_be_taken_for_what_it_is_not() {
    let broker = Broker::start(&[]);
    let to = broker.address;
    let preflight = [("origin", "http://localhost"), ("access-control-request-method", "POST")];
    let replies: Vec<Reply> = vec![
        get(to, "/"),
        get(to, "/healthz"),
        get(to, "/metrics"),
        get(to, "/nothing"),
        post(to, "/events/a", "<script>"),
        post(to, "/healthz", ""),
        request(to, "POST", "/events", &NDJSON, b"{\"topic\":\"a\",\"data\":1}\n"),
        request(to, "GET", "/events/a", &[("origin", "https://evil.example")], b""),
        request(to, "OPTIONS", "/events/a", &preflight, b""),
    ];
    for reply in replies {
        assert!(reply.head.contains(NOSNIFF), "{}", reply.head);
        assert!(!reply.head.contains("strict-transport-security"), "that is for TLS: {}", reply.head);
    }
    assert!(Stream::open(to, "/events/a", &[]).head.contains(NOSNIFF));
}

#[test]
fn the_page_runs_its_own_script_and_nothing_else() {
    let broker = Broker::start(&[]);
    let page = request(broker.address, "GET", "/", &[("accept", "text/html")], b"");
    let between = |open: &str, close: &str| {
        let rest = page.body.split_once(open).expect("it has one").1;
        rest.split_once(close).expect("it ends").0
    };
    let sum = |text: &str| BASE64_STANDARD.encode(digest(&SHA256, text.as_bytes()));
    let policy = format!(
        "content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         style-src 'sha256-{}'; script-src 'sha256-{}'",
        sum(between("<style>", "</style>")),
        sum(between("<script>", "</script>")),
    );
    let found = page.head.lines().find(|line| line.starts_with("content-security-policy: ")).expect("a policy");
    assert_eq!(found, policy.to_ascii_lowercase(), "src/server/protection.rs has to say: {policy}");
    for header in ["referrer-policy: no-referrer\r\n", "x-frame-options: deny\r\n"] {
        assert!(page.head.contains(header), "{}", page.head);
    }
    assert!(!page.body.contains(" style=") && !page.body.contains(" onclick="), "the policy forbids those");
}

#[test]
fn what_holds_a_ticket_is_not_kept() {
    let broker = Config::of_tenants("").start(&[]);
    let authorization = bearer(&mint(&["--subscribe", "a"]));
    let reply = request(broker.address, "POST", "/api/tickets", &[("authorization", &authorization)], b"");
    assert!(reply.status == 200 && reply.head.contains("cache-control: no-store\r\n"), "{reply:?}");
}
