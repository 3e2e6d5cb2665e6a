//! What a report may not show of a command line: passwords and tokens, in URLs, headers and options. It goes by names, so
//! it also hides what only looks like a secret; it knows nothing of secrets in the path of a URL.

/// What stands in place of a secret.
const MASK: &str = "***";

/// Names that hold one of these are taken for those of secrets.
const SECRET: [&str; 11] =
    ["auth", "bearer", "cookie", "credential", "jwt", "passw", "pwd", "secret", "sessionid", "signature", "token"];

/// Options whose value is a secret though their names have none of these words.
const OPTIONS: [&str; 3] = ["-u", "--user", "--proxy-user"];

/// Names that hold one of the words above, and name a file.
const FILES: [&str; 3] = ["--cert-key", "SSE_CERT_KEY", "--jwt-key"];

/// The option whose value is a command line itself.
const SCRIPT: &str = "--spawn";

/// The arguments as they could be typed again, without the secrets in them.
pub(super) fn command(arguments: impl IntoIterator<Item = String>) -> String {
    let mut words = Vec::new();
    let (mut is_secret, mut is_script) = (false, false);
    for argument in arguments {
        let shown = match is_secret && !argument.starts_with('-') {
            true => MASK.to_owned(),
            false if is_script => script(&argument),
            false => self::argument(&argument),
        };
        is_script = argument == SCRIPT;
        // The value of `--token` is the next argument; that of `--token=x` stands in this one.
        is_secret = argument.starts_with('-') && !argument.contains(['=', ':']) && names_secret(&argument);
        words.push(quoted(&shown));
    }
    words.join(" ")
}

/// `NAME=VALUE` for a variable of the environment.
pub(super) fn variable(name: &str, value: &str) -> String {
    let shown = if names_secret(name) { MASK.to_owned() } else { argument(value) };
    quoted(&format!("{name}={shown}"))
}

/// One argument, or one URL, without the secrets in it.
pub(super) fn argument(text: &str) -> String {
    let is_option = text.starts_with('-');
    match text.split_once('=') {
        Some((name, _)) if is_option && names_secret(name) && !name.contains(':') => format!("{name}={MASK}"),
        Some((SCRIPT, value)) => format!("{SCRIPT}={}", script(value)),
        Some((name, value)) if is_option && !name.contains(':') => format!("{name}={}", argument(value)),
        _ if is_option && text.starts_with("-u") && text.len() > 2 => format!("-u{MASK}"),
        _ => without_values(&without_header(&without_user(&without_members(text)))),
    }
}

/// A command of the shell. What stands behind the first name of a secret is hidden, all of it: only a shell knows where it
/// ends.
fn script(text: &str) -> String {
    let mut shown = Vec::new();
    for word in text.split_whitespace() {
        let name = word.split(['=', ':']).next().unwrap_or(word);
        if names_secret(name) {
            shown.push(if name == word { format!("{name} {MASK}") } else { format!("{}{MASK}", &word[..=name.len()]) });
            break;
        }
        shown.push(argument(word));
    }
    shown.join(" ")
}

/// `http://user:password@host` without what stands before the host.
fn without_user(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..authority].rfind('@') {
        Some(at) => format!("{scheme}://{MASK}{}", &rest[at..]),
        None => text.to_owned(),
    }
}

/// `Authorization: value` without the value.
fn without_header(text: &str) -> String {
    match text.split_once(':') {
        Some((name, value)) if !value.starts_with("//") && names_secret(name) => format!("{name}: {MASK}"),
        _ => text.to_owned(),
    }
}

/// `{"token":"value"}` without the value, wherever such members stand.
fn without_members(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('"') {
        let string = &rest[at + 1..];
        let name = &string[..end_of_string(string)];
        // What stands between two quotes is a name if a colon follows.
        let behind = string[name.len()..].strip_prefix('"').unwrap_or_default();
        let value = behind.trim_start().strip_prefix(':').map(str::trim_start).filter(|_| names_secret(name));
        let (before, behind) = rest.split_at(rest.len() - value.unwrap_or(behind).len());
        shown.push_str(before);
        rest = behind;
        if let Some(value) = value {
            shown.push_str(MASK);
            rest = &value[end_of_value(value)..];
        }
    }
    shown + rest
}

/// Where a JSON value ends that begins here; of one that holds others only a parser knows, and all is taken for it.
fn end_of_value(text: &str) -> usize {
    match text.strip_prefix('"') {
        Some(string) => (end_of_string(string) + 2).min(text.len()),
        None if text.starts_with(['[', '{']) => text.len(),
        None => text.find([',', '}', ']']).unwrap_or(text.len()),
    }
}

/// Where a JSON string ends that begins here: at its closing quote, or with the text.
fn end_of_string(text: &str) -> usize {
    let mut is_escaped = false;
    let closing = text.char_indices().find(|(_, c)| {
        let closes = *c == '"' && !is_escaped;
        is_escaped = *c == '\\' && !is_escaped;
        closes
    });
    closing.map_or(text.len(), |(at, _)| at)
}

/// Whether a value of a query is JSON that has a secret in it, as some servers take their requests.
fn holds_secret(value: &str) -> bool {
    let decoded = percent_encoding::percent_decode_str(value).decode_utf8_lossy();
    without_members(&decoded) != decoded
}

