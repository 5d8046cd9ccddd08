//! NOAH's webhooks: header, signature, envelope.

use checkout_core::key::{Algorithm, VerifyingKey};
use checkout_transport::coding;
use hosted_checkout::noah::Environment;
use serde_json::{Map, Value};

use super::body::{Difference, HIDING, Tries, content_codings, explain, parse};
use super::diagnosis::{Findings, quoted};
use super::hashes::{Arrangement, hash_of, verifies};
use super::key::two_parts;
use super::text::signature;
use super::token::is_der;
use super::{Case, Check, Rule};

const HEADER: &str = "webhook-signature";
/// Bytes of `r` and `s` side by side on P-384.
const RAW_LENGTH: usize = 96;
/// As for the times of a token.
const FIRST_MILLISECOND: i64 = 100_000_000_000;

/// The keys that a webhook may be verified with.
pub(super) struct Keys {
    /// The key of this endpoint, or both published ones if its environment is not known.
    wanted: Vec<(String, VerifyingKey)>,
    /// The published ones of other environments.
    foreign: Vec<(Environment, VerifyingKey)>,
}

pub(super) fn check(case: &Case, findings: &mut Findings<'_>) {
    let keys = key(case, findings);
    let signature = header(case, HEADER, "Webhook-Signature", findings).and_then(|text| {
        form(&text, findings).inspect_err(|rule| findings.explained(Check::WebhookSignature, *rule))
    });
    let rule = match (signature, keys, &case.body) {
        (Err(_), ..) => None,
        (Ok(_), Err(rule), _) => {
            findings.explained(Check::WebhookSignature, rule);
            None
        }
        (Ok(_), Ok(_), None) => {
            findings.unknown(Check::WebhookSignature, "the body was not given: --body");
            None
        }
        (Ok(signature), Ok(keys), Some(body)) => judge(case, &signature, &keys, body, findings),
    };
    if let Some(envelope) = json_object(case, rule, findings) {
        judge_envelope(&envelope, findings);
    }
}

/// The keys, or the rule that says why there are none.
pub(super) fn key(case: &Case, findings: &mut Findings<'_>) -> Result<Keys, Rule> {
    let environment = case.named_environment();
    let published = || case.published.iter().map(|(of, key)| (of, key.clone()));
    let Some(text) = &case.webhook_key else {
        let is_wanted = |of: Environment| environment.is_none_or(|environment| environment == of);
        let wanted: Vec<_> = published()
            .filter(|(of, _)| is_wanted(*of))
            .map(|(of, key)| (format!("NOAH's published {of} key"), key))
            .collect();
        if wanted.is_empty() {
            let none = "a local server has a key of its own: --webhook-key";
            findings.unknown(Check::WebhookKey, none);
        } else {
            let names: Vec<&str> = wanted.iter().map(|(name, _)| name.as_str()).collect();
            findings.holds(Check::WebhookKey, names.join(" or "));
        }
        let foreign = published().filter(|(of, _)| !is_wanted(*of)).collect();
        return Ok(Keys { wanted, foreign });
    };
    let refusal = match VerifyingKey::from_pem(text) {
        Ok(key) if key.algorithm() == Algorithm::ES384 => {
            findings.holds(Check::WebhookKey, "a public key on P-384");
            return Ok(Keys {
                foreign: published().filter(|(_, other)| *other != key).collect(),
                wanted: vec![("the key given".to_owned(), key)],
            });
        }
        Ok(_) => "it is on P-256, and webhooks are signed on P-384".to_owned(),
        Err(error) => two_parts(&error).0,
    };
    Err(findings.fails((Rule::WebhookKeyUnusable, refusal)))
}

/// The one value of the header that has the signature, or the rule that says why there is none.
pub(super) fn header(
    case: &Case,
    name: &str,
    shown: &str,
    findings: &mut Findings<'_>,
) -> Result<String, Rule> {
    let rule = match case.values(name).as_slice() {
        [value] => {
            findings.holds(Check::WebhookHeader, format!("{shown}, once"));
            return Ok(value.trim().to_owned());
        }
        [] => {
            let found = format!("the header {shown} is missing");
            findings.fails((Rule::WebhookHeaderMissing, found))
        }
        more => {
            let found = format!("the header {shown} comes {} times", more.len());
            findings.fails((Rule::WebhookHeaderRepeated, found))
        }
    };
    findings.all_explained([Check::WebhookForm, Check::WebhookSignature], rule);
    Err(rule)
}

/// The bytes of a signature as it was written.
type Signature = (Vec<u8>, Arrangement);

const UNCHANGED: &str = "hand over the header's value unchanged";

