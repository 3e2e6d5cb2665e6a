//! The keys that tokens are signed with, and whether one of them has signed a token. What a key is for is fixed by what it
//! is: a public key never verifies an HMAC, whatever the header of the token asks for (RFC 8725 §2.1, §3.1).

use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{AlgorithmFamily, DecodingKey, crypto};
use serde::Deserialize;
use serde_json::Value;

use super::jwt::Jwt;
use super::usable::RSA_BITS;
use super::{Algorithm, Denied, usable};

/// The shortest secret, in bytes: as long as the shortest hash (RFC 7518 §3.2).
pub(super) const SHORTEST_SECRET: usize = 32;

/// Keys, in no order.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// Those that were given one by one.
    single: Vec<Key>,
    /// Those of a set, which are replaced together.
    set: Vec<Key>,
    /// The algorithms that are accepted; empty is all of those that the keys are for.
    allowed: Vec<Algorithm>,
}

#[derive(Clone, Debug)]
struct Key {
    /// The name by which tokens say which key they mean.
    id: Option<String>,
    public: DecodingKey,
    /// The one algorithm that it is for, where it says so.
    only: Option<Algorithm>,
}

/// Why a key cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// Anyone could guess it.
    #[error("an HMAC secret has at least {SHORTEST_SECRET} bytes (RFC 7518 §3.2), and this one has {0}")]
    ShortSecret(usize),
    /// It is a key of another kind, which everyone may have.
    #[error("it is a key in PEM, not a secret: a public key is given as --jwt-key")]
    PemSecret,
    /// It is no public key in PEM.
    #[error("there is no public key in it: an RSA, P-256, P-384 or Ed25519 key in PEM is one")]
    NotPem,
    /// It is the other half.
    #[error("it is a private key: only who signs tokens needs that, here belongs the public key")]
    Private,
    /// It is on a curve that nothing here computes with.
    #[error("it is an elliptic-curve key, and not on P-256 (ES256) or P-384 (ES384), the curves that are known")]
    Curve,
    /// It is an RSA key that is too short, or too long to compute with.
    #[error("an RSA key has {min} to {max} bits (RFC 7518 §3.3), and this one has {0}", min = RSA_BITS.0, max = RSA_BITS.1)]
    RsaBits(usize),
    /// It is an RSA key that cannot sign.
    #[error("this RSA key cannot sign: it is too short, with less than {min} bits (RFC 7518 §3.3), or damaged", min = RSA_BITS.0)]
    RsaCannotSign,
    /// Nobody here knows its password.
    #[error("the private key is encrypted: decrypt it first, as with `openssl pkey -in FILE -out PLAIN`")]
    Encrypted,
    /// It is the other half.
    #[error("it is a public key: tokens are signed with the private key")]
    Public,
    /// It cannot sign.
    #[error("there is no private key in it: an RSA, P-256, P-384 or Ed25519 key in PEM (PKCS 8) is one")]
    NotPrivate,
    /// It is no JSON Web Key Set.
    #[error("it is no JSON Web Key Set (RFC 7517 §5): {{\"keys\": [...]}}")]
    NotASet,
    /// It has no key that signatures could be verified with.
    #[error("no key in the set is an RSA, P-256, P-384 or Ed25519 key for signatures")]
    EmptySet,
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Value>,
}

impl Keys {
    /// Only these algorithms are accepted from now on.
    #[must_use]
    pub fn accepting(mut self, algorithms: Vec<Algorithm>) -> Self {
        self.allowed = algorithms;
        self
    }

    /// Adds a secret for HMAC.
    ///
    /// # Errors
    /// [`BadKey::ShortSecret`], [`BadKey::PemSecret`].
    pub fn add_secret(&mut self, secret: &[u8]) -> Result<(), BadKey> {
        if secret.len() < SHORTEST_SECRET {
            return Err(BadKey::ShortSecret(secret.len()));
        }
        if memchr::memmem::find(secret, b"-----BEGIN").is_some() {
            return Err(BadKey::PemSecret);
        }
        self.single.push(Key { id: None, public: DecodingKey::from_secret(secret), only: None });
        Ok(())
    }

    /// Adds a public key in PEM (RFC 7468).
    ///
    /// # Errors
    /// [`BadKey::NotPem`], [`BadKey::Private`], [`BadKey::Curve`], [`BadKey::RsaBits`].
    pub fn add_pem(&mut self, pem: &[u8]) -> Result<(), BadKey> {
        if memchr::memmem::find(pem, b"PRIVATE KEY-----").is_some() {
            return Err(BadKey::Private);
        }
        let families = [DecodingKey::from_rsa_pem, DecodingKey::from_ec_pem, DecodingKey::from_ed_pem];
        let public = families.iter().find_map(|read| read(pem).ok()).ok_or(BadKey::NotPem)?;
        let only = usable::public(&public)?;
        self.single.push(Key { id: None, public, only });
        Ok(())
    }

