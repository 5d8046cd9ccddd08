//! The HMAC of a server request: what it is over, and whether it holds.
//!
//! The hash is built here anew from the request as it was received, apart from the code that signs. Where the vendor's
//! own SDKs disagree, every form is accepted: the query as sent, percent-decoded, and decoded with `+` as a space.

use axum::http::{HeaderName, HeaderValue};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;

use super::unauthorized::Unauthorized;
use crate::engine::exchange::Received;
use crate::engine::text::is_hmac_sha256;

/// Whether the signature is one of the request, by this secret.
pub(crate) fn check(secret_api_key: &str, received: &Received, signature: &str) -> Result<(), Unauthorized> {
    let signature = BASE64_STANDARD
        .decode(signature)
        .map_err(|_| Unauthorized::SignatureMalformed)?;
    let head = signed_head(received);
    let signed = resources(received).iter().any(|resource| {
        // The secret is used as text, not decoded.
        is_hmac_sha256(secret_api_key.as_bytes(), &[&head, resource, b"\n"], &signature)
    });
    if signed {
        Ok(())
    } else {
        Err(Unauthorized::Signature)
    }
}

/// What the signature must be over, by name: values may be secrets.
pub(crate) fn parts(received: &Received) -> String {
    let mut parts = format!("HMAC-SHA256 over {}", received.method);
    for name in ["content-type", "date"] {
        if received.headers.contains_key(name) {
            parts.push_str(", ");
            parts.push_str(name);
        }
    }
    for (name, _) in extra_headers(received) {
        parts.push_str(", ");
        parts.push_str(name.as_str());
    }
    parts.push_str(if received.query.is_some() {
        ", path and query"
    } else {
        ", path"
    });
    parts
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
    for (name, value) in extra_headers(received) {
        head.extend_from_slice(name.as_str().as_bytes());
        head.push(b':');
        head.extend_from_slice(value.as_bytes().trim_ascii());
        head.push(b'\n');
    }
    head
}

/// The `X-GCS` headers by name. Names are held in lower case.
fn extra_headers(received: &Received) -> Vec<(&HeaderName, &HeaderValue)> {
    let mut extra: Vec<_> = received
        .headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("x-gcs"))
        .collect();
    extra.sort_by_key(|(name, _)| name.as_str());
    extra
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
