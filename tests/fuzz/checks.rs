//! What has to hold for any input of the parsers that the network reaches. The fuzz targets call these with inputs of their
//! own, `tests/it/fuzzed.rs` with the ones that are kept.

mod served;

use std::time::{Duration, SystemTime};

use serde_json::Value;
use sse::auth::{Allowed, Authority, Checks, Claims, Keys, Rule, SigningKey, Template};
use sse::topic::{Pattern, Selection, Topic};
use sse::wire::{Decoder, Event, Item, encode_event};

/// The limit of the decoder, in bytes: small enough that inputs reach it.
const LIMIT: usize = 1 << 12;

const SECRET: &[u8] = b"a secret of at least 32 bytes for fuzzing";

/// Any cut of a stream gives the same items, none beyond the limit; and what is decoded is the same after it was encoded.
pub fn decoder(input: &[u8]) {
    let Some((&cut, stream)) = input.split_first() else { return };
    let whole = items(stream, stream.len().max(1));
    assert_eq!(items(stream, usize::from(cut).max(1)), whole);
    for item in whole.iter().flatten() {
        let Item::Event(message) = item else { continue };
        // A byte that is no UTF-8 becomes a character of three.
        assert!(message.data.len() <= 3 * LIMIT);
        // What a stream may have as a type need not be one that can be published.
        let Ok(name) = message.event_type.parse() else { continue };
        let event = Event { id: None, name: Some(name), retry: None, data: message.data.clone() };
        let mut encoded = Vec::new();
        encode_event(&event, &mut encoded);
        match items(&encoded, 7).as_deref() {
            Some([Item::Event(again)]) => {
                assert_eq!((&again.event_type, &again.data), (&message.event_type, &message.data));
            }
            // The lines of the data have names now, which the limit counts too.
            None => assert!(encoded.len() > LIMIT),
            // An event without any data is none.
            Some(others) => assert!(message.data.is_empty() && others.is_empty(), "{others:?}"),
        }
    }
}

/// All items of a stream that comes in pieces of this size; nothing if it goes beyond the limit.
fn items(stream: &[u8], piece: usize) -> Option<Vec<Item>> {
    let (mut decoder, mut items) = (Decoder::new().with_limit(LIMIT), Vec::new());
    for piece in stream.chunks(piece) {
        let mut rest = piece;
        while let Some(item) = decoder.decode(&mut rest).ok()? {
            items.push(item);
        }
    }
    Some(items)
}

/// A name is a topic, a pattern or neither; a pattern that covers another matches all that the other does, and a template
/// never reaches out of the segments that it was written for.
pub fn pattern(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let names: Vec<&str> = text.split('\n').take(8).collect();
    let topics: Vec<Topic> = names.iter().filter_map(|name| name.parse().ok()).collect();
    let patterns: Vec<Pattern> = names.iter().filter_map(|name| name.parse().ok()).collect();
    for one in &patterns {
        for other in patterns.iter().filter(|other| one.covers(other)) {
            assert!(topics.iter().all(|topic| !other.matches(topic) || one.matches(topic)), "{one} {other}");
        }
    }
    let mut selection = Selection::default();
    let added = names.iter().filter(|name| selection.add(name).is_ok()).count();
    assert!(selection.len() <= added);
    for topic in &topics {
        assert!(selection.matches(topic), "{topic}");
    }
    if let (Some(Ok(template)), Some(value)) = (names.first().map(|name| name.parse::<Template>()), names.get(1)) {
        let value = Value::from(*value);
        for pattern in template.fill(|_| Some(&value)).into_iter().flatten() {
            for sign in ['/', '*'] {
                assert_eq!(count(pattern.as_str(), sign), count(&outside(template.as_str()), sign), "{pattern}");
            }
        }
    }
}

fn count(text: &str, sign: char) -> usize {
    text.matches(sign).count()
}

/// What stands outside of the braces of a template: the name of a claim may have anything in it.
fn outside(template: &str) -> String {
    let mut is_name = false;
    let stays = |c: &char| {
        let was_name = is_name;
        is_name = *c == '{' || is_name && *c != '}';
        !was_name && !is_name
    };
    template.chars().filter(stays).collect()
}

