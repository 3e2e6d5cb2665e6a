//! Rules and keys change while the broker runs, and no connection is lost by it.

use serde_json::json;

use super::{Config, RULES, SECRET, bearer, mint, mint_with, text};
use crate::http::{Stream, request};
use crate::process::{Broker, run, stdout, wait_until};
use crate::scripted::{Answer, Scripted};

const OTHER: &str = "another secret, which is as long as the first";

fn status(broker: &Broker, token: &str) -> u16 {
    request(broker.address, "HEAD", "/events/a", &[("authorization", &bearer(token))], b"").status
}

#[test]
fn rules_and_secrets_are_read_again_when_their_files_change_and_streams_stay() {
    let config = Config::new("");
    config.write("secret", SECRET);
    let secret = format!("@{}", text(&config.path("secret")));
    let head = format!("auth = \"jwt\"\njwt-secret = \"{secret}\"\n");
    config.write("sse.toml", &format!("{head}{RULES}"));
    let broker = config.start(&[]);
    let root = mint(&["--role", "superadmin"]);
    let guest = mint(&["--role", "guest"]);
    let mut stream = Stream::open(broker.address, "/events/a", &[("authorization", &bearer(&root))]);
    assert_eq!(status(&broker, &guest), 403);
    config.write("sse.toml", &format!("{head}{RULES}\n[[rule]]\nroles = [\"guest\"]\nsubscribe = [\"a\"]\n"));
    wait_until("the new rule holds", || status(&broker, &guest) == 200);
    config.write("sse.toml", &format!("{head}[[rule]]\nnonsense = 1\n"));
    config.write("secret", &format!("{OTHER}\n"));
    rustix::process::kill_process(broker.pid(), rustix::process::Signal::HUP).expect("it runs");
    // A file that makes no sense changes nothing.
    std::thread::yield_now();
    assert_eq!(status(&broker, &guest), 200);
    config.write("sse.toml", &format!("{head}{RULES}"));
    wait_until("the old key is none", || status(&broker, &root) == 401);
    let root = mint_with(OTHER, &["--role", "superadmin"]);
    assert_eq!(status(&broker, &root), 200);
    request(broker.address, "POST", "/events/a", &[("authorization", &bearer(&root))], b"still there");
    assert_eq!(stream.data(1), ["still there"]);
}

/// A key pair, as a private key in PEM and as a public key in a set.
fn pair(id: &str) -> (String, serde_json::Value) {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).expect("a key pair");
    let x = base64::Engine::encode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, pair.public_key_raw());
    (pair.serialize_pem(), json!({ "kty": "OKP", "crv": "Ed25519", "kid": id, "x": x }))
}

fn set(keys: &[&serde_json::Value]) -> Answer {
    let body = json!({ "keys": keys }).to_string();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    Answer::Close((head + &body).into_bytes())
}

#[test]
fn keys_of_a_provider_are_fetched_again_for_a_key_that_is_not_known_but_not_at_every_request() {
    let config = Config::new("");
    let sign = |pem: &str, id: &str| {
        config.write("key.pem", pem);
        let output =
            run(&["token", "mint", "--key", &text(&config.path("key.pem")), "--kid", id, "--subscribe", "a"], "");
        stdout(&output).trim_end().to_owned()
    };
    let ((old_pem, old), (new_pem, new)) = (pair("old"), pair("new"));
    let (old_token, new_token) = (sign(&old_pem, "old"), sign(&new_pem, "new"));
    let provider = Scripted::start(vec![set(&[&old]), set(&[&old, &new])]);
    let broker = Broker::start(&["--auth", "jwt", "--jwks", &format!("http://{}/keys", provider.address)]);
    assert_eq!(status(&broker, &old_token), 200);
    assert_eq!(status(&broker, &new_token), 200, "its key was fetched for it");
    assert_eq!(status(&broker, &old_token), 200);
    for _ in 0..20 {
        assert_eq!(status(&broker, &sign(&new_pem, "made up")), 401, "there is no third answer to be had");
    }
}

#[test]
fn a_provider_that_is_not_there_keeps_the_broker_from_starting_and_says_so() {
    let ended =
        Broker::try_start(&["--auth", "jwt", "--jwks", "http://127.0.0.1:1/keys"]).err().expect("it does not start");
    let said = crate::process::stderr(&ended);
    assert!(said.contains("cannot get the keys of --jwks http://127.0.0.1:1/keys: connection refused"), "{said}");
}
