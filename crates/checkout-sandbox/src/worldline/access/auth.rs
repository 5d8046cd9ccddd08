//! `GCS v1HMAC` on server requests and `GCS v1Client` on client requests, as the spec has them under `securitySchemes`.
//!
//! How old a `Date` may be is not published; only its form is checked.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use serde_json::{Map, Value};

use super::signature;
use super::unauthorized::Unauthorized;
use crate::engine::exchange::{Checks, Received, Single, Trace, shortened};
use crate::worldline::refusal::Refusal;

/// The API key of a merchant account, and what its webhooks are signed with.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct Account {
    pub(crate) merchant_id: String,
    pub(crate) api_key_id: String,
    pub(crate) secret_api_key: String,
    pub(crate) webhook_key_id: String,
    pub(crate) webhook_secret: String,
}

/// Checks the signature of a server request, whose account it is for, and its meta information. `checks` gets every one
/// of the checks.
pub(crate) fn server(
    account: &Account,
    received: &Received,
    merchant_id: &str,
    checks: &mut Checks,
) -> Result<(), Refusal> {
    let mut trace = Trace::new();
    examine_signature(account, received, &mut trace);
    let is_own = merchant_id == account.merchant_id;
    trace.note(
        "merchant id",
        account.merchant_id.clone(),
        shortened(merchant_id),
        is_own.then_some(()).ok_or_else(Refusal::other_merchant),
    );
    examine_meta_info(received, &mut trace);
    trace.finish(checks)
}

/// Checks the session of a client request. `look_up` says whether it lives, and belongs to the customer of the path.
pub(crate) fn client(
    received: &Received,
    look_up: impl FnOnce(&str) -> Result<(), Unauthorized>,
    checks: &mut Checks,
) -> Result<(), Unauthorized> {
    let mut trace = Trace::new();
    if let Some(session) = examine_authorization(received, &CLIENT, &mut trace) {
        examine_session(look_up(session), &mut trace);
    }
    trace.finish(checks)
}

/// A form of the header `Authorization`.
struct Scheme {
    begins: &'static str,
    reads: &'static str,
    /// Whether what follows the scheme can be credentials.
    fits: fn(&str) -> bool,
}

const SERVER: Scheme = Scheme {
    begins: "GCS v1HMAC:",
    reads: "GCS v1HMAC:<apiKeyId>:<signature>",
    fits: |credentials| credentials.contains(':'),
};

const CLIENT: Scheme = Scheme {
    begins: "GCS v1Client:",
    reads: "GCS v1Client:<clientSessionId>",
    fits: |session| !session.is_empty(),
};

/// What follows the scheme.
fn examine_authorization<'a, R: From<Unauthorized>>(
    received: &'a Received,
    scheme: &Scheme,
    trace: &mut Trace<R>,
) -> Option<&'a str> {
    let header = received.single("authorization");
    let credentials = match header {
        Single::Text(text) => text
            .trim()
            .strip_prefix(scheme.begins)
            .filter(|rest| (scheme.fits)(rest)),
        Single::Absent | Single::Unreadable => None,
    };
    let (found, outcome) = match (header, credentials) {
        (_, Some(_)) => ("as expected", Ok(())),
        (Single::Absent, None) => ("absent", Err(Unauthorized::Missing(scheme.reads))),
        (_, None) => ("another form", Err(Unauthorized::Malformed(scheme.reads))),
    };
    trace.note("Authorization", scheme.reads, found, outcome.map_err(R::from));
    credentials
}

fn examine_signature(account: &Account, received: &Received, trace: &mut Trace<Refusal>) {
    let credentials =
        examine_authorization(received, &SERVER, trace).and_then(|credentials| credentials.split_once(':'));
    examine_date(received, trace);
    let Some((api_key_id, signature)) = credentials else {
        return;
    };
    let is_known = api_key_id == account.api_key_id;
    let (found, outcome) = if is_known {
        ("known", Ok(()))
    } else {
        ("unknown", Err(Unauthorized::UnknownKey.into()))
    };
    trace.note("api key id", "known to this sandbox", found, outcome);
    let expected = signature::parts(received);
    if !is_known {
        trace.pass_over("signature", expected, "not checked: the api key id is unknown");
        return;
    }
    let outcome = signature::check(&account.secret_api_key, received, signature);
    let found = match &outcome {
        Ok(()) => "as expected",
        Err(Unauthorized::SignatureMalformed) => "no base64",
        Err(_) => "over something else, or with another secret",
    };
    trace.note("signature", expected, found, outcome.map_err(Refusal::from));
}

