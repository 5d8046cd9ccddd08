//! One interface to the two cryptographic libraries.

#[cfg(feature = "aws-lc-rs")]
mod aws_lc;
#[cfg(feature = "p384")]
mod pure_rust;

use zeroize::Zeroizing;

use super::{
    curve::Curve,
    der::{PrivateParts, PublicParts},
    error::{KeyError, SignError},
};

const GENERATING: KeyError = KeyError::Library { what: "making a key" };

/// A private key inside a library.
#[derive(Clone)]
pub(super) enum Signer {
    #[cfg(feature = "aws-lc-rs")]
    AwsLc(aws_lc::Signer),
    #[cfg(feature = "p384")]
    PureRust(Box<pure_rust::Signer>),
}

/// Runs the same call on whichever library holds the key.
macro_rules! on {
    ($self:ident, $type:ident, $inner:ident => $call:expr) => {
        match $self {
            #[cfg(feature = "aws-lc-rs")]
            $type::AwsLc($inner) => $call,
            #[cfg(feature = "p384")]
            $type::PureRust($inner) => $call,
        }
    };
}

impl Signer {
    #[cfg(feature = "aws-lc-rs")]
    pub(super) fn new(parts: &PrivateParts) -> Result<Self, KeyError> {
        aws_lc::Signer::new(parts).map(Self::AwsLc)
    }

    #[cfg(not(feature = "aws-lc-rs"))]
    pub(super) fn new(parts: &PrivateParts) -> Result<Self, KeyError> {
        Self::pure_rust(parts)
    }

    #[cfg(feature = "p384")]
    pub(super) fn pure_rust(parts: &PrivateParts) -> Result<Self, KeyError> {
        pure_rust::Signer::new(parts).map(Box::new).map(Self::PureRust)
    }

    #[cfg(feature = "aws-lc-rs")]
    pub(super) fn generate(curve: Curve) -> Result<Self, KeyError> {
        aws_lc::Signer::generate(curve).map(Self::AwsLc)
    }

    #[cfg(not(feature = "aws-lc-rs"))]
    pub(super) fn generate(curve: Curve) -> Result<Self, KeyError> {
        pure_rust::Signer::generate(curve)
            .map(Box::new)
            .map(Self::PureRust)
    }

    /// `r` and `s` side by side.
    pub(super) fn sign_raw(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        on!(self, Self, key => key.sign_raw(message))
    }

    pub(super) fn sign_der(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        on!(self, Self, key => key.sign_der(message))
    }

    /// The public point, uncompressed.
    pub(super) fn point(&self) -> Vec<u8> {
        on!(self, Self, key => key.point())
    }

    pub(super) fn scalar(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        on!(self, Self, key => key.scalar())
    }

    pub(super) fn is_deterministic(&self) -> bool {
        match self {
            #[cfg(feature = "aws-lc-rs")]
            Self::AwsLc(_) => false,
            #[cfg(feature = "p384")]
            Self::PureRust(_) => true,
        }
    }
}

/// A public key inside a library.
#[derive(Clone)]
pub(super) enum Verifier {
    #[cfg(feature = "aws-lc-rs")]
    AwsLc(aws_lc::Verifier),
    #[cfg(feature = "p384")]
    PureRust(Box<pure_rust::Verifier>),
}

impl Verifier {
    #[cfg(feature = "aws-lc-rs")]
    pub(super) fn new(parts: &PublicParts) -> Result<Self, KeyError> {
        aws_lc::Verifier::new(parts).map(Self::AwsLc)
    }

    #[cfg(not(feature = "aws-lc-rs"))]
    pub(super) fn new(parts: &PublicParts) -> Result<Self, KeyError> {
        Self::pure_rust(parts)
    }

    #[cfg(feature = "p384")]
    pub(super) fn pure_rust(parts: &PublicParts) -> Result<Self, KeyError> {
        pure_rust::Verifier::new(parts).map(Box::new).map(Self::PureRust)
    }

    pub(super) fn verify_der(&self, message: &[u8], signature: &[u8]) -> bool {
        on!(self, Self, key => key.verify_der(message, signature))
    }

    pub(super) fn verify_raw(&self, message: &[u8], signature: &[u8]) -> bool {
        on!(self, Self, key => key.verify_raw(message, signature))
    }
}
