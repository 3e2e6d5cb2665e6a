//! Every kind of token at every endpoint: the status, the exact reason, and the same reason from `sse token inspect`.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sse::auth::{Claims, SigningKey};

use super::{Config, bearer, inspect, mint, mint_with};
use crate::http::{Reply, Stream, request};
use crate::process::{Broker, stderr};

/// A token of the first tenant's staff.
const STAFF: [&str; 6] = ["--sub", "u1", "--role", "staff", "--claim", "company_id=c1"];

fn staff(more: &[&str]) -> String {
    mint(&[&STAFF, more].concat())
}

/// A token with this header and these claims, signed by nobody.
pub(super) fn made_up(header: &str, claims: &str, signature: &str) -> String {
    let encode = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{signature}", encode(header), encode(claims))
}

fn ask(broker: &Broker, method: &str, path: &str, token: &str) -> Reply {
    request(broker.address, method, path, &[("authorization", &bearer(token)), ("content-length", "1")], b"x")
}

/// All that asks for a token.
pub(super) const ENDPOINTS: [(&str, &str); 16] = [
    ("GET", "/sse/x"),
    ("GET", "/events/company/c1/x"),
    ("HEAD", "/events/company/c1/x"),
    ("GET", "/events?topic=**&last=10"),
    ("GET", "/events/company/c1/x?since=earliest"),
    ("POST", "/events/company/c1/x"),
    ("POST", "/events"),
    ("POST", "/api/tickets"),
    ("GET", "/api/presence/company/c1/x"),
    ("GET", "/api/stats"),
    ("GET", "/api/connections"),
    ("DELETE", "/api/connections?user=u1"),
    ("DELETE", "/api/connections/1"),
    ("PATCH", "/api/connections/1"),
    ("GET", "/api/topics"),
    ("GET", "/metrics"),
];

/// A path of the operator's own among them, where [`STAFF`] may listen.
pub(super) const ROUTE: &str = "[[route]]\npath = \"/sse/{room}\"\ntopics = [\"company/c1/{path.room}\"]\n";

/// A token that holds at a broker which is `sse` and takes tokens of `us`, but for what is given.
fn ours(more: &[&str]) -> String {
    staff(&[&["--issuer", "us", "--audience", "sse"], more].concat())
}

