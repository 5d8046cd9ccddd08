//! `GCS v1HMAC` over server requests and `GCS v1Client` on client requests (facts: authentication).
//!
//! The hash is built here anew from the request as it was received, apart from the code that signs. Where the vendor's
//! own SDKs disagree, every form is accepted: the query as sent, percent-decoded, and decoded with `+` as a space. How old
//! a `Date` may be is not published; only its form is checked.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::refusal::Refusal;
use crate::digest::is_hmac_sha256;
use crate::received::{Received, Single};

/// Why a request is refused as not authorised. The API answers them all alike; the text goes into a header of the
/// sandbox's own.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unauthorized {
    #[error("header Authorization missing: it reads {0}")]
    Missing(&'static str),
    #[error("header Authorization malformed: it reads {0}")]
    Malformed(&'static str),
    #[error("api key id not found")]
    UnknownKey,
    #[error("header Date missing: it is part of what is signed")]
    DateMissing,
    #[error("header Date malformed: it reads like Tue, 3 Jun 2008 11:05:30 GMT")]
    DateMalformed,
    #[error("signature malformed: it is the HMAC-SHA256 in base64")]
    SignatureMalformed,
    #[error(
        "signature wrong: it does not fit the method, Content-Type, Date, X-GCS headers and path as received"
    )]
    Signature,
    #[error("client session not found: it may have been made by another sandbox")]
    UnknownSession,
    #[error("client session expired: it lives for two hours")]
    SessionExpired,
    #[error("client session belongs to another customer id than the path names")]
    OtherCustomer,
}

const SERVER_FORM: &str = "GCS v1HMAC:<apiKeyId>:<signature>";
const CLIENT_FORM: &str = "GCS v1Client:<clientSessionId>";

/// The API key of a merchant account, and what its webhooks are signed with.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct Account {
    pub(crate) merchant_id: String,
    pub(crate) api_key_id: String,
    pub(crate) secret_api_key: String,
    pub(crate) webhook_key_id: String,
    pub(crate) webhook_secret: String,
}

/// Checks the signature of a server request, whose account it is for, and its meta information.
pub(crate) fn server(account: &Account, received: &Received, merchant_id: &str) -> Result<(), Refusal> {
    check_signature(account, received)?;
    if merchant_id != account.merchant_id {
        return Err(Refusal::other_merchant());
    }
    check_meta_info(received)
}

/// The session id of a client request.
pub(crate) fn client_session(received: &Received) -> Result<&str, Unauthorized> {
    let session = authorization(received, "GCS v1Client:", CLIENT_FORM)?;
    if session.is_empty() {
        Err(Unauthorized::Malformed(CLIENT_FORM))
    } else {
        Ok(session)
    }
}

fn authorization<'a>(
    received: &'a Received,
    scheme: &str,
    form: &'static str,
) -> Result<&'a str, Unauthorized> {
    match received.single("authorization") {
        Single::Absent => Err(Unauthorized::Missing(form)),
        Single::Text(text) => text
            .trim()
            .strip_prefix(scheme)
            .ok_or(Unauthorized::Malformed(form)),
        Single::Unreadable => Err(Unauthorized::Malformed(form)),
    }
}

fn check_signature(account: &Account, received: &Received) -> Result<(), Unauthorized> {
    let credentials = authorization(received, "GCS v1HMAC:", SERVER_FORM)?;
    let (api_key_id, signature) = credentials
        .split_once(':')
        .ok_or(Unauthorized::Malformed(SERVER_FORM))?;
    let date = match received.single("date") {
        Single::Absent => return Err(Unauthorized::DateMissing),
        Single::Text(date) => date,
        Single::Unreadable => return Err(Unauthorized::DateMalformed),
    };
    if !date.ends_with(" GMT") || jiff::fmt::rfc2822::parse(date).is_err() {
        return Err(Unauthorized::DateMalformed);
    }
    if api_key_id != account.api_key_id {
        return Err(Unauthorized::UnknownKey);
    }
    let signature = BASE64_STANDARD
        .decode(signature)
        .map_err(|_| Unauthorized::SignatureMalformed)?;
    let head = signed_head(received);
    let signed = resources(received).iter().any(|resource| {
        // The secret is used as text, not decoded.
        is_hmac_sha256(
            account.secret_api_key.as_bytes(),
            &[&head, resource, b"\n"],
            &signature,
        )
    });
    if signed {
        Ok(())
    } else {
        Err(Unauthorized::Signature)
    }
}

/// Method, `Content-Type`, `Date` and the `X-GCS` headers by name, each followed by a line feed.
fn signed_head(received: &Received) -> Vec<u8> {
    let value = |name: &str| {
        received
            .headers
            .get(name)
            .map_or(&b""[..], |value| value.as_bytes().trim_ascii())
    };
    let mut head = Vec::new();
    for line in [
        received.method.as_str().as_bytes(),
        value("content-type"),
        value("date"),
    ] {
        head.extend_from_slice(line);
        head.push(b'\n');
    }
    // Header names are held in lower case.
    let mut extra: Vec<_> = received
        .headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("x-gcs"))
        .collect();
    extra.sort_by_key(|(name, _)| name.as_str());
    for (name, value) in extra {
        head.extend_from_slice(name.as_str().as_bytes());
        head.push(b':');
        head.extend_from_slice(value.as_bytes().trim_ascii());
        head.push(b'\n');
    }
    head
}

