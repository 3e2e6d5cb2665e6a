//! https: which servers are trusted, and to which of them the client shows a certificate of its own.

use std::path::PathBuf;

use rustls::ServerConfig;

use super::{Heard, listen_to};
use crate::authority::Authority;
use crate::scripted::Answer::Hold;
use crate::scripted::{Scripted, stream};

/// What comes of a server with this configuration.
fn listen(config: ServerConfig, options: &[&str]) -> Heard {
    let server = Scripted::start_tls(config, vec![Hold(stream("data: 1\n\n"))]);
    listen_to(&format!("https://{}/", server.address), &[options, &["-n", "1"]].concat())
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused_with_what_can_be_done() {
    let authority = Authority::new();
    for options in [&[][..], &["--wait"]] {
        let heard = listen(authority.server("127.0.0.1", false), options);
        assert_eq!((heard.code, heard.of_kind("open").len(), heard.waits().len()), (Some(1), 0, 0));
        assert!(heard.stderr.contains(": invalid peer certificate"), "{}", heard.stderr);
        let hint = heard.stderr.lines().last().unwrap();
        assert!(hint.starts_with("hint: ") && hint.contains("--cacert") && hint.contains("-k"), "{hint}");
    }
    let ca = authority.file("ca.pem");
    for options in [&["-k"][..], &["--insecure"], &["--cacert", &ca]] {
        let heard = listen(authority.server("127.0.0.1", false), options);
        assert_eq!((heard.code, heard.data()), (Some(0), vec!["1"]), "{options:?}: {}", heard.stderr);
    }
}

#[test]
fn a_certificate_for_another_name_or_from_another_authority_is_refused() {
    let (authority, other) = (Authority::new(), Authority::new());
    for (name, ca) in [("example.com", authority.file("ca.pem")), ("127.0.0.1", other.file("ca.pem"))] {
        let heard = listen(authority.server(name, false), &["--cacert", &ca]);
        assert_eq!(heard.code, Some(1), "{name}");
        assert!(heard.stderr.contains(": invalid peer certificate"), "{}", heard.stderr);
        assert_eq!(listen(authority.server(name, false), &["-k"]).data(), ["1"]);
    }
}

#[test]
fn a_server_that_demands_a_certificate_is_shown_the_one_of_the_options() {
    let authority = Authority::new();
    let (ca, cert, key, both) = ("ca.pem", "cert.pem", "key.pem", "both.pem");
    let [ca, cert, key, both] = [ca, cert, key, both].map(|name| authority.file(name));
    for options in [&["--cert", &cert, "--cert-key", &key][..], &["--cert", &cert, "--key", &key], &["--cert", &both]] {
        let heard = listen(authority.server("127.0.0.1", true), &[&["--cacert", &ca], options].concat());
        assert_eq!((heard.code, heard.data()), (Some(0), vec!["1"]), "{options:?}: {}", heard.stderr);
    }
    let heard = listen(authority.server("127.0.0.1", true), &["--cacert", &ca]);
    assert_eq!((heard.code, heard.data().len()), (Some(1), 0));
    assert!(heard.stderr.to_lowercase().contains("certificate"), "{}", heard.stderr);
}

#[test]
fn files_that_hold_no_certificate_are_refused_before_anything_is_asked_for() {
    let (directory, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    drop(authority.issue("127.0.0.1"));
    let file = |name: &str| -> PathBuf { directory.path().join(name) };
    std::fs::write(file("rubbish"), "rubbish").unwrap();
    let (rubbish, none) = (file("rubbish").display().to_string(), file("none").display().to_string());
    let cert = authority.file("cert.pem");
    for (options, code, words) in [
        (&["--cacert", &rubbish][..], 2, "holds no certificate"),
        (&["--cert", &rubbish], 2, "a certificate and its private key"),
        (&["--cert", &cert], 2, "a certificate and its private key"),
        (&["--cert", &cert, "--key", &rubbish], 2, "a certificate and its private key"),
        (&["--cacert", &none], 1, "cannot read"),
        (&["--key", &rubbish], 2, "--cert"),
        (&["--cacert", &cert, "-k"], 2, "cannot be used with"),
    ] {
        let heard = listen_to("https://127.0.0.1:1/", options);
        assert_eq!(heard.code, Some(code), "{options:?}: {}", heard.stderr);
        assert!(heard.stderr.contains(words), "{options:?}: {}", heard.stderr);
    }
}
