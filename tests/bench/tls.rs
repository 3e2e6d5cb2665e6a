//! Subscribers over TLS, opened one after the other: what matters is what the server keeps for each, not how fast it was.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::load::TOPIC;
use crate::server::{Broker, Engine, Server};

/// How long an answer may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// A broker that speaks TLS, and what its clients have to know.
pub struct Tls {
    pub server: Server,
    config: Arc<ClientConfig>,
}

/// An open stream.
pub type Stream = StreamOwned<ClientConnection, TcpStream>;

impl Tls {
    /// Starts `sse serve` with a certificate made for it in a directory.
    pub fn start(directory: &Path) -> anyhow::Result<Self> {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
        let (cert, key) = (directory.join("cert.pem"), directory.join("key.pem"));
        std::fs::write(&cert, made.cert.pem())?;
        std::fs::write(&key, made.signing_key.serialize_pem())?;
        let options = ["--tls-cert", &cert.display().to_string(), "--tls-key", &key.display().to_string()];
        let server = Broker::new(Engine::Memory, &options).start()?;
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(made.cert.der().to_vec()))?;
        let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { server, config: Arc::new(config) })
    }

    /// Opens a stream and reads the head of the answer.
    pub fn open(&self) -> anyhow::Result<Stream> {
        let socket = TcpStream::connect(self.server.address)?;
        socket.set_read_timeout(Some(ANSWER_LIMIT))?;
        let client = ClientConnection::new(Arc::clone(&self.config), ServerName::try_from("localhost")?)?;
        let mut stream = StreamOwned::new(client, socket);
        let path = self.server.subscribe_path(TOPIC);
        stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes())?;
        let mut head = [0; 4096];
        let count = stream.read(&mut head)?;
        ensure!(head[..count].starts_with(b"HTTP/1.1 200 "), "a subscriber over TLS was refused");
        Ok(stream)
    }
}
