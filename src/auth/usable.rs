//! Whether a key can do what it is for at all: which elliptic curves are known, and how long an RSA key is. Asked when a key
//! is taken, so that one which could verify or sign nothing is told then, and not with every token.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ParsedPublicKey, RsaParameters};
use jsonwebtoken::{AlgorithmFamily, DecodingKey, DecodingKeyKind, EncodingKey, crypto};

use super::keys::theirs;
use super::{Algorithm, BadKey};

/// The bits of the shortest RSA key (RFC 7518 §3.3), and of the longest that is computed with.
pub(super) const RSA_BITS: (usize, usize) = (2048, 8192);

/// The one algorithm that a public key is for, where its kind says so.
///
/// # Errors
/// [`BadKey::Curve`], [`BadKey::RsaBits`].
pub(super) fn public(key: &DecodingKey) -> Result<Option<Algorithm>, BadKey> {
    match (key.family(), key.kind()) {
        (AlgorithmFamily::Ec, DecodingKeyKind::SecretOrDer(point)) => {
            if ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).is_ok() {
                Ok(Some(Algorithm::Es256))
            } else if ParsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point).is_ok() {
                Ok(Some(Algorithm::Es384))
            } else {
                Err(BadKey::Curve)
            }
        }
        (AlgorithmFamily::Rsa, kind) => {
            let bits = match kind {
                DecodingKeyKind::SecretOrDer(der) => {
                    usize::try_from(RsaParameters::public_modulus_len(der).map_err(|_| BadKey::NotPem)?).unwrap_or(0)
                }
                DecodingKeyKind::RsaModulusExponent { n, .. } => bits(n),
            };
            if (RSA_BITS.0..=RSA_BITS.1).contains(&bits) { Ok(None) } else { Err(BadKey::RsaBits(bits)) }
        }
        _ => Ok(None),
    }
}

/// How long a number is that is written with its highest byte first.
fn bits(number: &[u8]) -> usize {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros).map_or(0, |first| (number.len() - zeros) * 8 - first.leading_zeros() as usize)
}

/// Which of these a private key can sign with; the first that it can.
pub(super) fn private(key: &EncodingKey, algorithms: &[Algorithm]) -> Option<Algorithm> {
    algorithms.iter().copied().find(|algorithm| crypto::sign(b"", key, theirs(*algorithm)).is_ok())
}
