//! Holds the claims of a token against its request, as the spec has them under `RequestSignature`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::unauthorized::{LONGEST_LIFE, Unauthorized};
use crate::engine::exchange::{Received, Trace, shortened};
use crate::engine::text::{hex, sha256};

/// The audience of every token, in the sandbox environment too.
const AUDIENCE: &str = "https://api.noah.com";
/// How far `iat` may lie ahead of the sandbox's clock, in seconds.
const CLOCK_TOLERANCE: i64 = 5;

type Claims = Map<String, Value>;

/// Checks all of them; `now` in Unix seconds.
pub(crate) fn examine(claims: &Claims, received: &Received, now: i64, trace: &mut Trace<Unauthorized>) {
    text(
        claims,
        "aud",
        AUDIENCE,
        |text| text == AUDIENCE,
        trace,
        || format!("it must be {AUDIENCE}"),
    );
    let method = received.method.as_str();
    text(
        claims,
        "method",
        method.to_owned(),
        |text| text == method,
        trace,
        || format!("it must be the request's method, {method}"),
    );
    let path = received.path.as_str();
    text(
        claims,
        "path",
        shortened(path),
        |text| is_path(text, path),
        trace,
        || format!("it must be the request's path with its /v1 and without query, {path}"),
    );
    let query = received.query.as_deref().unwrap_or_default();
    examine_query(claims, query, trace);
    examine_body_hash(claims, &received.body, trace);
    let issued = examine_issued(claims, now, trace);
    examine_expiry(claims, issued, now, trace);
}

fn is_path(claimed: &str, path: &str) -> bool {
    claimed == path
        || percent_decode_str(path)
            .decode_utf8()
            .is_ok_and(|decoded| claimed == decoded)
}

fn examine_query(claims: &Claims, query: &str, trace: &mut Trace<Unauthorized>) {
    const CLAIM: &str = "queryParams";
    let wrong = || {
        let expected = if query.is_empty() {
            "the request has no query, so leave the claim out"
        } else {
            "it must be an object of every query name and its value"
        };
        wrong(CLAIM, expected)
    };
    // Values may be personal, so only their agreement with the query is shown.
    let (found, outcome) = match claims.get(CLAIM) {
        None if query.is_empty() => ("absent", Ok(())),
        None => (
            "absent",
            Err(missing(
                CLAIM,
                "the request has a query, so give an object of its names and values",
            )),
        ),
        Some(Value::Object(claimed)) if is_query(claimed, query) => ("as expected", Ok(())),
        Some(Value::Object(_)) => ("other names or values", Err(wrong())),
        Some(_) => ("no object", Err(wrong())),
    };
    let expected = if query.is_empty() {
        "absent"
    } else {
        "every name and value of the query"
    };
    trace.note(CLAIM, expected, found, outcome);
}

fn is_query(claimed: &Claims, query: &str) -> bool {
    let decoded: BTreeMap<String, String> = url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let raw: BTreeMap<&str, &str> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .collect();
    claimed.len() == decoded.len()
        && claimed.iter().all(|(name, value)| {
            let value = match value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                _ => return false,
            };
            decoded.get(name) == Some(&value) || raw.get(name.as_str()) == Some(&value.as_str())
        })
}

fn examine_body_hash(claims: &Claims, body: &[u8], trace: &mut Trace<Unauthorized>) {
    const CLAIM: &str = "bodyHash";
    if body.is_empty() && !claims.contains_key(CLAIM) {
        trace.note(CLAIM, "absent, or the hash of nothing", "absent", Ok(()));
        return;
    }
    let hash = hex(&sha256(body));
    text(
        claims,
        CLAIM,
        hash.clone(),
        |text| text == hash,
        trace,
        || "it must be the lower-case hexadecimal SHA-256 of the body exactly as sent".to_owned(),
    );
}

/// Returns `iat`, if it is a time.
fn examine_issued(claims: &Claims, now: i64, trace: &mut Trace<Unauthorized>) -> Option<i64> {
    let issued = time(claims, "iat");
    let outcome = issued.clone().and_then(|issued| {
        let ahead = issued.saturating_sub(now);
        if ahead > CLOCK_TOLERANCE {
            return Err(Unauthorized::FromTheFuture(ahead));
        }
        Ok(())
    });
    let latest = now.saturating_add(CLOCK_TOLERANCE);
    trace.note("iat", format!("at most {latest}"), shown(claims, "iat"), outcome);
    issued.ok()
}

/// Without a readable `iat`, only whether the time has passed is checked.
fn examine_expiry(claims: &Claims, issued: Option<i64>, now: i64, trace: &mut Trace<Unauthorized>) {
    let outcome = time(claims, "exp").and_then(|expires| {
        if let Some(issued) = issued {
            let life = expires.saturating_sub(issued);
            if life > LONGEST_LIFE {
                return Err(Unauthorized::LivesTooLong(life));
            }
            if life <= 0 {
                return Err(Unauthorized::EndsBeforeItBegins);
            }
        }
        if expires <= now {
            return Err(Unauthorized::Expired(now.saturating_sub(expires)));
        }
        Ok(())
    });
    let expected = match issued {
        Some(issued) => format!(
            "after {}, at most {}",
            now.max(issued),
            issued.saturating_add(LONGEST_LIFE)
        ),
        None => format!("after {now}"),
    };
    trace.note("exp", expected, shown(claims, "exp"), outcome);
}