/// No token that was not signed with the key is let in, and whatever it claims, a token that was is answered.
pub fn token(input: &[u8]) {
    let mut keys = Keys::default();
    keys.add_secret(SECRET).expect("it is long enough");
    let rule = Rule {
        roles: vec!["staff".to_owned()],
        allowed: Allowed { subscribe: vec!["c/{claims.c}/**".parse().expect("a template")], ..Allowed::default() },
        ..Rule::default()
    };
    let authority = Authority::new("roles", vec![rule]).with_jwt(keys, Checks { endless: true, ..Checks::default() });
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
    let text = String::from_utf8_lossy(input);
    assert!(authority.admit(&text, now).is_err(), "{text}");
    authority.inspect(&text, now);
    let Ok(Value::Object(claims)) = serde_json::from_slice(input) else { return };
    let signing = SigningKey::from_secret(SECRET).expect("it is long enough");
    let token = signing.sign(&Claims::from(claims.clone()), None).expect("HMAC signs anything");
    let Ok(grant) = authority.admit(&token, now) else { return };
    assert!(grant.check_time(now).is_ok());
    // What it allows itself is its issuer's word.
    if claims.contains_key("sse") {
        return;
    }
    let tenants = names(claims.get("c"));
    for pattern in grant.subscribe() {
        let tenant = pattern.as_str().strip_prefix("c/").and_then(|rest| rest.strip_suffix("/**"));
        assert!(tenant.is_some_and(|tenant| tenants.iter().any(|own| own == tenant)), "{pattern} of {tenants:?}");
    }
    assert!(grant.subscribe().is_empty() || names(claims.get("roles")).iter().any(|role| role == "staff"));
    for other in ["c2", "other", "1", "x"].iter().filter(|other| !tenants.iter().any(|own| own == *other)) {
        assert!(grant.may_subscribe(&selection(&format!("c/{other}/x"))).is_err(), "never a tenant but its own");
    }
    for wider in ["**", "c/**", "c/*/x", "other/x"] {
        assert!(grant.may_subscribe(&selection(wider)).is_err(), "{wider}");
    }
    assert!(grant.may_publish(&"c/c2/x".parse().expect("a topic")).is_err() && grant.may_administer().is_err());
}

/// What a claim names: text or an integer, or a list of such.
fn names(claim: Option<&Value>) -> Vec<String> {
    let name = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => (!number.is_f64()).then(|| number.to_string()),
        _ => None,
    };
    match claim {
        Some(Value::Array(items)) => items.iter().filter_map(name).collect(),
        Some(value) => name(value).into_iter().collect(),
        None => Vec::new(),
    }
}

/// The headers of tokens that are signed in each way there is, in base64url.
const HEADERS: [&str; 12] = [
    "eyJhbGciOiJIUzI1NiJ9",
    "eyJhbGciOiJIUzM4NCJ9",
    "eyJhbGciOiJIUzUxMiJ9",
    "eyJhbGciOiJSUzI1NiJ9",
    "eyJhbGciOiJSUzM4NCJ9",
    "eyJhbGciOiJSUzUxMiJ9",
    "eyJhbGciOiJQUzI1NiJ9",
    "eyJhbGciOiJQUzM4NCJ9",
    "eyJhbGciOiJQUzUxMiJ9",
    "eyJhbGciOiJFUzI1NiJ9",
    "eyJhbGciOiJFUzM4NCJ9",
    "eyJhbGciOiJFZERTQSJ9",
];

/// Whatever somebody says are the keys of an identity provider: they are taken or not, and no token is let in that none of
/// them has signed, nor one that is signed with what is public.
pub fn jwks(input: &[u8]) {
    let mut keys = Keys::default();
    let added = keys.take_set(input).unwrap_or(0);
    assert_eq!(keys.is_empty(), added == 0);
    let authority = Authority::new("roles", Vec::new()).with_jwt(keys, Checks { endless: true, ..Checks::default() });
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
    for header in HEADERS {
        for length in [0, 86, 342] {
            assert!(authority.admit(&format!("{header}.e30.{}", "A".repeat(length)), now).is_err(), "{header}");
        }
    }
    if let Ok(public) = SigningKey::from_secret(input) {
        let token = public.sign(&Claims::default(), None).expect("HMAC signs anything");
        assert!(authority.admit(&token, now).is_err(), "{token}");
    }
}

/// Whatever comes on a connection: it is answered as a client can be, or not at all, and a refusal can be shown.
pub fn request(input: &[u8]) {
    let answer = served::exchange(input);
    let Some(head) = answer.strip_prefix(b"HTTP/1.") else {
        assert!(answer.is_empty() || input.starts_with(b"PRI * HTTP/2.0"), "{answer:?}");
        return;
    };
    let status = head.get(2..5).and_then(|status| std::str::from_utf8(status).ok()?.parse().ok()).unwrap_or(0);
    assert!((200..500).contains(&status), "{status}");
    let text = String::from_utf8_lossy(&answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let body = length.and_then(|length| body.get(..length.parse().ok()?)).unwrap_or_default();
    if head.contains("application/problem+json") && !body.is_empty() {
        let problem: serde_json::Value = serde_json::from_str(body).expect("JSON");
        let detail = problem["detail"].as_str().expect("a sentence");
        assert!(!detail.is_empty() && !detail.contains(char::is_control), "{problem}");
        assert_eq!(problem["status"], status);
    }
}

fn selection(name: &str) -> Selection {
    let mut selection = Selection::default();
    selection.add(name).expect("a topic");
    selection
}