fn examine_date(received: &Received, trace: &mut Trace<Refusal>) {
    let (found, outcome) = match received.single("date") {
        Single::Absent => ("absent".into(), Err(Unauthorized::DateMissing)),
        Single::Unreadable => (
            "several, or no plain text".into(),
            Err(Unauthorized::DateMalformed),
        ),
        Single::Text(date) => {
            let reads = date.ends_with(" GMT") && jiff::fmt::rfc2822::parse(date).is_ok();
            let outcome = reads.then_some(()).ok_or(Unauthorized::DateMalformed);
            (shortened(date), outcome)
        }
    };
    trace.note(
        "Date",
        "a date of RFC 1123, in GMT",
        found,
        outcome.map_err(Refusal::from),
    );
}

/// What looking a session up brought, as three checks.
fn examine_session(outcome: Result<(), Unauthorized>, trace: &mut Trace<Unauthorized>) {
    const CHECKS: [(&str, &str, &str); 3] = [
        ("client session", "known to this sandbox", "unknown"),
        ("customer id", "that of the session", "another"),
        ("life", "two hours at most", "over"),
    ];
    let failed = match &outcome {
        Ok(()) => CHECKS.len(),
        Err(Unauthorized::OtherCustomer) => 1,
        Err(Unauthorized::SessionExpired) => 2,
        Err(_) => 0,
    };
    let mut outcome = Some(outcome);
    for (index, (name, expected, otherwise)) in CHECKS.into_iter().enumerate() {
        if index < failed {
            trace.note(name, expected, "as expected", Ok(()));
        } else if index == failed
            && let Some(outcome) = outcome.take()
        {
            trace.note(name, expected, otherwise, outcome);
        } else {
            trace.pass_over(name, expected, "not checked");
        }
    }
}

/// `X-GCS-ServerMetaInfo` is base64 of a JSON object; its `integrator` is mandatory.
fn examine_meta_info(received: &Received, trace: &mut Trace<Refusal>) {
    const HEADER: &str = "X-GCS-ServerMetaInfo";
    let (found, outcome) = match received.single(HEADER) {
        Single::Absent => (
            "absent",
            Err(Refusal::missing(
                HEADER,
                "header X-GCS-ServerMetaInfo missing: every server request carries it",
            )),
        ),
        Single::Unreadable => ("several, or no plain text", Err(Refusal::malformed_meta_info())),
        Single::Text(text) => match meta_info(text.trim()) {
            None => ("no base64 of a JSON object", Err(Refusal::malformed_meta_info())),
            Some(info) if has_integrator(&info) => ("as expected", Ok(())),
            Some(_) => (
                "no integrator",
                Err(Refusal::missing(
                    "integrator",
                    "integrator missing from X-GCS-ServerMetaInfo",
                )),
            ),
        },
    };
    trace.note(
        HEADER,
        "base64 of a JSON object with an integrator",
        found,
        outcome,
    );
}

/// With or without padding, in either alphabet: the vendor's SDKs use them all.
fn meta_info(text: &str) -> Option<Map<String, Value>> {
    let plain = text.trim_end_matches('=').replace('-', "+").replace('_', "/");
    serde_json::from_slice(&BASE64_STANDARD_NO_PAD.decode(plain).ok()?).ok()
}

