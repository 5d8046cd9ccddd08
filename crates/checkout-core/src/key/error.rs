use std::path::PathBuf;

use crate::escape::escaped;
use crate::given::{GivenError, Looks, NotShown};
use crate::read::ReadError;

/// Writes to a name of its own: openssl overwrites without asking, and the file at hand may be somebody's only copy.
const MAKE: &str = "`openssl ecparam -name secp384r1 -genkey -noout -out new-private-key.pem`";

/// Why a text, a file or bytes are no key that can be used. Each message says what was found and which command
/// corrects it; none shows a part of the key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Nothing but white space or quotes: an environment variable that is set to nothing, an empty file.
    #[error("the key is empty; make one with {MAKE}")]
    Empty,

    /// No file has the path of [`from_file`](super::SigningKey::from_file). The path is not in here, since somebody may have
    /// given the key in its place.
    #[error("there is no such key file, and its path {}; {}", .0, advice(.0.looks()))]
    NoFile(NotShown),

    /// The file is there and cannot be read.
    #[error("the key file {} {source}; `ls -l` shows what it is and who may read it", escaped(&path.to_string_lossy()))]
    Unreadable {
        /// As given.
        path: PathBuf,
        /// Why not.
        source: ReadError,
    },

    /// The value of [`from_pem_or_path`](super::SigningKey::from_pem_or_path) has no `-----BEGIN`, and no file has this
    /// path. It is not in here, since it may be a key whose first line was lost.
    #[error(
        "the value is neither a PEM text with its `-----BEGIN` line nor the path of a file, and {}; {}", .0, advice(.0.looks())
    )]
    NeitherPemNorPath(NotShown),

    /// No `-----BEGIN` line in a text, or a file that is neither PEM nor DER.
    #[error(
        "no `-----BEGIN` line: not a PEM text; a binary DER file becomes one with \
         `openssl pkey -inform DER -in key.der -out private-key.pem`"
    )]
    NotPem,

    /// A PEM text that was damaged on its way: cut, or changed by an editor or a shell.
    #[error(
        "the PEM text is damaged: {what}; `openssl pkey -in private-key.pem -noout` shows whether the original is whole"
    )]
    DamagedPem {
        /// What is wrong with it.
        what: &'static str,
    },

    /// Bytes that are no key in DER.
    #[error(
        "the key's DER bytes are damaged: {what}; `openssl asn1parse -in private-key.pem` shows where they end"
    )]
    DamagedDer {
        /// What is wrong with them.
        what: &'static str,
    },

    /// A PEM text with nothing but the block that `openssl ecparam` writes in front of a key.
    #[error("these are only the parameters of a curve, without a key; make one with {MAKE}")]
    ParametersOnly,

    /// A key protected by a pass phrase, PKCS#8 or the older `Proc-Type: 4,ENCRYPTED`.
    #[error(
        "the private key is encrypted with a pass phrase; decrypt it with \
         `openssl pkey -in encrypted.pem -out private-key.pem`"
    )]
    Encrypted,

    /// A public key where a private key is needed.
    #[error(
        "this is a public key; signing needs the private key that it was made from with \
         `openssl ec -in private-key.pem -pubout -out public-key.pem`"
    )]
    PublicKey,

    /// A private key where a public key is needed.
    #[error(
        "this is a private key; verifying needs only its public half: \
         `openssl ec -in private-key.pem -pubout -out public-key.pem`"
    )]
    PrivateKey,

    /// An X.509 certificate or a request for one.
    #[error(
        "this is a certificate or a request for one; signing needs the private key that belongs to it, and a \
         certificate's public key comes out with `openssl x509 -in certificate.pem -pubkey -noout -out public-key.pem`"
    )]
    Certificate,

    /// A PKCS#12 bundle, as browsers and Windows export them (`.p12`, `.pfx`).
    #[error(
        "this is a PKCS#12 bundle; its private key comes out with \
         `openssl pkcs12 -in bundle.p12 -nocerts -nodes | openssl pkey -out private-key.pem`"
    )]
    Pkcs12,

    /// A key in OpenSSH's own format.
    #[error(
        "this key has OpenSSH's own format; on a copy of the file, `ssh-keygen -p -N '' -m PEM -f private-key.pem` \
         turns it into PEM"
    )]
    OpenSsh,

    /// An RSA key.
    #[error("this is an RSA key; ES384 needs an elliptic curve key on secp384r1: {MAKE}")]
    Rsa,

    /// A key on an Edwards curve.
    #[error("this is an Ed25519 key; ES384 needs an elliptic curve key on secp384r1: {MAKE}")]
    Ed25519,

    /// A key for something else.
    #[error("this key is for the algorithm {oid}; ES384 needs an elliptic curve key on secp384r1: {MAKE}")]
    OtherAlgorithm {
        /// The algorithm's object identifier.
        oid: String,
    },

    /// An elliptic curve key on a curve that signs neither ES384 nor ES256.
    #[error("this key lies on the curve {curve}; ES384 needs secp384r1 (and ES256 prime256v1): {MAKE}")]
    WrongCurve {
        /// Its name as openssl writes it, or its object identifier.
        curve: String,
    },

    /// A key that carries the numbers of its curve instead of the curve's name.
    #[error(
        "this key spells its curve out instead of naming it; name it with \
         `openssl ec -in private-key.pem -param_enc named_curve -out named.pem`"
    )]
    ExplicitCurve,

    /// A public key of which only one coordinate is written.
    #[error(
        "this public key is compressed; write it out with \
         `openssl ec -pubin -in public-key.pem -conv_form uncompressed -out uncompressed.pem`"
    )]
    CompressedPoint,

    /// The file holds a public key next to the private one, and the two do not belong together.
    #[error(
        "the public key inside the file does not belong to its private key; write it anew with \
         `openssl ec -in private-key.pem -no_public | openssl ec -out mended.pem`"
    )]
    ForeignPublicKey,

    /// A number outside the curve's range, or a point that does not lie on the curve.
    #[error("the key's number or point is not valid on its curve; make another key with {MAKE}")]
    OutOfRange,

    /// The cryptographic library failed without a reason: no randomness, no memory.
    #[error("the cryptographic library failed at {what}; the machine may be out of memory or randomness")]
    Library {
        /// What was being done.
        what: &'static str,
    },
}

