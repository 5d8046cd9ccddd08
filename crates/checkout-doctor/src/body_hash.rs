//! The claim `bodyHash` against the body.

use base16ct::lower;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use checkout_core::digest::{sha256, sha256_hex};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha384, Sha512};

use super::body::{Tries, explain};
use super::diagnosis::{Findings, quoted};
use super::text::any_base64;
use super::{Case, Check, Rule};

const CLAIM: &str = "bodyHash";

pub(super) fn check(case: &Case, claims: &Map<String, Value>, findings: &mut Findings<'_>) {
    let claim = claims.get(CLAIM);
    let Some(body) = &case.body else {
        let without = case.method.as_deref().is_some_and(|method| {
            ["GET", "HEAD", "DELETE"]
                .iter()
                .any(|none| none.eq_ignore_ascii_case(method))
        });
        match claim {
            None if without => findings.holds(Check::BodyHash, "absent, as such a request has no body"),
            _ => findings.unknown(Check::BodyHash, "the body was not given: --body"),
        }
        return;
    };
    let Some(claim) = claim else {
        return absent(body, claims, findings);
    };
    let Some(claimed) = claim.as_str() else {
        findings.fails(Rule::BodyHashNotAText);
        return;
    };
    if body.is_empty() {
        without_body(claimed, findings);
    } else if claimed == sha256_hex(body) {
        findings.holds(
            Check::BodyHash,
            format!("the SHA-256 of the {} bytes of the body", body.len()),
        );
    } else {
        let (rule, found, remedy) = cause(case, claimed, body);
        findings.fails((rule, found, remedy));
    }
}

fn absent(body: &[u8], claims: &Map<String, Value>, findings: &mut Findings<'_>) {
    if body.is_empty() {
        return findings.holds(Check::BodyHash, "absent, as there is no body");
    }
    let near = claims.keys().find(|name| {
        let letters: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        letters.to_ascii_lowercase().starts_with("body")
    });
    match near {
        Some(name) => findings.fails((Rule::BodyHashName, format!("the claim is named {}", quoted(name)))),
        None => findings.fails(Rule::BodyHashMissing),
    };
}

fn without_body(claimed: &str, findings: &mut Findings<'_>) {
    if claimed == sha256_hex(b"") {
        findings.warns(Rule::BodyHashUnneeded);
    } else {
        findings.fails(Rule::BodyHashWithoutBody);
    }
}

fn cause(case: &Case, claimed: &str, body: &[u8]) -> (Rule, String, String) {
    let simple = |rule, found: &str, remedy: &str| (rule, found.to_owned(), remedy.to_owned());
    let hex = sha256_hex(body);
    if claimed.eq_ignore_ascii_case(&hex) {
        return simple(
            Rule::BodyHashUpperCase,
            "the right hash in upper case",
            "write its hex digits in lower case",
        );
    }
    if any_base64(claimed).is_some_and(|bytes| lower::encode_string(&bytes) == hex)
        || any_base64(claimed).is_some_and(|bytes| bytes == hex.as_bytes())
    {
        return simple(
            Rule::BodyHashBase64,
            "the right hash in base64",
            "write it as 64 lower-case hex digits: `digest('hex')`",
        );
    }
    if is_written(claimed, &sha256(b"")) {
        return simple(
            Rule::BodyHashOfNothing,
            "the hash of nothing, but there is a body",
            "hash the body that is sent; often the body is read or set only after signing",
        );
    }
    for (rule, name, hash) in [
        (Rule::BodyHashSha384, "SHA-384", Sha384::digest(body).to_vec()),
        (Rule::BodyHashSha512, "SHA-512", Sha512::digest(body).to_vec()),
    ] {
        if is_written(claimed, &hash) {
            return (
                rule,
                format!("the {name} of the body"),
                "take SHA-256, also for ES384: only the signature itself uses SHA-384".to_owned(),
            );
        }
    }
    let is_it = |other: &[u8]| is_written(claimed, &sha256(other));
    if let Some(difference) = explain(case, body, Tries::Hash, is_it) {
        return (
            difference.body_hash_rule(),
            format!("the hash of {}", difference.description()),
            difference.mend_request().to_owned(),
        );
    }
    simple(
        Rule::BodyHashOther,
        "not the hash of this body, and of none that was written otherwise",
        "hash the very bytes that are sent: serialise once, hash that, send that",
    )
}

/// In hex of either case, or in base64.
fn is_written(claimed: &str, hash: &[u8]) -> bool {
    claimed.eq_ignore_ascii_case(&lower::encode_string(hash)) || claimed == STANDARD.encode(hash)
}
