//! Who sends a request, and whether what arrived is what was signed.
//!
//! NOAH publishes the claims (facts: signing) and two of its refusals word for word, `token signature invalid` and
//! `public key not found`; the other texts are the sandbox's own. Where NOAH is silent:
//! - `iat` may lie up to five seconds ahead of the sandbox's clock, `exp` has no tolerance.
//! - `path` and the values of `queryParams` are accepted in their decoded and in their percent-encoded form.
//! - Of a repeated query name the last value counts, as in JavaScript's `Object.fromEntries`.
//! - A request without a body may leave `bodyHash` out or give the hash of nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::errors::ErrorKind;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::keys::{ApiKeys, Verifier};
use crate::digest::sha256;
use crate::received::{Received, Single};

/// The audience of every token, in the sandbox environment too (facts: claims).
const AUDIENCE: &str = "https://api.noah.com";
/// Longest time from `iat` to `exp`, in seconds (facts: claims).
const LONGEST_LIFE: i64 = 15 * 60;
/// How far `iat` may lie ahead of the sandbox's clock, in seconds.
const CLOCK_TOLERANCE: i64 = 5;

/// An API key that was found good, to scope what belongs to it.
#[derive(Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub(crate) struct Caller {
    api_key: String,
}

impl Caller {
    pub(crate) fn api_key(&self) -> &str {
        &self.api_key
    }
}