/// Checks a claim that must be a certain text. `say` gives the words of the refusal.
fn text(
    claims: &Claims,
    claim: &'static str,
    expected: impl Into<Cow<'static, str>>,
    holds: impl FnOnce(&str) -> bool,
    trace: &mut Trace<Unauthorized>,
    say: impl FnOnce() -> String,
) {
    let outcome = match claims.get(claim) {
        Some(Value::String(text)) if holds(text) => Ok(()),
        Some(_) => Err(wrong(claim, say())),
        None => Err(missing(claim, say())),
    };
    trace.note(claim, expected, shown(claims, claim), outcome);
}

/// A JWT NumericDate: seconds, of which a fraction (as some libraries write it) is dropped.
fn time(claims: &Claims, claim: &'static str) -> Result<i64, Unauthorized> {
    const EXPECTED: &str = "it must be a number of seconds since 1970";
    let given = claims.get(claim).ok_or_else(|| missing(claim, EXPECTED))?;
    let seconds = given.as_number().and_then(whole);
    seconds.ok_or_else(|| wrong(claim, EXPECTED))
}

fn wrong(claim: &'static str, expected: impl Into<String>) -> Unauthorized {
    let expected = expected.into();
    Unauthorized::ClaimWrong { claim, expected }
}

fn missing(claim: &'static str, expected: impl Into<String>) -> Unauthorized {
    let expected = expected.into();
    Unauthorized::ClaimMissing { claim, expected }
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

/// What a claim says, for whoever reads the check.
fn shown(claims: &Claims, claim: &str) -> Cow<'static, str> {
    match claims.get(claim) {
        None => "absent".into(),
        Some(Value::String(text)) => shown_text(claim, text),
        Some(Value::Number(number)) => number.to_string().into(),
        Some(Value::Null) => "null".into(),
        Some(Value::Bool(_)) => "true or false".into(),
        Some(Value::Array(_)) => "a list".into(),
        Some(Value::Object(_)) => "an object".into(),
    }
}

/// A text of another form than its claim's may hold anything, even a body or a query, so it is not shown.
fn shown_text(claim: &str, text: &str) -> Cow<'static, str> {
    match (claim, text.split_once('?')) {
        ("bodyHash", _) if text.len() > 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            "no SHA-256 in hexadecimal".into()
        }
        ("path", Some(_)) => "a path with a query".into(),
        _ => shortened(text),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, Method};
    use bytes::Bytes;
    use serde_json::json;

    use super::*;
    use crate::engine::exchange::Checks;

    const NOW: i64 = 1_700_000_000;

    fn examined(claims: Value, query: Option<&str>, body: &'static str) -> (Option<Unauthorized>, String) {
        let received = Received {
            method: Method::POST,
            path: "/v1/checkout/sell".to_owned(),
            query: query.map(str::to_owned),
            headers: HeaderMap::new(),
            body: Bytes::from_static(body.as_bytes()),
        };
        let mut trace = Trace::new();
        examine(claims.as_object().unwrap(), &received, NOW, &mut trace);
        let mut checks = Checks::default();
        let refusal = trace.finish(&mut checks).err();
        (refusal, checks.table())
    }

    #[test]
    fn every_claim_is_told_of() {
        let (refusal, checks) = examined(
            json!({
                "aud": "https://api.noah.com", "method": "POST", "path": "/v1/checkout/sell", "iat": NOW - 7, "exp": NOW + 293,
                "bodyHash": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
            }),
            None,
            "{}",
        );
        assert_eq!(refusal, None);
        insta::assert_snapshot!(checks);
    }

    #[test]
    fn claims_after_the_first_wrong_one_are_told_of_too() {
        let (refusal, checks) = examined(
            json!({
                "aud": "https://api.noah.com", "method": "GET", "path": "/v1/checkout/sell?name=Ada", "queryParams": {"name": "Bo"},
                "iat": NOW + 60, "exp": "soon", "bodyHash": "{\"FirstName\":\"Ada\"}",
            }),
            Some("name=Ada"),
            "{}",
        );
        assert_eq!(
            refusal,
            Some(Unauthorized::ClaimWrong {
                claim: "method",
                expected: "it must be the request's method, POST".to_owned(),
            })
        );
        assert!(!checks.contains("Ada") && !checks.contains("Bo"), "{checks}");
        insta::assert_snapshot!(checks);
    }

    #[test]
    fn a_claim_that_is_absent_is_told_of() {
        let (refusal, checks) = examined(json!({}), None, "");
        assert!(matches!(
            refusal,
            Some(Unauthorized::ClaimMissing { claim: "aud", .. })
        ));
        insta::assert_snapshot!(checks);
    }
}
