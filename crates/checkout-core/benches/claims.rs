//! What is signed.

use checkout_core::digest::sha256_hex;
use serde::Serialize;

/// As many claims as a signed request has, with a body of usual size behind `body_hash`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Claims<'a> {
    aud: &'a str,
    iat: u64,
    exp: u64,
    method: &'a str,
    path: &'a str,
    body_hash: String,
}

impl Claims<'_> {
    pub(crate) fn over(body: &[u8]) -> Self {
        Self {
            aud: "https://api.example.com",
            iat: 1_700_000_000,
            exp: 1_700_000_300,
            method: "POST",
            path: "/v1/checkout/payin/fiat",
            body_hash: sha256_hex(body),
        }
    }
}

/// A checkout request of usual size.
pub(crate) const BODY: [u8; 492] = [b'x'; 492];