/// Why a request is refused with 401. Its text is the `Detail` of the answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unauthorized {
    #[error("api key used in a browser: the request carries an Origin; keep the key on a server")]
    Browser,
    #[error("api key missing: send it in the header X-Api-Key")]
    ApiKeyMissing,
    #[error("api key unreadable: send the header X-Api-Key once, as plain ASCII text")]
    ApiKeyUnreadable,
    #[error("api key malformed: a key of this environment reads apikey_sandbox_<key>")]
    ApiKeyMalformed,
    #[error("api key belongs to another environment: this one is sandbox")]
    ApiKeyEnvironment,
    #[error("api key not found")]
    ApiKeyUnknown,
    #[error("token missing: this api key has a registered public key, so send the header Api-Signature")]
    TokenMissing,
    #[error("token unreadable: send the header Api-Signature once, as plain ASCII text")]
    TokenUnreadable,
    #[error("public key not found")]
    PublicKeyMissing,
    #[error("token malformed: {0}")]
    TokenMalformed(&'static str),
    #[error("token algorithm not allowed: the registered public key verifies {0}")]
    Algorithm(&'static str),
    #[error("token signature invalid")]
    Signature,
    #[error("token claim {claim} missing: {expected}")]
    ClaimMissing { claim: &'static str, expected: String },
    #[error("token claim {claim} wrong: {expected}")]
    ClaimWrong { claim: &'static str, expected: String },
    #[error("token claim iat in the future: it is {0} s ahead of the sandbox's clock")]
    FromTheFuture(i64),
    #[error("token claim exp too far: at most {LONGEST_LIFE} s after iat, not {0} s")]
    LivesTooLong(i64),
    #[error("token claim exp wrong: it must lie after iat")]
    EndsBeforeItBegins,
    #[error("token expired: {0} s ago by the sandbox's clock")]
    Expired(i64),
}

/// Checks the API key and, where it has a public key, the token over the request; `now` in Unix seconds.
pub(crate) fn authenticate(keys: &ApiKeys, received: &Received, now: i64) -> Result<Caller, Unauthorized> {
    let api_key = match received.single("x-api-key") {
        Single::Text(api_key) => api_key,
        Single::Absent => return Err(Unauthorized::ApiKeyMissing),
        Single::Unreadable => return Err(Unauthorized::ApiKeyUnreadable),
    };
    if received.single("origin") != Single::Absent {
        return Err(Unauthorized::Browser);
    }
    let verifier = find(keys, api_key)?;
    match (verifier, received.single("api-signature")) {
        (None, Single::Absent) => {}
        (None, _) => return Err(Unauthorized::PublicKeyMissing),
        (Some(_), Single::Absent) => return Err(Unauthorized::TokenMissing),
        (Some(_), Single::Unreadable) => return Err(Unauthorized::TokenUnreadable),
        (Some(verifier), Single::Text(token)) => check_claims(&verified(&verifier, token)?, received, now)?,
    }
    Ok(Caller {
        api_key: api_key.to_owned(),
    })
}

fn find(keys: &ApiKeys, api_key: &str) -> Result<Option<Arc<Verifier>>, Unauthorized> {
    if let Some(verifier) = keys.find(api_key) {
        return Ok(verifier);
    }
    let mut parts = api_key.splitn(3, '_');
    Err(match (parts.next(), parts.next(), parts.next()) {
        (Some("apikey"), Some("sandbox"), Some(key)) if !key.is_empty() => Unauthorized::ApiKeyUnknown,
        (Some("apikey"), Some("prod"), Some(_)) => Unauthorized::ApiKeyEnvironment,
        _ => Unauthorized::ApiKeyMalformed,
    })
}

/// The claims of a token that the registered key signed with its own algorithm.
fn verified(verifier: &Verifier, token: &str) -> Result<Map<String, Value>, Unauthorized> {
    if token.split('.').count() != 3 {
        return Err(Unauthorized::TokenMalformed(
            "it must be three parts joined by dots",
        ));
    }
    // jsonwebtoken refuses an algorithm it does not know (such as `none`) like any broken header, so look at it first.
    let expected = match verifier.algorithm() {
        jsonwebtoken::Algorithm::ES256 => "ES256",
        _ => "ES384",
    };
    if algorithm(token).ok_or(Unauthorized::TokenMalformed(
        "its header must be base64url of a JSON object with alg",
    ))? != expected
    {
        return Err(Unauthorized::Algorithm(expected));
    }
    match verifier.claims(token) {
        Ok(Value::Object(claims)) => Ok(claims),
        Ok(_) => Err(Unauthorized::TokenMalformed("its claims must be a JSON object")),
        Err(error) => Err(match error.kind() {
            ErrorKind::Base64(_) => {
                Unauthorized::TokenMalformed("its parts must be base64url without padding")
            }
            ErrorKind::Json(_) | ErrorKind::Utf8(_) => {
                Unauthorized::TokenMalformed("its header and claims must be JSON")
            }
            ErrorKind::InvalidToken => Unauthorized::TokenMalformed("it must be three parts joined by dots"),
            _ => Unauthorized::Signature,
        }),
    }
}

fn algorithm(token: &str) -> Option<String> {
    let header = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').next()?).ok()?;
    let header: Map<String, Value> = serde_json::from_slice(&header).ok()?;
    Some(header.get("alg")?.as_str()?.to_owned())
}

fn check_claims(claims: &Map<String, Value>, received: &Received, now: i64) -> Result<(), Unauthorized> {
    check_audience(claims)?;
    check_method(claims, received)?;
    check_path(claims, received)?;
    check_query(claims, received)?;
    check_body_hash(claims, received)?;
    check_times(claims, now)
}

fn check_audience(claims: &Map<String, Value>) -> Result<(), Unauthorized> {
    text_claim(
        claims,
        "aud",
        |text| text == AUDIENCE,
        || format!("it must be {AUDIENCE}"),
    )
}

fn check_method(claims: &Map<String, Value>, received: &Received) -> Result<(), Unauthorized> {
    let method = received.method.as_str();
    text_claim(
        claims,
        "method",
        |text| text == method,
        || format!("it must be the request's method, {method}"),
    )
}

fn check_path(claims: &Map<String, Value>, received: &Received) -> Result<(), Unauthorized> {
    let path = received.path.as_str();
    let same = |text: &str| {
        text == path
            || percent_decode_str(path)
                .decode_utf8()
                .is_ok_and(|decoded| text == decoded)
    };
    text_claim(claims, "path", same, || {
        format!("it must be the request's path with its /v1 and without query, {path}")
    })
}

fn check_query(claims: &Map<String, Value>, received: &Received) -> Result<(), Unauthorized> {
    let query = received.query.as_deref().unwrap_or_default();
    let wrong = || Unauthorized::ClaimWrong {
        claim: "queryParams",
        expected: if query.is_empty() {
            "the request has no query, so leave the claim out".to_owned()
        } else {
            "it must be an object of every query name and its value".to_owned()
        },
    };
    let claimed = match claims.get("queryParams") {
        None if query.is_empty() => return Ok(()),
        None => {
            return Err(Unauthorized::ClaimMissing {
                claim: "queryParams",
                expected: "the request has a query, so give an object of its names and values".to_owned(),
            });
        }
        Some(Value::Object(claimed)) => claimed,
        Some(_) => return Err(wrong()),
    };
    let decoded: BTreeMap<String, String> = url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let raw: BTreeMap<&str, &str> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .collect();
    let same = claimed.len() == decoded.len()
        && claimed.iter().all(|(name, value)| {
            let value = match value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                _ => return false,
            };
            decoded.get(name) == Some(&value) || raw.get(name.as_str()) == Some(&value.as_str())
        });
    if same { Ok(()) } else { Err(wrong()) }
}

fn check_body_hash(claims: &Map<String, Value>, received: &Received) -> Result<(), Unauthorized> {
    if received.body.is_empty() && !claims.contains_key("bodyHash") {
        return Ok(());
    }
    let hash = hex(&sha256(&received.body));
    text_claim(
        claims,
        "bodyHash",
        |text| text == hash,
        || "it must be the lower-case hexadecimal SHA-256 of the body exactly as sent".to_owned(),
    )
}

fn check_times(claims: &Map<String, Value>, now: i64) -> Result<(), Unauthorized> {
    let issued = time_claim(claims, "iat")?;
    let expires = time_claim(claims, "exp")?;
    let ahead = issued.saturating_sub(now);
    if ahead > CLOCK_TOLERANCE {
        return Err(Unauthorized::FromTheFuture(ahead));
    }
    let life = expires.saturating_sub(issued);
    if life > LONGEST_LIFE {
        return Err(Unauthorized::LivesTooLong(life));
    }
    if life <= 0 {
        return Err(Unauthorized::EndsBeforeItBegins);
    }
    if expires <= now {
        return Err(Unauthorized::Expired(now.saturating_sub(expires)));
    }
    Ok(())
}

fn text_claim(
    claims: &Map<String, Value>,
    claim: &'static str,
    holds: impl FnOnce(&str) -> bool,
    expected: impl FnOnce() -> String,
) -> Result<(), Unauthorized> {
    match claims.get(claim) {
        Some(Value::String(text)) if holds(text) => Ok(()),
        Some(_) => Err(Unauthorized::ClaimWrong {
            claim,
            expected: expected(),
        }),
        None => Err(Unauthorized::ClaimMissing {
            claim,
            expected: expected(),
        }),
    }
}

/// A JWT NumericDate: seconds, of which a fraction (as some libraries write it) is dropped.
fn time_claim(claims: &Map<String, Value>, claim: &'static str) -> Result<i64, Unauthorized> {
    let expected = || "it must be a number of seconds since 1970".to_owned();
    match claims.get(claim) {
        Some(Value::Number(number)) => whole(number).ok_or_else(|| Unauthorized::ClaimWrong {
            claim,
            expected: expected(),
        }),
        Some(_) => Err(Unauthorized::ClaimWrong {
            claim,
            expected: expected(),
        }),
        None => Err(Unauthorized::ClaimMissing {
            claim,
            expected: expected(),
        }),
    }
}

fn whole(number: &serde_json::Number) -> Option<i64> {
    if let Some(whole) = number.as_i64() {
        return Some(whole);
    }
    // `as` saturates at the ends of i64, and the claims then fail as too far.
    number
        .as_f64()
        .filter(|seconds| seconds.is_finite())
        .map(|seconds| seconds.floor() as i64)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
