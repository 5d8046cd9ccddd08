//! Reads and writes keys in DER, and tells what something is that is not the wanted key.

use zeroize::Zeroizing;

use super::{
    curve::{Curve, EC_PUBLIC_KEY, dotted},
    error::KeyError,
};

const DAMAGED: KeyError = KeyError::DamagedDer {
    what: "they are not a key",
};
const CUT: KeyError = KeyError::DamagedDer {
    what: "they were cut, or something follows",
};
const TWO_CURVES: KeyError = KeyError::DamagedDer {
    what: "they name two different curves",
};
const ENCODING: KeyError = KeyError::Library {
    what: "writing the key as DER",
};

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
/// `[0]` and `[1]`: the curve and the public point of SEC1, and the attributes of PKCS#8.
const FIRST: u8 = 0xa0;
const SECOND: u8 = 0xa1;
/// `[1]` with a bit string for its content: the public key of PKCS#8 (RFC 5958).
const PUBLIC_KEY: u8 = 0x81;

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
    let named = parameters.map(|der| curve_of(only(der)?)).transpose()?;
    match elements(der)?.as_slice() {
        [(INTEGER, _), (OCTET_STRING, _), ..] => sec1(der, named),
        [
            (INTEGER, [0 | 1]),
            (SEQUENCE, algorithm),
            (OCTET_STRING, key),
            rest @ ..,
        ] if rest.iter().all(|(tag, _)| matches!(*tag, FIRST | PUBLIC_KEY)) => {
            let curve = curve_of_algorithm(algorithm)?;
            if named.is_some_and(|named| named != curve) {
                return Err(TWO_CURVES);
            }
            sec1(key, Some(curve))
        }
        [(SEQUENCE, algorithm), (BIT_STRING, _)] => {
            Err(other_algorithm(algorithm)?.unwrap_or(KeyError::PublicKey))
        }
        other => Err(no_key(other)),
    }
}

/// Reads a SubjectPublicKeyInfo.
pub(super) fn public_key(der: &[u8]) -> Result<PublicParts, KeyError> {
    match elements(der)?.as_slice() {
        [(SEQUENCE, algorithm), (BIT_STRING, point)] => {
            let curve = curve_of_algorithm(algorithm)?;
            let point = whole_bytes(point)?;
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
        [(INTEGER, _), (OCTET_STRING, _), ..] => Err(KeyError::PrivateKey),
        [(INTEGER, _), (SEQUENCE, algorithm), (OCTET_STRING, _), ..] => {
            Err(other_algorithm(algorithm)?.unwrap_or(KeyError::PrivateKey))
        }
        other => Err(no_key(other)),
    }
}

/// Whether `signature` is a sequence of two integers in strict DER.
pub(super) fn is_signature(signature: &[u8]) -> bool {
    matches!(elements(signature).as_deref(), Ok([(INTEGER, _), (INTEGER, _)]))
}

/// Writes SEC1 with the curve named and without the public point.
#[cfg(feature = "aws-lc-rs")]
pub(super) fn to_sec1(parts: &PrivateParts) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let curve = element(OBJECT_IDENTIFIER, &[parts.curve.oid()])?;
    let (version, scalar) = (
        element(INTEGER, &[&[1]])?,
        element(OCTET_STRING, &[&parts.scalar])?,
    );
    element(SEQUENCE, &[&version, &scalar, &element(FIRST, &[&curve])?])
}

/// Writes PKCS#8 as openssl does: the curve in the outer part, both keys in the inner one.
pub(super) fn to_pkcs8(curve: Curve, scalar: &[u8], point: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let point = element(BIT_STRING, &[&[0], point])?;
    let (version, scalar) = (element(INTEGER, &[&[1]])?, element(OCTET_STRING, &[scalar])?);
    let inner = element(SEQUENCE, &[&version, &scalar, &element(SECOND, &[&point])?])?;
    let (version, inner) = (element(INTEGER, &[&[0]])?, element(OCTET_STRING, &[&inner])?);
    element(SEQUENCE, &[&version, &algorithm(curve)?, &inner])
}

/// Writes a SubjectPublicKeyInfo.
pub(super) fn to_spki(curve: Curve, point: &[u8]) -> Result<Vec<u8>, KeyError> {
    let point = element(BIT_STRING, &[&[0], point])?;
    Ok(element(SEQUENCE, &[&algorithm(curve)?, &point])?.to_vec())
}

fn algorithm(curve: Curve) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let (all, this) = (
        element(OBJECT_IDENTIFIER, &[EC_PUBLIC_KEY])?,
        element(OBJECT_IDENTIFIER, &[curve.oid()])?,
    );
    element(SEQUENCE, &[&all, &this])
}

/// Writes an element of at most 255 bytes, as all of a key are. Its buffer is not moved, and leaves no copy behind.
fn element(tag: u8, parts: &[&[u8]]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut der = Zeroizing::new(Vec::with_capacity(length + 3));
    let length = u8::try_from(length).map_err(|_| ENCODING)?;
    der.push(tag);
    if length >= 0x80 {
        der.push(0x81);
    }
    der.push(length);
    for part in parts {
        der.extend_from_slice(part);
    }
    Ok(der)
}