impl KeyError {
    /// Of a value that could have been the key.
    pub(super) fn of_value(error: GivenError) -> Self {
        match error {
            GivenError::Neither(not_shown) => Self::NeitherPemNorPath(not_shown),
            other => Self::of_path(other),
        }
    }

    /// Of the path of a file.
    pub(super) fn of_path(error: GivenError) -> Self {
        match error {
            GivenError::Empty => Self::Empty,
            GivenError::NotText => Self::NotPem,
            GivenError::Neither(not_shown) => Self::NoFile(not_shown),
            GivenError::File { path, source } => Self::Unreadable { path, source },
        }
    }
}

/// What to do about a text that is no key and leads to none.
fn advice(looks: Looks) -> String {
    match looks {
        Looks::Path | Looks::Words => format!("give the path of a key, or make one with {MAKE}"),
        Looks::Base64 | Looks::BrokenBase64 => "a key without its first and last line gets them back from \
             `base64 -d key.txt | openssl pkey -inform DER -out private-key.pem`"
            .to_owned(),
        _ => "give the path of a file that holds the key in PEM".to_owned(),
    }
}

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The claims cannot be written as JSON, such as a map whose keys are not strings.
    #[error("the claims cannot be written as JSON")]
    Claims(#[source] serde_json::Error),
    /// The cryptographic library failed without a reason: no randomness, no memory.
    #[error("the cryptographic library failed to sign; the machine may be out of memory or randomness")]
    Library,
}

/// Why a signature does not hold. Shows neither the signature nor the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// Not an ASN.1 DER signature.
    #[error("the signature is not ASN.1 DER ({length} bytes)")]
    NotDer {
        /// What was given, in bytes.
        length: usize,
    },
    /// Not the length that `r` and `s` side by side have on this curve.
    #[error("a raw signature has {expected} bytes on this curve, this one has {found}")]
    RawLength {
        /// 96 for P-384, 64 for P-256.
        expected: usize,
        /// What was given.
        found: usize,
    },
    /// A well-formed signature that this key did not make over this message.
    #[error("the signature does not fit the message and the key")]
    Mismatch,
}
