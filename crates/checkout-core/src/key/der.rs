//! Reads and writes keys in DER, and tells what something is that is not the wanted key.

use pkcs8::{
    AlgorithmIdentifierRef, ObjectIdentifier, PrivateKeyInfoRef, SecretDocument,
    der::{
        AnyRef, Decode as _, Document, Reader as _, SliceReader, Tag, TagNumber,
        asn1::{BitStringRef, OctetStringRef},
    },
    spki::SubjectPublicKeyInfoRef,
};
use sec1::{EcParameters, EcPrivateKey};
use zeroize::Zeroizing;

use super::{
    curve::{Curve, EC_PUBLIC_KEY},
    error::KeyError,
};

const DAMAGED: KeyError = KeyError::DamagedDer {
    what: "they are not a key",
};

/// A private key as both libraries take it.
pub(super) struct PrivateParts {
    pub(super) curve: Curve,
    /// As long as the curve's numbers are, big-endian.
    pub(super) scalar: Zeroizing<Vec<u8>>,
    /// The public point that stood next to it, not yet compared.
    pub(super) point: Option<Vec<u8>>,
}

/// A public key as both libraries take it: the point uncompressed.
pub(super) struct PublicParts {
    pub(super) curve: Curve,
    pub(super) point: Vec<u8>,
}

/// Reads SEC1 (RFC 5915) or PKCS#8. `parameters` is the curve that stood in a PEM block of its own.
pub(super) fn private_key(der: &[u8], parameters: Option<&[u8]>) -> Result<PrivateParts, KeyError> {
    let named = parameters
        .map(|der| curve_of(AnyRef::from_der(der).map_err(|_| DAMAGED)?))
        .transpose()?;
    match Content::of(der)? {
        Content::Sec1 => sec1(der, named),
        Content::Pkcs8 => {
            let info = PrivateKeyInfoRef::try_from(der).map_err(|_| DAMAGED)?;
            let curve = curve_of_algorithm(info.algorithm)?;
            if named.is_some_and(|named| named != curve) {
                return Err(TWO_CURVES);
            }
            sec1(info.private_key.as_bytes(), Some(curve))
        }
        Content::PublicKey => Err(other_algorithm(spki(der)?.algorithm).unwrap_or(KeyError::PublicKey)),
        other => Err(other.refusal()),
    }
}

/// Reads a SubjectPublicKeyInfo.
pub(super) fn public_key(der: &[u8]) -> Result<PublicParts, KeyError> {
    match Content::of(der)? {
        Content::PublicKey => {
            let info = spki(der)?;
            let curve = curve_of_algorithm(info.algorithm)?;
            let point = info.subject_public_key.as_bytes().ok_or(DAMAGED)?;
            match point.first() {
                Some(4) if point.len() == curve.point_length() => Ok(PublicParts {
                    curve,
                    point: point.to_vec(),
                }),
                Some(2 | 3) if point.len() == 1 + curve.scalar_length() => Err(KeyError::CompressedPoint),
                _ => Err(KeyError::DamagedDer {
                    what: "the point has another length than the curve's points",
                }),
            }
        }
        Content::Sec1 => Err(KeyError::PrivateKey),
        Content::Pkcs8 => {
            let info = PrivateKeyInfoRef::try_from(der).map_err(|_| DAMAGED)?;
            Err(other_algorithm(info.algorithm).unwrap_or(KeyError::PrivateKey))
        }
        other => Err(other.refusal()),
    }
}

/// Whether `signature` is a sequence of two integers in strict DER.
pub(super) fn is_signature(signature: &[u8]) -> bool {
    elements(signature).is_ok_and(|found| found == [Tag::Integer, Tag::Integer])
}

/// Writes SEC1 with the curve named and without the public point.
#[cfg(feature = "aws-lc-rs")]
pub(super) fn to_sec1(parts: &PrivateParts) -> Result<SecretDocument, KeyError> {
    let key = EcPrivateKey {
        private_key: &parts.scalar,
        parameters: Some(EcParameters::NamedCurve(parts.curve.oid())),
        public_key: None,
    };
    SecretDocument::encode_msg(&key).map_err(|_| ENCODING)
}