    /// Takes the public keys of a JSON Web Key Set (RFC 7517 §5), in the place of those of another one, and returns how many
    /// there are. As the RFC says, keys of a kind that is not known are passed over, and so are those for encryption; a secret
    /// has no place in a set.
    ///
    /// # Errors
    /// [`BadKey::NotASet`], [`BadKey::EmptySet`]; nothing is replaced then.
    pub fn take_set(&mut self, json: &[u8]) -> Result<usize, BadKey> {
        let set: Set = serde_json::from_slice(json).map_err(|_| BadKey::NotASet)?;
        let set = set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).filter_map(Key::of);
        let set: Vec<Key> = set.collect();
        if set.is_empty() {
            return Err(BadKey::EmptySet);
        }
        self.set = set;
        Ok(self.set.len())
    }

    /// The algorithms that are accepted.
    pub fn algorithms(&self) -> Vec<Algorithm> {
        Algorithm::ALL.into_iter().filter(|algorithm| self.accepts(*algorithm)).collect()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all().next().is_none()
    }

    fn all(&self) -> impl Iterator<Item = &Key> {
        self.single.iter().chain(&self.set)
    }

    /// Makes sure that one of the keys has signed a token.
    pub(super) fn verify(&self, jwt: &Jwt<'_>) -> Result<(), Denied> {
        let algorithm = self.algorithm(&jwt.header.alg).map_err(|denied| self.newer(jwt).unwrap_or(denied))?;
        let fitting: Vec<&Key> = self.all().filter(|key| key.is_for(algorithm)).collect();
        if fitting.is_empty() {
            return Err(self.newer(jwt).unwrap_or(Denied::NoKey(algorithm.name())));
        }
        let meant = |key: &&&Key| match (&jwt.header.kid, &key.id) {
            (Some(wanted), Some(id)) => wanted == id,
            _ => true,
        };
        let mut meant = fitting.iter().filter(meant).peekable();
        if meant.peek().is_none() {
            return Err(Denied::UnknownKey(jwt.header.kid.clone().unwrap_or_default()));
        }
        if meant.any(|key| key.has_signed(jwt, algorithm)) { Ok(()) } else { Err(Denied::Signature) }
    }

    /// That the key which a token names is not known, if the set may have it by now: whoever rotates keys may take one of
    /// another kind.
    fn newer(&self, jwt: &Jwt<'_>) -> Option<Denied> {
        let algorithm: Algorithm = jwt.header.alg.parse().ok()?;
        let id = jwt.header.kid.as_ref()?;
        let is_allowed = self.allowed.is_empty() || self.allowed.contains(&algorithm);
        let may_be_there = !self.set.is_empty() && family(algorithm) != AlgorithmFamily::Hmac;
        let is_known = self.all().any(|key| key.id.as_ref() == Some(id));
        (is_allowed && may_be_there && !is_known).then(|| Denied::UnknownKey(id.clone()))
    }

    fn algorithm(&self, name: &str) -> Result<Algorithm, Denied> {
        if name.eq_ignore_ascii_case("none") {
            return Err(Denied::Unsigned);
        }
        let refused = || Denied::Algorithm { found: name.to_owned(), accepted: self.accepted_in_words() };
        name.parse().ok().filter(|algorithm| self.accepts(*algorithm)).ok_or_else(refused)
    }

    fn accepts(&self, algorithm: Algorithm) -> bool {
        if self.allowed.is_empty() {
            return self.all().any(|key| key.is_for(algorithm));
        }
        self.allowed.contains(&algorithm)
    }

    fn accepted_in_words(&self) -> String {
        self.algorithms().into_iter().map(Algorithm::name).collect::<Vec<_>>().join(", ")
    }
}

impl Key {
    fn of(jwk: Jwk) -> Option<Self> {
        let for_signatures = !matches!(jwk.common.public_key_use, Some(PublicKeyUse::Encryption));
        let public = !matches!(jwk.algorithm, AlgorithmParameters::OctetKey(_));
        if !for_signatures || !public {
            return None;
        }
        let public = DecodingKey::from_jwk(&jwk).ok()?;
        let kind = usable::public(&public).ok()?;
        let only = match jwk.common.key_algorithm {
            Some(named) => Some(algorithm_of(named)?),
            None => kind,
        };
        Some(Self { id: jwk.common.key_id, public, only })
    }

    fn is_for(&self, algorithm: Algorithm) -> bool {
        self.public.family() == family(algorithm) && self.only.is_none_or(|only| only == algorithm)
    }

    fn has_signed(&self, jwt: &Jwt<'_>, algorithm: Algorithm) -> bool {
        // An error is that of a signature that is no base64url, or that a key of another curve cannot have made.
        crypto::verify(jwt.signature, jwt.signed.as_bytes(), &self.public, theirs(algorithm)).unwrap_or(false)
    }
}

fn algorithm_of(named: KeyAlgorithm) -> Option<Algorithm> {
    named.to_string().parse().ok()
}

fn family(algorithm: Algorithm) -> AlgorithmFamily {
    use Algorithm as A;
    match algorithm {
        A::Hs256 | A::Hs384 | A::Hs512 => AlgorithmFamily::Hmac,
        A::Rs256 | A::Rs384 | A::Rs512 | A::Ps256 | A::Ps384 | A::Ps512 => AlgorithmFamily::Rsa,
        A::Es256 | A::Es384 => AlgorithmFamily::Ec,
        A::EdDsa => AlgorithmFamily::Ed,
    }
}

/// The algorithm as the library has it.
pub(super) fn theirs(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    use jsonwebtoken::Algorithm as T;
    match algorithm {
        Algorithm::Hs256 => T::HS256,
        Algorithm::Hs384 => T::HS384,
        Algorithm::Hs512 => T::HS512,
        Algorithm::Rs256 => T::RS256,
        Algorithm::Rs384 => T::RS384,
        Algorithm::Rs512 => T::RS512,
        Algorithm::Ps256 => T::PS256,
        Algorithm::Ps384 => T::PS384,
        Algorithm::Ps512 => T::PS512,
        Algorithm::Es256 => T::ES256,
        Algorithm::Es384 => T::ES384,
        Algorithm::EdDsa => T::EdDSA,
    }
}
