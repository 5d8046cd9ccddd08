use std::path::Path;

use pkcs8::{Document, LineEnding};

use super::{
    backend::Verifier,
    curve::{Algorithm, Curve},
    der::{self, ENCODING, PublicParts},
    error::{KeyError, VerifyError},
    text::{self, PemOrDer, Wanted},
};
use crate::digest::sha256_hex;
use crate::given::{Given, KeyFile};
use crate::impl_debug;

/// A public key on P-384 or P-256, read once and then only used.
#[derive(Clone)]
pub struct VerifyingKey {
    curve: Curve,
    point: Vec<u8>,
    spki: Document,
    pem: String,
    verifier: Verifier,
}

impl VerifyingKey {
    /// Reads a `PUBLIC KEY` (SubjectPublicKeyInfo) from PEM, wrapped at any column; as lenient with the text as
    /// [`SigningKey::from_pem`](super::SigningKey::from_pem).
    ///
    /// # Errors
    /// [`KeyError`] says what the text holds instead and how to get the right key.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        Self::from_spki_der(&text::find(text, Wanted::Public)?.der)
    }

    /// Reads a SubjectPublicKeyInfo (RFC 5480) from DER, with an uncompressed point.
    ///
    /// # Errors
    /// [`KeyError`] says what the bytes are instead and how to get the right key.
    pub fn from_spki_der(der: &[u8]) -> Result<Self, KeyError> {
        let PublicParts { curve, point } = der::public_key(der)?;
        Self::from_point(curve, point)
    }

    /// Reads a key from the bytes of a file: PEM if they hold `-----BEGIN`, else DER.
    ///
    /// # Errors
    /// As [`from_pem`](Self::from_pem) and [`from_spki_der`](Self::from_spki_der).
    pub fn from_pem_or_der(bytes: &[u8]) -> Result<Self, KeyError> {
        match text::pem_or_der(bytes)? {
            PemOrDer::Pem(text) => Self::from_pem(text),
            PemOrDer::Der(der) => Self::from_spki_der(der),
        }
    }

    /// Reads a key from a PEM or DER file of at most 64 KiB.
    ///
    /// # Errors
    /// As [`from_pem_or_der`](Self::from_pem_or_der), and if the file is missing or cannot be read. The path of a missing
    /// file does not show: a private key may have been given in its place.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        let file = KeyFile::read(path.as_ref()).map_err(KeyError::of_path)?;
        Self::from_pem_or_der(file.bytes())
    }

    /// Reads what an environment variable holds: a PEM text if it contains `-----BEGIN`, else the path of a PEM or DER file.
    ///
    /// # Errors
    /// As [`from_pem`](Self::from_pem) and [`from_file`](Self::from_file). A value that is neither does not show in the
    /// error, but its length and what it looks like.
    pub fn from_pem_or_path(value: &str) -> Result<Self, KeyError> {
        let given = Given::read(value, text::is_pem).map_err(KeyError::of_value)?;
        Self::from_pem_or_der(given.bytes())
    }

    /// The same key, verifying in pure Rust.
    ///
    /// # Errors
    /// [`KeyError::OutOfRange`] if the other library does not take the key, which would be a fault of one of them.
    #[cfg(feature = "p384")]
    pub fn into_pure_rust(self) -> Result<Self, KeyError> {
        let parts = PublicParts {
            curve: self.curve,
            point: self.point,
        };
        let verifier = Verifier::pure_rust(&parts)?;
        Ok(Self {
            point: parts.point,
            verifier,
            ..self
        })
    }

    /// ES384 for a key on P-384, ES256 for one on P-256.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.curve.algorithm()
    }

    /// As `PUBLIC KEY` PEM, wrapped at 64 columns.
    #[must_use]
    pub fn to_pem(&self) -> &str {
        &self.pem
    }

    /// As SubjectPublicKeyInfo in DER.
    #[must_use]
    pub fn to_spki_der(&self) -> &[u8] {
        self.spki.as_bytes()
    }

    /// SHA-256 of the SubjectPublicKeyInfo in lower-case hex: names the key in logs, and the same as
    /// `openssl pkey -pubin -in public-key.pem -outform DER | sha256sum`.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        sha256_hex(self.to_spki_der())
    }

    /// Whether `signature` is this key's over `message`: ASN.1 DER, with no byte more or less than DER has.
    ///
    /// A signature that holds can be turned into another one that holds too, without the key. Tell messages
    /// apart by their own bytes, never by their signatures.
    ///
    /// # Errors
    /// [`VerifyError::NotDer`] or [`VerifyError::Mismatch`].
    pub fn verify_der(&self, message: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
        if self.verifier.verify_der(message, signature) {
            Ok(())
        } else if der::is_signature(signature) {
            Err(VerifyError::Mismatch)
        } else {
            Err(VerifyError::NotDer {
                length: signature.len(),
            })
        }
    }

    /// Whether `signature` is this key's over `message`: `r` and `s` side by side, as a JWS carries it (96 bytes
    /// on P-384, 64 on P-256).
    ///
    /// # Errors
    /// [`VerifyError::RawLength`] or [`VerifyError::Mismatch`].
    pub fn verify_raw(&self, message: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
        let expected = self.curve.raw_signature_length();
        if signature.len() != expected {
            return Err(VerifyError::RawLength {
                expected,
                found: signature.len(),
            });
        }
        if self.verifier.verify_raw(message, signature) {
            Ok(())
        } else {
            Err(VerifyError::Mismatch)
        }
    }

    pub(super) fn from_point(curve: Curve, point: Vec<u8>) -> Result<Self, KeyError> {
        let spki = der::to_spki(curve, &point)?;
        let pem = spki.to_pem("PUBLIC KEY", LineEnding::LF).map_err(|_| ENCODING)?;
        let parts = PublicParts { curve, point };
        let verifier = Verifier::new(&parts)?;
        Ok(Self {
            curve,
            point: parts.point,
            spki,
            pem,
            verifier,
        })
    }

    pub(super) fn curve(&self) -> Curve {
        self.curve
    }

    /// Whether `point`, compressed or not, is this key's.
    pub(super) fn is_point(&self, point: &[u8]) -> bool {
        let (x, y) = self.point[1..].split_at(self.curve.scalar_length());
        match point.split_first() {
            Some((4, _)) => point == self.point,
            Some((sign @ (2 | 3), rest)) => rest == x && y.last().is_some_and(|byte| byte & 1 == sign & 1),
            _ => false,
        }
    }
}

impl PartialEq for VerifyingKey {
    fn eq(&self, other: &Self) -> bool {
        self.spki == other.spki
    }
}

impl Eq for VerifyingKey {}

impl_debug!(VerifyingKey: self => { algorithm: self.algorithm(), sha256: self.fingerprint(), .. });
