//! The config file: options by their names, tables, and what is said of a file that is wrong.

use serde_json::json;

use super::{Config, SECRET, mint};
use crate::process::{Broker, run, sse, stderr, stdout};

/// A public RSA key of 1024 bits.
const SHORT_RSA: &str = "-----BEGIN PUBLIC KEY-----\n\
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCn2fwbrOq89JFHt1LSLOPT/x8z\n\
FV16SDtjVqCprn5ec9p8qdEm/EXPevWgHETM7KyLtGPIJL6ZmOmivc00409maOBD\n\
oHAUpRldPn4tGeC5d4H1aMhN9GboN7ODTYgcaOk4k2KLuoEknv8piCPV4VILqPUL\n\
bPoJVc/7JPaKD1WdxQIDAQAB\n\
-----END PUBLIC KEY-----\n";

fn refused(text: &str) -> String {
    refused_with(text, &[])
}

fn refused_with(text: &str, options: &[&str]) -> String {
    let config = Config::new(text);
    let ended = Broker::try_start(&[&["--config", &config.file()], options].concat()).err().expect("it does not start");
    assert_eq!(ended.status.code(), Some(2), "{ended:?}");
    stderr(&ended).replace(&config.file(), "sse.toml")
}

/// Entries of tokens, each with a name and the digit of its digest.
fn tokens(entries: &[(&str, char)]) -> String {
    let entry = |(name, digit): &(&str, char)| {
        format!("[[token]]\nname = \"{name}\"\ndigest = \"sha256:{}\"\n", digit.to_string().repeat(64))
    };
    entries.iter().map(entry).collect()
}

#[test]
fn a_table_that_is_wrong_is_told_with_its_line() {
    let cases = [
        ("[[rules]]\nx = 1", "sse.toml:1: unknown field `rules`"),
        (
            "[[rule]]\nsubscribe = [\"a\"]\nroles = []",
            "sse.toml:3: roles is empty, which is neither nobody nor everybody",
        ),
        ("[[rule]]\nsubscribe = [\"a\"]\nclaims = {}", "sse.toml:3: claims is empty, which is neither"),
        ("[[route]]\npath = \"/a\"\ntopics = [\"a\"]\nroles = []", "sse.toml:4: roles is empty, which is neither"),
        ("[[rule]]\nroles = [\"a\"]\nsubscrib = [\"a\"]", "sse.toml:3: unknown field `subscrib`"),
        ("[[rule]]\nsubscribe = [\n\"a\",\n\"a/{claims.x\"]", "sse.toml:2: a place is written as {claims.NAME}"),
        ("[[rule]]\nsubscribe = [\"{path.x}\"]", "sse.toml:2: {path.x} means nothing here: use {claims.NAME} or {sub}"),
        ("[[rule]]\nsubscribe = [\"a/{claims.}\"]", "sse.toml:2: {claims.} means nothing here"),
        (
            &(tokens(&[("a", '1')]) + "publish = [\"{claims.x}\"]"),
            "sse.toml:4: {claims.x} means nothing here: use {sub}",
        ),
        (&(tokens(&[("a", '1')]) + "publish = [\"{sub}\"]"), "sse.toml:1: the [[token]] \"a\" has no user"),
        ("[[token]]\nname = \"x\"\ndigest = \"x\"", "sse.toml:3: a digest is sha256: and 64 hexadecimal digits"),
        ("[[token]]\nname = \"x\"", "sse.toml:1: missing field `digest`"),
        (
            &tokens(&[("a", '1'), ("b", '2'), ("a", '3')]),
            "sse.toml:1: more than one [[token]] has the name \"a\": give each its own",
        ),
        (&tokens(&[("a", '1'), ("b", '1')]), "sse.toml:1: the [[token]] \"b\" has the digest of another one before it"),
    ];
    for (text, said) in cases {
        let found = refused(text);
        assert!(found.contains(said), "{text}\n{found}");
    }
}

