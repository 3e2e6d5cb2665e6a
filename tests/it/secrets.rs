//! What is a secret is not repeated where it is wrong: such messages end up in logs.

use tempfile::NamedTempFile;

use crate::process::{run, sse, stderr, stdout};

/// Runs it, and makes sure that it says what is wrong without saying what was given.
fn refused(arguments: &[&str], variable: Option<(&str, &str)>, sentence: &str) {
    let output = sse().args(arguments).envs(variable).output().unwrap();
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{arguments:?} {variable:?}: {said}");
    assert!(said.contains(sentence), "{arguments:?} {variable:?}: {said}");
    assert!(!said.contains("secret") && !stdout(&output).contains("secret"), "{arguments:?} {variable:?}: {said}");
}

#[test]
fn a_credential_that_is_none_is_not_repeated_wherever_it_comes_from() {
    let control = "the value of a header cannot hold control characters";
    for (option, variable, value, why) in [
        ("--bearer", "SSE_TOKEN", "secret\nvalue", control),
        ("--user", "SSE_USER", "secret", "give it as USER:PASSWORD"),
        ("--cookie", "SSE_COOKIE", "a=secret\u{1}", control),
        ("--header", "SSE_HEADER", "X-Key: secret\u{1}", control),
        ("--header", "SSE_HEADER", "secret", "a header is written as `Name: value`"),
        ("--header", "SSE_HEADER", "X Key: secret", "the name of a header has letters"),
    ] {
        for command in [&["listen", "http://x/"][..], &["send", "http://x/", "x"]] {
            let sentence = format!("for '{option} <");
            refused(&[command, &[option, value]].concat(), None, &sentence);
            refused(&[command, &[option, value]].concat(), None, why);
            refused(command, Some((variable, value)), &sentence);
        }
    }
    let output = run(&["listen", "http://x/", "-u", "secret"], "");
    let said = "error: invalid value for '--user <USER:PASSWORD>': give it as USER:PASSWORD\n\n\
                For more information, try '--help'.\n";
    assert_eq!(stderr(&output), said);
}

#[test]
fn a_url_that_is_none_is_shown_without_its_credentials() {
    let urls = ["http://me:secret@x:port/s", "http://me:secret/@x/s", "http://me:secret?#@x/s", "http://secret@"];
    for url in urls {
        refused(&["listen", url], None, "is not a URL");
        refused(&["listen", "a", "--url", url], None, "--url: ");
        refused(&["listen", "a"], Some(("SSE_URL", url)), "SSE_URL: ");
        refused(&["listen", "/dev/null", "--forward-to", url], None, "is not a URL");
        refused(&["listen", "http://x/", "--proxy", url], None, "--proxy");
        refused(&["send", url, "x"], None, "is not a URL");
        refused(&["bench", "--subscribe-url", url, "--publish-url", "http://x/"], None, "is not a URL");
        let serve = ["serve", "--listen", "127.0.0.1:0", "--auth", "jwt"];
        let said = "invalid value for '--jwks <URL|FILE>': give a URL such as";
        refused(&[&serve[..], &["--jwks", url]].concat(), None, said);
        refused(&serve, Some(("SSE_JWKS", url)), said);
        let config = NamedTempFile::new().unwrap();
        std::fs::write(config.path(), format!("auth = \"jwt\"\njwks = \"{url}\"")).unwrap();
        refused(&["serve", "--config", config.path().to_str().unwrap()], None, said);
        refused(&["listen", "a", "--topic", url], None, "is a URL, not a topic");
        refused(&["send", url, "x", "--topic", "a"], None, "with --topic the target is a topic too");
    }
    refused(&["listen", "ftp://me:secret@x/"], None, "ftp: is not a scheme");
    refused(&["listen", "me:secret@example.com:80/s"], None, "\"…@example.com:80/s\" is neither a URL nor a topic");
    let output = run(&["listen", "http://me:secret@x:port/s"], "");
    let said = "sse: \"http://…@x:port/s\" is not a URL: invalid port number\nhint: ";
    assert!(stderr(&output).starts_with(said), "{}", stderr(&output));
    let output = run(&["listen", "http://x:port/s?a=b"], "");
    assert!(stderr(&output).starts_with("sse: \"http://x:port/s?a=b\" is not a URL: "), "{}", stderr(&output));
}
