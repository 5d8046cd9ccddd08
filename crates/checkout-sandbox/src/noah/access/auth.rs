//! Who sends a request, and whether what arrived is what was signed.
//!
//! The spec describes the token under `RequestSignature` and names its source (`x-source`). NOAH publishes the words of two refusals,
//! `token signature invalid` and `public key not found`; the other texts are the sandbox's own. Where NOAH is silent:
//! - `iat` may lie up to five seconds ahead of the sandbox's clock, `exp` has no tolerance.
//! - `path` and the values of `queryParams` are accepted in their decoded and in their percent-encoded form.
//! - Of a repeated query name the last value counts, as in JavaScript's `Object.fromEntries`.
//! - A request without a body may leave `bodyHash` out or give the hash of nothing.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::claims;
use super::keys::{ApiKeys, Verifier};
use super::unauthorized::Unauthorized;
use crate::engine::exchange::{Checks, Received, Single, Trace, shortened};

/// The API key of a request, once it has passed every check.
pub(crate) struct Caller {
    pub(crate) api_key: String,
}

/// Checks the API key and, where it has a public key, the token over the request; `now` in Unix seconds. `checks` gets
/// every one of the checks.
pub(crate) fn authenticate(
    keys: &ApiKeys,
    received: &Received,
    now: i64,
    checks: &mut Checks,
) -> Result<Caller, Unauthorized> {
    let mut trace = Trace::new();
    let api_key = examine_api_key(received, &mut trace);
    examine_origin(received, &mut trace);
    let registered = api_key.and_then(|api_key| find(keys, api_key, &mut trace));
    if let Some(claims) = examine_signature(registered.as_ref(), received, &mut trace) {
        claims::examine(&claims, received, now, &mut trace);
    }
    trace.finish(checks)?;
    api_key
        .map(|api_key| Caller {
            api_key: api_key.to_owned(),
        })
        .ok_or(Unauthorized::ApiKeyMissing)
}

fn examine_api_key<'a>(received: &'a Received, trace: &mut Trace<Unauthorized>) -> Option<&'a str> {
    let (api_key, found, outcome) = match received.single("x-api-key") {
        Single::Text(api_key) => (Some(api_key), "an api key", Ok(())),
        Single::Absent => (None, "absent", Err(Unauthorized::ApiKeyMissing)),
        Single::Unreadable => (
            None,
            "several, or no plain text",
            Err(Unauthorized::ApiKeyUnreadable),
        ),
    };
    trace.note("X-Api-Key", "an api key", found, outcome);
    api_key
}

/// A browser says in `Origin` which page a request comes from. An API key must not be in a page.
fn examine_origin(received: &Received, trace: &mut Trace<Unauthorized>) {
    let (found, outcome) = match received.single("origin") {
        Single::Absent => ("absent", Ok(())),
        _ => ("present", Err(Unauthorized::Browser)),
    };
    trace.note("Origin", "absent", found, outcome);
}

/// What is registered for the API key: `None` if the key is unknown, `Some(None)` if it has no public key.
fn find(keys: &ApiKeys, api_key: &str, trace: &mut Trace<Unauthorized>) -> Option<Option<Arc<Verifier>>> {
    let registered = keys.find(api_key);
    let (found, outcome) = match &registered {
        Some(Some(_)) => ("known, with a public key", Ok(())),
        Some(None) => ("known, without a public key", Ok(())),
        None => stranger(api_key),
    };
    trace.note("api key", "known to this sandbox", found, outcome);
    registered
}

fn stranger(api_key: &str) -> (&'static str, Result<(), Unauthorized>) {
    let mut parts = api_key.splitn(3, '_');
    let (found, unauthorized) = match (parts.next(), parts.next(), parts.next()) {
        (Some("apikey"), Some("sandbox"), Some(key)) if !key.is_empty() => {
            ("unknown", Unauthorized::ApiKeyUnknown)
        }
        (Some("apikey"), Some("prod"), Some(_)) => {
            ("of another environment", Unauthorized::ApiKeyEnvironment)
        }
        _ => ("malformed", Unauthorized::ApiKeyMalformed),
    };
    (found, Err(unauthorized))
}

/// Checks that there is a token where one is needed, and none where none is allowed. Returns its claims, so that they are checked
/// even if the signature is wrong.
fn examine_signature(
    registered: Option<&Option<Arc<Verifier>>>,
    received: &Received,
    trace: &mut Trace<Unauthorized>,
) -> Option<Map<String, Value>> {
    const NAME: &str = "Api-Signature";
    const TOKEN: &str = "a token";
    let sent = received.single("api-signature");
    let found = match sent {
        Single::Text(_) => TOKEN,
        Single::Absent => "absent",
        Single::Unreadable => "several, or no plain text",
    };
    match (registered, sent) {
        (None, Single::Absent) => trace.pass_over(NAME, TOKEN, "absent"),
        (None, _) => trace.pass_over(NAME, TOKEN, "not checked: the api key is not known"),
        (Some(None), Single::Absent) => trace.note(NAME, "absent", found, Ok(())),
        (Some(None), _) => trace.note(
            NAME,
            "absent, for the api key has no public key",
            found,
            Err(Unauthorized::PublicKeyMissing),
        ),
        (Some(Some(_)), Single::Text(_)) => trace.note(NAME, TOKEN, found, Ok(())),
        (Some(Some(_)), Single::Absent) => trace.note(NAME, TOKEN, found, Err(Unauthorized::TokenMissing)),
        (Some(Some(_)), Single::Unreadable) => {
            trace.note(NAME, TOKEN, found, Err(Unauthorized::TokenUnreadable));
        }
    }
    let Single::Text(token) = sent else {
        return None;
    };
    examine_token(registered.and_then(Option::as_deref), token, trace)
}

