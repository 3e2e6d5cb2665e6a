//! Makes tokens: for `sse token mint`, and for whoever tests what accepts them. A broker makes none.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use jsonwebtoken::{AlgorithmFamily, EncodingKey, crypto};
use serde_json::json;

use super::keys::theirs;
use super::{Algorithm, BadKey, Claims, SHORTEST_SECRET, usable};

/// What tokens are signed with: a secret or a private key. It is never shown.
pub struct SigningKey {
    key: EncodingKey,
    algorithm: Algorithm,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.algorithm)
    }
}

/// Says that the key cannot sign, or not with the algorithm that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this key cannot sign with {0}")]
pub struct CannotSign(pub Algorithm);

impl SigningKey {
    /// A secret for HMAC; HS256 unless another algorithm is chosen.
    ///
    /// # Errors
    /// [`BadKey::ShortSecret`].
    pub fn from_secret(secret: &[u8]) -> Result<Self, BadKey> {
        if secret.len() < SHORTEST_SECRET {
            return Err(BadKey::ShortSecret(secret.len()));
        }
        Ok(Self { key: EncodingKey::from_secret(secret), algorithm: Algorithm::Hs256 })
    }

    /// A private key in PEM; RS256, ES256, ES384 or `EdDSA` by its kind unless another algorithm is chosen.
    ///
    /// # Errors
    /// [`BadKey::Encrypted`], [`BadKey::Public`], [`BadKey::RsaCannotSign`], [`BadKey::Curve`], [`BadKey::NotPrivate`].
    pub fn from_pem(pem: &[u8]) -> Result<Self, BadKey> {
        let has = |text: &str| memchr::memmem::find(pem, text.as_bytes()).is_some();
        if has("BEGIN ENCRYPTED PRIVATE KEY") || has("Proc-Type: 4,ENCRYPTED") {
            return Err(BadKey::Encrypted);
        }
        if has("PUBLIC KEY-----") {
            return Err(BadKey::Public);
        }
        let kinds = [
            (EncodingKey::from_rsa_pem(pem), &[Algorithm::Rs256][..], BadKey::RsaCannotSign),
            (EncodingKey::from_ec_pem(pem), &[Algorithm::Es256, Algorithm::Es384], BadKey::Curve),
            (EncodingKey::from_ed_pem(pem), &[Algorithm::EdDsa], BadKey::NotPrivate),
        ];
        let known = kinds.into_iter().find_map(|(key, algorithms, bad)| Some((key.ok()?, algorithms, bad)));
        let (key, algorithms, bad) = known.ok_or(BadKey::NotPrivate)?;
        let algorithm = usable::private(&key, algorithms).ok_or(bad)?;
        Ok(Self { key, algorithm })
    }

    /// Signs with this algorithm.
    #[must_use]
    pub fn with(self, algorithm: Algorithm) -> Self {
        Self { algorithm, ..self }
    }

    /// Signs claims; `id` names the key for who verifies (`kid`).
    ///
    /// # Errors
    /// [`CannotSign`] if the key is not for the algorithm.
    pub fn sign(&self, claims: &Claims, id: Option<&str>) -> Result<String, CannotSign> {
        let mut header = json!({ "alg": self.algorithm.name(), "typ": "JWT" });
        if let Some(id) = id {
            header["kid"] = id.into();
        }
        let encode = |json: String| BASE64_URL_SAFE_NO_PAD.encode(json);
        let claims = serde_json::Value::Object(claims.all().clone());
        let signed = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
        let cannot = CannotSign(self.algorithm);
        let theirs = theirs(self.algorithm);
        // The library signs whatever it is told to with a secret that is a key's bytes.
        if (self.key.family() == AlgorithmFamily::Hmac) != (theirs.family() == AlgorithmFamily::Hmac) {
            return Err(cannot);
        }
        let signature = crypto::sign(signed.as_bytes(), &self.key, theirs).map_err(|_| cannot)?;
        Ok(format!("{signed}.{signature}"))
    }
}
