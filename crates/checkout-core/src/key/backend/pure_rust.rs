use p256::ecdsa::signature::{Signer as _, Verifier as _};
use zeroize::{Zeroize as _, Zeroizing};

use crate::key::{
    curve::Curve,
    der::{PrivateParts, PublicParts},
    error::{KeyError, SignError},
};

/// The same call on the key of either curve, whose crate is named `$curve` there.
macro_rules! on {
    ($self:ident, $key:ident, $curve:ident => $call:expr) => {
        match $self {
            Self::P256($key) => {
                #[allow(unused_imports)]
                use p256 as $curve;
                $call
            }
            Self::P384($key) => {
                #[allow(unused_imports)]
                use p384 as $curve;
                $call
            }
        }
    };
}

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
        let raw = on!(self, key, curve => key.try_sign(message).map(|s: curve::ecdsa::Signature| s.to_bytes().to_vec()));
        raw.map_err(|_| SignError::Library)
    }

    pub(super) fn sign_der(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let der = on!(self, key, curve => key.try_sign(message).map(|s: curve::ecdsa::DerSignature| s.as_bytes().to_vec()));
        der.map_err(|_| SignError::Library)
    }

    pub(super) fn point(&self) -> Vec<u8> {
        on!(self, key, curve => key.verifying_key().to_sec1_point(false).as_bytes().to_vec())
    }

    #[expect(clippy::unnecessary_wraps, reason = "the other library can fail here")]
    pub(super) fn scalar(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        on!(self, key, curve => {
            // Of either length; wiped once it is copied.
            let mut array = key.to_bytes();
            let bytes = Zeroizing::new(array.to_vec());
            array.zeroize();
            Ok(bytes)
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
        on!(self, key, curve => curve::ecdsa::Signature::from_der(signature).and_then(|s| key.verify(message, &s)).is_ok())
    }

    pub(super) fn verify_raw(&self, message: &[u8], signature: &[u8]) -> bool {
        on!(self, key, curve => curve::ecdsa::Signature::from_slice(signature).and_then(|s| key.verify(message, &s)).is_ok())
    }
}
