//! A request token against its request, as NOAH checks it.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use checkout_core::clock::unix_seconds;
use checkout_core::digest::sha256_hex;
use checkout_core::key::VerifyingKey;
use http::Method;
use serde::Serialize;
use serde_json::{Map, Value};
use url::Url;

const AUDIENCE: &str = "https://api.noah.com";
/// The longest life that NOAH accepts, in seconds.
const LONGEST: u64 = 15 * 60;

/// What the token must cover.
pub(super) struct Request<'a> {
    pub(super) method: &'a Method,
    pub(super) url: &'a Url,
    pub(super) body: &'a [u8],
}

/// What holds and what does not. Quotes no part of the token.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    pub(super) held: Vec<String>,
    #[serde(skip)]
    pub(super) problems: Vec<String>,
}

impl Report {
    fn note(&mut self, holds: bool, held: impl Into<String>, problem: impl Into<String>) {
        if holds {
            self.held.push(held.into());
        } else {
            self.problems.push(problem.into());
        }
    }
}

pub(super) fn examine(token: &str, request: &Request<'_>, key: &VerifyingKey, now: SystemTime) -> Report {
    let mut report = Report::default();
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts[..] else {
        report
            .problems
            .push("the token is not three parts joined by dots".to_owned());
        return report;
    };
    let (Some(head), Some(claims_read), Ok(raw)) =
        (object(header), object(claims), URL_SAFE_NO_PAD.decode(signature))
    else {
        report
            .problems
            .push("a part of the token is not base64url, or not JSON".to_owned());
        return report;
    };
    let algorithm = format!("{:?}", key.algorithm());
    report.note(
        head.get("alg").and_then(Value::as_str) == Some(&algorithm),
        format!("alg is {algorithm}, as the key is"),
        format!("alg is not {algorithm}, which the key is for"),
    );
    let message = &token[..header.len() + 1 + claims.len()];
    report.note(
        key.verify_raw(message.as_bytes(), &raw).is_ok(),
        "the signature, under the given key",
        "the signature was not made over this token by the given key's private half",
    );
    check_claims(&claims_read, request, &mut report);
    check_times(&claims_read, unix_seconds(now), &mut report);
    report
}

fn object(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn check_claims(claims: &Map<String, Value>, request: &Request<'_>, report: &mut Report) {
    let claim = |name: &str| claims.get(name).and_then(Value::as_str);
    report.note(
        claim("aud") == Some(AUDIENCE),
        format!("aud is {AUDIENCE}"),
        format!("aud is not {AUDIENCE}, which it is in every environment"),
    );
    let method = request.method.as_str();
    report.note(
        claim("method") == Some(method),
        format!("method is {method}"),
        format!("method is not {method}, as the request's is"),
    );
    // Behind a proxy NOAH sees the path from /v1 on.
    let path = request.url.path();
    let is_path = claim("path").is_some_and(|claim| claim.starts_with("/v1") && path.ends_with(claim));
    report.note(
        is_path,
        "path is that of the URL, from /v1 on",
        "path is not that of the URL, from /v1 on and without the query",
    );
    report.note(
        claims
            .get("queryParams")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default()
            == query(request.url),
        "queryParams are those of the URL",
        "queryParams are not those of the URL: names and decoded values, as texts; absent without a query",
    );
    let hash = (!request.body.is_empty()).then(|| sha256_hex(request.body));
    report.note(
        claim("bodyHash") == hash.as_deref(),
        "bodyHash is the SHA-256 of the body",
        "bodyHash is not the lower-case hexadecimal SHA-256 of the body's bytes; absent without a body",
    );
}

fn query(url: &Url) -> Map<String, Value> {
    url.query_pairs()
        .map(|(name, value)| (name.into_owned(), value.into_owned().into()))
        .collect()
}

fn check_times(claims: &Map<String, Value>, now: u64, report: &mut Report) {
    let Some(exp) = claims.get("exp").and_then(Value::as_u64) else {
        report
            .problems
            .push("exp is missing, or not whole seconds since 1970".to_owned());
        return;
    };
    if exp <= now {
        report.problems.push(format!(
            "exp passed {} s ago; sign just before sending",
            now - exp
        ));
    } else {
        report.note(
            exp - now <= LONGEST,
            format!("exp is {} s ahead", exp - now),
            format!("exp is {} s ahead; NOAH accepts {LONGEST} at most", exp - now),
        );
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use checkout_core::key::{Algorithm, SigningKey};
    use serde_json::json;

    use super::*;

    fn problems(change: impl FnOnce(&mut Value), after: u64) -> Vec<String> {
        let key = SigningKey::generate(Algorithm::ES384).unwrap();
        let mut claims = json!({
            "aud": AUDIENCE, "iat": 1000, "exp": 1300, "method": "POST", "path": "/v1/checkout/sell",
            "queryParams": {"a": "b c"}, "bodyHash": sha256_hex(b"{}"),
        });
        change(&mut claims);
        let token = key.sign_jws(&claims).unwrap();
        let request = Request {
            method: &Method::POST,
            url: &"https://api.noah.com/v1/checkout/sell?a=b+c".parse().unwrap(),
            body: b"{}",
        };
        let now = UNIX_EPOCH + Duration::from_secs(1000 + after);
        examine(&token, &request, key.verifying_key(), now).problems
    }

    #[test]
    fn a_good_token_holds_and_each_fault_is_named() {
        assert_eq!(problems(|_| {}, 0), [""; 0]);
        for (claim, value) in [
            ("aud", json!("https://api.sandbox.noah.com")),
            ("method", json!("post")),
            ("path", json!("/checkout/sell")),
            ("queryParams", json!({"a": "b+c"})),
            ("bodyHash", json!(sha256_hex(b"{} "))),
            ("exp", json!(99999)),
            ("exp", json!("1300")),
        ] {
            let found = problems(|claims| claims[claim] = value, 0);
            assert_eq!(found.len(), 1, "{claim}: {found:?}");
            assert!(found[0].starts_with(claim), "{found:?}");
        }
        assert_eq!(
            problems(|_| {}, 300),
            ["exp passed 0 s ago; sign just before sending"]
        );
    }

    #[test]
    fn another_key_and_no_token_are_told_apart() {
        let (key, other) = (
            SigningKey::generate(Algorithm::ES384).unwrap(),
            SigningKey::generate(Algorithm::ES256).unwrap(),
        );
        let url = "https://api.noah.com/v1/x".parse().unwrap();
        let request = Request {
            method: &Method::GET,
            url: &url,
            body: b"",
        };
        let claims = json!({"aud": AUDIENCE, "iat": 1, "exp": 2, "method": "GET", "path": "/v1/x"});
        let token = key.sign_jws(&claims).unwrap();
        let found = examine(&token, &request, other.verifying_key(), UNIX_EPOCH).problems;
        assert_eq!(found.len(), 2, "alg and signature: {found:?}");
        for text in ["", "a.b", "a.b.c", &format!("{token}.x")] {
            assert_eq!(
                examine(text, &request, key.verifying_key(), UNIX_EPOCH)
                    .problems
                    .len(),
                1
            );
        }
    }
}