/// Tokens that do not hold there, each with its reason.
fn bad_tokens() -> Vec<(String, &'static str)> {
    let claims = r#"{"sub":"u1","iss":"us","aud":"sse","exp":99999999999,"roles":"superadmin"}"#;
    vec![
        (made_up(r#"{"alg":"none"}"#, claims, ""), "token_unsigned"),
        (made_up(r#"{"alg":"nOnE"}"#, claims, "c2ln"), "token_unsigned"),
        (made_up(r#"{"alg":"RS256"}"#, claims, "c2ln"), "token_algorithm"),
        (made_up(r#"{"alg":"HS256"}"#, claims, "c2ln"), "token_signature"),
        (made_up(r#"{"alg":"HS256"}"#, claims, ""), "token_signature"),
        (mint_with("another secret, which is as long as that", &STAFF), "token_signature"),
        (ours(&["--expires", "0s"]), "token_expired"),
        (mint_with("another secret, which is as long as that", &["--expires", "0s"]), "token_expired"),
        (ours(&["--not-before", "1h"]), "token_not_yet_valid"),
        (ours(&["--expires", "never"]), "token_claim_missing"),
        (staff(&["--issuer", "them", "--audience", "sse"]), "token_issuer"),
        (staff(&["--audience", "sse"]), "token_claim_missing"),
        (staff(&["--issuer", "us", "--audience", "them"]), "token_audience"),
        (staff(&["--issuer", "us"]), "token_claim_missing"),
        (ours(&["--claim", "exp=soon"]), "token_claim_invalid"),
        (ours(&["--claim", "sse=[]"]), "token_claim_invalid"),
        ("no token at all".to_owned(), "token_malformed"),
        (ours(&[]) + "x", "token_signature"),
        (ours(&[]).replace('.', ".."), "token_malformed"),
        ("x".repeat(9000), "token_malformed"),
    ]
}

#[test]
fn a_token_that_is_not_accepted_is_refused_everywhere_with_the_reason_that_inspect_gives() {
    let checks = "jwt-issuer = \"us\"\njwt-audience = [\"sse\"]\njwt-leeway = \"0s\"\n".to_owned();
    let config = Config::of_tenants(&(checks + ROUTE));
    let broker = config.start(&["--token-cookie", "session", "--allow-query-token"]);
    for (token, code) in bad_tokens() {
        let (said, exit) = inspect(&config, &token, &[]);
        assert_eq!((exit, said["code"].as_str()), (3, Some(code)), "{said}");
        for (method, path) in ENDPOINTS {
            let reply = ask(&broker, method, path, &token);
            assert_eq!(reply.status, 401, "{method} {path} {code} {reply:?}");
            let challenge = "www-authenticate: bearer realm=\"sse\", error=\"invalid_token\"";
            assert!(reply.head.to_ascii_lowercase().contains(challenge), "{reply:?}");
            if method != "HEAD" {
                let problem = reply.json();
                assert_eq!((&problem["code"], &problem["detail"]), (&said["code"], &said["reason"]), "{method} {path}");
            }
        }
        // The other ways in lead to the same door.
        let (cookie, in_url) = (format!("session={token}"), token.replace(' ', "%20"));
        let by_cookie = request(broker.address, "GET", "/api/stats", &[("cookie", &cookie)], b"");
        let by_url = request(broker.address, "GET", &format!("/api/stats?token={in_url}"), &[], b"");
        for reply in [by_cookie, by_url] {
            assert_eq!((reply.status, &reply.json()["code"]), (401, &said["code"]), "{reply:?}");
        }
        for way in ["--http1.1", "--http2-prior-knowledge"] {
            let header = format!("authorization: {}", bearer(&token));
            let output = std::process::Command::new("curl")
                .args(["-s", way, "-H", &header, &broker.url("/events/a")])
                .output()
                .expect("curl starts");
            let said_there: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
            assert_eq!(said_there["code"], said["code"], "{way}");
        }
    }
    let (said, exit) = inspect(&config, &ours(&[]), &[]);
    assert_eq!((exit, &said["valid"], &said["grant"]["subscribe"]), (0, &json!(true), &json!(["company/c1/**"])));
}

#[test]
fn who_has_no_token_is_told_how_to_come_in_and_health_is_for_everyone() {
    let broker = Config::of_tenants(ROUTE).start(&[]);
    for (method, path) in ENDPOINTS {
        let reply = request(broker.address, method, path, &[("content-length", "1")], b"x");
        assert_eq!(reply.status, 401, "{method} {path}");
        assert!(reply.head.to_ascii_lowercase().contains("www-authenticate: bearer realm=\"sse\"\r\n"), "{reply:?}");
        assert!(method == "HEAD" || reply.json()["code"] == "token_missing", "{method} {path} {reply:?}");
    }
    for path in ["/healthz", "/readyz", "/"] {
        assert_eq!(request(broker.address, "GET", path, &[], b"").status, 200, "{path}");
    }
}

/// The reason without what was asked for: a batch of someone who may publish nothing is refused before that is known.
fn why(sentence: &Value) -> &str {
    sentence.as_str().unwrap().split_once(": ").expect("a reason").1
}

#[test]
fn what_a_token_may_not_do_is_refused_with_the_reason_that_inspect_gives() {
    let config = Config::of_tenants("");
    let broker = config.start(&[]);
    let ours = staff(&[]);
    let no_company = mint(&["--role", "staff"]);
    let no_role = mint(&["--claim", "company_id=c1"]);
    let star = mint(&["--role", "staff", "--claim", "company_id=*"]);
    let own = mint(&["--publish", "company/c1/*"]);
    let subscribe = [
        (&ours, "company/c2/x", "not_allowed"),
        (&ours, "company/c1", ""),
        (&ours, "company/c1/x", ""),
        (&ours, "company/c1/**", ""),
        (&ours, "company/*/x", "not_allowed"),
        (&ours, "**", "not_allowed"),
        (&no_company, "company/c1/x", "claim_missing"),
        (&no_role, "company/c1/x", "role_missing"),
        (&star, "company/c1/x", "claim_missing"),
        (&own, "company/c1/x", "role_missing"),
    ];
    for (token, topic, code) in subscribe {
        let (said, exit) = inspect(&config, token, &["--subscribe", topic]);
        assert_eq!(exit, if code.is_empty() { 0 } else { 3 }, "{said}");
        for path in [format!("/events?topic={topic}"), format!("/events?topic={topic}&since=earliest")] {
            let reply = ask(&broker, "HEAD", &path, token);
            assert_eq!(reply.status, if code.is_empty() { 200 } else { 403 }, "{path} {reply:?}");
        }
        if !code.is_empty() {
            let problem = ask(&broker, "GET", &format!("/events/{topic}"), token).json();
            let refused = &said["refused"][0];
            assert_eq!((&problem["code"], &problem["detail"]), (&refused["code"], &refused["reason"]));
            assert_eq!(problem["code"], code, "{problem}");
        }
        if !topic.contains('*') {
            let reply = ask(&broker, "GET", &format!("/api/presence/{topic}"), token);
            assert_eq!(reply.status, if code.is_empty() { 200 } else { 403 }, "presence of {topic}");
        }
    }
    let publish =
        [(&ours, "company/c1/x", "role_missing"), (&own, "company/c1/x", ""), (&own, "company/c2/x", "not_allowed")];
    for (token, topic, code) in publish {
        let (said, _) = inspect(&config, token, &["--publish", topic]);
        let batch = json!({ "topic": topic, "data": "d" }).to_string();
        let headers = [("authorization", bearer(token)), ("content-type", "application/x-ndjson".to_owned())];
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let replies = [
            ask(&broker, "POST", &format!("/events/{topic}"), token),
            request(broker.address, "POST", "/events", &headers[..1], batch.as_bytes()),
            request(broker.address, "POST", "/events", &headers, batch.as_bytes()),
        ];
        for reply in replies {
            if code.is_empty() {
                assert_eq!(reply.status, 200, "{reply:?}");
                continue;
            }
            assert_eq!(reply.status, 403, "{reply:?}");
            let (problem, refused) = (reply.json(), &said["refused"][0]);
            let problem = problem.get("error").unwrap_or(&problem);
            assert_eq!((&problem["code"], why(&problem["detail"])), (&refused["code"], why(&refused["reason"])));
            assert_eq!(problem["code"], code);
        }
    }
    for path in ["/api/stats", "/metrics", "/api/topics", "/api/connections"] {
        assert_eq!(ask(&broker, "GET", path, &ours).status, 403, "{path}");
        assert_eq!(ask(&broker, "GET", path, &mint(&["--role", "superadmin"])).status, 200, "{path}");
    }
}

#[test]
fn a_public_key_is_no_secret_whatever_the_token_says() {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).expect("a key pair");
    let config = Config::new("");
    config.write("public.pem", &pair.public_key_pem());
    config.write("private.pem", &pair.serialize_pem());
    let public = config.path("public.pem").to_str().expect("UTF-8").to_owned();
    config.write("sse.toml", &format!("auth = \"jwt\"\njwt-key = [\"{public}\"]\n{ROUTE}"));
    let broker = config.start(&[]);
    let claims = json!({ "exp": 99_999_999_999_u64, "sse": { "subscribe": ["**"], "publish": ["**"], "admin": true } });
    let claims = Claims::from(claims.as_object().expect("an object").clone());
    let forged = SigningKey::from_secret(pair.public_key_pem().as_bytes()).expect("it is long enough");
    let honest = SigningKey::from_pem(pair.serialize_pem().as_bytes()).expect("a private key");
    let [forged, honest] = [forged, honest].map(|key| key.sign(&claims, None).expect("a token"));
    assert_eq!(ask(&broker, "GET", "/api/stats", &honest).status, 200);
    let (said, exit) = inspect(&config, &forged, &[]);
    assert_eq!((exit, &said["code"]), (3, &json!("token_algorithm")), "{said}");
    for (method, path) in ENDPOINTS {
        let reply = ask(&broker, method, path, &forged);
        assert_eq!(reply.status, 401, "{method} {path} {reply:?}");
        assert!(method == "HEAD" || reply.json()["code"] == said["code"], "{method} {path} {reply:?}");
    }
    let secret = ["--auth", "jwt", "--jwt-secret", &format!("@{public}")];
    let ended = Broker::try_start(&secret).err().expect("it does not start");
    assert!(stderr(&ended).contains("--jwt-secret: it is a key in PEM, not a secret"), "{ended:?}");
}

#[test]
fn nothing_of_another_tenant_arrives_live_by_replay_or_as_state() {
    let config = Config::of_tenants(ROUTE);
    let broker = config.start(&[]);
    let root = bearer(&mint(&["--role", "superadmin"]));
    let publish = |topic: &str, data: &str, key: &str| {
        let path = format!("/events/{topic}?key={key}");
        let reply = request(broker.address, "POST", &path, &[("authorization", &root)], data.as_bytes());
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()["id"].as_str().expect("an ID").to_owned()
    };
    let their_id = publish("company/c2/x", "theirs", "state");
    publish("company/c1/x", "ours", "state");
    let ours = bearer(&staff(&[]));
    let open = |query: &str| {
        let path = format!("/events?topic=company/c1/**{query}");
        Stream::open(broker.address, &path, &[("authorization", &ours)])
    };
    let mut streams = ["", "&since=earliest", "&last=5"].map(open);
    publish("company/c2/x", "theirs again", "state");
    publish("company/c1/y", "ours again", "state");
    for stream in &mut streams {
        assert_eq!(stream.data(2), ["ours", "ours again"]);
    }
    for query in ["/events?topic=company/c1/**", "/sse/**", "/sse/y"] {
        let foreign = [("authorization", ours.as_str()), ("last-event-id", their_id.as_str())];
        let stream = Stream::open_or(broker.address, query, &foreign);
        match (query, stream) {
            ("/sse/**", Err(refused)) => assert_eq!(refused.status, 400, "{refused:?}"),
            ("/sse/y", Ok(mut stream)) => assert_eq!(stream.data(1), ["ours again"], "an ID of others is but a place"),
            (_, Ok(mut stream)) => assert_eq!(stream.data(2), ["ours", "ours again"]),
            (_, Err(refused)) => panic!("{query} {refused:?}"),
        }
    }
    let both = br#"{"topics":["company/c1/x","company/c2/x"],"data":"for both"}"#;
    assert_eq!(request(broker.address, "POST", "/events", &[("authorization", &root)], both).status, 200);
    publish("company/c2/x", "theirs at last", "state");
    publish("company/c1/x", "ours at last", "state");
    for stream in &mut streams {
        assert_eq!(stream.data(2), ["for both", "ours at last"]);
    }
    for topic in ["$presence/company/c2/**", "$presence/company/c2/x", "$presence/**", "$presence/company/*/x"] {
        let reply = request(broker.address, "GET", &format!("/events?topic={topic}"), &[("authorization", &ours)], b"");
        assert_eq!((reply.status, &reply.json()["code"]), (403, &"not_allowed".into()), "{topic}");
    }
    let refused = request(broker.address, "GET", "/events/company/c2/x", &[("authorization", &ours)], b"");
    assert!(refused.status == 403 && !refused.body.contains("theirs"), "{refused:?}");
}
