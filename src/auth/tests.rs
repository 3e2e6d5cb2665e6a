//! Tokens against authorities: what each is told, by every kind of key.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::*;
use crate::topic::Selection;

const SECRET: &[u8] = b"a secret of at least 32 bytes for tests";
const NOW: Duration = Duration::from_secs(1_000_000);

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + NOW
}

fn claims(json: Value) -> Claims {
    let Value::Object(map) = json else { panic!("no object") };
    Claims::from(map)
}

/// Claims that hold, with these beside them.
fn valid(more: &Value) -> Claims {
    let mut all = json!({ "sub": "u1", "exp": NOW.as_secs() + 60 });
    for (name, value) in more.as_object().expect("an object") {
        all[name] = value.clone();
    }
    claims(all)
}

fn hmac(claims: &Claims) -> String {
    SigningKey::from_secret(SECRET).expect("long enough").sign(claims, None).expect("a token")
}

fn secret_keys() -> Keys {
    let mut keys = Keys::default();
    keys.add_secret(SECRET).expect("long enough");
    keys
}

fn authority(checks: Checks) -> Authority {
    Authority::new("roles", rules()).with_jwt(secret_keys(), checks)
}

fn rules() -> Vec<Rule> {
    let templates = |texts: &[&str]| texts.iter().map(|text| text.parse().expect("a template")).collect();
    let company = Allowed { subscribe: templates(&["company/{claims.company_id}/**"]), ..Allowed::default() };
    let all = Allowed { subscribe: templates(&["**"]), publish: templates(&["company/**"]), admin: true };
    vec![
        Rule { roles: vec!["staff".into(), "admin".into()], claims: vec![], allowed: company },
        Rule { roles: vec!["superadmin".into()], claims: vec![], allowed: all },
    ]
}

fn selection(texts: &[&str]) -> Selection {
    let mut selection = Selection::default();
    for text in texts {
        selection.add(text).expect("valid");
    }
    selection
}

fn denied(token: &str, checks: Checks) -> (&'static str, String) {
    let denied = authority(checks).admit(token, now()).expect_err("it is denied");
    (denied.code(), denied.to_string())
}

#[test]
fn claims_that_do_not_hold_are_told_apart() {
    let at = |offset: i64| json!(i64::try_from(NOW.as_secs()).expect("small") + offset);
    let strict = || Checks { issuers: vec!["us".into()], audiences: vec!["sse".into()], ..Checks::default() };
    let ours = |more: Value| {
        let mut all = json!({ "iss": "us", "aud": ["x", "sse"], "exp": at(60) });
        for (name, value) in more.as_object().expect("an object") {
            all[name] = value.clone();
        }
        all
    };
    let cases = [
        (ours(json!({ "exp": at(-1) })), "token_expired", "the token expired 1 s ago (exp)"),
        (ours(json!({ "exp": at(0) })), "token_expired", "the token expired 0 s ago (exp)"),
        (ours(json!({ "nbf": at(90) })), "token_not_yet_valid", "the token is not valid before 90 s from now (nbf)"),
        (ours(json!({ "exp": "soon" })), "token_claim_invalid", "the claim \"exp\" of the token is not a number"),
        (ours(json!({ "iss": "them" })), "token_issuer", "issued by \"them\" (iss), and accepted are tokens of us"),
        (ours(json!({ "aud": "them" })), "token_audience", "for them (aud), and this broker accepts tokens for sse"),
        (json!({ "aud": "sse", "exp": at(60) }), "token_claim_missing", "no claim \"iss\""),
        (json!({ "iss": "us", "exp": at(60) }), "token_claim_missing", "no claim \"aud\""),
        (json!({ "iss": "us", "aud": "sse" }), "token_claim_missing", "no claim \"exp\""),
        (ours(json!({ "sse": ["**"] })), "token_claim_invalid", "the claim \"sse\" of the token is not"),
        (
            ours(json!({ "sse": { "subscribe": ["a**"] } })),
            "token_claim_invalid",
            "\"a**\" in \"subscribe\": * stands for",
        ),
        (ours(json!({ "sse": { "publish": [1] } })), "token_claim_invalid", "1 in \"publish\": it is no text"),
        (ours(json!({ "sse": { "publish": "a" } })), "token_claim_invalid", "\"publish\" is no list"),
        (ours(json!({ "sse": { "subscribes": ["a"] } })), "token_claim_invalid", "\"subscribes\" means nothing there"),
        (ours(json!({ "aud": "" })), "token_audience", "the token is for nobody (aud)"),
        (ours(json!({ "aud": [] })), "token_audience", "the token is for nobody (aud)"),
    ];
    for (all, code, words) in cases {
        let (found, said) = denied(&hmac(&claims(all.clone())), strict());
        assert!(found == code && said.contains(words), "{all}: {found} {said}");
    }
    assert!(authority(strict()).admit(&hmac(&claims(ours(json!({})))), now()).is_ok());
    let (code, said) = denied(&hmac(&valid(&json!({ "aud": "them" }))), Checks::default());
    assert!(code == "token_audience" && said.contains("--jwt-audience"), "{said}");
    let lenient = Checks { leeway: Duration::from_secs(10), endless: true, ..Checks::default() };
    for all in [json!({ "exp": at(-9) }), json!({ "nbf": at(10), "exp": at(60) }), json!({})] {
        assert!(authority(lenient.clone()).admit(&hmac(&claims(all.clone())), now()).is_ok(), "{all}");
    }
    assert_eq!(denied(&hmac(&claims(json!({ "exp": at(-10) }))), lenient).0, "token_expired");
}

