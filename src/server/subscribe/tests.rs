//! Where a subscription begins, whatever a client asks for.

use axum::http::HeaderValue;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use proptest::prelude::*;

use super::*;

/// A time at which these requests are made.
const NOW: Duration = Duration::from_hours(500_000);

fn begin(query: &[(&str, &str)], last_event_id: &str) -> Result<Start, Refusal> {
    let encode = |text: &str| percent_encode(text.as_bytes(), NON_ALPHANUMERIC).to_string();
    let query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    let uri: Uri = format!("/events/x?{}", query.join("&")).parse().expect("a URI");
    let value = HeaderValue::from_bytes(last_event_id.as_bytes()).ok();
    let headers =
        HeaderMap::from_iter(value.map(|value| (axum::http::header::HeaderName::from_static("last-event-id"), value)));
    start(&headers, &Parameters::parse(&uri, &KNOWN)?, SystemTime::UNIX_EPOCH + NOW)
}

/// A time or a duration, or nearly one.
fn time() -> impl Strategy<Value = String> {
    prop_oneof![
        "-?[0-9]{1,20}(s|ms|m|h|d| )",
        "(-00)?[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[ +-][0-9]{2}:[0-9]{2})",
        "earliest",
        ".{0,12}",
    ]
}

proptest! {
    #[test]
    fn it_never_begins_in_the_future_and_the_client_reads_its_own_words(text in time()) {
        match begin(&[("since", &text)], "") {
            Ok(Start::Since { time, requested }) => {
                prop_assert!(time <= SystemTime::UNIX_EPOCH + NOW + CLOCK_SKEW, "{text}");
                prop_assert_eq!(requested, text);
            }
            Ok(start) => prop_assert!(matches!(start, Start::Earliest) && text == "earliest", "{start:?}"),
            Err(refusal) => prop_assert_eq!(refusal.code(), "bad_parameter"),
        }
    }

    #[test]
    fn a_number_of_events_is_within_its_bounds(text in prop_oneof!["-?[0-9]{1,5}", "[0-9]{1,25}", ".{0,6}"]) {
        match begin(&[("last", &text)], "") {
            Ok(Start::Newest(count)) => prop_assert!((1..=MAX_LAST).contains(&count) && text.parse() == Ok(count)),
            other => prop_assert!(other.is_err_and(|refusal| refusal.code() == "bad_parameter"), "{text}"),
        }
    }

    #[test]
    fn an_id_beats_what_is_for_the_first_connection(
        in_header in ".{0,8}", in_query in ".{0,8}", since in prop::option::of(time()), last in prop::option::of(".{0,6}"),
    ) {
        let mut query = vec![("last_event_id", in_query.as_str())];
        query.extend(since.as_deref().map(|since| ("since", since)));
        query.extend(last.as_deref().map(|last| ("last", last)));
        let header_fits = HeaderValue::from_bytes(in_header.as_bytes()).is_ok() && !in_header.is_empty();
        let wanted = if header_fits { &in_header } else { &in_query };
        match begin(&query, &in_header) {
            Ok(Start::After(id)) => prop_assert_eq!(id.as_str(), wanted),
            Ok(_) => prop_assert!(wanted.is_empty() && !(since.is_some() && last.is_some())),
            Err(refusal) if wanted.is_empty() => prop_assert_eq!(refusal.code(), "bad_parameter"),
            Err(refusal) => prop_assert!(refusal.code() == "bad_field" && wanted.contains(['\0', '\r', '\n'])),
        }
    }
}
