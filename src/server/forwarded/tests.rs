//! What clients write, and what proxies make of it.

use axum::http::HeaderValue;
use proptest::prelude::*;

use super::*;

fn trusting(texts: &[&str]) -> Proxies {
    texts.iter().map(|text| text.parse::<Proxy>().expect("proxies")).collect()
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// What comes of headers that 127.0.0.1 has sent.
fn client(headers: &[(&'static str, &str)]) -> Result<IpAddr, Unclear> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(*name, HeaderValue::from_bytes(value.as_bytes()).expect("no line ends"));
    }
    trusting(&["loopback", "10.0.0.0/8"]).client(ip("127.0.0.1"), &map)
}

fn plain(text: &str) -> Result<IpAddr, Unclear> {
    client(&[("x-forwarded-for", text)])
}

fn full(text: &str) -> Result<IpAddr, Unclear> {
    client(&[("forwarded", text)])
}

#[test]
fn proxies_are_named_by_address_network_or_word() {
    let proxies = trusting(&["loopback", "private", "203.0.113.7", "2001:db8::/32", "::ffff:198.51.100.0/120"]);
    let trusted = [
        "127.0.0.1",
        "::1",
        "10.1.2.3",
        "172.31.0.1",
        "192.168.0.1",
        "fd00::1",
        "203.0.113.7",
        "2001:db8::1",
        "198.51.100.9",
    ];
    for address in trusted {
        assert!(proxies.trusts(ip(address)), "{address}");
    }
    for address in ["172.32.0.1", "203.0.113.8", "2001:db9::1", "198.51.101.1", "::2"] {
        assert!(!proxies.trusts(ip(address)), "{address}");
    }
    for bad in ["", "localhost", "10.0.0.0/33", "10.0.0", "Private", "::/129", "10.0.0.1-10.0.0.9"] {
        assert_eq!(bad.parse::<Proxy>(), Err(NotAProxy), "{bad}");
    }
}

#[test]
fn only_a_trusted_peer_is_believed() {
    let headers = HeaderMap::from_iter([(X_FORWARDED_FOR, HeaderValue::from_static("1.2.3.4"))]);
    let client = |proxies: &Proxies, peer| proxies.client(ip(peer), &headers);
    assert_eq!(client(&Proxies::default(), "127.0.0.1"), Ok(ip("127.0.0.1")));
    assert_eq!(client(&trusting(&["10.0.0.1"]), "10.0.0.2"), Ok(ip("10.0.0.2")));
    assert_eq!(client(&trusting(&["10.0.0.1"]), "10.0.0.1"), Ok(ip("1.2.3.4")));
}

#[test]
fn the_client_is_the_first_from_the_right_that_is_no_trusted_proxy() {
    assert_eq!(client(&[]), Ok(ip("127.0.0.1")));
    assert_eq!(plain(""), Ok(ip("127.0.0.1")));
    assert_eq!(plain("1.2.3.4"), Ok(ip("1.2.3.4")));
    assert_eq!(plain("6.6.6.6, 1.2.3.4,10.0.0.9 , 10.0.0.1"), Ok(ip("1.2.3.4")));
    assert_eq!(client(&[("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "1.2.3.4, 10.0.0.1")]), Ok(ip("1.2.3.4")));
    assert_eq!(plain("10.0.0.9, 10.0.0.1"), Ok(ip("10.0.0.9")), "all are proxies");
    assert_eq!(plain("nonsense, 1.2.3.4"), Ok(ip("1.2.3.4")), "what the client wrote does not matter");
    assert_eq!(full("for=6.6.6.6, for=1.2.3.4;proto=https, for=10.0.0.1"), Ok(ip("1.2.3.4")));
    assert_eq!(full("for==;=, for=1.2.3.4"), Ok(ip("1.2.3.4")));
}

#[test]
fn addresses_are_read_as_proxies_write_them() {
    for text in ["2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:443"] {
        assert_eq!(plain(text), Ok(ip("2001:db8::1")), "{text}");
    }
    assert_eq!(plain("1.2.3.4:5678"), Ok(ip("1.2.3.4")));
    assert_eq!(plain("::ffff:1.2.3.4"), Ok(ip("1.2.3.4")));
    // The examples of RFC 7239 §4 and §6.
    assert_eq!(full("For=\"[2001:db8:cafe::17]:4711\""), Ok(ip("2001:db8:cafe::17")));
    assert_eq!(full("for=192.0.2.60;proto=http;by=203.0.113.43"), Ok(ip("192.0.2.60")));
    assert_eq!(full("for=192.0.2.43,for=\"[2001:db8:cafe::17]\",for=10.0.0.1"), Ok(ip("2001:db8:cafe::17")));
    assert_eq!(full("for=\"192.0.2.43:47011\""), Ok(ip("192.0.2.43")));
    assert_eq!(full("for=\"192.0.2.43:_port\";host=\"a,b;c\\\"d\""), Ok(ip("192.0.2.43")));
}

#[test]
fn a_client_that_is_not_told_is_its_proxy() {
    for text in ["unknown", "for=unknown", "for=_hidden", "for=\"_SEVKISEK:80\"", "proto=https", "for=1.1.1.1, by=_a"] {
        let found = if text == "unknown" { plain(text) } else { full(text) };
        assert_eq!(found, Ok(ip("127.0.0.1")), "{text}");
    }
}

#[test]
fn what_a_trusted_proxy_says_wrongly_is_not_guessed_at() {
    for text in ["nonsense", "1.2.3.4, 10.0.0", "1.2.3.4 5.6.7.8", "fe80::1%eth0", "1.2.3.4:x", "\u{fffd}"] {
        assert_eq!(plain(text), Err(Unclear::Malformed(X_FORWARDED_FOR)), "{text}");
    }
    let bad = [
        "1.2.3.4",
        "for=2001:db8::1",
        "for=\"1.2.3.4",
        "for=1.2.3.4;for=1.2.3.4",
        "for=",
        "for=\"\"",
        "for=_",
        "for = 1.2.3.4",
        "for=\"1.2.3.4:99999\"",
        "for=\"a\"b\"",
        "for=1.2.3.4 5.6.7.8",
        "for=\"[1.2.3.4\"",
        "for=[2001:db8::1]x",
    ];
    for text in bad {
        assert_eq!(full(text), Err(Unclear::Malformed(FORWARDED)), "{text}");
    }
}

#[test]
fn both_headers_have_to_name_the_same_client() {
    let both = |plain, full| client(&[("x-forwarded-for", plain), ("forwarded", full)]);
    assert_eq!(both("1.2.3.4, 10.0.0.1", "for=\"1.2.3.4:99\""), Ok(ip("1.2.3.4")));
    assert_eq!(both("1.2.3.4", "for=6.6.6.6"), Err(Unclear::Contradiction));
    assert_eq!(both("1.2.3.4", "for=unknown"), Err(Unclear::Contradiction));
    assert_eq!(both("1.2.3.4", "nonsense"), Err(Unclear::Malformed(FORWARDED)));
}

/// What a client can put into a header.
fn written() -> impl Strategy<Value = String> {
    let likely = "(for=|[0-9.:,;\"\\\\\\[\\]= a]|unknown|127\\.0\\.0\\.1|_x){0,12}";
    prop_oneof![likely, "[ -~\u{e4}]{0,60}"]
}

fn is_foreign(address: &IpAddr) -> bool {
    !trusting(&["loopback", "10.0.0.0/8"]).trusts(*address)
}

proptest! {
    #[test]
    fn a_network_is_its_addresses_and_no_others(bytes in any::<[u8; 16]>(), v4 in any::<bool>(), prefix in 0_u8..=128, other in any::<[u8; 16]>()) {
        let address = |bytes: [u8; 16]| if v4 { IpAddr::from([bytes[0], bytes[1], bytes[2], bytes[3]]) } else { IpAddr::from(bytes) };
        let (address, other) = (address(bytes), address(other));
        let width = if v4 { 32 } else { 128 };
        let Ok(proxy) = format!("{address}/{prefix}").parse::<Proxy>() else {
            prop_assert!(prefix > width);
            return Ok(());
        };
        let proxies = Proxies::from_iter([proxy]);
        let bits = |address: IpAddr| match address {
            IpAddr::V4(v4) => u128::from(u32::from(v4)),
            IpAddr::V6(v6) => u128::from(v6),
        };
        let differ = (bits(address) ^ bits(other)).checked_shr(u32::from(width - prefix)).unwrap_or(0);
        prop_assert!(proxies.trusts(address.to_canonical()));
        prop_assert_eq!(proxies.trusts(other), differ == 0);
    }

    #[test]
    fn any_text_is_a_proxy_or_none(text in "[0-9a-f:./ ]{0,20}|.{0,10}") {
        let _ = text.parse::<Proxy>();
    }

    #[test]
    fn no_client_can_pass_for_another_by_what_it_writes(
        written in written(),
        address in any::<[u8; 16]>().prop_map(|bytes| IpAddr::from(bytes).to_canonical()).prop_filter("no proxy", is_foreign),
        proxies in 0_u8..4,
        lines in any::<bool>(),
    ) {
        let chain = |open: &str, close: &str| {
            let proxies = (0..proxies).map(|proxy| format!("{open}10.0.0.{proxy}{close}"));
            let address = if address.is_ipv6() { format!("[{address}]") } else { address.to_string() };
            std::iter::once(format!("{open}{address}{close}")).chain(proxies).collect::<Vec<_>>().join(", ")
        };
        for (name, added) in [("x-forwarded-for", chain("", "")), ("forwarded", chain("for=\"", "\""))] {
            let found = if lines {
                client(&[(name, &written), (name, &added)])
            } else {
                client(&[(name, &format!("{written}, {added}"))])
            };
            let unclear = matches!(found, Err(Unclear::Malformed(_))) && name == "forwarded" && !lines;
            prop_assert!(unclear || found == Ok(address), "{name}: {written:?}, {added}: {found:?}");
        }
    }
}
