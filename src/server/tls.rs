//! TLS: certificates from files, or one that is made on the spot.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// The protocols that are offered, the better first: RFC 7301.
const ALPN: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// What a server needs to speak TLS; clones of it are the same, and are replaced together.
#[derive(Clone)]
pub struct Tls(Arc<RwLock<TlsAcceptor>>);

/// Why it cannot.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or does not hold what it should.
    #[error("cannot read a {what} from {}", path.display())]
    File {
        /// What was looked for.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// Why it was not found.
        #[source]
        cause: rustls::pki_types::pem::Error,
    },
    /// Nobody here knows the password of the key.
    #[error("the private key in {path} is encrypted: decrypt it first, as with `openssl pkey -in {path} -out PLAIN`", path = .0.display())]
    Encrypted(PathBuf),
    /// The file with certificates holds none.
    #[error("there is no certificate in {}", .0.display())]
    NoCertificate(PathBuf),
    /// The key is not the key of the certificate, or neither can be used.
    #[error("certificate and key do not make a server")]
    Unusable(#[from] rustls::Error),
    /// A certificate could not be made.
    #[error("cannot make a certificate")]
    SelfSigned(#[from] rcgen::Error),
}

impl Tls {
    /// Takes the certificate chain and its key from PEM files.
    ///
    /// # Errors
    /// If they cannot be read or do not fit each other.
    pub fn from_files(certificates: &Path, key: &Path) -> Result<Self, TlsError> {
        let file = |what, path: &Path| {
            let path = path.to_owned();
            move |cause| TlsError::File { what, path, cause }
        };
        let chain = CertificateDer::pem_file_iter(certificates).map_err(file("certificate", certificates))?;
        let chain = chain.collect::<Result<Vec<_>, _>>().map_err(file("certificate", certificates))?;
        if chain.is_empty() {
            return Err(TlsError::NoCertificate(certificates.to_owned()));
        }
        let is_encrypted = || std::fs::read(key).is_ok_and(|pem| memchr::memmem::find(&pem, b"ENCRYPTED").is_some());
        let key = PrivateKeyDer::from_pem_file(key).map_err(|error| match error {
            _ if is_encrypted() => TlsError::Encrypted(key.to_owned()),
            error => file("private key", key)(error),
        })?;
        Self::new(chain, key)
    }

    /// Makes a certificate for `localhost` and this address. Nobody can verify it: it is for trying things out.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn self_signed(address: IpAddr) -> Result<Self, TlsError> {
        let names = ["localhost".to_owned(), address.to_string()];
        let made = rcgen::generate_simple_self_signed(names)?;
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der())
            .map_err(|text| rustls::Error::General(text.into()))?;
        Self::new(vec![made.cert.der().clone()], key)
    }

    fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<Self, TlsError> {
        let mut config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?;
        config.alpn_protocols = ALPN.map(<[u8]>::to_vec).into();
        Ok(Self(Arc::new(RwLock::new(TlsAcceptor::from(Arc::new(config))))))
    }

    /// From now on, connections get what this one has. Those that are open stay as they are; what they have agreed upon to
    /// come back sooner is forgotten, so that they get it, too.
    pub fn replace(&self, other: &Self) {
        let new = other.acceptor();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = new;
    }

    fn acceptor(&self) -> TlsAcceptor {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) async fn accept(&self, stream: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        self.acceptor().accept(stream).await
    }
}

/// Whether the client asked for HTTP/2.
pub(super) fn chose_http2(stream: &TlsStream<TcpStream>) -> bool {
    let (_, connection) = stream.get_ref();
    connection.alpn_protocol() == Some(b"h2")
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}
