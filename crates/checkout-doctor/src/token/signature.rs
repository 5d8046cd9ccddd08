//! The third part of a token: how it is written, and whether it holds.

use base16ct::lower;
use checkout_core::digest::sha256;
use checkout_core::key::{Algorithm, VerifyingKey};
use sha2::{Digest as _, Sha384};

use super::{Named, Parts, is_der};
use crate::diagnosis::Findings;
use crate::hashes::{Arrangement, hash_of};
use crate::key::Keys;
use crate::text::{Decoded, base64url};
use crate::{Check, Rule};

pub(super) fn check(parts: &Parts<'_>, named: &Named, keys: &Keys, findings: &mut Findings<'_>) {
    let (bytes, arrangement) = match form(parts.signature, named, findings) {
        Ok(found) => found,
        Err(rule) => return findings.explained(Check::Signature, rule),
    };
    let Some(key) = keys.verifying() else {
        match keys.unusable {
            Some(rule) => findings.explained(Check::Signature, rule),
            None => findings.unknown(
                Check::Signature,
                "no key was given to verify it with: --public-key or --key",
            ),
        }
        return;
    };
    let holds = |key: &VerifyingKey, message: &[u8]| match arrangement {
        Arrangement::Raw => key.verify_raw(message, &bytes).is_ok(),
        Arrangement::Der => key.verify_der(message, &bytes).is_ok(),
    };
    let message = parts.signed.as_bytes();
    if holds(key, message) {
        let whose = if keys.registered.is_some() {
            "the registered public key"
        } else {
            "the signing key's public half"
        };
        return findings.holds(Check::Signature, format!("it holds under {whose}"));
    }
    if let (Some(rule), Some(own)) = (keys.mismatch, &keys.own)
        && holds(own, message)
    {
        return findings.explained(Check::Signature, rule);
    }
    if let Some(rule) = named.rule {
        return findings.explained(Check::Signature, rule);
    }
    let hash = match key.algorithm() {
        Algorithm::ES256 => sha256(message).to_vec(),
        _ => Sha384::digest(message).to_vec(),
    };
    if holds(key, &hash) || holds(key, lower::encode_string(&hash).as_bytes()) {
        findings.fails(Rule::SignatureDoubleHash);
        return;
    }
    if let Some(hash) = hash_of(key, message, &bytes, arrangement) {
        let algorithm = key.algorithm();
        findings.fails((
            Rule::SignatureHash,
            format!("it is made over the {hash} of header.claims, which is not the hash of {algorithm}"),
        ));
        return;
    }
    findings.fails(Rule::SignatureMismatch);
}

fn form(text: &str, named: &Named, findings: &mut Findings<'_>) -> Result<(Vec<u8>, Arrangement), Rule> {
    let mut refuse = |rule, found: String, remedy: &str| match named.rule {
        Some(cause) => {
            findings.explained(Check::SignatureForm, cause);
            cause
        }
        None => findings.fails((rule, found, remedy)),
    };
    const LIBRARY: &str =
        "let a JWT library sign, or join r and s yourself, each as long as the curve's numbers";
    if text.is_empty() {
        return Err(refuse(
            Rule::SignatureEmpty,
            "there is none after the last dot".to_owned(),
            LIBRARY,
        ));
    }
    let (bytes, otherwise) = match base64url(text) {
        Some(Decoded::Right(bytes)) => (bytes, false),
        Some(Decoded::Otherwise(bytes)) => (bytes, true),
        None => {
            return Err(refuse(
                Rule::SignatureUnreadable,
                "it is not base64url".to_owned(),
                "write it as base64url: - and _ for + and /, no padding",
            ));
        }
    };
    let length = bytes.len();
    let is_raw = length == named.length || named.rule == Some(Rule::AlgCurve) && matches!(length, 64 | 96);
    if !is_raw && is_der(&bytes) {
        refuse(
            Rule::SignatureDer,
            format!(
                "it is ASN.1 DER ({length} bytes); tokens carry r and s side by side ({} bytes)",
                named.length
            ),
            "have it signed in the form of JWS (`dsaEncoding: \"ieee-p1363\"` in Node); DER is for webhooks",
        );
        return Ok((bytes, Arrangement::Der));
    }
    if !is_raw {
        return Err(refuse(
            Rule::SignatureLength,
            format!("it has {length} bytes, and {} are expected", named.length),
            LIBRARY,
        ));
    }
    if otherwise {
        refuse(
            Rule::SignatureBase64,
            "it is padded with = or written in the standard alphabet with + and /".to_owned(),
            "write it as base64url: - and _ for + and /, no padding",
        );
    } else {
        findings.holds(
            Check::SignatureForm,
            format!("r and s side by side, {length} bytes"),
        );
    }
    Ok((bytes, Arrangement::Raw))
}
