//! What a damaged config file comes to: a config, or an error with its file and line that repeats no secret.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;

/// A part of all secrets of the file.
const MARK: &str = "hunter2hunter2";

/// A file with something of everything.
const WHOLE: &str = r#"# A broker.
listen = "127.0.0.1:0"
heartbeat = "15s"
max-event-size = 1_000
cors-origin = ["https://app.example.com", "loopback"]
trust-proxy = ["10.0.0.0/8", "private"]
allow-query-token = true
auth = "jwt"
jwt-secret = "hunter2hunter2 and more of it, 32 bytes"
jwks = "https://me:hunter2hunter2@login.example.com/jwks.json"
jwt-algorithm = ["HS256"]

[[token]]
name = "backend"
digest = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
user = "b"
subscribe = ["company/{sub}/**"]

[[rule]]
roles = ["staff"]
subscribe = ["company/{claims.company_id}/**"]
claims = { company_id = "c1", level = 3 }
publish = ["company/{sub}"]
admin = false

[[route]]
path = "/rooms/{room}"
topics = ["room/{path.room}", "{query.q}"]
events = ["created"]
hello = { event = "connected", data = { at = 1.5, list = [1, "b"] } }
heartbeat = "30s"
heartbeat-text = "keep-alive"
snapshot = 5

[[webhook]]
url = "https://me:hunter2hunter2@app.example.com/hooks"
events = ["connect", "last_subscriber"]
topics = ["a/*"]
secret = "hunter2hunter2 and more of it"
"#;

/// What stands for a value instead of the right one.
const VALUES: [&str; 14] = [
    "1",
    "-1",
    "0x1f",
    "1.5e400",
    "true",
    "\"\"",
    "\"x\"",
    "[]",
    "[1]",
    "[[]]",
    "{}",
    "{ a = 1 }",
    "1979-05-27",
    "[{}]",
];

/// One way to damage a file.
#[derive(Clone, Debug)]
enum Damage {
    Set(Index, u8),
    Cut(Index, usize),
    Double(Index),
    Remove(Index),
    Swap(Index, Index),
    Value(Index, &'static str),
    Insert(Index, String),
}

impl Damage {
    fn strategy() -> impl Strategy<Value = Self> {
        prop_oneof![
            (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Self::Set(at, byte)),
            (any::<Index>(), 1_usize..6).prop_map(|(at, count)| Self::Cut(at, count)),
            any::<Index>().prop_map(Self::Double),
            any::<Index>().prop_map(Self::Remove),
            (any::<Index>(), any::<Index>()).prop_map(|(one, other)| Self::Swap(one, other)),
            (any::<Index>(), select(&VALUES[..])).prop_map(|(at, value)| Self::Value(at, value)),
            (any::<Index>(), "[\\[\\]{}=\".#a-z'\\\\]{0,6}").prop_map(|(at, text)| Self::Insert(at, text)),
        ]
    }

    fn apply(&self, bytes: Vec<u8>) -> Vec<u8> {
        let mut lines: Vec<Vec<u8>> = bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        match self {
            Self::Set(..) | Self::Cut(..) if bytes.is_empty() => return bytes,
            Self::Set(at, byte) => {
                let mut bytes = bytes;
                *at.get_mut(&mut bytes) = *byte;
                return bytes;
            }
            Self::Cut(at, count) => {
                let (mut bytes, start) = (bytes.clone(), at.index(bytes.len()));
                bytes.drain(start..(start + count).min(bytes.len()));
                return bytes;
            }
            Self::Double(at) => lines.insert(at.index(lines.len()), at.get(&lines).clone()),
            Self::Remove(at) => drop(lines.remove(at.index(lines.len()))),
            Self::Swap(one, other) => {
                let (one, other) = (one.index(lines.len()), other.index(lines.len()));
                lines.swap(one, other);
            }
            Self::Insert(at, text) => lines.insert(at.index(lines.len()), text.clone().into_bytes()),
            Self::Value(at, value) => {
                let line = at.get_mut(&mut lines);
                if let Some(end) = line.iter().position(|byte| *byte == b'=') {
                    line.truncate(end + 1);
                    line.extend_from_slice(value.as_bytes());
                }
            }
        }
        lines.join(&b'\n')
    }
}

/// Takes a file as the command line does; returns what is said of it if it is wrong.
fn said(bytes: &[u8]) -> Result<(), String> {
    let file = tempfile::Builder::new().suffix(".toml").tempfile().expect("a file");
    std::fs::write(file.path(), bytes).expect("it can be written");
    let config = Config::read(file.path()).and_then(|config| config.set(super::super::command(), &["serve"]));
    let name = file.path().display().to_string();
    config.map(drop).map_err(|failure| failure.sentence().replace(&name, "sse.toml"))
}

#[test]
fn the_file_that_is_damaged_here_is_a_good_one() {
    assert_eq!(said(WHOLE.as_bytes()), Ok(()));
}

/// The most cases, however many are asked for: each takes milliseconds, as the whole command line is made for it.
const MOST_CASES: u32 = 2000;

fn bounded() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases.min(MOST_CASES), ..usual }
}

