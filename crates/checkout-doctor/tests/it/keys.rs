//! What goes wrong with the signing key and the registered public key of a request to NOAH.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use checkout_core::key::SigningKey;
use checkout_doctor::Case;

use super::noah::{KEY, OTHER_KEY, Request, private_pem, secret_bytes};
use super::{Good, Mutation, mutations};

/// The good request again, for a table of its own. Its token is signed by the right key, whatever is at hand.
pub(super) struct Keyed(Request);

impl Keyed {
    fn key(&mut self, text: impl Into<Vec<u8>>) {
        self.0.case.signing_key = Some(secret_bytes(text));
    }

    fn key_in_pem(&mut self, change: fn(String) -> String) {
        self.key(change(private_pem(&KEY)));
    }
}

impl Good for Keyed {
    const KIND: &'static str = "the keys of a request to NOAH";
    const MUTATIONS: &'static [Mutation<Self>] = MUTATIONS;

    fn good() -> Self {
        Self(Request::good())
    }

    fn case(self) -> Case {
        self.0.case()
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let lines: Vec<&str> = (0..base64.len())
        .step_by(64)
        .map(|at| &base64[at..base64.len().min(at + 64)])
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

fn foreign(algorithm: &'static rcgen::SignatureAlgorithm) -> String {
    pem(
        "PRIVATE KEY",
        &rcgen::KeyPair::generate_for(algorithm).unwrap().serialize_der(),
    )
}

fn certificate() -> String {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    let certificate = rcgen::CertificateParams::new(["shop.example".to_owned()])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    pem("CERTIFICATE", certificate.der())
}

/// A key for tests alone, of a curve that nothing here makes keys on.
fn secp256k1() -> String {
    const BEFORE: &[u8] =
        b"\x30\x3e\x02\x01\x00\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x0a\
        \x04\x27\x30\x25\x02\x01\x01\x04\x20";
    pem("PRIVATE KEY", &[BEFORE, &[7; 32]].concat())
}

/// The older form of the same key, which is the inner part of the newer one.
fn sec1(key: &SigningKey) -> String {
    let pkcs8 = private_pem(key);
    let base64: String = pkcs8.lines().filter(|line| !line.starts_with('-')).collect();
    let der = STANDARD.decode(base64).unwrap();
    /// Version, the number and the public point of a key on P-384.
    const LENGTH: usize = 158;
    let inner = &der[der.len() - LENGTH..];
    assert_eq!(inner[..3], [0x30, 0x81, 0x9b]);
    pem("EC PRIVATE KEY", inner)
}

mutations! { Keyed;
    the_key_has_its_line_breaks_written_out => KeyTextEscaped, |k| k.key_in_pem(|pem| pem.replace('\n', "\\n"));
    the_key_is_in_quotes => KeyTextQuoted, |k| k.key_in_pem(|pem| format!("\"{pem}\""));
    the_key_has_line_ends_of_windows => KeyTextCrlf, |k| k.key_in_pem(|pem| pem.replace('\n', "\r\n"));
    the_key_is_on_one_line => KeyTextOneLine, |k| k.key_in_pem(|pem| pem.replace('\n', " "));
    the_key_cannot_be_fetched => KeyUnreadable, |k| {
        k.0.case.signing_key = None;
        k.0.case.signing_key_problem = Some("there is no key file at key.pem".to_owned());
    };
    the_key_is_empty => KeyEmpty, |k| k.key("\n");
    the_key_is_no_pem => KeyNotPem, |k| k.key_in_pem(|pem| pem.replace("-----", ""));
    the_key_is_cut => KeyDamaged, |k| k.key_in_pem(|pem| {
        let second = pem.lines().nth(1).unwrap().to_owned();
        pem.replace(&second, "")
    });
    the_key_is_encrypted => KeyEncrypted, |k| k.key_in_pem(|pem| pem.replace("PRIVATE", "ENCRYPTED PRIVATE"));
    the_key_is_the_public_one => KeyIsPublic, |k| k.key(KEY.public_key_pem());
    the_key_is_a_certificate => KeyIsCertificate, |k| k.key(certificate());
    the_key_is_rsa => KeyIsRsa, |k| k.key(foreign(&rcgen::PKCS_RSA_SHA256));
    the_key_is_ed25519 => KeyIsEd25519, |k| k.key(foreign(&rcgen::PKCS_ED25519));
    the_key_is_of_openssh => KeyOtherKind, |k| k.key_in_pem(|pem| pem.replace("PRIVATE", "OPENSSH PRIVATE"));
    the_key_is_the_name_of_a_curve => KeyOtherKind,
        |k| k.key("-----BEGIN EC PARAMETERS-----\nBgUrgQQAIg==\n-----END EC PARAMETERS-----\n");
    the_key_is_on_p521 => KeyCurve, |k| k.key(foreign(&rcgen::PKCS_ECDSA_P521_SHA512));
    the_key_is_on_secp256k1 => KeyCurve, |k| k.key(secp256k1());
    the_key_is_sec1 => KeySec1, |k| k.key(sec1(&KEY));
    the_registered_key_is_the_private_one => PublicKeyIsPrivate,
        |k| k.0.case.public_key = Some(private_pem(&KEY));
    the_registered_key_is_no_key => PublicKeyUnusable, |k| k.0.case.public_key = Some(certificate());
    the_registered_key_is_another => KeyPairMismatch,
        |k| k.0.case.public_key = Some(OTHER_KEY.public_key_pem());
}

/// A key as DER is as good as one in PEM.
#[test]
fn a_key_in_der_holds() {
    let base64: String = private_pem(&KEY)
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect();
    let mut keyed = Keyed::good();
    keyed.key(STANDARD.decode(base64).unwrap());
    let diagnosis = checkout_doctor::diagnose(&keyed.case());
    assert!(
        diagnosis.holds() && diagnosis.warnings().next().is_none(),
        "{diagnosis:#?}"
    );
}
