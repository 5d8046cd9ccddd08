//! The token in `Api-Signature`: its form, its algorithm, its signature.

mod signature;

use checkout_core::key::{Algorithm, VerifyingKey};
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value};

use super::api_key::looks_like_token;
use super::diagnosis::{Findings, quoted};
use super::key::Keys;
use super::text::{bare, base64url, has_blanks_or_quotes};
use super::{Case, Check, Rule};
use hosted_checkout::noah::Environment;

/// The claims, or the rule that says why there are none.
pub(super) type Claims = Result<Map<String, Value>, Option<Rule>>;

/// What is looked at within it.
fn inside() -> impl Iterator<Item = Check> {
    Check::TokenHeader.up_to(Check::Signature)
}

pub(super) fn check(
    case: &Case,
    environment: Option<Environment>,
    keys: &Keys,
    findings: &mut Findings<'_>,
) -> Claims {
    let Some(text) = case.token_text() else {
        return Err(missing(case, environment, findings));
    };
    let parts = match parts(case, text, findings) {
        Ok(parts) => parts,
        Err(rule) => {
            findings.all_explained(inside(), rule);
            return Err(Some(rule));
        }
    };
    let algorithm = algorithm(parts.header, keys, findings);
    signature::check(&parts, &algorithm, keys, findings);
    let rules = [Rule::TokenClaimsUnreadable, Rule::TokenClaimsBase64];
    json(parts.claims, rules, findings).map_err(Some)
}

fn missing(case: &Case, environment: Option<Environment>, findings: &mut Findings<'_>) -> Option<Rule> {
    if case.headers.is_none() {
        findings.unknown(Check::Token, "no token was given: --token or --headers");
        inside().for_each(|check| findings.unknown(check, "no token was given"));
        return None;
    }
    let headers = case.headers.as_ref();
    if let Some(name) = headers.and_then(|headers| headers.name_of(looks_like_token)) {
        let found = format!("it is sent in the header {}", quoted(name));
        let rule = findings.fails((Rule::TokenOtherHeader, found));
        findings.all_explained(inside(), rule);
        return Some(rule);
    }
    let rule = Rule::TokenMissing;
    let found = "the request has no header Api-Signature";
    if environment == Some(Environment::Production) || case.public_key.is_some() {
        findings.fails((
            rule,
            format!("{found}, which production and every API key with a registered public key need"),
            "sign the request; hosted-checkout does so when NOAH_SIGNING_KEY is set",
        ));
    } else {
        findings.warns((
            rule,
            format!("{found}; only a sandbox key that was made without a public key works so"),
            "sign the request, unless the API key has no registered public key",
        ));
    }
    findings.all_explained(inside(), rule);
    Some(rule)
}

struct Parts<'a> {
    header: &'a str,
    claims: &'a str,
    signature: &'a str,
    /// What the signature is made over.
    signed: &'a str,
}

fn parts<'a>(case: &Case, text: &'a str, findings: &mut Findings<'_>) -> Result<Parts<'a>, Rule> {
    let count = case.values("api-signature").len();
    if count > 1 {
        let found = format!("the header Api-Signature comes {count} times");
        return Err(findings.fails((Rule::TokenRepeated, found)));
    }
    let outer = bare(text);
    let prefix = outer
        .get(..7)
        .filter(|prefix| prefix.eq_ignore_ascii_case("bearer "));
    let inner = prefix.map_or(outer, |_| bare(&outer[7..]));
    if inner.starts_with("apikey_") {
        let api_key = case.api_key.as_ref().map(|key| key.expose_secret());
        if api_key.is_some_and(|key| looks_like_token(bare(key))) {
            findings.explained(Check::Token, Rule::ApiKeyIsToken);
            return Err(Rule::ApiKeyIsToken);
        }
        return Err(findings.fails(Rule::TokenIsApiKey));
    }
    let parts: Vec<&str> = inner.split('.').collect();
    let &[header, claims, signature] = parts.as_slice() else {
        return Err(findings.fails((
            Rule::TokenParts,
            format!("it has {}, not three", counted(parts.len())),
        )));
    };
    if has_blanks_or_quotes(inner) {
        // The ends of the parts are not known, so any other finding about them would only follow from this one.
        return Err(findings.fails(Rule::TokenBlanks));
    }
    if prefix.is_some() {
        findings.fails(Rule::TokenBearer);
    } else if has_blanks_or_quotes(text) {
        findings.fails(Rule::TokenBlanks);
    } else {
        findings.holds(Check::Token, "three parts joined by dots");
    }
    Ok(Parts {
        header,
        claims,
        signature,
        signed: &inner[..header.len() + 1 + claims.len()],
    })
}

