//! The signing key, the registered public key, and whether they belong together.

use checkout_core::key::{Algorithm, KeyError, SigningKey, VerifyingKey};
use secrecy::ExposeSecret as _;

use super::diagnosis::Findings;
use super::{Case, Check, Rule};

/// What verifies the token, as far as it is known.
pub(super) struct Keys {
    /// The public half of the signing key.
    pub(super) own: Option<VerifyingKey>,
    /// The registered one.
    pub(super) registered: Option<VerifyingKey>,
    /// The rule that says that there are two keys.
    pub(super) mismatch: Option<Rule>,
    /// The rule that says why a key that was given cannot be used.
    pub(super) unusable: Option<Rule>,
}

impl Keys {
    /// The registered key, which NOAH uses; without it, the public half of the signing key.
    pub(super) fn verifying(&self) -> Option<&VerifyingKey> {
        self.registered.as_ref().or(self.own.as_ref())
    }
}

fn curve(key: &VerifyingKey) -> &'static str {
    if key.algorithm() == Algorithm::ES256 {
        "P-256"
    } else {
        "P-384"
    }
}

/// `needed`: without a signing key nothing works.
pub(super) fn check(case: &Case, needed: bool, findings: &mut Findings<'_>) -> Keys {
    let mut unusable = None;
    if let Some(problem) = &case.signing_key_problem {
        unusable = Some(findings.fails((Rule::KeyUnreadable, problem)));
    } else if needed && case.signing_key.is_none() {
        unusable = Some(findings.fails(Rule::KeyMissing));
    }
    let own = own(case, findings, &mut unusable);
    let registered = registered(case, findings, &mut unusable);
    let mismatch = match (&own, &registered) {
        (Some(own), Some(registered)) if own != registered => Some(findings.fails((
            Rule::KeyPairMismatch,
            format!(
                "the signing key's public half (SHA-256 {}…) is not the registered public key (SHA-256 {}…)",
                short(own),
                short(registered)
            ),
        ))),
        (Some(own), Some(_)) => {
            findings.holds(
                Check::KeyPair,
                format!("both keys are one pair (SHA-256 {}…)", short(own)),
            );
            None
        }
        _ => {
            match unusable {
                Some(rule) => findings.explained(Check::KeyPair, rule),
                None => findings.unknown(
                    Check::KeyPair,
                    "needs the signing key and the registered public key: --key and --public-key",
                ),
            }
            None
        }
    };
    Keys {
        own,
        registered,
        mismatch,
        unusable,
    }
}

fn short(key: &VerifyingKey) -> String {
    let mut fingerprint = key.fingerprint();
    fingerprint.truncate(16);
    fingerprint
}

fn own(case: &Case, findings: &mut Findings<'_>, unusable: &mut Option<Rule>) -> Option<VerifyingKey> {
    let Some(bytes) = &case.signing_key else {
        if let Some(rule) = *unusable {
            findings.explained(Check::KeyText, rule);
            return None;
        }
        findings.unknown(Check::KeyText, "no signing key was given");
        findings.unknown(Check::Key, "no signing key was given: --key or NOAH_SIGNING_KEY");
        return None;
    };
    let bytes = bytes.expose_secret();
    let text = std::str::from_utf8(bytes).ok().filter(|text| {
        // DER may happen to be UTF-8, but begins otherwise than any text.
        bytes.first() != Some(&0x30) || text.contains("-----BEGIN")
    });
    let key = match text {
        Some(text) => SigningKey::from_pem(text),
        None => SigningKey::from_der(bytes).map_err(|error| match error {
            KeyError::DamagedDer { .. } if bytes.first() != Some(&0x30) => KeyError::NotPem,
            other => other,
        }),
    };
    match key {
        Ok(key) => {
            match text {
                Some(text) => wrapping(text, findings),
                None => findings.holds(Check::KeyText, "DER, without any text around it"),
            }
            let key = key.verifying_key().clone();
            let what = format!("a private key on {}, signs {}", curve(&key), key.algorithm());
            if text.is_some_and(|text| text.contains("BEGIN EC PRIVATE KEY")) {
                findings.warns((
                    Rule::KeySec1,
                    format!(
                        "{what}; it is SEC1 (EC PRIVATE KEY), which this project reads and \
                         jsonwebtoken and jose refuse"
                    ),
                ));
            } else {
                findings.holds(Check::Key, what);
            }
            Some(key)
        }
        Err(error) => {
            let rule = rule(&error);
            let (found, remedy) = two_parts(&error);
            findings.fails((rule, found, remedy));
            findings.explained(Check::KeyText, rule);
            *unusable = Some(rule);
            // A public key signs nothing, but tells who signed.
            match (rule, text) {
                (Rule::KeyIsPublic, Some(text)) => VerifyingKey::from_pem(text).ok(),
                _ => None,
            }
        }
    }
}

