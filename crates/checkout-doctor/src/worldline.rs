//! Worldline Connect's webhooks, and the variables of its setup.

use checkout_core::mac::verify_hmac_sha256;
use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::body::{Tries, explain};
use super::diagnosis::{Findings, quoted};
use super::text::{any_base64, bare, has_blanks_or_quotes, signature};
use super::webhook::{complete, header, json_object, mismatch};
use super::{Case, Check, Rule};

/// Bytes of an HMAC-SHA256.
pub(super) const MAC_LENGTH: usize = 32;

pub(super) fn check_setup(case: &Case, findings: &mut Findings<'_>) {
    let Some(problems) = &case.worldline_setup else {
        return;
    };
    if problems.is_empty() {
        return findings.holds(
            Check::WorldlineSetup,
            "all variables that hosted-checkout reads are there and well formed",
        );
    }
    let texts: Vec<String> = problems
        .iter()
        .map(|(name, message)| format!("{name}: {message}"))
        .collect();
    findings.fails((Rule::WorldlineVariable, texts.join("; ")));
}

pub(super) fn check_webhook(case: &Case, findings: &mut Findings<'_>) {
    let key_id = key_id(case, findings);
    let secret_rule = secret(case, findings);
    let signature = header(case, "x-gcs-signature", "X-GCS-Signature", findings).and_then(|text| {
        form(&text, findings).inspect_err(|rule| findings.explained(Check::WebhookSignature, *rule))
    });
    let rule = match (signature, &case.secret, &case.body) {
        (Err(_), ..) => None,
        (Ok(_), None, _) => {
            findings.unknown(
                Check::WebhookSignature,
                "the secret of the webhook key was not given: --secret",
            );
            None
        }
        (Ok(_), _, None) => {
            findings.unknown(Check::WebhookSignature, "the body was not given: --body");
            None
        }
        (Ok(signature), Some(secret), Some(body)) => {
            let given = secret.expose_secret();
            match secret_rule {
                Some(rule) if verify_hmac_sha256(given.as_bytes(), body, &signature) => {
                    findings.explained(Check::WebhookSignature, rule);
                    None
                }
                _ => judge(case, &signature, bare(given), body, key_id, findings),
            }
        }
    };
    let Some(envelope) = json_object(case, rule, findings) else {
        return;
    };
    if !complete(&envelope, &["apiVersion", "id", "type"], findings) {
        return;
    }
    match envelope.get("apiVersion").and_then(Value::as_str) {
        Some("v1") => findings.holds(
            Check::WebhookBody,
            "an event of version v1 with all fields of the envelope",
        ),
        _ => {
            findings.fails(Rule::WebhookApiVersion);
        }
    }
}

/// The rule that fails, if one does.
fn key_id(case: &Case, findings: &mut Findings<'_>) -> Option<Rule> {
    let rule = match (case.values("x-gcs-keyid").as_slice(), &case.key_id) {
        ([], _) => findings.fails(Rule::WebhookKeyIdMissing),
        ([_], None) => {
            findings.unknown(
                Check::WebhookKeyId,
                "the id of the key at hand was not given: --key-id",
            );
            return None;
        }
        ([found], Some(known)) if found.trim() == known.trim() => {
            findings.holds(Check::WebhookKeyId, quoted(found));
            return None;
        }
        ([found], Some(known)) => findings.fails((
            Rule::WebhookKeyIdUnknown,
            format!(
                "the webhook names {}, the key at hand is {}",
                quoted(found),
                quoted(known)
            ),
        )),
        (more, _) => findings.fails((
            Rule::WebhookKeyIdRepeated,
            format!("the header X-GCS-KeyId comes {} times", more.len()),
        )),
    };
    Some(rule)
}

/// How the secret is written; it is used without what is around it. The rule that fails, if one does.
pub(super) fn secret(case: &Case, findings: &mut Findings<'_>) -> Option<Rule> {
    let text = case.secret.as_ref().map(|secret| secret.expose_secret());
    let rule = match text {
        None => {
            findings.unknown(Check::Secret, "no secret was given: --secret");
            return None;
        }
        Some(text) if text.trim().len() < text.len() || text.contains(char::is_whitespace) => {
            findings.fails(Rule::SecretBlanks)
        }
        Some(text) if has_blanks_or_quotes(text) => findings.fails(Rule::SecretQuoted),
        Some(_) => {
            findings.holds(Check::Secret, "one word; it is used as text");
            return None;
        }
    };
    Some(rule)
}

/// What people sign with instead of the secret: the rule for a request and the rule for a webhook.
type KeyMistake = [Rule; 2];

const DECODED: KeyMistake = [Rule::MacSecretDecoded, Rule::WebhookSecretDecoded];
const NEWLINE: KeyMistake = [Rule::MacSecretNewline, Rule::WebhookSecretNewline];
const QUOTED: KeyMistake = [Rule::MacSecretQuoted, Rule::WebhookSecretQuoted];

/// Every usual mistake with a secret, and the key that it makes.
pub(super) fn wrong_keys(secret: &str) -> Vec<(KeyMistake, Vec<u8>)> {
    let around = |before: &str, after: &str| [before, secret, after].concat().into_bytes();
    let mut keys = vec![(NEWLINE, around("", "\n")), (NEWLINE, around("", "\r\n"))];
    keys.extend(["\"", "'", "`"].map(|mark| (QUOTED, around(mark, mark))));
    keys.extend(any_base64(secret).map(|decoded| (DECODED, decoded)));
    keys
}

fn form(text: &str, findings: &mut Findings<'_>) -> Result<Vec<u8>, Rule> {
    const UNCHANGED: &str = "hand over the header's value unchanged: it is standard base64, padded";
    let is_hash = |bytes: &[u8]| bytes.len() == MAC_LENGTH;
    let (bytes, otherwise) = signature(text, is_hash, [Rule::WebhookHex, Rule::WebhookBase64Url])
        .ok_or_else(|| findings.fails((Rule::WebhookNotBase64, "it is not base64", UNCHANGED)))?;
    if bytes.len() != MAC_LENGTH {
        return Err(findings.fails((
            Rule::WebhookLength,
            format!(
                "its {} bytes are no HMAC-SHA256, which has {MAC_LENGTH}",
                bytes.len()
            ),
            UNCHANGED,
        )));
    }
    match otherwise {
        Some((rule, found)) => {
            findings.fails((rule, found, UNCHANGED));
        }
        None => findings.holds(Check::WebhookForm, "standard base64 of an HMAC-SHA256"),
    }
    Ok(bytes)
}

fn judge(
    case: &Case,
    signature: &[u8],
    secret: &str,
    body: &[u8],
    key_id: Option<Rule>,
    findings: &mut Findings<'_>,
) -> Option<Rule> {
    let holds = |body: &[u8]| verify_hmac_sha256(secret.as_bytes(), body, signature);
    if holds(body) {
        findings.holds(Check::WebhookSignature, "it holds under the secret given");
        return None;
    }
    if let Some(rule) = key_id {
        findings.explained(Check::WebhookSignature, rule);
        return None;
    }
    let mistake = wrong_keys(secret)
        .into_iter()
        .find(|(_, key)| verify_hmac_sha256(key, body, signature));
    if let Some(([_, rule], _)) = mistake {
        return Some(findings.fails(rule));
    }
    let difference = explain(case, body, Tries::Hash, holds);
    Some(mismatch(case, body, difference, findings))
}
