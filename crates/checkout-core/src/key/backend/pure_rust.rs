use p256::ecdsa::signature::{Signer as _, Verifier as _};
use zeroize::{Zeroize as _, Zeroizing};

use crate::key::{
    curve::Curve,
    der::{PrivateParts, PublicParts},
    error::{KeyError, SignError},
};

#[derive(Clone)]
pub(in crate::key) enum Signer {
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
}

impl Signer {
    pub(super) fn new(parts: &PrivateParts) -> Result<Self, KeyError> {
        match parts.curve {
            Curve::P256 => p256::ecdsa::SigningKey::from_slice(&parts.scalar).map(Self::P256),
            Curve::P384 => p384::ecdsa::SigningKey::from_slice(&parts.scalar).map(Self::P384),
        }
        .map_err(|_| KeyError::OutOfRange)
    }

    #[cfg(not(feature = "aws-lc-rs"))]
    pub(super) fn generate(curve: Curve) -> Result<Self, KeyError> {
        use p256::elliptic_curve::Generate as _;

        match curve {
            Curve::P256 => p256::ecdsa::SigningKey::try_generate().map(Self::P256),
            Curve::P384 => p384::ecdsa::SigningKey::try_generate().map(Self::P384),
        }
        .map_err(|_| super::GENERATING)
    }

    pub(super) fn sign_raw(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        match self {
            Self::P256(key) => key
                .try_sign(message)
                .map(|s: p256::ecdsa::Signature| s.to_bytes().to_vec()),
            Self::P384(key) => key
                .try_sign(message)
                .map(|s: p384::ecdsa::Signature| s.to_bytes().to_vec()),
        }
        .map_err(|_| SignError::Library)
    }

    pub(super) fn sign_der(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        match self {
            Self::P256(key) => key
                .try_sign(message)
                .map(|s: p256::ecdsa::DerSignature| s.as_bytes().to_vec()),
            Self::P384(key) => key
                .try_sign(message)
                .map(|s: p384::ecdsa::DerSignature| s.as_bytes().to_vec()),
        }
        .map_err(|_| SignError::Library)
    }

    pub(super) fn point(&self) -> Vec<u8> {
        match self {
            Self::P256(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            Self::P384(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "the other library can fail here")]
    pub(super) fn scalar(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        /// Copies an array of either length and wipes it.
        macro_rules! taken {
            ($array:expr) => {{
                let mut array = $array;
                let bytes = Zeroizing::new(array.to_vec());
                array.zeroize();
                bytes
            }};
        }
        Ok(match self {
            Self::P256(key) => taken!(key.to_bytes()),
            Self::P384(key) => taken!(key.to_bytes()),
        })
    }
}

#[derive(Clone)]
pub(in crate::key) enum Verifier {
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
}

impl Verifier {
    pub(super) fn new(parts: &PublicParts) -> Result<Self, KeyError> {
        match parts.curve {
            Curve::P256 => p256::ecdsa::VerifyingKey::from_sec1_bytes(&parts.point).map(Self::P256),
            Curve::P384 => p384::ecdsa::VerifyingKey::from_sec1_bytes(&parts.point).map(Self::P384),
        }
        .map_err(|_| KeyError::OutOfRange)
    }

    pub(super) fn verify_der(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::P256(key) => {
                p256::ecdsa::Signature::from_der(signature).and_then(|s| key.verify(message, &s))
            }
            Self::P384(key) => {
                p384::ecdsa::Signature::from_der(signature).and_then(|s| key.verify(message, &s))
            }
        }
        .is_ok()
    }

    pub(super) fn verify_raw(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::P256(key) => {
                p256::ecdsa::Signature::from_slice(signature).and_then(|s| key.verify(message, &s))
            }
            Self::P384(key) => {
                p384::ecdsa::Signature::from_slice(signature).and_then(|s| key.verify(message, &s))
            }
        }
        .is_ok()
    }
}
