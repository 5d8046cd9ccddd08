//! Finds signatures over another hash than that of the curve.

use checkout_core::key::{Algorithm, VerifyingKey};
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use p256::pkcs8::DecodePublicKey as _;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// How the bytes of a signature are arranged.
#[derive(Debug, Clone, Copy)]
pub(super) enum Arrangement {
    /// `r` and `s` side by side.
    Raw,
    /// ASN.1 DER.
    Der,
}

/// Whether a signature holds.
pub(super) fn verifies(
    key: &VerifyingKey,
    message: &[u8],
    signature: &[u8],
    arrangement: Arrangement,
) -> bool {
    let verified = match arrangement {
        Arrangement::Raw => key.verify_raw(message, signature),
        Arrangement::Der => key.verify_der(message, signature),
    };
    verified.is_ok()
}

/// The hash that a signature is made over, if it is another than the curve's own.
pub(super) fn hash_of(
    key: &VerifyingKey,
    message: &[u8],
    signature: &[u8],
    arrangement: Arrangement,
) -> Option<&'static str> {
    let hashes = [
        ("SHA-256", Sha256::digest(message).to_vec()),
        ("SHA-384", Sha384::digest(message).to_vec()),
        ("SHA-512", Sha512::digest(message).to_vec()),
    ];
    macro_rules! holds {
        ($curve:ident, $hash:expr) => {{
            let key = $curve::ecdsa::VerifyingKey::from_public_key_der(key.to_spki_der());
            let signature = match arrangement {
                Arrangement::Raw => $curve::ecdsa::Signature::from_slice(signature),
                Arrangement::Der => $curve::ecdsa::Signature::from_der(signature),
            };
            matches!((key, signature), (Ok(key), Ok(signature)) if key.verify_prehash($hash, &signature).is_ok())
        }};
    }
    let holds = |hash: &[u8]| match key.algorithm() {
        Algorithm::ES256 => holds!(p256, hash),
        _ => holds!(p384, hash),
    };
    hashes
        .into_iter()
        .find(|(_, hash)| holds(hash))
        .map(|(name, _)| name)
}
