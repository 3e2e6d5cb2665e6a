//! Rules and keys change while the broker runs, and no connection is lost by it.

use std::io::{BufRead as _, BufReader};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde_json::json;

use super::{Config, RULES, SECRET, bearer, mint, mint_with, text};
use crate::http::{Stream, request};
use crate::process::{Broker, run, stdout, wait_until};
use crate::scripted::{Answer, Scripted, pieces};

const OTHER: &str = "another secret, which is as long as the first";

fn status(broker: &Broker, token: &str) -> u16 {
    request(broker.address, "HEAD", "/events/a", &[("authorization", &bearer(token))], b"").status
}

/// A broker with this file, whose log can be read while it runs.
fn logged(config: &Config, options: &[&str]) -> (Broker, Log) {
    let mut broker = Broker::start_quietly(&[&["--config", &config.file()], options].concat());
    let log = Log::of(&mut broker);
    (broker, log)
}

/// What a broker says on stderr, as it comes.
struct Log(Arc<Mutex<String>>);

impl Log {
    fn of(broker: &mut Broker) -> Self {
        let (said, lines) = (Arc::new(Mutex::new(String::new())), BufReader::new(broker.child.stderr.take().unwrap()));
        let kept = Arc::clone(&said);
        std::thread::spawn(move || lines.lines().map_while(Result::ok).for_each(|line| *kept.lock().unwrap() += &line));
        Self(said)
    }

    /// Waits until it has said this so often.
    fn wait_for(&self, words: &str, count: usize) {
        wait_until(words, || self.0.lock().unwrap().matches(words).count() >= count);
    }
}

fn hang_up(broker: &Broker) {
    rustix::process::kill_process(broker.pid(), rustix::process::Signal::HUP).expect("it runs");
}

#[test]
fn rules_and_secrets_are_read_again_when_their_files_change_and_streams_stay() {
    let config = Config::new("");
    config.write("secret", SECRET);
    let secret = format!("@{}", text(&config.path("secret")));
    let head = format!("auth = \"jwt\"\njwt-secret = \"{secret}\"\n");
    config.write("sse.toml", &format!("{head}{RULES}"));
    let (broker, log) = logged(&config, &[]);
    let root = mint(&["--role", "superadmin"]);
    let guest = mint(&["--role", "guest"]);
    let mut stream = Stream::open(broker.address, "/events/a", &[("authorization", &bearer(&root))]);
    assert_eq!(status(&broker, &guest), 403);
    config.write("sse.toml", &format!("{head}{RULES}\n[[rule]]\nroles = [\"guest\"]\nsubscribe = [\"a\"]\n"));
    wait_until("the new rule holds", || status(&broker, &guest) == 200);
    config.write("secret", &format!("{OTHER}\n"));
    config.write("sse.toml", &format!("{head}[[rule]]\nnonsense = 1\n"));
    log.wait_for("unknown field `nonsense`", 1);
    assert_eq!((status(&broker, &guest), status(&broker, &root)), (200, 200), "what makes no sense changes nothing");
    config.write("sse.toml", &format!("{head}{RULES}"));
    wait_until("the old key is none", || status(&broker, &root) == 401);
    let root = mint_with(OTHER, &["--role", "superadmin"]);
    assert_eq!(status(&broker, &root), 200);
    request(broker.address, "POST", "/events/a", &[("authorization", &bearer(&root))], b"still there");
    assert_eq!(stream.data(1), ["still there"]);
}

#[test]
fn options_about_tokens_are_taken_from_the_file_again_and_of_the_others_it_is_said_that_they_are_not() {
    let file = |secret: &str, more: &str| format!("auth = \"jwt\"\njwt-secret = \"{secret}\"\n{more}\n{RULES}");
    let config = Config::new(&file(SECRET, "heartbeat = \"20s\""));
    let (broker, log) = logged(&config, &[]);
    let (old, new) = (mint(&["--role", "superadmin"]), mint_with(OTHER, &["--role", "superadmin"]));
    let ours = mint_with(OTHER, &["--role", "superadmin", "--issuer", "us"]);
    let statuses = || [&old, &new, &ours].map(|token| status(&broker, token));
    assert_eq!(statuses(), [200, 401, 401]);
    config.write("sse.toml", &file(OTHER, "heartbeat = \"20s\""));
    wait_until("the new secret holds", || statuses() == [401, 200, 200]);
    config.write(
        "sse.toml",
        &file(OTHER, "jwt-issuer = \"us\"\nheartbeat = \"30s\"\n[[route]]\npath = \"/x\"\ntopics = [\"a\"]"),
    );
    wait_until("the issuer counts", || statuses() == [401, 401, 200]);
    log.wait_for("taken when the broker starts again: [[route]], heartbeat", 1);
    config.write("sse.toml", &file(OTHER, "jwt-issuer = \"us\"\nauth = \"token\"").replacen("auth = \"jwt\"\n", "", 1));
    log.wait_for("taken when the broker starts again: auth, heartbeat", 1);
    assert_eq!(statuses(), [401, 401, 200]);
    config.write("sse.toml", &file(OTHER, "jwt-issuer = \"us\""));
    let typed = config.start(&["--jwt-secret", SECRET]);
    config.write("sse.toml", &file(OTHER, "jwt-issuer = \"them\""));
    wait_until("what is typed wins", || {
        status(&typed, &mint(&["--role", "superadmin", "--issuer", "them"])) == 200 && status(&typed, &ours) == 401
    });
}

