//! The third part of a token: how it is written, and whether it holds.

use base16ct::lower;
use checkout_core::digest::sha256;
use checkout_core::key::{Algorithm, VerifyingKey};
use sha2::{Digest as _, Sha384};

use super::{Named, Parts, is_der};
use crate::diagnosis::{Findings, Told};
use crate::hashes::{Arrangement, hash_of, verifies};
use crate::key::Keys;
use crate::text::base64url;
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
    let holds = |key: &VerifyingKey, message: &[u8]| verifies(key, message, &bytes, arrangement);
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
    let mut refuse = |told: Told| match named.rule {
        Some(cause) => {
            findings.explained(Check::SignatureForm, cause);
            cause
        }
        None => findings.fails(told),
    };
    if text.is_empty() {
        return Err(refuse(Rule::SignatureEmpty.into()));
    }
    let Some((bytes, is_other)) = base64url(text) else {
        return Err(refuse(Rule::SignatureUnreadable.into()));
    };
    let length = bytes.len();
    let is_raw = length == named.length || named.rule == Some(Rule::AlgCurve) && matches!(length, 64 | 96);
    if !is_raw && is_der(&bytes) {
        let raw = format!("tokens carry r and s side by side ({} bytes)", named.length);
        let found = format!("it is ASN.1 DER ({length} bytes); {raw}");
        refuse((Rule::SignatureDer, found).into());
        return Ok((bytes, Arrangement::Der));
    }
    if !is_raw {
        let found = format!("it has {length} bytes, and {} are expected", named.length);
        return Err(refuse((Rule::SignatureLength, found).into()));
    }
    if is_other {
        refuse(Rule::SignatureBase64.into());
    } else {
        findings.holds(
            Check::SignatureForm,
            format!("r and s side by side, {length} bytes"),
        );
    }
    Ok((bytes, Arrangement::Raw))
}
