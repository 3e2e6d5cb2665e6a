//! What the query and the headers of any request come to.

use axum::http::HeaderValue;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const KNOWN: [&str; 3] = ["topic", "last", "limit"];

/// The URI with this query, as far as it can be one.
fn uri(query: &str) -> Option<Uri> {
    format!("/events/x?{query}").parse().ok()
}

/// Text as a client may encode it: all of it, or as forms do.
fn encoded(text: &str, as_forms_do: bool) -> String {
    let encoded = percent_encode(text.as_bytes(), NON_ALPHANUMERIC).to_string();
    if as_forms_do { encoded.replace("%20", "+") } else { encoded }
}

proptest! {
    #[test]
    fn what_is_encoded_is_read_as_it_was(
        pairs in prop::collection::vec((select(&KNOWN[..]), ".{0,20}", any::<bool>()), 0..6),
        topic in ".{0,20}",
    ) {
        let query: Vec<String> = pairs.iter().map(|(name, value, form)| format!("{name}={}", encoded(value, *form))).collect();
        let uri: Uri = format!("/events/{}?{}", encoded(&topic, false), query.join("&")).parse().expect("a URI");
        let parameters = Parameters::parse(&uri, &KNOWN).expect("all are known");
        for name in KNOWN {
            let given: Vec<&str> = pairs.iter().filter(|(found, ..)| *found == name).map(|(_, value, _)| value.as_str()).collect();
            let one = parameters.one(name);
            match given[..] {
                [] => prop_assert_eq!(one.expect("none"), None),
                [only] => prop_assert_eq!(one.expect("one"), Some(only)),
                _ => prop_assert_eq!(one.expect_err("several").code(), "repeated_parameter"),
            }
            prop_assert_eq!(parameters.all(name).collect::<Vec<_>>(), given);
        }
        prop_assert_eq!(topic_in(&uri, "/events/").expect("UTF-8"), Some(topic));
    }

    #[test]
    fn any_query_is_known_parameters_or_is_refused_for_what_is_wrong(query in "(topic|limit|token|x|[=&%+a-f0-9]|%ff){0,12}") {
        let Some(uri) = uri(&query) else { return Ok(()) };
        match Parameters::parse(&uri, &KNOWN) {
            Ok(parameters) => {
                prop_assert!(parameters.pairs.iter().all(|(name, _)| KNOWN.contains(&name.as_str())));
                prop_assert!(parameters.limit().is_ok_and(|limit| (1..=MOST_ROWS).contains(&limit)) || query.contains("limit"));
            }
            Err(refusal) => prop_assert!(["unknown_parameter", "repeated_parameter", "not_utf8"].contains(&refusal.code())),
        }
    }

    #[test]
    fn a_header_is_its_text_or_is_refused(values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..12), 0..3)) {
        let mut headers = HeaderMap::new();
        for value in values.iter().filter_map(|value| HeaderValue::from_bytes(value).ok()) {
            headers.append("last-event-id", value);
        }
        let given: Vec<&[u8]> = headers.values().map(HeaderValue::as_bytes).collect();
        match (header(&headers, "last-event-id"), &given[..]) {
            (Ok(None), []) => {}
            (Ok(Some(text)), [only]) => prop_assert_eq!(text.as_bytes(), *only),
            (Err(refusal), [only]) => prop_assert!(refusal.code() == "not_utf8" && std::str::from_utf8(only).is_err()),
            (Err(refusal), [_, _, ..]) => prop_assert_eq!(refusal.code(), "repeated_parameter"),
            (found, _) => prop_assert!(false, "{found:?}"),
        }
    }
}
