//! Where a token is found in any request.

use axum::http::HeaderValue;
use proptest::prelude::*;

use super::*;

fn headers(authorization: &[Vec<u8>], cookies: &[Vec<u8>]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let all = authorization.iter().map(|value| (header::AUTHORIZATION, value));
    for (name, value) in all.chain(cookies.iter().map(|value| (header::COOKIE, value))) {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.append(name, value);
        }
    }
    headers
}

/// What a header may hold, some of it likely.
fn written() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "(Bearer|bearer| |a=b|session=|;|\"|=|x){0,8}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..12)
    ]
}

fn several() -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(written(), 0..3)
}

proptest! {
    #[test]
    fn a_token_comes_from_one_place_or_none(
        authorization in several(), cookies in several(), query in "(token=|ticket=|&|x|%20|%ff){0,6}", in_query in any::<bool>(),
    ) {
        let uri: Uri = format!("/events/a?{query}").parse().expect("a URI");
        let headers = headers(&authorization, &cookies);
        let places = Places { cookie: Some("session".to_owned()), query: in_query };
        let asked = |name: &str| query.split('&').any(|pair| pair.starts_with(&format!("{name}=")));
        match places.find(&uri, &headers, &[]) {
            Ok(Found::Ticket(_)) => prop_assert!(asked("ticket") && !headers.contains_key("authorization")),
            Ok(Found::Token(_)) => {
                let found = [headers.contains_key("authorization"), asked("token")];
                prop_assert!(found.iter().filter(|found| **found).count() <= 1 && !asked("ticket"));
                prop_assert!(found.contains(&true) || headers.contains_key("cookie"));
                prop_assert!(in_query || !asked("token"));
            }
            Err(refusal) => {
                let codes = ["token_missing", "token_in_query", "token_not_bearer", "several_tokens", "not_utf8", "repeated_parameter"];
                prop_assert!(codes.contains(&refusal.code()), "{refusal}");
                prop_assert!(refusal.status().is_client_error());
            }
        }
    }

    #[test]
    fn a_token_is_found_as_it_was_sent(token in "[!-~&&[^\";]]{1,40}", others in prop::collection::vec("[a-z]{1,7}=[a-z]{0,4}", 0..3)) {
        let found = |headers: &HeaderMap, query: &str| {
            let places = Places { cookie: Some("the-cookie".to_owned()), query: true };
            match places.find(&format!("/events/a?{query}").parse().expect("a URI"), headers, &[]) {
                Ok(Found::Token(token)) => Some(token),
                _ => None,
            }
        };
        let encoded = percent_encoding::utf8_percent_encode(&token, percent_encoding::NON_ALPHANUMERIC).to_string();
        prop_assert_eq!(found(&headers(&[format!("bEARER {token}").into()], &[]), ""), Some(token.clone()));
        prop_assert_eq!(found(&HeaderMap::new(), &format!("topic=a&token={encoded}")), Some(token.clone()));
        let pairs: Vec<String> = others.into_iter().chain([format!("the-cookie={token}")]).collect();
        prop_assert_eq!(found(&headers(&[], &[pairs.join("; ").into()]), ""), Some(token.clone()));
    }
}
