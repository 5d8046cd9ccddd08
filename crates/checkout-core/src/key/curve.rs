use std::fmt;

use pkcs8::ObjectIdentifier;

use super::error::KeyError;

/// The algorithms of RFC 7518 that keys are made for here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// ECDSA on P-384 with SHA-384.
    ES384,
}

impl fmt::Display for Algorithm {
    /// As `alg` of a token names it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// The two curves that sign here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
}

/// `id-ecPublicKey` (RFC 5480): the algorithm of every elliptic curve key, whatever its curve.
pub(super) const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

const PRIME256V1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const SECP384R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");

/// Curves of other people's keys, under the names that `openssl ecparam -list_curves` uses.
const OTHERS: [(ObjectIdentifier, &str); 5] = [
    (ObjectIdentifier::new_unwrap("1.3.132.0.10"), "secp256k1"),
    (ObjectIdentifier::new_unwrap("1.3.132.0.33"), "secp224r1"),
    (ObjectIdentifier::new_unwrap("1.3.132.0.35"), "secp521r1"),
    (
        ObjectIdentifier::new_unwrap("1.3.36.3.3.2.8.1.1.7"),
        "brainpoolP256r1",
    ),
    (
        ObjectIdentifier::new_unwrap("1.3.36.3.3.2.8.1.1.11"),
        "brainpoolP384r1",
    ),
];

impl Curve {
    pub(super) fn from_oid(oid: ObjectIdentifier) -> Result<Self, KeyError> {
        match oid {
            PRIME256V1 => Ok(Self::P256),
            SECP384R1 => Ok(Self::P384),
            other => Err(KeyError::WrongCurve {
                curve: OTHERS
                    .iter()
                    .find(|(oid, _)| *oid == other)
                    .map_or_else(|| other.to_string(), |(_, name)| (*name).to_owned()),
            }),
        }
    }

    pub(super) const fn of(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::ES256 => Self::P256,
            Algorithm::ES384 => Self::P384,
        }
    }

    /// The curve of a private key that does not name one, by the length of its number in bytes.
    pub(super) fn from_scalar_length(length: usize) -> Option<Self> {
        [Self::P256, Self::P384]
            .into_iter()
            .find(|curve| curve.scalar_length() == length)
    }

    pub(super) fn oid(self) -> ObjectIdentifier {
        match self {
            Self::P256 => PRIME256V1,
            Self::P384 => SECP384R1,
        }
    }

    pub(super) fn algorithm(self) -> Algorithm {
        match self {
            Self::P256 => Algorithm::ES256,
            Self::P384 => Algorithm::ES384,
        }
    }

    /// Bytes of a private key's number, and of each half of a raw signature.
    pub(super) fn scalar_length(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
        }
    }

    /// Bytes of a raw signature, `r` followed by `s`.
    pub(super) fn raw_signature_length(self) -> usize {
        2 * self.scalar_length()
    }

    /// Bytes of an uncompressed public point: the mark 4, x and y.
    pub(super) fn point_length(self) -> usize {
        1 + 2 * self.scalar_length()
    }
}