fn sec1(der: &[u8], named: Option<Curve>) -> Result<PrivateParts, KeyError> {
    let elements = elements(der)?;
    let [(INTEGER, [1]), (OCTET_STRING, number), rest @ ..] = elements.as_slice() else {
        return Err(DAMAGED);
    };
    let (inside, rest) = match rest {
        [(FIRST, curve), rest @ ..] => (Some(curve_of(only(curve)?)?), rest),
        rest => (None, rest),
    };
    let point = match rest {
        [] => None,
        [(SECOND, point)] => match only(point)? {
            (BIT_STRING, point) => Some(whole_bytes(point)?.to_vec()),
            _ => return Err(DAMAGED),
        },
        _ => return Err(DAMAGED),
    };
    let curve = match (named, inside) {
        (Some(named), Some(inside)) if named != inside => return Err(TWO_CURVES),
        (Some(curve), _) | (None, Some(curve)) => curve,
        (None, None) => Curve::from_scalar_length(number.len()).ok_or(KeyError::DamagedDer {
            what: "they name no curve, and the key's length fits none",
        })?,
    };
    // Some programs drop the zeros in front, others write one too many.
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let significant = &number[zeros..];
    let padding = curve
        .scalar_length()
        .checked_sub(significant.len())
        .ok_or(KeyError::OutOfRange)?;
    let mut scalar = Zeroizing::new(vec![0; curve.scalar_length()]);
    scalar[padding..].copy_from_slice(significant);
    Ok(PrivateParts { curve, scalar, point })
}

fn curve_of_algorithm(algorithm: &[u8]) -> Result<Curve, KeyError> {
    match (other_algorithm(algorithm)?, all(algorithm)?.get(1)) {
        (Some(error), _) => Err(error),
        (None, Some(parameters)) => curve_of(*parameters),
        (None, None) => Err(KeyError::DamagedDer {
            what: "they name no curve",
        }),
    }
}

fn curve_of(parameters: Element<'_>) -> Result<Curve, KeyError> {
    match parameters {
        (SEQUENCE, _) => Err(KeyError::ExplicitCurve),
        parameters => Curve::from_oid(object_identifier(parameters)?),
    }
}

/// What an algorithm is, if it is not that of elliptic curves.
fn other_algorithm(algorithm: &[u8]) -> Result<Option<KeyError>, KeyError> {
    /// 1.2.840.113549.1.1: all of RSA's identifiers begin with it: encryption, PSS, OAEP.
    const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1];
    /// 1.3.101.112.
    const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
    let elements = all(algorithm)?;
    let ([oid] | [oid, _]) = elements.as_slice() else {
        return Err(DAMAGED);
    };
    Ok(match object_identifier(*oid)? {
        EC_PUBLIC_KEY => None,
        ED25519 => Some(KeyError::Ed25519),
        oid if oid.starts_with(RSA) => Some(KeyError::Rsa),
        oid => Some(KeyError::OtherAlgorithm { oid: dotted(oid) }),
    })
}

/// What DER bytes are that are no key as it is wanted, told by the types of their outermost elements.
fn no_key(elements: &[Element<'_>]) -> KeyError {
    let tags: Vec<u8> = elements.iter().map(|(tag, _)| *tag).collect();
    match tags.as_slice() {
        [SEQUENCE, OCTET_STRING] => KeyError::Encrypted,
        // PKCS#1: a private key has nine numbers or more, a public key two.
        [INTEGER, INTEGER] => KeyError::Rsa,
        numbers if numbers.len() >= 9 && numbers[..9].iter().all(|tag| *tag == INTEGER) => KeyError::Rsa,
        [SEQUENCE, SEQUENCE, BIT_STRING] => KeyError::Certificate,
        [INTEGER, SEQUENCE, SEQUENCE] => KeyError::Pkcs12,
        _ => DAMAGED,
    }
}

/// A tag, and what stands in the element.
type Element<'a> = (u8, &'a [u8]);

/// The elements of the one sequence that `der` is.
fn elements(der: &[u8]) -> Result<Vec<Element<'_>>, KeyError> {
    if der.is_empty() {
        return Err(KeyError::Empty);
    }
    match only(der)? {
        (SEQUENCE, inside) => all(inside),
        _ => Err(DAMAGED),
    }
}

fn all(mut der: &[u8]) -> Result<Vec<Element<'_>>, KeyError> {
    let mut elements = Vec::new();
    while !der.is_empty() {
        elements.push(next(&mut der).ok_or(DAMAGED)?);
    }
    Ok(elements)
}

/// The one element that `der` is.
fn only(mut der: &[u8]) -> Result<Element<'_>, KeyError> {
    next(&mut der).filter(|_| der.is_empty()).ok_or(CUT)
}

/// Takes an element off: a tag of one byte, and a length in as few bytes as DER allows, of which no file of a key has more than two.
fn next<'a>(der: &mut &'a [u8]) -> Option<Element<'a>> {
    let (length, after) = match **der {
        [_, length @ 0..=0x7f, ref after @ ..] => (length.into(), after),
        [_, 0x81, length @ 0x80..=0xff, ref after @ ..] => (length.into(), after),
        [_, 0x82, high @ 1..=0xff, low, ref after @ ..] => (u16::from_be_bytes([high, low]).into(), after),
        _ => return None,
    };
    let tag = *der.first()?;
    let (inside, after) = after.split_at_checked(length)?;
    *der = after;
    Some((tag, inside))
}

fn object_identifier<'a>((tag, oid): Element<'a>) -> Result<&'a [u8], KeyError> {
    // The last byte of a number has no high bit.
    let is_whole = oid.last().is_some_and(|last| last & 0x80 == 0);
    (tag == OBJECT_IDENTIFIER && is_whole)
        .then_some(oid)
        .ok_or(DAMAGED)
}

/// The bytes of a bit string, which says first how many bits of the last one do not count.
fn whole_bytes(bits: &[u8]) -> Result<&[u8], KeyError> {
    bits.strip_prefix(&[0]).ok_or(DAMAGED)
}
