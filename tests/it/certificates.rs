//! A certificate is renewed while the broker runs: new connections get the new one, streams that are open stay.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertificateParams, KeyPair};
use rustix::process::{Signal, kill_process};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tempfile::TempDir;

use crate::process::{Broker, stderr, wait_until};

/// A certificate for `localhost`, and its key, as PEM.
struct Made {
    certificate: CertificateDer<'static>,
    pem: String,
    key: String,
}

impl Made {
    fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
        let certificate = params.self_signed(&key).expect("a certificate");
        Self { certificate: certificate.der().clone(), pem: certificate.pem(), key: key.serialize_pem() }
    }

    fn write(&self, directory: &Path) {
        put(&directory.join("key.pem"), &self.key);
        put(&directory.join("cert.pem"), &self.pem);
    }
}

/// Writes a file in one step.
fn put(path: &Path, text: &str) {
    let new = path.with_extension("new");
    std::fs::write(&new, text).expect("a file");
    std::fs::rename(new, path).expect("its name");
}

fn path(directory: &TempDir, name: &str) -> String {
    directory.path().join(name).to_str().expect("UTF-8").to_owned()
}

type Connection = BufReader<StreamOwned<ClientConnection, TcpStream>>;

/// A client, which remembers what it may resume.
fn client(trusted: &[&Made]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for made in trusted {
        roots.add(made.certificate.clone()).expect("a certificate");
    }
    Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
}

/// Sends a request without a body; the connection, and its certificate.
fn ask(broker: &Broker, client: &Arc<ClientConfig>, request: &str) -> (Connection, CertificateDer<'static>) {
    let socket = TcpStream::connect(broker.address).expect("the broker accepts");
    socket.set_read_timeout(Some(Duration::from_secs(20))).expect("a time-out");
    let tls = ClientConnection::new(Arc::clone(client), "localhost".try_into().expect("a name")).expect("a client");
    let mut connection = BufReader::new(StreamOwned::new(tls, socket));
    write!(connection.get_mut(), "{request} HTTP/1.1\r\nhost: localhost\r\n\r\n").expect("a handshake and a request");
    read_until(&mut connection, "HTTP/1.1 200");
    let certificates = connection.get_ref().conn.peer_certificates().expect("certificates");
    let certificate = certificates[0].clone().into_owned();
    (connection, certificate)
}

/// Reads up to a line that begins so.
fn read_until(connection: &mut Connection, begin: &str) {
    let mut line = String::new();
    while !line.starts_with(begin) {
        line.clear();
        assert!(connection.read_line(&mut line).expect("another line") > 0, "the connection ended before {begin:?}");
    }
}

#[test]
fn new_connections_get_the_new_certificate_and_open_streams_live_on() {
    let directory = TempDir::new().expect("a directory");
    let (old, new, third) = (Made::new(), Made::new(), Made::new());
    old.write(directory.path());
    let files = [path(&directory, "cert.pem"), path(&directory, "key.pem")];
    let mut broker = Broker::start_quietly(&["--tls-cert", &files[0], "--tls-key", &files[1]]);
    let client = client(&[&old, &new, &third]);
    let certificate = || ask(&broker, &client, "GET /healthz").1;
    let (mut stream, first) = ask(&broker, &client, "GET /events/a");
    assert_eq!((&first, &certificate()), (&old.certificate, &old.certificate));

    put(&directory.path().join("cert.pem"), "no certificate");
    kill_process(broker.pid(), Signal::HUP).expect("it runs");
    put(&directory.path().join("cert.pem"), &new.pem);
    // Before its key is there, too, the old one stays.
    assert_eq!(certificate(), old.certificate);
    put(&directory.path().join("key.pem"), &new.key);
    wait_until("the new certificate is shown", || certificate() == new.certificate);
    read_until(&mut stream, ": connected");
    ask(&broker, &client, "POST /events/a?event=still-there");
    read_until(&mut stream, "event: still-there");

    // Without a signal, too.
    third.write(directory.path());
    wait_until("the third certificate is shown", || certificate() == third.certificate);
    kill_process(broker.pid(), Signal::TERM).expect("it runs");
    let (_, log) = broker.end();
    assert!(log.contains(" changed: ") && log.contains("key.pem"), "{log}");
    assert!(log.contains("new connections get the certificate that is in "), "{log}");
}

#[test]
fn a_certificate_that_cannot_be_read_again_is_told_and_the_known_one_stays() {
    let directory = TempDir::new().expect("a directory");
    let (old, other) = (Made::new(), Made::new());
    old.write(directory.path());
    let files = [path(&directory, "cert.pem"), path(&directory, "key.pem")];
    let mut broker = Broker::start_quietly(&["--tls-cert", &files[0], "--tls-key", &files[1]]);
    let said = broker.child.stderr.take().expect("started quietly");
    let mut said = BufReader::new(said).lines().map(|line| line.expect("UTF-8"));
    let mut wait_for = |words: &str| assert!(said.any(|line| line.contains(words)), "{words}");
    let client = client(&[&old]);
    for (name, text, words) in [
        ("cert.pem", "no certificate", "there is no certificate in "),
        ("cert.pem", other.pem.as_str(), "certificate and key do not make a server"),
        ("key.pem", "no key", "cannot read a private key from "),
    ] {
        put(&directory.path().join(name), text);
        wait_for(words);
        assert_eq!(ask(&broker, &client, "GET /healthz").1, old.certificate, "{words}");
    }
    std::fs::remove_file(directory.path().join("cert.pem")).expect("it is there");
    wait_for("cannot read a certificate from ");
    old.write(directory.path());
    wait_for("new connections get the certificate");
}

#[test]
fn browsers_are_told_to_come_over_tls_only_where_that_is_wanted() {
    let directory = TempDir::new().expect("a directory");
    let made = Made::new();
    made.write(directory.path());
    let files = [path(&directory, "cert.pem"), path(&directory, "key.pem")];
    let tls = ["--tls-cert", &files[0], "--tls-key", &files[1]];
    let head = |options: &[&str]| {
        let broker = Broker::start(&[&tls, options].concat());
        let (mut connection, _) = ask(&broker, &client(&[&made]), "GET /events/a");
        let (mut head, mut line) = (String::new(), String::from("more"));
        while !line.trim().is_empty() {
            line.clear();
            connection.read_line(&mut line).expect("another line");
            head += &line;
        }
        head
    };
    assert!(head(&["--hsts", "8760h"]).contains("strict-transport-security: max-age=31536000\r\n"));
    assert!(!head(&[]).contains("strict-transport-security"));
    let ended = Broker::try_start(&["--hsts", "8760h"]).err().expect("it does not start");
    assert_eq!(ended.status.code(), Some(2));
    assert!(stderr(&ended).contains("--hsts is given, and no TLS is spoken"), "{}", stderr(&ended));
}