#[test]
fn only_the_key_that_was_meant_verifies_and_no_other_algorithm_gets_past_it() {
    let good = valid(&json!({}));
    let sign = |key: &SigningKey, id| key.sign(&good, id).expect("a token");
    let (rsa, ec, ed) =
        (pair(&rcgen::PKCS_RSA_SHA256), pair(&rcgen::PKCS_ECDSA_P256_SHA256), pair(&rcgen::PKCS_ED25519));
    for (private, public) in [&rsa, &ec, &ed] {
        let mut keys = Keys::default();
        keys.add_pem(public.as_bytes()).expect("a public key");
        let authority = Authority::new("roles", vec![]).with_jwt(keys, Checks::default());
        let reason = |token: &str| authority.admit(token, now()).err().map(|denied| denied.code());
        let signing = SigningKey::from_pem(private.as_bytes()).expect("a private key");
        assert_eq!(reason(&sign(&signing, Some("any"))), None, "{signing:?}");
        // The public key, which everyone may have, as the secret of an HMAC: RFC 8725 §2.1.
        let confused = SigningKey::from_secret(public.as_bytes()).expect("long enough");
        assert_eq!(reason(&sign(&confused, None)), Some("token_algorithm"));
        let (header, rest) =
            sign(&signing, None).split_once('.').map(|(h, r)| (h.to_owned(), r.to_owned())).expect("parts");
        assert_eq!(reason(&format!("{header}.{}x", &rest[..rest.len() - 1])), Some("token_signature"));
        // {"alg":"none"}
        let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", rest.split('.').next().expect("claims"));
        assert_eq!(reason(&unsigned), Some("token_unsigned"));
        assert_eq!(reason(&hmac(&good)), Some("token_algorithm"));
    }
    let other = SigningKey::from_secret(b"another secret of at least 32 bytes").expect("long enough");
    assert_eq!(denied(&sign(&other, None), Checks::default()).0, "token_signature");
    let longer = SigningKey::from_secret(SECRET).expect("long enough").with(Algorithm::Hs512);
    assert!(authority(Checks::default()).admit(&sign(&longer, None), now()).is_ok());
    let only =
        Authority::new("roles", vec![]).with_jwt(secret_keys().accepting(vec![Algorithm::Hs256]), Checks::default());
    let said = only.admit(&sign(&longer, None), now()).expect_err("it is not allowed").to_string();
    assert_eq!(said, "the token is signed with HS512, and accepted are HS256");
}

/// A private key and its public key in PEM.
fn pair(algorithm: &'static rcgen::SignatureAlgorithm) -> (String, String) {
    let pair = rcgen::KeyPair::generate_for(algorithm).expect("a key pair");
    (pair.serialize_pem(), pair.public_key_pem())
}