fn counted(parts: usize) -> String {
    if parts == 1 {
        "one part".to_owned()
    } else {
        format!("{parts} parts")
    }
}

/// A part of the token as a JSON object, with the rules for one that cannot be read and for one in another base64.
fn json(
    part: &str,
    [unreadable, otherwise]: [Rule; 2],
    findings: &mut Findings<'_>,
) -> Result<Map<String, Value>, Rule> {
    let decoded = base64url(part);
    let object = decoded.and_then(|(bytes, is_other)| Some((serde_json::from_slice(&bytes).ok()?, is_other)));
    let (object, is_other) = object.ok_or_else(|| findings.fails(unreadable))?;
    if is_other {
        findings.fails(otherwise);
    } else {
        findings.holds(otherwise.check(), "base64url of a JSON object");
    }
    Ok(object)
}

/// What the token says about its algorithm.
struct Named {
    /// Bytes of a raw signature, by the key or else by `alg`.
    length: usize,
    /// The rule that would explain a signature that does not hold.
    rule: Option<Rule>,
}

fn algorithm(header: &str, keys: &Keys, findings: &mut Findings<'_>) -> Named {
    let expected = keys.verifying().map(VerifyingKey::algorithm);
    let length_of = |algorithm| if algorithm == Algorithm::ES256 { 64 } else { 96 };
    let mut named = Named {
        length: expected.map_or(96, length_of),
        rule: None,
    };
    let rules = [Rule::TokenHeaderUnreadable, Rule::TokenHeaderBase64];
    let header = match json(header, rules, findings) {
        Ok(header) => header,
        Err(rule) => {
            findings.explained(Check::Algorithm, rule);
            return named;
        }
    };
    let wanted = expected.unwrap_or(Algorithm::ES384);
    let remedy = format!("sign with {wanted}: in most JWT libraries an option `algorithm: \"{wanted}\"`");
    let alg = match header.get("alg") {
        Some(Value::String(alg)) => alg.as_str(),
        _ => {
            named.rule = Some(findings.fails((Rule::AlgMissing, "the token's header has no alg", remedy)));
            return named;
        }
    };
    let judged = match (alg, expected) {
        ("ES384" | "ES256", Some(expected)) if alg != expected.to_string() => Err((
            Rule::AlgCurve,
            format!("{alg}, but the key's curve signs {expected}"),
        )),
        ("ES256", None) => {
            named.length = 64;
            Ok(())
        }
        ("ES384" | "ES256", _) => Ok(()),
        (none, _) if none.eq_ignore_ascii_case("none") => {
            Err((Rule::AlgNone, "none: the token is not signed at all".to_owned()))
        }
        (hmac, _) if hmac.starts_with("HS") => Err((
            Rule::AlgHmac,
            format!("{}, which needs a secret that NOAH does not have", quoted(hmac)),
        )),
        (rsa, _) if rsa.starts_with("RS") || rsa.starts_with("PS") => {
            Err((Rule::AlgRsa, format!("{}, which is RSA", quoted(rsa))))
        }
        (other, _) => Err((
            Rule::AlgOther,
            format!("{}, which NOAH does not take", quoted(other)),
        )),
    };
    match judged {
        Ok(()) if expected.is_none() => {
            findings.holds(Check::Algorithm, format!("{alg}; the key's curve is not known"));
        }
        Ok(()) => findings.holds(Check::Algorithm, format!("{alg}, as the key's curve has it")),
        Err((rule, found)) => named.rule = Some(findings.fails((rule, found, remedy))),
    }
    named
}

/// A sequence that is as long as it says; signatures on these curves are shorter than 128 bytes.
pub(super) fn is_der(bytes: &[u8]) -> bool {
    matches!(bytes, [0x30, length, 0x02, ..] if usize::from(*length) + 2 == bytes.len())
}