#[test]
fn a_file_that_is_wrong_is_told_with_its_line() {
    let jwt = format!("auth = \"jwt\"\njwt-secret = \"{SECRET}\"\n");
    let cases = [
        ("listen = 1\n\nhearbeat = \"1s\"", "sse.toml:3: \"hearbeat\" is no option of this command; \"heartbeat\" is"),
        ("zzz = 1", "sse.toml:1: \"zzz\" is no option of this command: a key is the long name of one"),
        ("config = \"x\"", "sse.toml:1: \"config\" is no option of this command"),
        ("heartbeat = \"soon\"", "sse.toml:1: invalid value 'soon' for '--heartbeat <DURATION>'"),
        ("max-topics = \"many\"", "sse.toml:1: invalid value 'many' for '--max-topics <N>': give a whole number"),
        ("heartbeat = [\"1s\"]", "sse.toml:1: heartbeat takes one value, not a list"),
        ("heartbeat = true", "sse.toml:1: heartbeat takes a value, not true or false"),
        ("open = \"yes\"", "sse.toml:1: open is true or false"),
        ("heartbeat = 1979-05-27", "sse.toml:1: heartbeat takes text or a number"),
        ("a = 1\na = 2", "sse.toml:2: duplicate key"),
        ("\n[rule]\nx = 1", "sse.toml:2: [rule] is no table of this file; a list of them is written as [[rule]]"),
    ];
    for (text, said) in cases {
        let found = refused(text);
        assert!(found.contains(said), "{text}\n{found}");
    }
    for option in
        ["jwt-algorithm=HS256", "jwt-issuer=x", "jwt-audience=x", "jwt-leeway=1s", "jwt-allow-endless", "jwt-roles=x"]
    {
        let name = option.split('=').next().expect("a name");
        for who in ["none", "token"] {
            let text =
                format!("auth = \"{who}\"\n{}", if who == "token" { tokens(&[("a", '1')]) } else { String::new() });
            let said = refused_with(&text, &[&format!("--{option}")]);
            assert!(said.contains(&format!("--{name} is given, and no JWT is accepted")), "{who} {option}: {said}");
        }
    }
    for (options, said) in [
        (&["--token-cookie", "x"][..], "--token-cookie is given, and no token is looked at"),
        (&["--allow-query-token"], "--allow-query-token is given, and no token is looked at"),
        (&["--max-connections-per-user", "1"], "--max-connections-per-user is given, and nobody is asked who they are"),
        (&["--max-publish-burst", "1"], "--max-publish-burst is given, and no rate"),
    ] {
        assert!(refused_with("", options).contains(said), "{options:?}");
    }
    let rules = "[[rule]]\nsubscribe = [\"a\"]\n";
    assert!(refused(rules).contains("everyone may do everything"));
    assert!(refused(&format!("jwt-secret = \"{SECRET}\"")).contains("--jwt-secret is given, and no JWT is accepted"));
    assert!(refused("auth = \"jwt\"").contains("--auth jwt needs a key"));
    assert!(refused("auth = \"token\"").contains("--auth token needs a [[token]]"));
    assert!(refused("auth = \"jwt\"\njwt-secret = \"short\"").contains("at least 32 bytes"));
    assert!(refused(&format!("{jwt}jwt-algorithm = [\"none\"]")).contains("sse.toml:3: invalid value 'none'"));
    let missing = run(&["serve", "--config", "/no/such/file"], "");
    assert!(stderr(&missing).contains("cannot read the config file /no/such/file: no such file"), "{missing:?}");
}

#[test]
fn what_is_typed_and_then_the_environment_win_over_the_file() {
    let config = Config::new(
        "max-event-size = 10\ncors-origin = [\"https://a.test\", \"https://b.test\"]\ntls-self-signed = false\n",
    );
    let size = |options: &[&str], variable: Option<&str>| {
        let mut command = sse();
        command.args(["serve", "--listen", "127.0.0.1:0", "--config", &config.file()]).args(options);
        if let Some(value) = variable {
            command.env("SSE_MAX_EVENT_SIZE", value);
        }
        let broker = Broker::start_as(&mut command);
        let status = |count: usize| crate::http::post(broker.address, "/events/a", &"x".repeat(count)).status;
        [10, 11, 20, 21, 30, 31].map(status)
    };
    assert_eq!(size(&[], None), [200, 413, 413, 413, 413, 413]);
    assert_eq!(size(&[], Some("20")), [200, 200, 200, 413, 413, 413]);
    assert_eq!(size(&["--max-event-size", "30"], Some("20")), [200, 200, 200, 200, 200, 413]);
    let broker = config.start(&[]);
    for (origin, status) in [("https://b.test", 200), ("https://c.test", 403), ("http://localhost", 403)] {
        let reply = crate::http::request(broker.address, "POST", "/events/a", &[("origin", origin)], b"x");
        assert_eq!(reply.status, status, "{origin}");
    }
}