/// Writes PKCS#8 as openssl does: the curve in the outer part, both keys in the inner one.
pub(super) fn to_pkcs8(curve: Curve, scalar: &[u8], point: &[u8]) -> Result<SecretDocument, KeyError> {
    let inner = EcPrivateKey {
        private_key: scalar,
        parameters: None,
        public_key: Some(point),
    };
    let inner = SecretDocument::encode_msg(&inner).map_err(|_| ENCODING)?;
    let curve = curve.oid();
    let algorithm = AlgorithmIdentifierRef {
        oid: EC_PUBLIC_KEY,
        parameters: Some(AnyRef::from(&curve)),
    };
    let inner = OctetStringRef::new(inner.as_bytes()).map_err(|_| ENCODING)?;
    SecretDocument::encode_msg(&PrivateKeyInfoRef::new(algorithm, inner)).map_err(|_| ENCODING)
}

/// Writes a SubjectPublicKeyInfo.
pub(super) fn to_spki(curve: Curve, point: &[u8]) -> Result<Document, KeyError> {
    let curve = curve.oid();
    let info = SubjectPublicKeyInfoRef {
        algorithm: AlgorithmIdentifierRef {
            oid: EC_PUBLIC_KEY,
            parameters: Some(AnyRef::from(&curve)),
        },
        subject_public_key: BitStringRef::from_bytes(point).map_err(|_| ENCODING)?,
    };
    Document::encode_msg(&info).map_err(|_| ENCODING)
}

pub(super) const ENCODING: KeyError = KeyError::Library {
    what: "writing the key as DER",
};
const TWO_CURVES: KeyError = KeyError::DamagedDer {
    what: "they name two different curves",
};

fn sec1(der: &[u8], named: Option<Curve>) -> Result<PrivateParts, KeyError> {
    if elements_of_sequence(der)?.iter().any(is_explicit_curve) {
        return Err(KeyError::ExplicitCurve);
    }
    let key = EcPrivateKey::try_from(der).map_err(|_| DAMAGED)?;
    let inside = key
        .parameters
        .and_then(EcParameters::named_curve)
        .map(Curve::from_oid)
        .transpose()?;
    let curve = match (named, inside) {
        (Some(named), Some(inside)) if named != inside => return Err(TWO_CURVES),
        (Some(curve), _) | (None, Some(curve)) => curve,
        (None, None) => Curve::from_scalar_length(key.private_key.len()).ok_or(KeyError::DamagedDer {
            what: "they name no curve, and the key's length fits none",
        })?,
    };
    // Some programs drop the zeros in front, others write one too many.
    let significant = key
        .private_key
        .iter()
        .position(|byte| *byte != 0)
        .unwrap_or(key.private_key.len());
    let significant = &key.private_key[significant..];
    let padding = curve
        .scalar_length()
        .checked_sub(significant.len())
        .ok_or(KeyError::OutOfRange)?;
    let mut scalar = Zeroizing::new(vec![0; curve.scalar_length()]);
    scalar[padding..].copy_from_slice(significant);
    Ok(PrivateParts {
        curve,
        scalar,
        point: key.public_key.map(<[u8]>::to_vec),
    })
}

fn spki(der: &[u8]) -> Result<SubjectPublicKeyInfoRef<'_>, KeyError> {
    SubjectPublicKeyInfoRef::try_from(der).map_err(|_| DAMAGED)
}

fn curve_of_algorithm(algorithm: AlgorithmIdentifierRef<'_>) -> Result<Curve, KeyError> {
    match other_algorithm(algorithm) {
        Some(error) => Err(error),
        None => curve_of(algorithm.parameters.ok_or(KeyError::DamagedDer {
            what: "they name no curve",
        })?),
    }
}

