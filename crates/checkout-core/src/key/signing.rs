use std::{
    fmt,
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, Header};
use pkcs8::LineEnding;
use secrecy::SecretString;
use serde::Serialize;
use zeroize::Zeroizing;

use super::{
    backend::Signer,
    curve::Curve,
    der::{self, ENCODING, PrivateParts},
    error::{KeyError, SignError},
    text::{self, Wanted},
    verifying::VerifyingKey,
};

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

    /// Reads a key from a PEM or DER file.
    ///
    /// # Errors
    /// As [`from_pem`](Self::from_pem) and [`from_der`](Self::from_der), and if the file is missing or unreadable.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        let path = path.as_ref();
        let bytes = read(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => KeyError::FileNotFound {
                path: path.to_owned(),
            },
            _ => KeyError::Unreadable {
                path: path.to_owned(),
                source,
            },
        })?;
        match std::str::from_utf8(&bytes) {
            Ok(text) if text.contains(text::BEGIN) || text.trim().is_empty() => Self::from_pem(text),
            _ if bytes.first() == Some(&DER_SEQUENCE) => Self::from_der(&bytes),
            _ => Err(KeyError::NotPem),
        }
    }

    /// Reads what an environment variable holds: a PEM text if it contains `-----BEGIN`, else the path of a PEM
    /// or DER file.
    ///
    /// # Errors
    /// As [`from_pem`](Self::from_pem) and [`from_file`](Self::from_file). A value that could be a key without
    /// its `-----BEGIN` line does not show in the error.
    pub fn from_pem_or_path(value: &str) -> Result<Self, KeyError> {
        if value.contains(text::BEGIN) {
            return Self::from_pem(value);
        }
        let path = value.trim().trim_matches(['"', '\'']);
        if path.is_empty() {
            return Err(KeyError::Empty);
        }
        Self::from_file(path).map_err(|error| match error {
            KeyError::FileNotFound { .. } | KeyError::Unreadable { .. } if may_be_secret(path) => {
                KeyError::NeitherPemNorPath
            }
            other => other,
        })
    }

    /// Makes a new key.
    ///
    /// # Errors
    /// [`KeyError::UnsupportedAlgorithm`] for anything but ES384 and ES256, [`KeyError::Library`] if the machine
    /// has no randomness to give.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        let curve = Curve::from_algorithm(algorithm)?;
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
        let claims = serde_json::to_vec(claims).map_err(SignError::Claims)?;
        let mut token = String::with_capacity(self.header.len() + (claims.len() + 96) * 4 / 3 + 8);
        token.push_str(&self.header);
        URL_SAFE_NO_PAD.encode_string(&claims, &mut token);
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
        let header = serde_json::to_vec(&Header::new(curve.algorithm())).map_err(|_| KeyError::Library {
            what: "writing the token header",
        })?;
        Ok(Self {
            signer,
            public,
            header: URL_SAFE_NO_PAD.encode(header) + ".",
        })
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm())
            .field("public_key_sha256", &self.public.fingerprint())
            .field("deterministic", &self.is_deterministic())
            .finish_non_exhaustive()
    }
}

/// Both key formats are one ASN.1 sequence, and none of its texts begins with a zero.
const DER_SEQUENCE: u8 = 0x30;

/// Far more than a key and its certificates need; keeps a wrong path, such as a device, from filling the memory.
const LONGEST_FILE: usize = 64 * 1024;

fn read(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    // One buffer of the full size, so that growing leaves no copy of a key behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST_FILE + 1));
    File::open(path)?
        .take(LONGEST_FILE as u64)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether a value that leads to no file could be the inside of a key: several lines, or a long run of the
/// characters that base64, base64url and hexadecimal numbers are made of. A long path is such a run too; it is told
/// by its directory, which exists.
fn may_be_secret(value: &str) -> bool {
    /// 32 bytes, the shortest key, have 43 characters in base64.
    const LONGEST_SHOWN: usize = 40;
    let is_encoding = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_' | '=');
    let directory = Path::new(value)
        .parent()
        .filter(|parent| parent.file_name().is_some());
    value.contains(['\n', '\r'])
        || (value
            .split(|c| !is_encoding(c))
            .any(|run| run.len() > LONGEST_SHOWN)
            && !directory.is_some_and(Path::is_dir))
}