/// Every form in which the path and query may have been signed.
fn resources(received: &Received) -> Vec<Vec<u8>> {
    let Some(query) = received.query.as_deref().filter(|query| !query.is_empty()) else {
        return vec![received.path.as_bytes().to_vec()];
    };
    let with = |query: &[u8]| [received.path.as_bytes(), b"?", query].concat();
    let decoded: Vec<u8> = percent_decode_str(query).collect();
    let spaced: Vec<u8> = percent_decode_str(&query.replace('+', " ")).collect();
    vec![with(query.as_bytes()), with(&decoded), with(&spaced)]
}

/// `X-GCS-ServerMetaInfo` is base64 of a JSON object; its `integrator` is mandatory.
fn check_meta_info(received: &Received) -> Result<(), Refusal> {
    const HEADER: &str = "X-GCS-ServerMetaInfo";
    let text = match received.single(HEADER) {
        Single::Absent => {
            return Err(Refusal::missing(
                HEADER,
                "header X-GCS-ServerMetaInfo missing: every server request carries it",
            ));
        }
        Single::Text(text) => text.trim(),
        Single::Unreadable => return Err(Refusal::malformed_meta_info()),
    };
    // With or without padding, in either alphabet: the vendor's SDKs use them all.
    let plain = text.trim_end_matches('=').replace('-', "+").replace('_', "/");
    let decoded = BASE64_STANDARD_NO_PAD
        .decode(plain)
        .map_err(|_| Refusal::malformed_meta_info())?;
    let info: Map<String, Value> =
        serde_json::from_slice(&decoded).map_err(|_| Refusal::malformed_meta_info())?;
    match info.get("integrator") {
        Some(Value::String(integrator)) if !integrator.trim().is_empty() => Ok(()),
        _ => Err(Refusal::missing(
            "integrator",
            "integrator missing from X-GCS-ServerMetaInfo",
        )),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, Method};
    use bytes::Bytes;

    use super::*;

    const DATE: &str = "Fri, 06 Jun 2014 13:39:43 GMT";
    const KEY_ID: &str = "5e45c937b9db33ae";
    const SECRET: &str = "I42Zf4pVnRdroHfuHnRiJjJ2B6+22h0yQt/R3nZR8Xg=";

    fn account(api_key_id: &str, secret_api_key: &str) -> Account {
        Account {
            merchant_id: "9991".into(),
            api_key_id: api_key_id.into(),
            secret_api_key: secret_api_key.into(),
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

    fn get(target: &str, signature: &str) -> Received {
        let authorization = format!("GCS v1HMAC:{KEY_ID}:{signature}");
        received(
            Method::GET,
            target,
            &[("Date", DATE), ("Authorization", &authorization)],
        )
    }

    /// The vectors that the vendor's SDKs publish (facts 2.2).
    #[test]
    fn published_vectors_hold() {
        let account = account(KEY_ID, SECRET);
        let minimal = get(
            "/v1/9991/tokens/123456789",
            "J5LjfSBvrQNhu7gG0gvifZt+IWNDReGCmHmBmth6ueI=",
        );
        assert_eq!(check_signature(&account, &minimal), Ok(()));

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
        assert_eq!(check_signature(&account, &full), Ok(()));
    }

    #[test]
    fn a_query_may_be_signed_encoded_or_decoded() {
        let account = account(KEY_ID, SECRET);
        let target = "/v1/consumer/ANDR%C3%89E/?q=na%20me";
        for signature in [
            "3XV7LMYus9q7fp87/D4Qih2bKNtz20iqsttdrgJ09AU=",
            "x9S2hQmLhLTbpK0YdTuYCD8TB4D+Kf60tNW0Xw5Xls0=",
        ] {
            assert_eq!(
                check_signature(&account, &get(target, signature)),
                Ok(()),
                "{signature}"
            );
        }
        let elsewhere = get(
            "/v1/consumer/ANDR%C3%89E/?q=no%20me",
            "3XV7LMYus9q7fp87/D4Qih2bKNtz20iqsttdrgJ09AU=",
        );
        assert_eq!(
            check_signature(&account, &elsewhere),
            Err(Unauthorized::Signature)
        );
    }

    #[test]
    fn a_date_needs_its_form() {
        let account = account(KEY_ID, SECRET);
        for date in [
            "2014-06-06T13:39:43Z",
            "Fri, 06 Jun 2014 13:39:43 +0000",
            "yesterday GMT",
            "",
        ] {
            let request = received(
                Method::GET,
                "/v1",
                &[("Date", date), ("Authorization", "GCS v1HMAC:a:b")],
            );
            assert_eq!(
                check_signature(&account, &request),
                Err(Unauthorized::DateMalformed),
                "{date}"
            );
        }
        let unpadded = received(
            Method::GET,
            "/v1",
            &[
                ("Date", "Tue, 3 Jun 2008 11:05:30 GMT"),
                ("Authorization", "GCS v1HMAC:a:b"),
            ],
        );
        assert_eq!(
            check_signature(&account, &unpadded),
            Err(Unauthorized::UnknownKey)
        );
    }
}