fn curve_of(parameters: AnyRef<'_>) -> Result<Curve, KeyError> {
    if parameters.header().tag() == Tag::Sequence {
        return Err(KeyError::ExplicitCurve);
    }
    Curve::from_oid(parameters.decode_as().map_err(|_| DAMAGED)?)
}

fn other_algorithm(algorithm: AlgorithmIdentifierRef<'_>) -> Option<KeyError> {
    /// All of RSA's identifiers begin with it: encryption, PSS, OAEP.
    const RSA: &str = "1.2.840.113549.1.1.";
    const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
    match algorithm.oid {
        EC_PUBLIC_KEY => None,
        ED25519 => Some(KeyError::Ed25519),
        oid if oid.to_string().starts_with(RSA) => Some(KeyError::Rsa),
        oid => Some(KeyError::OtherAlgorithm { oid: oid.to_string() }),
    }
}

/// What DER bytes are, told by the types of their outermost elements.
enum Content {
    Sec1,
    Pkcs8,
    EncryptedPkcs8,
    PublicKey,
    Rsa,
    Certificate,
    Pkcs12,
    Unknown,
}

impl Content {
    fn of(der: &[u8]) -> Result<Self, KeyError> {
        if der.is_empty() {
            return Err(KeyError::Empty);
        }
        Ok(match elements(der)?.as_slice() {
            [Tag::Integer, Tag::OctetString, ..] => Self::Sec1,
            [Tag::Integer, Tag::Sequence, Tag::OctetString, ..] => Self::Pkcs8,
            [Tag::Sequence, Tag::OctetString] => Self::EncryptedPkcs8,
            [Tag::Sequence, Tag::BitString] => Self::PublicKey,
            // PKCS#1: a private key has nine numbers or more, a public key two.
            [Tag::Integer, Tag::Integer] => Self::Rsa,
            numbers if numbers.len() >= 9 && numbers[..9].iter().all(|tag| *tag == Tag::Integer) => Self::Rsa,
            [Tag::Sequence, Tag::Sequence, Tag::BitString] => Self::Certificate,
            [Tag::Integer, Tag::Sequence, Tag::Sequence] => Self::Pkcs12,
            _ => Self::Unknown,
        })
    }

    fn refusal(self) -> KeyError {
        match self {
            Self::EncryptedPkcs8 => KeyError::Encrypted,
            Self::Rsa => KeyError::Rsa,
            Self::Certificate => KeyError::Certificate,
            Self::Pkcs12 => KeyError::Pkcs12,
            Self::Sec1 | Self::Pkcs8 | Self::PublicKey | Self::Unknown => DAMAGED,
        }
    }
}

/// The types of the elements of the one sequence that `der` is.
fn elements(der: &[u8]) -> Result<Vec<Tag>, KeyError> {
    Ok(elements_of_sequence(der)?
        .iter()
        .map(|element| element.header().tag())
        .collect())
}

fn elements_of_sequence(der: &[u8]) -> Result<Vec<AnyRef<'_>>, KeyError> {
    let sequence = AnyRef::from_der(der).map_err(|_| KeyError::DamagedDer {
        what: "they were cut, or something follows",
    })?;
    if sequence.header().tag() != Tag::Sequence {
        return Err(DAMAGED);
    }
    let mut reader = SliceReader::new(sequence.value()).map_err(|_| DAMAGED)?;
    let mut elements = Vec::new();
    while !reader.is_finished() {
        elements.push(AnyRef::decode(&mut reader).map_err(|_| DAMAGED)?);
    }
    Ok(elements)
}

/// Whether an element of a SEC1 key is `[0]` with a sequence inside, where a curve's name should be.
fn is_explicit_curve(element: &AnyRef<'_>) -> bool {
    const PARAMETERS: Tag = Tag::ContextSpecific {
        constructed: true,
        number: TagNumber(0),
    };
    element.header().tag() == PARAMETERS
        && AnyRef::from_der(element.value()).is_ok_and(|inner| inner.header().tag() == Tag::Sequence)
}