/// `?token=value&…` without the value.
fn without_values(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('=') {
        let (before, value) = (&rest[..at], &rest[at + 1..]);
        let end = value.find(['&', '#', ';']).unwrap_or(value.len());
        let name = before.rsplit(['?', '&', '#', ';']).next().unwrap_or(before);
        shown += &rest[..=at];
        shown += if names_secret(name) || holds_secret(&value[..end]) { MASK } else { &value[..end] };
        rest = &value[end..];
    }
    shown + rest
}

fn names_secret(name: &str) -> bool {
    let letters: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let letters = letters.to_ascii_lowercase();
    let is_secret = letters.ends_with("key") || SECRET.iter().any(|word| letters.contains(word));
    OPTIONS.contains(&name) || is_secret && !FILES.contains(&name)
}

/// The word as a shell takes it for one.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=+.,:/@%*".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(arguments: &[&str]) -> String {
        command(arguments.iter().map(|argument| (*argument).to_owned()))
    }

    #[test]
    fn a_command_line_without_secrets_stays_as_it_was_typed() {
        let words = ["sse", "bench", "http://127.0.0.1:8080/a/b?x=1&y=2", "-c", "10", "--report=a b.html", ""];
        assert_eq!(masked(&words), "sse bench 'http://127.0.0.1:8080/a/b?x=1&y=2' -c 10 '--report=a b.html' ''");
        assert_eq!(masked(&["it's"]), "'it'\\''s'");
    }

    #[test]
    fn passwords_and_tokens_in_urls_are_masked() {
        assert_eq!(argument("https://me:p4ss@host:1/a"), "https://***@host:1/a");
        assert_eq!(argument("https://t0ken@host"), "https://***@host");
        assert_eq!(argument("https://host/mail@example.org"), "https://host/mail@example.org");
        assert_eq!(argument("http://h/?a=1&access_token=abc&b=2#x"), "http://h/?a=1&access_token=***&b=2#x");
        assert_eq!(argument("http://h/?apikey=abc"), "http://h/?apikey=***");
        assert_eq!(argument("--url=http://me:p4ss@h/?token=abc"), "--url=http://***@h/?token=***");
    }

    #[test]
    fn members_of_json_with_the_names_of_secrets_are_masked() {
        let body = r#"{"model":"m","api_key" : "sk-\"1","n":1,"token":7,"text":"{payload}","auth":["a","b"]}"#;
        let shown = r#"{"model":"m","api_key" : ***,"n":1,"token":***,"text":"{payload}","auth":***"#;
        assert_eq!(argument(body), shown);
        assert_eq!(argument(&format!("--request-body={body}")), format!("--request-body={shown}"));
        assert_eq!(argument(r#"{"n":1,"secret":"cut"#), r#"{"n":1,"secret":***"#);
        assert_eq!(argument(r#"{"text":"say \"token\": no"}"#), r#"{"text":"say \"token\": no"}"#);
        let query = "http://h/s?cf_connect=%7B%22subs%22%3A%7B%7D%2C%22token%22%3A%22abc%22%7D&x=1";
        assert_eq!(argument(query), "http://h/s?cf_connect=***&x=1");
    }

    #[test]
    fn values_of_options_and_headers_with_the_names_of_secrets_are_masked() {
        assert_eq!(masked(&["--bearer", "abc", "-c", "1"]), "--bearer *** -c 1");
        assert_eq!(masked(&["--token=a&b=c"]), "--token=***");
        assert_eq!(masked(&["-u", "me:p4ss", "x"]), "-u *** x");
        assert_eq!(masked(&["-H", "Authorization: Bearer abc"]), "-H 'Authorization: ***'");
        assert_eq!(masked(&["-HX-Api-Key: abc"]), "'-HX-Api-Key: ***'");
        assert_eq!(masked(&["--header=Cookie: a=b"]), "'--header=Cookie: ***'");
        assert_eq!(masked(&["-H", "Accept: text/plain"]), "-H 'Accept: text/plain'");
        assert_eq!(masked(&["-ume:p4ss"]), "-u***");
        assert_eq!(masked(&["--cert-key", "k.pem", "--cert-key=k.pem"]), "--cert-key k.pem --cert-key=k.pem");
        assert_eq!(variable("SSE_TOKEN", "a&b"), "SSE_TOKEN=***");
        assert_eq!(variable("SSE_BENCH_PUBLISH_URL", "http://h/?key=1"), "'SSE_BENCH_PUBLISH_URL=http://h/?key=***'");
    }

    #[test]
    fn the_secrets_of_a_server_that_is_started_are_hidden_too() {
        let shown =
            |script: &str| (masked(&["bench", "--spawn", script]), masked(&["bench", &format!("--spawn={script}")]));
        for (script, masked) in [
            ("A=1 TOKEN=x ./serve -p 1", "A=1 TOKEN=***"),
            ("./serve --admin-token 'a b' -p 1", "./serve --admin-token ***"),
            ("curl -H \"X-Api-Key: x\" y", "curl -H \"X-Api-Key:***"),
            ("./serve redis://me:x@host", "./serve redis://***@host"),
            ("./serve --listen 127.0.0.1:1", "./serve --listen 127.0.0.1:1"),
        ] {
            let (apart, together) = shown(script);
            assert_eq!((apart, together), (format!("bench --spawn '{masked}'"), format!("bench '--spawn={masked}'")));
        }
    }
}
