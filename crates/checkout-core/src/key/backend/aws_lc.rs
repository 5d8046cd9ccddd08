use aws_lc_rs::{
    encoding::AsBigEndian as _,
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED,
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_ASN1_SIGNING,
        ECDSA_P384_SHA384_FIXED, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
        EcdsaVerificationAlgorithm, KeyPair as _, ParsedPublicKey,
    },
};
use zeroize::Zeroizing;

use super::GENERATING;
use crate::key::{
    curve::Curve,
    der::{self, PrivateParts, PublicParts},
    error::{KeyError, SignError},
};

const EXPORTING: KeyError = KeyError::Library {
    what: "writing the private key",
};

/// The library ties the form of a signature to the key, so there is one key for each form.
#[derive(Clone)]
pub(in crate::key) struct Signer {
    raw: EcdsaKeyPair,
    der: EcdsaKeyPair,
}

impl Signer {
    pub(super) fn new(parts: &PrivateParts) -> Result<Self, KeyError> {
        let sec1 = der::to_sec1(parts)?;
        let read = |algorithm| {
            EcdsaKeyPair::from_private_key_der(algorithm, sec1.as_bytes()).map_err(|_| KeyError::OutOfRange)
        };
        let (raw, der) = signing_algorithms(parts.curve);
        Ok(Self {
            raw: read(raw)?,
            der: read(der)?,
        })
    }

    pub(super) fn generate(curve: Curve) -> Result<Self, KeyError> {
        let (raw, _) = signing_algorithms(curve);
        let key = EcdsaKeyPair::generate(raw).map_err(|_| GENERATING)?;
        Self::new(&PrivateParts {
            curve,
            scalar: scalar(&key)?,
            point: None,
        })
    }

    pub(super) fn sign_raw(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        sign(&self.raw, message)
    }

    pub(super) fn sign_der(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        sign(&self.der, message)
    }

    pub(super) fn point(&self) -> Vec<u8> {
        self.raw.public_key().as_ref().to_vec()
    }

    pub(super) fn scalar(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        scalar(&self.raw)
    }
}

fn sign(key: &EcdsaKeyPair, message: &[u8]) -> Result<Vec<u8>, SignError> {
    let signature = key
        .sign(&SystemRandom::new(), message)
        .map_err(|_| SignError::Library)?;
    Ok(signature.as_ref().to_vec())
}

fn scalar(key: &EcdsaKeyPair) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let bytes = key.private_key().as_be_bytes().map_err(|_| EXPORTING)?;
    Ok(Zeroizing::new(bytes.as_ref().to_vec()))
}

fn signing_algorithms(curve: Curve) -> (&'static EcdsaSigningAlgorithm, &'static EcdsaSigningAlgorithm) {
    match curve {
        Curve::P256 => (&ECDSA_P256_SHA256_FIXED_SIGNING, &ECDSA_P256_SHA256_ASN1_SIGNING),
        Curve::P384 => (&ECDSA_P384_SHA384_FIXED_SIGNING, &ECDSA_P384_SHA384_ASN1_SIGNING),
    }
}

/// One key for each form of a signature, as with [`Signer`].
#[derive(Clone)]
pub(in crate::key) struct Verifier {
    raw: ParsedPublicKey,
    der: ParsedPublicKey,
}

impl Verifier {
    pub(super) fn new(parts: &PublicParts) -> Result<Self, KeyError> {
        let (raw, der) = verification_algorithms(parts.curve);
        let read = |algorithm: &'static EcdsaVerificationAlgorithm| {
            ParsedPublicKey::new(algorithm, &parts.point).map_err(|_| KeyError::OutOfRange)
        };
        Ok(Self {
            raw: read(raw)?,
            der: read(der)?,
        })
    }

    pub(super) fn verify_der(&self, message: &[u8], signature: &[u8]) -> bool {
        self.der.verify_sig(message, signature).is_ok()
    }

    pub(super) fn verify_raw(&self, message: &[u8], signature: &[u8]) -> bool {
        self.raw.verify_sig(message, signature).is_ok()
    }
}

fn verification_algorithms(
    curve: Curve,
) -> (
    &'static EcdsaVerificationAlgorithm,
    &'static EcdsaVerificationAlgorithm,
) {
    match curve {
        Curve::P256 => (&ECDSA_P256_SHA256_FIXED, &ECDSA_P256_SHA256_ASN1),
        Curve::P384 => (&ECDSA_P384_SHA384_FIXED, &ECDSA_P384_SHA384_ASN1),
    }
}
