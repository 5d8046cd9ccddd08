//! The claim `bodyHash` against the body.

use base16ct::lower;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use checkout_core::digest::{sha256, sha256_hex};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha384, Sha512};

use super::body::{Tries, explain};
use super::diagnosis::{Findings, Told, quoted};
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
        findings.fails(cause(case, claimed, body));
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

fn cause(case: &Case, claimed: &str, body: &[u8]) -> Told {
    let hex = sha256_hex(body);
    if claimed.eq_ignore_ascii_case(&hex) {
        return Rule::BodyHashUpperCase.into();
    }
    if any_base64(claimed).is_some_and(|bytes| lower::encode_string(&bytes) == hex)
        || any_base64(claimed).is_some_and(|bytes| bytes == hex.as_bytes())
    {
        return Rule::BodyHashBase64.into();
    }
    for (rule, hash) in [
        (Rule::BodyHashOfNothing, sha256(b"").to_vec()),
        (Rule::BodyHashSha384, Sha384::digest(body).to_vec()),
        (Rule::BodyHashSha512, Sha512::digest(body).to_vec()),
    ] {
        if is_written(claimed, &hash) {
            return rule.into();
        }
    }
    let is_it = |other: &[u8]| is_written(claimed, &sha256(other));
    if let Some(difference) = explain(case, body, Tries::Hash, is_it) {
        let found = format!("the hash of {}", difference.description());
        return (difference.body_hash_rule(), found, difference.mend_request()).into();
    }
    Rule::BodyHashOther.into()
}

/// In hex of either case, or in base64.
fn is_written(claimed: &str, hash: &[u8]) -> bool {
    claimed.eq_ignore_ascii_case(&lower::encode_string(hash)) || claimed == STANDARD.encode(hash)
}
