//! Whole requests signed and whole webhooks verified, beside the primitives that do the work.

#![allow(clippy::unwrap_used, reason = "fixed inputs")]

use std::time::SystemTime;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, ParsedPublicKey,
};
use checkout_core::encoding::base64_strict_decode;
use checkout_core::key::SigningKey;
use checkout_transport::BaseUrl;
use hosted_checkout::noah::{ApiKey, RequestSigner, Webhooks, sign_for_test};
use http::{HeaderMap, Method};
use url::Url;

use crate::common::Bench;

/// A checkout request of usual size.
const BODY: [u8; 492] = [b'x'; 492];

const EVENT: &[u8] = br#"{"EventType":"Transaction","EventVersion":1738578061234,"Occurred":"2025-02-03T10:21:01.234Z","Data":{"ID":"3b1c7f5e-2a0e-4f6e-8a87-5d2f6b0c1003","Network":"PolygonTestAmoy","Created":"2025-02-03T10:20:55.000Z","Status":"Settled","Direction":"In","CustomerID":"customer-4711","ExternalID":"order-7","Amount":"9.79","CryptoCurrency":"USDC_TEST","FiatPayment":{"Amount":"10.10","FeeAmount":"0.31","Rate":"1","FiatCurrency":"USD"}},"UserID":"user-sample-1"}"#;

pub(crate) fn run(bench: &Bench) {
    let bare = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
    let key = SigningKey::from_der(bare.private_key().as_der().unwrap().as_ref()).unwrap();
    sign(bench, &bare, &key);
    verify(bench, &key);
}

/// Claims, JSON, hash of the body, token and headers, against one signature over the same bytes and one hash.
fn sign(bench: &Bench, bare: &EcdsaKeyPair, key: &SigningKey) {
    let base_url = "https://api.sandbox.noah.com/v1";
    let api_key = ApiKey::parse("apikey_sandbox_12345abcdef").unwrap();
    let signer = RequestSigner::new(&api_key, Some(key.clone()), &BaseUrl::parse(base_url).unwrap()).unwrap();
    let url = Url::parse(&format!("{base_url}/checkout/payin/fiat")).unwrap();
    let headers = signer
        .sign(&Method::POST, &url, &BODY, SystemTime::now())
        .unwrap();
    let token = headers["api-signature"].to_str().unwrap();
    let input = token.rsplit_once('.').unwrap().0.as_bytes();
    let random = SystemRandom::new();
    bench.compare(
        "sign",
        || {
            signer
                .sign(&Method::POST, &url, &BODY, SystemTime::now())
                .unwrap()
        },
        "bare P-384",
        || (bare.sign(&random, input).unwrap(), digest(&SHA256, &BODY)),
    );
}

/// Header, base64, signature and a typed event, against one verification of the same bytes.
fn verify(bench: &Bench, key: &SigningKey) {
    let signature = sign_for_test(key, EVENT).unwrap();
    let der = base64_strict_decode(&signature).unwrap();
    let headers = HeaderMap::from_iter([("webhook-signature".parse().unwrap(), signature.parse().unwrap())]);
    let webhooks = Webhooks::local(key.verifying_key().clone()).unwrap();
    let bare = ParsedPublicKey::new(&ECDSA_P384_SHA384_ASN1, key.verifying_key().to_spki_der()).unwrap();
    bench.compare(
        "verify",
        || webhooks.verify(&headers, EVENT).unwrap(),
        "bare P-384 verification",
        || bare.verify_sig(EVENT, &der).unwrap(),
    );
}
