use std::path::Path;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use pkcs8::LineEnding;
use secrecy::SecretString;
use serde::Serialize;

use super::{
    backend::Signer,
    curve::{Algorithm, Curve},
    der::{self, ENCODING, PrivateParts},
    error::{KeyError, SignError},
    text::{self, PemOrDer, Wanted},
    verifying::VerifyingKey,
};
use crate::given::{Given, KeyFile};
use crate::impl_debug;

/// A private key on P-384 (signs ES384) or P-256 (signs ES256), read once and then only used.
///
/// Prints its algorithm and the fingerprint of its public key, never the key. Clones share nothing secret with
/// the text that the key was read from: that text can be wiped.
///
/// ```
/// use checkout_core::key::{Algorithm, SigningKey};
///
/// let key = SigningKey::generate(Algorithm::ES384)?;
/// let token = key.sign_jws(&serde_json::json!({"aud": "https://api.example.com"}))?;
/// assert_eq!(token.split('.').count(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SigningKey {
    signer: Signer,
    public: VerifyingKey,
    /// `{"typ":"JWT","alg":…}` in base64url, with the dot that follows it: the same for every token.
    header: String,
}

impl SigningKey {
    /// Reads a key from PEM, SEC1 (`EC PRIVATE KEY`) or PKCS#8 (`PRIVATE KEY`).
    ///
    /// Takes the text as environment variables and secret stores hand it over: with `\n` written out, CRLF, in
    /// quotes, on a single line, wrapped at odd columns, after the `EC PARAMETERS` that
    /// `openssl ecparam -genkey` puts in front, among other PEM blocks.
    ///
    /// # Errors
    /// [`KeyError`] says what the text holds instead and how to get the right key.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let found = text::find(text, Wanted::Private)?;
        Self::new(&der::private_key(
            &found.der,
            found.parameters.as_ref().map(|der| der.as_slice()),
        )?)
    }

    /// Reads a key from DER, SEC1 or PKCS#8. A SEC1 key that does not name its curve is taken as P-384 if its
    /// number has 48 bytes and as P-256 if it has 32.
    ///
    /// # Errors
    /// [`KeyError`] says what the bytes are instead and how to get the right key.
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        Self::new(&der::private_key(der, None)?)
    }

    /// Reads a key from the bytes of a file: PEM if they hold `-----BEGIN`, else DER.
    ///
    /// # Errors
    /// As [`from_pem`](Self::from_pem) and [`from_der`](Self::from_der).
    pub fn from_pem_or_der(bytes: &[u8]) -> Result<Self, KeyError> {
        match text::pem_or_der(bytes)? {
            PemOrDer::Pem(text) => Self::from_pem(text),
            PemOrDer::Der(der) => Self::from_der(der),
        }
    }

    /// Reads a key from a PEM or DER file of at most 64 KiB. If others than its owner may use the file, a warning goes to
    /// the log.
    ///
    /// # Errors
    /// As [`from_pem_or_der`](Self::from_pem_or_der), and if the file is missing or cannot be read. The path of a missing
    /// file does not show: a key may have been given in its place.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        let file = KeyFile::read(path.as_ref()).map_err(KeyError::of_path)?;
        file.warn_if_open();
        Self::from_pem_or_der(file.bytes())
    }

    /// Reads what an environment variable holds: a PEM text if it contains `-----BEGIN`, else the path of a PEM or DER file,
    /// which is read as by [`from_file`](Self::from_file).
    ///
    /// # Errors
    /// As [`from_pem`](Self::from_pem) and [`from_file`](Self::from_file). A value that is neither does not show in the
    /// error, but its length and what it looks like.
    pub fn from_pem_or_path(value: &str) -> Result<Self, KeyError> {
        let given = Given::read(value, text::is_pem).map_err(KeyError::of_value)?;
        if let Some(file) = given.file() {
            file.warn_if_open();
        }
        Self::from_pem_or_der(given.bytes())
    }

    /// Makes a new key.
    ///
    /// # Errors
    /// [`KeyError::Library`] if the machine has no randomness to give.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        let curve = Curve::of(algorithm);
        Self::with_signer(curve, Signer::generate(curve)?)
    }

    /// The same key, signing in pure Rust and the same message always with the same signature (RFC 6979).
    ///
    /// Takes two to three times as long as AWS-LC. Made for tests that compare whole requests, and for places where no C
    /// library may run.
    ///
    /// # Errors
    /// [`KeyError::Library`] if the library that holds the key does not hand it out.
    #[cfg(feature = "p384")]
    pub fn into_deterministic(self) -> Result<Self, KeyError> {
        let parts = PrivateParts {
            curve: self.public.curve(),
            scalar: self.signer.scalar()?,
            point: None,
        };
        Ok(Self {
            signer: Signer::pure_rust(&parts)?,
            public: self.public.into_pure_rust()?,
            header: self.header,
        })
    }

    /// Whether the same message always gets the same signature.
    #[must_use]
    pub fn is_deterministic(&self) -> bool {
        self.signer.is_deterministic()
    }

    /// ES384 for a key on P-384, ES256 for one on P-256.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.public.algorithm()
    }

    /// The public half.
    #[must_use]
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.public
    }

    /// The public half as `PUBLIC KEY` PEM: what the other side registers.
    #[must_use]
    pub fn public_key_pem(&self) -> String {
        self.public.to_pem().to_owned()
    }

    /// The private key as PKCS#8 PEM, as `openssl pkey` writes it.
    ///
    /// # Errors
    /// [`KeyError::Library`] if the library that holds the key does not hand it out.
    pub fn to_pkcs8_pem(&self) -> Result<SecretString, KeyError> {
        let scalar = self.signer.scalar()?;
        let document = der::to_pkcs8(self.public.curve(), &scalar, &self.signer.point())?;
        let pem = document
            .to_pem("PRIVATE KEY", LineEnding::LF)
            .map_err(|_| ENCODING)?;
        Ok(SecretString::from(pem.as_str()))
    }

    /// Signs `claims` as a compact JWS: header `{"typ":"JWT","alg":…}`, the claims as JSON in the order in which
    /// they serialise, and the signature as `r` and `s` side by side (RFC 7518, 3.4).
    ///
    /// # Errors
    /// [`SignError::Claims`] if the claims do not serialise as JSON.
    pub fn sign_jws<C: Serialize + ?Sized>(&self, claims: &C) -> Result<String, SignError> {
        let mut json = Vec::with_capacity(512);
        serde_json::to_writer(&mut json, claims).map_err(SignError::Claims)?;
        let encoded = |bytes: usize| (4 * bytes).div_ceil(3);
        let signature = encoded(self.public.curve().raw_signature_length());
        // To the byte, so that the text becomes the value of a header without being copied.
        let mut token = String::with_capacity(self.header.len() + encoded(json.len()) + 1 + signature);
        token.push_str(&self.header);
        URL_SAFE_NO_PAD.encode_string(&json, &mut token);
        let signature = self.signer.sign_raw(token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(&signature, &mut token);
        Ok(token)
    }

    /// Signs `message` as it stands, with the hash of the algorithm; the signature comes as ASN.1 DER, as
    /// webhooks carry it.
    ///
    /// # Errors
    /// [`SignError::Library`] if the machine has no randomness to give.
    pub fn sign_der(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        self.signer.sign_der(message)
    }

    fn new(parts: &PrivateParts) -> Result<Self, KeyError> {
        let key = Self::with_signer(parts.curve, Signer::new(parts)?)?;
        match &parts.point {
            Some(point) if !key.public.is_point(point) => Err(KeyError::ForeignPublicKey),
            _ => Ok(key),
        }
    }

    fn with_signer(curve: Curve, signer: Signer) -> Result<Self, KeyError> {
        let public = VerifyingKey::from_point(curve, signer.point())?;
        let header = format!(r#"{{"typ":"JWT","alg":"{}"}}"#, curve.algorithm());
        Ok(Self {
            signer,
            public,
            header: URL_SAFE_NO_PAD.encode(header) + ".",
        })
    }
}

impl_debug!(SigningKey: self => {
    algorithm: self.algorithm(),
    public_key_sha256: self.public.fingerprint(),
    deterministic: self.is_deterministic(),
    ..
});