/// A key pair, as a private key in PEM and as a public key in a set.
fn pair(id: &str) -> (String, serde_json::Value) {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).expect("a key pair");
    let x = base64::Engine::encode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, pair.public_key_raw());
    (pair.serialize_pem(), json!({ "kty": "OKP", "crv": "Ed25519", "kid": id, "x": x }))
}

/// A token for one topic.
fn sign(config: &Config, pem: &str, id: Option<&str>) -> String {
    config.write("key.pem", pem);
    let named: Vec<&str> = id.iter().flat_map(|id| ["--kid", id]).collect();
    let file = text(&config.path("key.pem"));
    let output = run(&[&["token", "mint", "--key", &file, "--subscribe", "a"], &named[..]].concat(), "");
    stdout(&output).trim_end().to_owned()
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
    let sign = |pem: &str, id: &str| sign(&config, pem, Some(id));
    let ((old_pem, old), (new_pem, new)) = (pair("old"), pair("new"));
    let (old_token, new_token) = (sign(&old_pem, "old"), sign(&new_pem, "new"));
    let mut script = vec![set(&[&old])];
    script.extend((0..50).map(|_| set(&[&old, &new])));
    let provider = Scripted::start(script);
    let broker = Broker::start(&["--auth", "jwt", "--jwks", &provider.url("/keys")]);
    assert_eq!(status(&broker, &old_token), 200);
    let begun = Instant::now();
    assert_eq!(status(&broker, &new_token), 200, "its key was fetched for it");
    assert_eq!(status(&broker, &old_token), 200);
    let made_up = sign(&new_pem, "made up");
    for _ in 0..100 {
        assert_eq!(status(&broker, &made_up), 401);
    }
    let most = 2 + begun.elapsed().as_secs() / 10;
    let fetches = std::iter::from_fn(|| (!provider.is_done()).then_some(())).count();
    assert!((2..=most).contains(&(fetches as u64)), "{fetches} fetches, and one in 10 s is enough");
}

#[test]
fn all_who_come_with_a_new_key_at_once_are_let_in_by_it() {
    let config = Config::new("");
    let ((_, old), (pem, new)) = (pair("old"), pair("new"));
    let token = sign(&config, &pem, Some("new"));
    let (keys, later) = pieces();
    let provider = Scripted::start(vec![set(&[&old]), later]);
    let broker = Broker::start(&["--auth", "jwt", "--jwks", &provider.url("/keys")]);
    provider.request();
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..20).map(|_| scope.spawn(|| status(&broker, &token))).collect();
        provider.request();
        let Answer::Close(answer) = set(&[&new]) else { panic!("an answer that ends") };
        keys.send(answer).expect("it is wanted");
        drop(keys);
        let statuses: Vec<u16> = clients.into_iter().map(|client| client.join().expect("an answer")).collect();
        assert_eq!(statuses, [200; 20]);
    });
}

#[test]
fn a_hang_up_has_keys_fetched_at_once() {
    let config = Config::new("");
    let ((old_pem, old), (new_pem, new)) = (pair("old"), pair("new"));
    // Without the name of a key: nothing else makes the broker ask for keys.
    let (before, after) = (sign(&config, &old_pem, None), sign(&config, &new_pem, None));
    let provider = Scripted::start(vec![set(&[&old]), set(&[&new])]);
    let broker = Broker::start(&["--auth", "jwt", "--jwks", &provider.url("/keys")]);
    assert_eq!((status(&broker, &before), status(&broker, &after)), (200, 401));
    hang_up(&broker);
    wait_until("the new key holds", || status(&broker, &after) == 200);
    assert_eq!(status(&broker, &before), 401);
}

#[test]
fn what_a_provider_says_that_makes_no_sense_is_not_kept_and_rules_change_while_it_is_down() {
    let (pem, key) = pair("k");
    let config = Config::new("auth = \"jwt\"\n");
    let token = sign(&config, &pem, None);
    let nonsense = || Answer::Close(crate::scripted::answer("200 OK", "application/json", "{}"));
    let provider = Scripted::start(vec![set(&[&key]), nonsense()]);
    let (broker, log) = logged(&config, &["--jwks", &provider.url("/keys")]);
    hang_up(&broker);
    log.wait_for("it is no JSON Web Key Set (RFC 7517 §5): {\"keys\": [...]}; the keys that are known stay", 1);
    let may = |topic: &str| {
        let path = format!("/events/{topic}");
        request(broker.address, "HEAD", &path, &[("authorization", &bearer(&token))], b"").status == 200
    };
    assert!(may("a") && !may("b"));
    config.write("sse.toml", "auth = \"jwt\"\n[[rule]]\nsubscribe = [\"b\"]\n");
    wait_until("the rule holds", || may("b"));
    hang_up(&broker);
    log.wait_for("connection refused; the keys that are known stay", 1);
    config.write("sse.toml", "auth = \"jwt\"\n");
    wait_until("the rule is gone", || !may("b"));
    assert!(may("a"));
}

#[test]
fn a_provider_that_is_not_there_keeps_the_broker_from_starting_and_says_so() {
    let ended =
        Broker::try_start(&["--auth", "jwt", "--jwks", "http://127.0.0.1:1/keys"]).err().expect("it does not start");
    let said = crate::process::stderr(&ended);
    assert!(said.contains("cannot get the keys of --jwks http://127.0.0.1:1/keys: connection refused"), "{said}");
}