#[test]
fn keys_that_no_token_could_be_for_are_refused() {
    let config = Config::new("");
    let pair = |algorithm| rcgen::KeyPair::generate_for(algorithm).expect("a key pair");
    let [p384, p521] = [&rcgen::PKCS_ECDSA_P384_SHA384, &rcgen::PKCS_ECDSA_P521_SHA512].map(pair);
    config.write("p384.pem", &p384.public_key_pem());
    config.write("p521.pem", &p521.public_key_pem());
    config.write("short.pem", SHORT_RSA);
    let jwt = |key: &str| format!("auth = \"jwt\"\njwt-key = [\"{key}\"]\n");
    for (text, said) in [
        (jwt("p521.pem"), "not on P-256 (ES256) or P-384 (ES384)"),
        (jwt("short.pem"), "an RSA key has 2048 to 8192 bits (RFC 7518 §3.3), and this one has 1024"),
        (jwt("p384.pem") + "jwt-algorithm = [\"ES256\", \"HS256\"]", "allows ES256, HS256, and the keys are for ES384"),
    ] {
        config.write("sse.toml", &text);
        let ended = Broker::try_start(&["--config", &config.file()]).err().expect("it does not start");
        assert!(ended.status.code() == Some(2) && stderr(&ended).contains(said), "{text}\n{ended:?}");
    }
    config.write("private.pem", &p384.serialize_pem());
    config.write("sse.toml", &(jwt("p384.pem") + "jwt-algorithm = [\"ES384\"]"));
    let key = config.path("private.pem").to_str().expect("UTF-8").to_owned();
    let token = run(&["token", "mint", "--key", &key, "--subscribe", "a"], "");
    let (said, exit) = super::inspect(&config, stdout(&token).trim(), &["--subscribe", "a"]);
    assert_eq!((exit, &said["algorithm"]), (0, &"ES384".into()), "{token:?} {said}");
    for (name, text, said) in [
        ("p521", p521.serialize_pem(), "not on P-256 (ES256) or P-384 (ES384)"),
        ("public", p384.public_key_pem(), "it is a public key: tokens are signed with the private key"),
        (
            "encrypted",
            p384.serialize_pem().replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
            "the private key is encrypted",
        ),
    ] {
        config.write(name, &text);
        let key = config.path(name).to_str().expect("UTF-8").to_owned();
        let ended = run(&["token", "mint", "--key", &key], "");
        assert!(ended.status.code() == Some(2) && stderr(&ended).contains(said), "{name} {ended:?}");
    }
}

#[test]
fn inspect_names_the_roles_that_a_rule_wants() {
    let config = Config::of_tenants("");
    let missed = |roles: &[&str]| super::inspect(&config, &mint(roles), &[]).0["grant"]["missed"].to_string();
    let said = missed(&["--role", "guest", "--role", "x"]);
    assert!(said.contains("rule 1 (subscribe) needs a role of staff, admin, and the token has guest, x"), "{said}");
    assert!(missed(&[]).contains("rule 2 (publish) needs a role of superadmin, and the token has none"));
}

#[test]
fn what_is_asked_for_twice_or_could_be_guessed_makes_no_token() {
    let mint = ["token", "mint", "--jwt-secret", SECRET];
    for (more, said) in [
        (&["--sub", "y", "--claim", "sub=x"][..], "the claim \"sub\" is said by --sub and by --claim"),
        (&["--expires", "1h", "--claim", "exp=5"], "the claim \"exp\" is said by --expires and by --claim"),
        (&["--admin", "--claim", "sse={}"], "the claim \"sse\" is said by --subscribe, --publish or --admin"),
        (&["--claim", "a=1", "--claim", "a=2"], "--claim says \"a\" more than once"),
    ] {
        let ended = run(&[&mint, more].concat(), "");
        assert!(ended.status.code() == Some(2) && stderr(&ended).contains(said), "{more:?} {ended:?}");
    }
    assert_eq!(run(&[&mint[..], &["--claim", "exp=5"]].concat(), "").status.code(), Some(0));
    let ended = run(&["token", "hash", "--stdin"], "1234");
    assert!(ended.status.code() == Some(2) && stderr(&ended).contains("16 characters at least"), "{ended:?}");
}