#[test]
fn a_key_set_is_read_as_far_as_it_is_known_and_names_its_keys() {
    let jwk = |id: &str, pem: &str, algorithm| {
        let key = jsonwebtoken::EncodingKey::from_ec_pem(pem.as_bytes()).expect("a key");
        let mut jwk = jsonwebtoken::jwk::Jwk::from_encoding_key(&key, algorithm).expect("a public key");
        jwk.common.key_id = Some(id.to_owned());
        serde_json::to_value(jwk).expect("JSON")
    };
    let (one, other) = (pair(&rcgen::PKCS_ECDSA_P256_SHA256).0, pair(&rcgen::PKCS_ECDSA_P256_SHA256).0);
    let set = json!({ "keys": [
        jwk("one", &one, jsonwebtoken::Algorithm::ES256),
        { "kty": "new", "kid": "unknown" },
        { "kty": "oct", "kid": "secret", "k": "c2VjcmV0" },
        7,
    ] });
    let mut keys = Keys::default();
    assert_eq!(keys.take_set(set.to_string().as_bytes()), Ok(1));
    let authority = Authority::new("roles", vec![]).with_jwt(keys, Checks::default());
    let reason = |pem: &str, id| {
        let token = SigningKey::from_pem(pem.as_bytes()).expect("a key").sign(&valid(&json!({})), id).expect("a token");
        authority.admit(&token, now()).err().map(|denied| denied.code())
    };
    assert_eq!(reason(&one, Some("one")), None);
    assert_eq!(reason(&one, None), None);
    assert_eq!(reason(&one, Some("two")), Some("token_key_unknown"));
    assert_eq!(reason(&other, Some("one")), Some("token_signature"));
    let edwards = pair(&rcgen::PKCS_ED25519).0;
    assert_eq!(reason(&edwards, Some("of a kind that the set had none of")), Some("token_key_unknown"));
    assert_eq!(reason(&edwards, None), Some("token_algorithm"));
    assert_eq!(Keys::default().take_set(b"{}"), Err(BadKey::NotASet));
    assert_eq!(Keys::default().take_set(br#"{"keys":[]}"#), Err(BadKey::EmptySet));
    let mut keys = Keys::default();
    let both = [&one, &other].map(|pem| json!({ "keys": [jwk("k", pem, jsonwebtoken::Algorithm::ES256)] }).to_string());
    for set in both.iter().map(String::as_bytes).chain([&b"{}"[..]]) {
        let _ = keys.take_set(set);
    }
    let authority = Authority::new("roles", vec![]).with_jwt(keys, Checks::default());
    let reason = |authority: &Authority, pem: &str| {
        let token =
            SigningKey::from_pem(pem.as_bytes()).expect("a key").sign(&valid(&json!({})), None).expect("a token");
        authority.admit(&token, now()).err().map(|denied| denied.code())
    };
    assert_eq!(
        (reason(&authority, &one), reason(&authority, &other)),
        (Some("token_signature"), None),
        "it is replaced"
    );
    let authority = authority.with_set(both[0].as_bytes()).expect("a set");
    assert_eq!((reason(&authority, &one), reason(&authority, &other)), (None, Some("token_signature")));
    assert_eq!(authority.with_set(b"[]").err(), Some(BadKey::NotASet));
    assert_eq!(Keys::default().add_pem(one.as_bytes()), Err(BadKey::Private));
    assert_eq!(Keys::default().add_pem(b"x"), Err(BadKey::NotPem));
    let public = pair(&rcgen::PKCS_ECDSA_P256_SHA256).1;
    assert_eq!(Keys::default().add_secret(public.as_bytes()), Err(BadKey::PemSecret));
    assert_eq!(Keys::default().add_secret(one.as_bytes()), Err(BadKey::PemSecret));
    assert_eq!(Keys::default().add_secret(b"short"), Err(BadKey::ShortSecret(5)));
}

#[test]
fn rules_give_by_role_and_claim_and_say_what_is_missing() {
    let grant = |more: Value| authority(Checks::default()).admit(&hmac(&valid(&more)), now()).expect("it is valid");
    let refused = |grant: &Grant, texts: &[&str]| {
        let refused = grant.may_subscribe(&selection(texts)).err()?;
        Some((refused.code(), refused.to_string()))
    };
    let staff = grant(json!({ "roles": "staff", "company_id": "c1" }));
    assert_eq!(refused(&staff, &["company/c1/bookings", "company/c1/**"]), None);
    let (code, said) = refused(&staff, &["company/c1/x", "company/c2/x"]).expect("a foreign tenant");
    assert_eq!(
        (code, said.as_str()),
        ("not_allowed", "this token may not subscribe to company/c2/x: it may with company/c1/**")
    );
    for wider in ["**", "company/**", "company/*/x", "company/*"] {
        assert_eq!(refused(&staff, &[wider]).map(|(code, _)| code), Some("not_allowed"), "{wider}");
    }
    let (code, said) = refused(&grant(json!({ "roles": ["staff"] })), &["company/c1/x"]).expect("no company");
    assert_eq!(code, "claim_missing");
    assert!(said.ends_with(r#"rule 1 needs the claim "company_id", which the token does not have"#), "{said}");
    let (code, said) = refused(&grant(json!({ "company_id": "c1" })), &["company/c1/x"]).expect("no role");
    assert!(code == "role_missing" && said.contains("rule 1 needs a role that the token does not have"), "{said}");
    let (code, _) = refused(&grant(json!({ "roles": "staff", "company_id": "*" })), &["company/c1/x"]).expect("a star");
    assert_eq!(code, "claim_missing");

    let topic = "company/c2/x".parse().expect("a topic");
    let publish = |grant: &Grant| grant.may_publish(&topic).err().map(|refused| refused.code());
    assert_eq!(publish(&staff), Some("role_missing"), "the rule that allows it is for superadmins");
    let root = grant(json!({ "roles": "superadmin" }));
    assert_eq!((publish(&root), refused(&root, &["**"]), root.may_administer()), (None, None, Ok(())));
    assert_eq!(staff.may_administer().map_err(|refused| refused.code()), Err("role_missing"));

    let said = root.may_publish(&"$user/u1".parse().expect("a topic")).map_err(|refused| refused.to_string());
    let expected = "this token may not publish to $user/u1: it may with company/**";
    assert_eq!(said, Err(expected.to_owned()));
    let all = grant(json!({ "sse": { "publish": ["**"] } }));
    let said = all.may_publish(&"$user/u1".parse().expect("a topic")).expect_err("it is the broker's").to_string();
    assert!(said.ends_with("with **, and a * that comes first does not stand for topics that begin with $"), "{said}");

    let own = grant(json!({ "sse": { "subscribe": ["a/*"], "publish": ["b"], "admin": true }, "sid": "s" }));
    assert_eq!((refused(&own, &["a/x"]), own.may_administer(), own.session.as_deref()), (None, Ok(()), Some("s")));
    assert_eq!(publish(&own), Some("not_allowed"));
    assert_eq!(own.expires, Some(now() + Duration::from_mins(1)));
}

#[test]
fn a_number_names_a_user_as_text_does() {
    let user = |sub: Value| {
        let all = valid(&json!({ "sub": sub, "sid": 3 }));
        let grant = authority(Checks::default()).admit(&hmac(&all), now()).expect("it is valid");
        (grant.user, grant.session)
    };
    assert_eq!(user(json!(7)), (Some("7".into()), Some("3".into())));
    assert_eq!((user(json!("7")).0, user(json!(["7"])).0, user(json!(null)).0), (Some("7".into()), None, None));
    assert_eq!(user(json!(1e22)).0, None, "others look the same");
}

#[test]
fn a_leeway_beyond_all_times_is_one_all_the_same() {
    let checks = || Checks { leeway: Duration::MAX, ..Checks::default() };
    let admit = |more: Value| authority(checks()).admit(&hmac(&valid(&more)), now()).map_err(|denied| denied.code());
    assert!(admit(json!({ "nbf": NOW.as_secs() + 1_000_000 })).is_ok() && admit(json!({ "nbf": 1 })).is_ok());
}

#[test]
fn a_static_token_is_known_by_its_digest_and_anything_else_is_not() {
    let allowed = Allowed { publish: vec!["**".parse().expect("a template")], ..Allowed::default() };
    let token = Static {
        name: "backend".into(),
        digest: Digest::of("the token"),
        user: Some("b".into()),
        roles: vec!["superadmin".into()],
        allowed,
    };
    let authority = Authority::new("roles", rules()).with_tokens([token]);
    let grant = authority.admit("the token", now()).expect("it is known");
    assert_eq!((grant.token.as_deref(), grant.user.as_deref(), grant.expires), (Some("backend"), Some("b"), None));
    assert!(grant.may_publish(&"x".parse().expect("a topic")).is_ok());
    assert!(grant.may_subscribe(&selection(&["**"])).is_ok(), "by its role");
    for (token, code) in [("", "token_missing"), ("the token ", "token_unknown"), ("a.b.c", "token_unknown")] {
        assert_eq!(authority.admit(token, now()).map_err(|denied| denied.code()).err(), Some(code));
    }
    assert!(
        authority.inspect(&hmac(&valid(&json!({}))), now()).header.is_some(),
        "what it says can be shown all the same"
    );
}

#[test]
fn everyone_may_do_everything_where_there_is_no_authentication() {
    let grant = Grant::everything();
    assert!(grant.may_subscribe(&selection(&["**"])).is_ok() && grant.may_administer().is_ok());
    assert!(grant.may_publish(&"x".parse().expect("a topic")).is_ok() && grant.check_time(now()).is_ok());
    assert!(
        Grant::default().may_subscribe(&selection(&["a"])).is_err(),
        "nothing is allowed unless something allows it"
    );
}
