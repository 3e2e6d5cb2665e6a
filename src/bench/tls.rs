//! TLS for both sides of a run: who is trusted, what a server is shown, and what a handshake that fails means to people.
//! `endpoint` keeps it beside an address; the subscribers and the publishers shake hands with it. It owns no socket.

use std::fmt;
use std::io;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore,
    SignatureScheme,
};
use rustls_platform_verifier::Verifier;
use serde::{Deserialize, Serialize};

use super::System;
use super::packed::Packed;

/// Which servers are trusted, and which certificate they are shown. The default trusts the certificates of the system.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Trust {
    authorities: Option<Pem>,
    identity: Option<Pem>,
    /// Take any certificate, also one for another name.
    pub insecure: bool,
}

/// Why a file does not hold what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotPem {
    /// There is no certificate to be found.
    #[error("it holds no certificate in the PEM format")]
    NoCertificate,
    /// A certificate or its private key is missing.
    #[error("it takes a certificate and its private key, unencrypted, in the PEM format")]
    NoIdentity,
}

/// What is spoken on a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Protocol {
    /// RFC 9112.
    #[default]
    Http1,
    /// RFC 9113.
    Http2,
}

/// What it takes to speak TLS with one server.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(into = "Recipe", try_from = "Recipe")]
pub struct Tls {
    pub(super) config: Arc<ClientConfig>,
    pub(super) name: ServerName<'static>,
    protocol: Protocol,
    trust: Trust,
}

/// What another process needs to do the same.
#[derive(Serialize, Deserialize)]
struct Recipe {
    trust: Trust,
    name: String,
    protocol: Protocol,
}

impl From<Tls> for Recipe {
    fn from(tls: Tls) -> Self {
        Self { trust: tls.trust, name: tls.name.to_str().into_owned(), protocol: tls.protocol }
    }
}

impl TryFrom<Recipe> for Tls {
    type Error = System;

    fn try_from(recipe: Recipe) -> Result<Self, System> {
        recipe.trust.with(&recipe.name, recipe.protocol)
    }
}

/// A file in the PEM format as it was read. It may hold a private key, so it is never shown.
#[derive(Clone, Serialize, Deserialize)]
#[serde(into = "Packed", from = "Packed")]
struct Pem(Vec<u8>);

impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pem(_)")
    }
}

impl From<Packed> for Pem {
    fn from(packed: Packed) -> Self {
        Self(packed.bytes().to_vec())
    }
}

impl From<Pem> for Packed {
    fn from(pem: Pem) -> Self {
        Self::from(pem.0)
    }
}

/// Why a handshake failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum BadHandshake {
    /// The server's certificate is not one that can be trusted.
    #[error("invalid peer certificate: {0}")]
    Certificate(String),
    /// The server wants a certificate, and was shown none.
    #[error("the server wants to be shown a certificate")]
    CertificateRequired,
    /// What the server was shown it does not take.
    #[error("the server does not take the certificate that it was shown")]
    CertificateRefused,
    /// The server answered with something else.
    #[error("the server does not speak TLS")]
    NotTls,
    /// The server has not agreed to what is to be spoken (RFC 7301).
    #[error("the server does not agree to speak {0}")]
    Protocol(Protocol),
    /// The server went away.
    #[error("the connection ended in the middle of the TLS handshake")]
    Cut,
    /// It took more than so many seconds.
    #[error("no TLS handshake within {0} s")]
    Late(u64),
    /// Anything else, in the words of the library.
    #[error("the TLS handshake failed: {0}")]
    Other(String),
}

impl Trust {
    /// Trusts these certificates and no others; `pem` holds one or more.
    ///
    /// # Errors
    /// [`NotPem::NoCertificate`].
    pub fn trust(&mut self, pem: &[u8]) -> Result<(), NotPem> {
        authorities(pem)?;
        self.authorities = Some(Pem(pem.to_vec()));
        Ok(())
    }

    /// Shows this certificate to servers that ask for one; `pem` holds it and its private key.
    ///
    /// # Errors
    /// [`NotPem::NoIdentity`].
    pub fn identify(&mut self, pem: &[u8]) -> Result<(), NotPem> {
        identity(pem)?;
        self.identity = Some(Pem(pem.to_vec()));
        Ok(())
    }