fn has_integrator(info: &Map<String, Value>) -> bool {
    matches!(info.get("integrator"), Some(Value::String(integrator)) if !integrator.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, Method};
    use bytes::Bytes;

    use super::*;

    const DATE: &str = "Fri, 06 Jun 2014 13:39:43 GMT";
    const KEY_ID: &str = "5e45c937b9db33ae";
    const SECRET: &str = "I42Zf4pVnRdroHfuHnRiJjJ2B6+22h0yQt/R3nZR8Xg=";

    fn account() -> Account {
        Account {
            merchant_id: "9991".into(),
            api_key_id: KEY_ID.into(),
            secret_api_key: SECRET.into(),
            webhook_key_id: String::new(),
            webhook_secret: String::new(),
        }
    }

    fn received(method: Method, target: &str, headers: &[(&str, &str)]) -> Received {
        let (path, query) = target
            .split_once('?')
            .map_or((target, None), |(path, query)| (path, Some(query.to_owned())));
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()))
            .collect();
        Received {
            method,
            path: path.to_owned(),
            query,
            headers,
            body: Bytes::new(),
        }
    }

    /// The refusal of the signature alone, without what the vectors lack.
    fn refused(received: &Received) -> Option<Refusal> {
        let mut trace = Trace::new();
        examine_signature(&account(), received, &mut trace);
        trace.finish(&mut Checks::default()).err()
    }

    fn get(target: &str, signature: &str) -> Received {
        let authorization = format!("GCS v1HMAC:{KEY_ID}:{signature}");
        received(
            Method::GET,
            target,
            &[("Date", DATE), ("Authorization", &authorization)],
        )
    }

    /// The vectors that the vendor's SDKs publish; the spec names them as a source of the signature (`x-source`).
    #[test]
    fn published_vectors_hold() {
        let minimal = get(
            "/v1/9991/tokens/123456789",
            "J5LjfSBvrQNhu7gG0gvifZt+IWNDReGCmHmBmth6ueI=",
        );
        assert_eq!(refused(&minimal), None);

        let full = received(
            Method::DELETE,
            "/v1/9991/tokens/123456789",
            &[
                ("X-GCS-ServerMetaInfo", "processed header value"),
                ("Content-Type", "application/json"),
                ("X-GCS-CustomerHeader", " processed header value "),
                ("X-GCS-ClientMetaInfo", "processed header value"),
                ("Date", DATE),
                ("User-Agent", "not signed"),
                (
                    "Authorization",
                    "GCS v1HMAC:5e45c937b9db33ae:jGWLz3ouN4klE+SkqO5gO+KkbQNM06Rric7E3dcfmqw=",
                ),
            ],
        );
        assert_eq!(refused(&full), None);
    }

    #[test]
    fn a_query_may_be_signed_encoded_or_decoded() {
        let target = "/v1/consumer/ANDR%C3%89E/?q=na%20me";
        for signature in [
            "3XV7LMYus9q7fp87/D4Qih2bKNtz20iqsttdrgJ09AU=",
            "x9S2hQmLhLTbpK0YdTuYCD8TB4D+Kf60tNW0Xw5Xls0=",
        ] {
            assert_eq!(refused(&get(target, signature)), None, "{signature}");
        }
        let elsewhere = get(
            "/v1/consumer/ANDR%C3%89E/?q=no%20me",
            "3XV7LMYus9q7fp87/D4Qih2bKNtz20iqsttdrgJ09AU=",
        );
        assert_eq!(refused(&elsewhere), Some(Unauthorized::Signature.into()));
    }

    fn traced(received: &Received, merchant_id: &str) -> (Option<Refusal>, String) {
        let mut checks = Checks::default();
        let refusal = server(&account(), received, merchant_id, &mut checks).err();
        (refusal, checks.table())
    }

    #[test]
    fn all_that_is_wrong_with_a_request_is_told() {
        let signature = "J5LjfSBvrQNhu7gG0gvifZt+IWNDReGCmHmBmth6ueI=";
        let (refusal, checks) = traced(&get("/v1/9991/tokens/1", signature), "1234");
        assert_eq!(refusal, Some(Unauthorized::Signature.into()));
        assert!(
            !checks.contains(signature) && !checks.contains(KEY_ID),
            "{checks}"
        );
        insta::assert_snapshot!(checks);

        let (refusal, checks) = traced(&received(Method::GET, "/v1/9991", &[("Date", "today")]), "9991");
        assert_eq!(refusal, Some(Unauthorized::Missing(SERVER.reads).into()));
        insta::assert_snapshot!(checks);
    }

    #[test]
    fn the_three_things_about_a_client_session_are_told() {
        let request = received(Method::POST, "/", &[("Authorization", "GCS v1Client:session-1")]);
        let looked_up = |outcome: Result<(), Unauthorized>| {
            let mut checks = Checks::default();
            assert_eq!(client(&request, |_| outcome.clone(), &mut checks), outcome);
            assert!(!checks.table().contains("session-1"));
            checks.0.iter().map(|check| check.holds).collect::<Vec<_>>()
        };
        const YES: Option<bool> = Some(true);
        const NO: Option<bool> = Some(false);
        assert_eq!(looked_up(Ok(())), [YES, YES, YES, YES]);
        assert_eq!(
            looked_up(Err(Unauthorized::UnknownSession)),
            [YES, NO, None, None]
        );
        assert_eq!(looked_up(Err(Unauthorized::OtherCustomer)), [YES, YES, NO, None]);
        assert_eq!(looked_up(Err(Unauthorized::SessionExpired)), [YES, YES, YES, NO]);
    }
}