fn examine_token(
    verifier: Option<&Verifier>,
    token: &str,
    trace: &mut Trace<Unauthorized>,
) -> Option<Map<String, Value>> {
    let readable = if token.split('.').count() == 3 {
        algorithm(token).ok_or("its header must be base64url of a JSON object with alg")
    } else {
        Err("it must be three parts joined by dots")
    };
    const FORM: &str = "three parts joined by dots, the first a JSON header with alg";
    let alg = match readable {
        Ok(alg) => {
            trace.note("token", FORM, "as expected", Ok(()));
            alg
        }
        Err(why) => {
            trace.note("token", FORM, why, Err(Unauthorized::TokenMalformed(why)));
            return None;
        }
    };
    const SIGNED: &str = "made with the registered key";
    let Some(verifier) = verifier else {
        trace.pass_over("signature", SIGNED, "not checked: there is no public key");
        return unverified(token);
    };
    let expected = verifier.algorithm;
    if alg != expected {
        trace.note(
            "alg",
            expected,
            shortened(&alg),
            Err(Unauthorized::Algorithm(expected)),
        );
        trace.pass_over("signature", SIGNED, "not checked: made with another algorithm");
        return unverified(token);
    }
    trace.note("alg", expected, expected, Ok(()));
    match signed_claims(verifier, token) {
        Ok(claims) => {
            trace.note("signature", SIGNED, "as expected", Ok(()));
            Some(claims)
        }
        Err(unauthorized) => {
            let found = match &unauthorized {
                Unauthorized::TokenMalformed(why) => why,
                _ => "made with another key, or over another token",
            };
            trace.note("signature", SIGNED, found, Err(unauthorized));
            unverified(token)
        }
    }
}

/// The claims that the owner of the registered key signed (RFC 7515, 5.2). They are read only after the signature was verified.
fn signed_claims(verifier: &Verifier, token: &str) -> Result<Map<String, Value>, Unauthorized> {
    const NOT_BASE64: Unauthorized =
        Unauthorized::TokenMalformed("its parts must be base64url without padding");
    let (input, signature) = token.rsplit_once('.').ok_or(Unauthorized::Signature)?;
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).map_err(|_| NOT_BASE64)?;
    if !verifier.holds(input.as_bytes(), &signature) {
        return Err(Unauthorized::Signature);
    }
    let (_, claims) = input.split_once('.').ok_or(Unauthorized::Signature)?;
    let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).map_err(|_| NOT_BASE64)?;
    match serde_json::from_slice(&claims) {
        Ok(Value::Object(claims)) => Ok(claims),
        Ok(_) => Err(Unauthorized::TokenMalformed("its claims must be a JSON object")),
        Err(_) => Err(Unauthorized::TokenMalformed("its header and claims must be JSON")),
    }
}

fn algorithm(token: &str) -> Option<String> {
    let header = decoded(token.split('.').next()?)?;
    Some(header.get("alg")?.as_str()?.to_owned())
}

/// The claims of a token that is refused. They show what else is wrong with it.
fn unverified(token: &str) -> Option<Map<String, Value>> {
    decoded(token.split('.').nth(1)?)
}

fn decoded(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn part(value: Value) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(value.to_string())
    }

    fn examined(token: &str) -> (Option<Map<String, Value>>, Option<Unauthorized>, String) {
        let mut trace = Trace::new();
        let claims = examine_token(None, token, &mut trace);
        let mut checks = Checks::default();
        let refusal = trace.finish(&mut checks).err();
        (claims, refusal, checks.table())
    }

    #[test]
    fn claims_are_read_where_the_signature_cannot_be_checked() {
        let token = format!(
            "{}.{}.c2ln",
            part(json!({"alg": "ES384"})),
            part(json!({"iat": 7}))
        );
        let (claims, refusal, checks) = examined(&token);
        assert_eq!(claims.unwrap()["iat"], 7);
        assert_eq!(refusal, None);
        // Neither the token nor a part of it.
        assert!(!checks.contains("c2ln"), "{checks}");
        insta::assert_snapshot!(checks);
    }

    #[test]
    fn a_token_without_form_is_told_of_once() {
        for token in ["", "a.b", "a.b.c", "a.b.c.d"] {
            let (claims, refusal, checks) = examined(token);
            assert_eq!(claims, None);
            assert!(
                matches!(refusal, Some(Unauthorized::TokenMalformed(_))),
                "{token}"
            );
            assert_eq!(checks.lines().count(), 1, "{token}");
        }
    }
}
