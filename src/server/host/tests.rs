//! Which names get past the guard.

use axum::body::Body;
use axum::http::HeaderValue;
use proptest::prelude::*;

use super::*;

fn is_let_in(name: &[u8]) -> bool {
    let mut request = Request::new(Body::empty());
    if let Ok(name) = HeaderValue::from_bytes(name) {
        request.headers_mut().insert(header::HOST, name);
    }
    check(Some(&["broker.example.com".to_owned()]), &request).is_ok()
}

#[test]
fn this_machine_and_the_names_that_are_listed_are_let_in() {
    for name in
        ["localhost", "a.localhost:1", "127.0.0.1:8080", "10.1.2.3", "[::1]:80", "broker", "Broker.Example.com:1"]
    {
        assert!(is_let_in(name.as_bytes()), "{name}");
    }
}

proptest! {
    #[test]
    fn no_name_that_somebody_else_can_register_is_let_in(
        before in "([a-z0-9-]{1,8}\\.){0,2}", name in "[a-z0-9-]{1,10}", end in "(com|test|example|co\\.uk)", port in prop::option::of(any::<u16>()),
    ) {
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let asked = format!("{before}{name}.{end}{port}");
        prop_assert!(!is_let_in(asked.as_bytes()), "{asked}");
    }

    #[test]
    fn what_is_no_name_at_all_does_no_harm(name in prop_oneof!["[a-z0-9.:@/\\\\#?%\\[\\]_ ]{0,20}".prop_map(String::into_bytes), prop::collection::vec(any::<u8>(), 0..20)]) {
        is_let_in(&name);
    }
}