const fn rule(error: &KeyError) -> Rule {
    match error {
        KeyError::Empty => Rule::KeyEmpty,
        KeyError::NotPem
        | KeyError::NeitherPemNorPath(_)
        | KeyError::NoFile(_)
        | KeyError::Unreadable { .. } => Rule::KeyNotPem,
        KeyError::Encrypted => Rule::KeyEncrypted,
        KeyError::PublicKey => Rule::KeyIsPublic,
        KeyError::Certificate => Rule::KeyIsCertificate,
        KeyError::Rsa => Rule::KeyIsRsa,
        KeyError::Ed25519 => Rule::KeyIsEd25519,
        KeyError::WrongCurve { .. } => Rule::KeyCurve,
        KeyError::ParametersOnly
        | KeyError::Pkcs12
        | KeyError::OpenSsh
        | KeyError::OtherAlgorithm { .. }
        | KeyError::ExplicitCurve => Rule::KeyOtherKind,
        _ => Rule::KeyDamaged,
    }
}

/// Messages of keys say what is there, then how to correct it.
pub(super) fn two_parts(error: &KeyError) -> (String, String) {
    let text = error.to_string();
    let (found, remedy) = text.split_once("; ").unwrap_or((&text, ""));
    (found.to_owned(), remedy.to_owned())
}

/// This project reads keys in any wrapping; most libraries do not.
fn wrapping(text: &str, findings: &mut Findings<'_>) {
    let trimmed = text.trim();
    findings.warns(if text.contains("\\n") {
        Rule::KeyTextEscaped
    } else if trimmed.starts_with(['"', '\'']) || trimmed.ends_with(['"', '\'']) {
        Rule::KeyTextQuoted
    } else if text.contains('\r') {
        Rule::KeyTextCrlf
    } else if !trimmed.contains('\n') {
        Rule::KeyTextOneLine
    } else {
        return findings.holds(Check::KeyText, "PEM on lines of its own");
    });
}

fn registered(case: &Case, findings: &mut Findings<'_>, unusable: &mut Option<Rule>) -> Option<VerifyingKey> {
    let Some(text) = &case.public_key else {
        findings.unknown(
            Check::PublicKey,
            "the registered public key was not given: --public-key",
        );
        return None;
    };
    match VerifyingKey::from_pem(text) {
        Ok(key) => {
            findings.holds(
                Check::PublicKey,
                format!("a public key on {}, verifies {}", curve(&key), key.algorithm()),
            );
            Some(key)
        }
        Err(error) => {
            let (found, remedy) = two_parts(&error);
            *unusable = Some(match error {
                KeyError::PrivateKey => findings.fails((Rule::PublicKeyIsPrivate, found, remedy)),
                // The advice about certificates is for those who sign.
                KeyError::Certificate => findings.fails((
                    Rule::PublicKeyUnusable,
                    found,
                    "its public key comes out with `openssl x509 -in certificate.pem -pubkey -noout -out public-key.pem`",
                )),
                _ => findings.fails((Rule::PublicKeyUnusable, found, remedy)),
            });
            None
        }
    }
}