    /// What it takes to speak this protocol with the server of this name or address.
    ///
    /// # Errors
    /// If the system has no certificates to trust, a key is not that of its certificate, or the name is none.
    pub(super) fn with(&self, name: &str, protocol: Protocol) -> Result<Tls, System> {
        let name = ServerName::try_from(name.to_owned()).map_err(io::Error::other)?;
        let config = self.config(protocol).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => io::Error::other("the private key is not that of the certificate"),
            error => io::Error::other(error),
        })?;
        let config = Arc::new(config);
        // The first keys of a process take tens of milliseconds, which would be a time of the server's first connection.
        ClientConnection::new(Arc::clone(&config), name.clone()).map_err(io::Error::other)?;
        Ok(Tls { config, name, protocol, trust: self.clone() })
    }

    fn config(&self, protocol: Protocol) -> Result<ClientConfig, rustls::Error> {
        // Both were read before.
        let general = |error: NotPem| rustls::Error::General(error.to_string());
        let provider = Arc::new(default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_safe_default_protocol_versions()?;
        let builder = match &self.authorities {
            _ if self.insecure => builder.dangerous().with_custom_certificate_verifier(Arc::new(Anyone(provider))),
            Some(pem) => builder.with_root_certificates(authorities(&pem.0).map_err(general)?),
            None => builder.dangerous().with_custom_certificate_verifier(Arc::new(Verifier::new(provider)?)),
        };
        let mut config = match &self.identity {
            Some(pem) => {
                let (chain, key) = identity(&pem.0).map_err(general)?;
                builder.with_client_auth_cert(chain, key)?
            }
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![protocol.alpn().to_vec()];
        // Subscribers stand for as many clients, none of which has been there before: each shakes hands in full.
        config.resumption = Resumption::disabled();
        Ok(config)
    }
}

/// The authorities in a file.
fn authorities(pem: &[u8]) -> Result<RootCertStore, NotPem> {
    let mut authorities = RootCertStore::empty();
    for certificate in chain(pem).ok_or(NotPem::NoCertificate)? {
        authorities.add(certificate).map_err(|_| NotPem::NoCertificate)?;
    }
    Ok(authorities)
}

/// A certificate in a file, with those that vouch for it, and its key.
fn identity(pem: &[u8]) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), NotPem> {
    let key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| NotPem::NoIdentity)?;
    Ok((chain(pem).ok_or(NotPem::NoIdentity)?, key))
}

/// The certificates in a file, if there are any.
fn chain(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().ok()?;
    Some(chain).filter(|chain| !chain.is_empty())
}

impl Protocol {
    /// Its name in the handshake: RFC 7301 §6, RFC 9113 §3.1.
    fn alpn(self) -> &'static [u8] {
        match self {
            Self::Http1 => b"http/1.1",
            Self::Http2 => b"h2",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http1 => "HTTP/1.1",
            Self::Http2 => "HTTP/2",
        })
    }
}

impl Tls {
    /// Makes sure that the server has agreed to the protocol. One that says nothing speaks HTTP/1.1.
    ///
    /// # Errors
    /// [`BadHandshake::Protocol`].
    pub(super) fn check(&self, agreed: Option<&[u8]>) -> Result<(), BadHandshake> {
        match (agreed, self.protocol) {
            (None, Protocol::Http1) => Ok(()),
            (Some(agreed), protocol) if agreed == protocol.alpn() => Ok(()),
            (_, protocol) => Err(BadHandshake::Protocol(protocol)),
        }
    }

    /// What an error in the middle of a handshake means.
    pub(super) fn explain(&self, error: io::Error) -> BadHandshake {
        if let Some(error) = of_library(&error) {
            return BadHandshake::of(error, self.protocol);
        }
        match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
                BadHandshake::Cut
            }
            _ => BadHandshake::Other(System::from(error).to_string()),
        }
    }
}

/// What the TLS library said, if it was it.
fn of_library(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

impl BadHandshake {
    /// What an error behind the handshake means, if it is one of TLS: with TLS 1.3 a server looks at a certificate, or misses
    /// one, when the client is done.
    pub(super) fn behind(error: &io::Error) -> Option<Self> {
        of_library(error).map(|error| Self::of(error, Protocol::Http1))
    }

    fn of(error: &rustls::Error, protocol: Protocol) -> Self {
        match error {
            rustls::Error::InvalidCertificate(error) => Self::Certificate(plainly(error)),
            rustls::Error::InvalidMessage(_) => Self::NotTls,
            rustls::Error::NoApplicationProtocol
            | rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol) => Self::Protocol(protocol),
            rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => Self::CertificateRequired,
            rustls::Error::AlertReceived(
                AlertDescription::BadCertificate
                | AlertDescription::UnsupportedCertificate
                | AlertDescription::CertificateRevoked
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateUnknown
                | AlertDescription::UnknownCA,
            ) => Self::CertificateRefused,
            error => Self::Other(error.to_string()),
        }
    }
}

/// What is wrong with a certificate.
fn plainly(error: &CertificateError) -> String {
    let text = match error {
        CertificateError::UnknownIssuer => "nobody who is trusted has issued it",
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "it is not valid yet",
        CertificateError::BadSignature => "its signature is not that of an authority that is trusted",
        CertificateError::NotValidForName => "it is for another name",
        CertificateError::NotValidForNameContext { expected, .. } => {
            return format!("it is not for {}", expected.to_str());
        }
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            "it is that of an authority, which no server may use as its own"
        }
        other => return other.to_string(),
    };
    text.to_owned()
}

/// Takes any certificate; that the server has its key is checked all the same.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