proptest! {
    #![proptest_config(bounded())]

    #[test]
    fn a_damaged_file_is_a_config_or_is_told_with_its_line_and_without_its_secrets(
        damages in prop::collection::vec(Damage::strategy(), 1..4),
    ) {
        let damaged = damages.iter().fold(WHOLE.as_bytes().to_vec(), |bytes, damage| damage.apply(bytes));
        if let Err(said) = said(&damaged) {
            let line = said.strip_prefix("sse.toml:").and_then(|said| said.split_once(": "));
            let line = line.and_then(|(line, _)| line.parse().ok()).unwrap_or(0);
            let lines = damaged.split(|byte| *byte == b'\n').count();
            prop_assert!((1..=lines).contains(&line), "{said}\n{}", String::from_utf8_lossy(&damaged));
            prop_assert!(!said.contains(MARK), "{said}\n{}", String::from_utf8_lossy(&damaged));
        }
    }

    #[test]
    fn a_key_that_nobody_knows_is_refused_with_its_name_and_line(
        name in "\\PC{0,12}",
        blank in 0_usize..4,
        table in prop::option::of(select(vec!["token", "rule", "route", "webhook"])),
    ) {
        let written = serde_json::Value::from(name.as_str()).to_string();
        let options = super::super::command();
        let known = |option: &clap::Arg| option.get_long() == Some(&name);
        prop_assume!(table.is_some() || !options.find_subcommand(SCHEMA).expect("it").get_arguments().any(known));
        let before = table.map(|table| format!("[[{table}]]\n")).unwrap_or_default();
        let text = format!("{}{before}{written} = 1", "\n".repeat(blank));
        let line = blank + 1 + usize::from(table.is_some());
        let said = said(text.as_bytes()).expect_err("it is not known");
        let named = if table.is_some() { format!("`{name}`") } else { format!("{name:?}") };
        prop_assert!(said.starts_with(&format!("sse.toml:{line}: ")) && said.contains(&named), "{said}");
    }
}

#[test]
fn a_secret_that_is_written_as_something_else_is_not_repeated() {
    let webhook = "[[webhook]]\nurl = \"https://a.example\"\nevents = [\"connect\"]\n";
    for secret in
        ["987654321987654321", "98765432198765432198765432", "9.87654321e30", "[\"987654321\"]", "{ a = 987654321 }"]
    {
        for text in [format!("{webhook}secret = {secret}"), format!("jwt-secret = [{secret}]")] {
            let said = said(text.as_bytes()).expect_err("it is no text");
            assert!(!said.contains("98765") && !said.contains("9.87"), "{text}\n{said}");
        }
    }
    for url in ["ftp://me:98765@a.example", "http://me:98765@a.example:port", "https://me:98765@"] {
        for text in [format!("jwks = {url:?}"), webhook.replace("https://a.example", url)] {
            let said = said(text.as_bytes()).expect_err("it is no such URL");
            assert!(said.starts_with("sse.toml:") && !said.contains("98765"), "{text}\n{said}");
        }
    }
}

#[test]
fn a_file_that_nests_without_end_is_refused() {
    for text in ["[".repeat(1 << 17), "a.".repeat(1 << 17) + "a = 1", "a = ".to_owned() + &"{a=".repeat(1 << 17)] {
        assert!(said(text.as_bytes()).is_err_and(|said| said.starts_with("sse.toml:1: ")));
    }
}
