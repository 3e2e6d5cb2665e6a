//! https: which servers are trusted, and to which of them the client shows a certificate of its own.

use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tempfile::TempDir;

use super::{Heard, listen_to};
use crate::scripted::Answer::Hold;
use crate::scripted::{Scripted, stream};

/// A certificate authority, and files for what it has signed.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    directory: TempDir,
}

impl Authority {
    fn new() -> Self {
        let (mut params, key) = (CertificateParams::default(), KeyPair::generate().unwrap());
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let certificate = params.self_signed(&key).unwrap();
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("ca.pem"), certificate.pem()).unwrap();
        let certificate = certificate.der().clone();
        Self { issuer: Issuer::new(params, key), certificate, directory }
    }

    /// Writes certificate, key and both for this name.
    fn issue(&self, name: &str) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &self.issuer).unwrap();
        let files = [
            ("cert.pem", certificate.pem()),
            ("key.pem", key.serialize_pem()),
            ("both.pem", key.serialize_pem() + &certificate.pem()),
        ];
        for (file, pem) in files {
            std::fs::write(self.directory.path().join(file), pem).unwrap();
        }
        (certificate.der().clone(), PrivateKeyDer::try_from(key.serialize_der()).unwrap())
    }

    fn file(&self, name: &str) -> String {
        self.directory.path().join(name).to_str().unwrap().to_owned()
    }

    /// A server of this name, which takes only clients with a certificate if `demands`.
    fn server(&self, name: &str, demands: bool) -> ServerConfig {
        let provider = Arc::new(default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        let builder = if demands {
            let mut roots = RootCertStore::empty();
            roots.add(self.certificate.clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            builder.with_client_cert_verifier(verifier)
        } else {
            builder.with_no_client_auth()
        };
        let (certificate, key) = self.issue(name);
        builder.with_single_cert(vec![certificate], key).unwrap()
    }
}

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