#[test]
fn the_paths_of_the_file_are_seen_from_where_it_is() {
    let options = "auth = \"jwt\"\njwt-secret = \"@secret\"\njwt-key = [\"public.pem\"]\njwks = \"keys.json\"\ndata = \"kept\"\n\
                   [[webhook]]\nurl = \"http://127.0.0.1:1\"\nevents = [\"connect\"]\nsecret = \"@hook\"\n";
    let config = Config::new(options);
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("a key pair");
    let key = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    config.write("secret", SECRET);
    config.write("public.pem", &pair.public_key_pem());
    config.write("keys.json", &json!({ "keys": [key] }).to_string());
    config.write("hook", "a secret of 32 bytes at least, for webhooks");
    let broker = config.start(&[]);
    let token = mint(&["--publish", "a"]);
    let headers = [("authorization", super::bearer(&token))];
    let reply = crate::http::request(broker.address, "POST", "/events/a", &[("authorization", &headers[0].1)], b"x");
    assert_eq!((reply.status, config.path("kept").exists()), (200, true), "{reply:?}");
    assert_eq!(super::inspect(&config, &token, &[]).1, 0);
}

#[test]
fn a_static_token_is_known_by_the_entry_that_hash_makes() {
    let made = stdout(&run(&["token", "hash", "--name", "the \"backend\""], ""));
    let token =
        made.lines().find_map(|line| line.strip_prefix("# ").filter(|text| !text.contains(' '))).expect("a token");
    let entry = made.replace("publish = []", "publish = [\"a\"]\nuser = \"b\"");
    let config = Config::new(&format!("auth = \"token\"\n{entry}"));
    let broker = config.start(&[]);
    let publish = |token: &str| {
        let headers = [("authorization", super::bearer(token))];
        crate::http::request(broker.address, "POST", "/events/a", &[("authorization", &headers[0].1)], b"x").status
    };
    assert_eq!((publish(token), publish("another")), (200, 401));
    let again = stdout(&run(&["token", "hash", "--stdin"], &format!("{token}\n")));
    let digest = |text: &str| text.lines().find(|line| line.starts_with("digest")).map(str::to_owned);
    assert_eq!(digest(&again), digest(&made));
    assert!(!again.contains(token));
    let (said, exit) = super::inspect(&config, token, &["--publish", "b"]);
    assert_eq!((exit, &said["refused"][0]["code"]), (3, &"not_allowed".into()), "{said}");
    assert_eq!(said["grant"]["token"], "the \"backend\"");
}

#[test]
fn a_broker_that_others_can_reach_starts_only_if_it_asks_for_tokens_or_is_told_to_be_open() {
    let ended = run(&["serve", "--listen", "0.0.0.0:0"], "");
    let said = stderr(&ended);
    assert_eq!(ended.status.code(), Some(2));
    assert!(said.contains("could read and publish: there is no authentication") && said.contains("--open"), "{said}");
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("data");
    let ended = run(&["serve", "--listen", "0.0.0.0:0", "--data", data.to_str().expect("UTF-8")], "");
    assert_eq!((ended.status.code(), data.exists()), (Some(2), false), "it leaves nothing behind");
    let mut command = sse();
    drop(Broker::start_as(command.args(["serve", "--listen", "0.0.0.0:0", "--open"])));
    let mut command = sse();
    drop(Broker::start_as(command.args(["serve", "--listen", "0.0.0.0:0", "--auth", "jwt", "--jwt-secret", SECRET])));
}

#[test]
fn tokens_over_plain_http_and_webhooks_without_a_secret_are_warned_of() {
    let config = Config::new("[[webhook]]\nurl = \"http://me:pass@127.0.0.1:1/\"\nevents = [\"connect\"]\n");
    let said = |listen: &str, more: &[&str]| {
        let file = config.file();
        let options = ["serve", "--listen", listen, "--auth", "jwt", "--jwt-secret", SECRET, "--config", &file];
        let mut broker = Broker::start_as(sse().args(options).args(more).stderr(std::process::Stdio::piped()));
        rustix::process::kill_process(broker.pid(), rustix::process::Signal::TERM).expect("it runs");
        broker.end().1
    };
    let plain = "over plain http, where others can read them";
    let open = said("0.0.0.0:0", &[]);
    assert!(
        open.contains(plain) && open.contains("the webhook http://127.0.0.1:1/ gets messages that are not signed"),
        "{open}"
    );
    assert!(!said("127.0.0.1:0", &[]).contains(plain));
    assert!(!said("0.0.0.0:0", &["--tls-self-signed"]).contains(plain));
    assert!(!said("0.0.0.0:0", &["--trust-proxy", "private"]).contains(plain));
}