fn form(text: &str, findings: &mut Findings<'_>) -> Result<Signature, Rule> {
    let is_signature = |bytes: &[u8]| is_der(bytes) || bytes.len() == RAW_LENGTH;
    let (bytes, otherwise) = signature(text, is_signature, [Rule::WebhookHex, Rule::WebhookBase64Url])
        .ok_or_else(|| findings.fails((Rule::WebhookNotBase64, "it is not base64", UNCHANGED)))?;
    if bytes.len() == RAW_LENGTH && !is_der(&bytes) {
        findings.fails(Rule::WebhookRaw);
        return Ok((bytes, Arrangement::Raw));
    }
    if !is_der(&bytes) {
        return Err(findings.fails((
            Rule::WebhookLength,
            format!("its {} bytes are no ASN.1 DER signature", bytes.len()),
            UNCHANGED,
        )));
    }
    match otherwise {
        Some((rule, found)) => {
            findings.fails((rule, found, format!("{UNCHANGED}: it is standard base64, padded")));
        }
        None => findings.holds(Check::WebhookForm, "standard base64 of an ASN.1 DER signature"),
    }
    Ok((bytes, Arrangement::Der))
}

/// The rule that fails, if one does.
fn judge(
    case: &Case,
    (signature, arrangement): &Signature,
    keys: &Keys,
    body: &[u8],
    findings: &mut Findings<'_>,
) -> Option<Rule> {
    let holds = |key: &VerifyingKey, body: &[u8]| verifies(key, body, signature, *arrangement);
    if keys.wanted.is_empty() {
        findings.unknown(
            Check::WebhookSignature,
            "no key was given to verify it with: --webhook-key",
        );
        return None;
    }
    if let Some((name, _)) = keys.wanted.iter().find(|(_, key)| holds(key, body)) {
        findings.holds(Check::WebhookSignature, format!("it holds under {name}"));
        return None;
    }
    if let Some((environment, _)) = keys.foreign.iter().find(|(_, key)| holds(key, body)) {
        return Some(findings.fails((
            Rule::WebhookOtherEnvironment,
            format!("it holds under NOAH's published {environment} key"),
        )));
    }
    let mut keys_given = keys.wanted.iter().map(|(_, key)| key);
    if let Some(hash) = keys_given.find_map(|key| hash_of(key, body, signature, *arrangement)) {
        let found = format!("it is made over the {hash} of the body, and not over its SHA-384");
        return Some(findings.fails((Rule::WebhookHash, found)));
    }
    let is_it = |other: &[u8]| keys.wanted.iter().any(|(_, key)| holds(key, other));
    let difference = explain(case, body, Tries::Signature, is_it);
    Some(mismatch(case, body, difference, findings))
}

/// Adds a finding: the signature holds for another form of the body, or for none.
pub(super) fn mismatch(
    case: &Case,
    body: &[u8],
    difference: Option<Difference>,
    findings: &mut Findings<'_>,
) -> Rule {
    match difference {
        // As hosted-checkout tells a compressed body.
        Some(difference @ Difference::Decompressed)
            if coding::guess(body).is_some() || content_codings(case).next().is_some() =>
        {
            findings.warns((
                difference.webhook_rule(),
                format!("it holds for {}", difference.description()),
                "hosted-checkout decompresses it before it verifies; any other receiver must do so too",
            ));
            difference.webhook_rule()
        }
        Some(difference) => findings.fails((
            difference.webhook_rule(),
            format!("it holds for {}", difference.description()),
            difference.mend_webhook(),
        )),
        None => findings.fails(Rule::WebhookMismatch),
    }
}

/// The body as a JSON object. `signature` is the rule that fails there.
pub(super) fn json_object(
    case: &Case,
    signature: Option<Rule>,
    findings: &mut Findings<'_>,
) -> Option<Map<String, Value>> {
    let Some(body) = &case.body else {
        findings.unknown(Check::WebhookBody, "the body was not given: --body");
        return None;
    };
    let hidden = signature.filter(|rule| HIDING.iter().any(|hiding| hiding.webhook_rule() == *rule));
    if let Some(rule) = hidden {
        findings.explained(Check::WebhookBody, rule);
        return None;
    }
    match parse(body) {
        Ok(object) => Some(object),
        Err(_) if signature == Some(Rule::WebhookByteOrderMark) => {
            findings.explained(Check::WebhookBody, Rule::WebhookByteOrderMark);
            None
        }
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            let found = format!("it is no JSON object (line {line}, column {column})");
            findings.fails((Rule::WebhookNotJson, found));
            None
        }
    }
}

/// Whether all fields are there. If not, this adds a finding.
pub(super) fn complete(envelope: &Map<String, Value>, fields: &[&str], findings: &mut Findings<'_>) -> bool {
    let missing: Vec<String> = fields
        .iter()
        .filter(|field| envelope.get(**field).is_none_or(Value::is_null))
        .map(|field| quoted(field))
        .collect();
    if missing.is_empty() {
        return true;
    }
    findings.fails((
        Rule::WebhookIncomplete,
        format!("it has no {}", missing.join(" and no ")),
    ));
    false
}

fn judge_envelope(envelope: &Map<String, Value>, findings: &mut Findings<'_>) {
    let fields = ["EventType", "EventVersion", "Occurred", "Data"];
    if !complete(envelope, &fields, findings) {
        return;
    }
    match envelope.get("EventVersion").and_then(Value::as_i64) {
        None => {
            findings.fails(Rule::WebhookVersionType);
        }
        Some(version) if version < FIRST_MILLISECOND => {
            findings.fails(Rule::WebhookVersionSeconds);
        }
        Some(_) => findings.holds(Check::WebhookBody, "an event with all fields of the envelope"),
    }
}
