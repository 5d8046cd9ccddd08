//! What NOAH's request signatures say, read back by an implementation that is not ours.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use checkout_core::key::{Algorithm, SigningKey};
use checkout_transport::BaseUrl;
use hosted_checkout::noah::{ApiKey, Environment, RequestSigner, SignerError, SigningError};
use http::{HeaderMap, Method};
use jsonwebtoken::{DecodingKey, Validation};
use serde_json::{Value, json};
use url::Url;

const BODY: &[u8] = br#"{"CustomerID":"customer-1","FiatAmount":"10.10"}"#;
/// `printf '%s' '{"CustomerID":"customer-1","FiatAmount":"10.10"}' | sha256sum`
const BODY_SHA256: &str = "4a804b9636f6e56b0e7155aba648ab9428db75691ce2d1abffd8370106af08f4";

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(1_700_000_000_999)
}

fn api_key() -> ApiKey {
    ApiKey::parse("apikey_sandbox_12345abcdef").unwrap()
}

fn signer(base_url: &str, key: Option<SigningKey>) -> RequestSigner {
    RequestSigner::new(&api_key(), key, &BaseUrl::parse(base_url).unwrap()).unwrap()
}

fn key() -> SigningKey {
    SigningKey::generate(Algorithm::ES384).unwrap()
}

/// Header and claims of the token, after jsonwebtoken has verified its signature.
fn decode(headers: &HeaderMap, key: &SigningKey) -> (jsonwebtoken::Header, Value) {
    let mut validation = Validation::new(key.algorithm().to_string().parse().unwrap());
    validation.set_audience(&["https://api.noah.com"]);
    validation.validate_exp = false;
    let token = headers["api-signature"].to_str().unwrap();
    let public = DecodingKey::from_ec_pem(key.public_key_pem().as_bytes()).unwrap();
    let data = jsonwebtoken::decode::<Value>(token, &public, &validation).unwrap();
    (data.header, data.claims)
}

fn claims(base_url: &str, method: Method, url: &str, body: &[u8]) -> Value {
    let key = key();
    let headers = signer(base_url, Some(key.clone()))
        .sign(&method, &Url::parse(url).unwrap(), body, now())
        .unwrap();
    decode(&headers, &key).1
}

#[test]
fn a_post_is_signed_with_its_body_and_without_a_query() {
    let base = Environment::Sandbox.base_url().unwrap();
    let claims = claims(base, Method::POST, &format!("{base}/checkout/payin/fiat"), BODY);
    let expected = json!({
        "aud": "https://api.noah.com",
        "iat": 1_700_000_000,
        "exp": 1_700_000_300,
        "method": "POST",
        "path": "/v1/checkout/payin/fiat",
        "bodyHash": BODY_SHA256,
    });
    assert_eq!(claims, expected);
}

#[test]
fn a_get_is_signed_with_its_query_decoded_and_without_a_body() {
    let url = "https://api.noah.com/v1/channels/sell?Country=BR&PageSize=50&Note=a%20b%2Bc+d%C3%A9&Empty=";
    let claims = claims("https://api.noah.com/v1", Method::GET, url, b"");
    let expected = json!({
        "aud": "https://api.noah.com",
        "iat": 1_700_000_000,
        "exp": 1_700_000_300,
        "method": "GET",
        "path": "/v1/channels/sell",
        "queryParams": {"Country": "BR", "PageSize": "50", "Note": "a b+c dé", "Empty": ""},
    });
    assert_eq!(claims, expected);
}

#[test]
fn a_question_mark_alone_is_no_query() {
    let claims = claims(
        "https://api.noah.com/v1",
        Method::GET,
        "https://api.noah.com/v1/prices?",
        b"",
    );
    assert_eq!(claims.get("queryParams"), None);
}

#[test]
fn the_path_begins_at_the_base_urls_version() {
    for (base, path, claim) in [
        ("https://api.noah.com/v1", "/checkout/sell", "/v1/checkout/sell"),
        (
            "https://proxy.example/noah/v1",
            "/checkout/sell",
            "/v1/checkout/sell",
        ),
        (
            "https://proxy.example/v1/noah/v1",
            "/checkout/sell",
            "/v1/checkout/sell",
        ),
        (
            "http://127.0.0.1:4010/v1/",
            "/customers/v1/v1",
            "/v1/customers/v1/v1",
        ),
        (
            "https://api.noah.com/v1",
            "/customers/a%2Fb%20c",
            "/v1/customers/a%2Fb%20c",
        ),
    ] {
        let url = format!("{}{path}", base.trim_end_matches('/'));
        assert_eq!(claims(base, Method::GET, &url, b"")["path"], claim, "{url}");
    }
}

#[test]
fn nothing_outside_the_base_url_gets_key_or_signature() {
    let signer = signer("https://proxy.example/noah/v1", Some(key()));
    let sign = |url: &str| signer.sign(&Method::GET, &Url::parse(url).unwrap(), b"", now());
    for url in [
        "http://proxy.example/noah/v1/prices",
        "https://proxy.example:8443/noah/v1/prices",
        "https://proxy.example.evil.example/noah/v1/prices",
    ] {
        assert!(matches!(sign(url), Err(SigningError::OtherHost)), "{url}");
    }
    for url in [
        "https://proxy.example/v1/prices",
        "https://proxy.example/noah/v2/prices",
        "https://proxy.example/noah/v1x/prices",
        "https://proxy.example/noah/v1/../prices",
    ] {
        assert!(matches!(sign(url), Err(SigningError::OtherPath)), "{url}");
    }
}

#[test]
fn a_repeated_query_name_is_refused_by_name() {
    let signer = signer("https://api.noah.com/v1", Some(key()));
    let url = Url::parse("https://api.noah.com/v1/transactions?A=1&PageSize=1&Page%53ize=2").unwrap();
    let error = signer.sign(&Method::GET, &url, b"", now()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the query has PageSize more than once, which a signature cannot cover; send it once"
    );
}

#[test]
fn the_curve_of_the_key_decides_the_algorithm() {
    let url = Url::parse("https://api.noah.com/v1/prices").unwrap();
    for algorithm in [Algorithm::ES384, Algorithm::ES256] {
        let key = SigningKey::generate(algorithm).unwrap();
        let headers = signer("https://api.noah.com/v1", Some(key.clone()))
            .sign(&Method::GET, &url, b"", now())
            .unwrap();
        let (header, _) = decode(&headers, &key);
        assert_eq!(
            (header.alg, header.typ.as_deref(), header.kid),
            (algorithm.to_string().parse().unwrap(), Some("JWT"), None)
        );
    }
}

#[test]
fn both_headers_are_sensitive_and_nothing_else_is_added() {
    let url = Url::parse("https://api.noah.com/v1/prices").unwrap();
    let signed = signer("https://api.noah.com/v1", Some(key()));
    let headers = signed.sign(&Method::GET, &url, b"", now()).unwrap();
    assert_eq!(headers.len(), 2);
    assert!(headers.values().all(http::HeaderValue::is_sensitive));
    assert_eq!(headers["x-api-key"], "apikey_sandbox_12345abcdef");
    let shown = format!("{headers:?} {signed:?}");
    assert!(!shown.contains("12345abcdef"), "{shown}");
    assert!(shown.contains("https://api.noah.com/v1"), "{shown}");

    let unsigned = signer("https://api.noah.com/v1", None);
    let headers = unsigned.sign(&Method::GET, &url, b"", now()).unwrap();
    assert_eq!(headers.keys().collect::<Vec<_>>(), ["x-api-key"]);
    assert!(signed.signs() && !unsigned.signs());
}

#[test]
fn lifetimes_end_at_fifteen_minutes() {
    let url = Url::parse("https://api.noah.com/v1/prices").unwrap();
    let key = key();
    for (seconds, lives) in [(0, None), (1, Some(1)), (900, Some(900)), (901, None)] {
        let signer =
            signer("https://api.noah.com/v1", Some(key.clone())).with_lifetime(Duration::from_secs(seconds));
        match (signer, lives) {
            (Ok(signer), Some(lives)) => {
                let (_, claims) = decode(&signer.sign(&Method::GET, &url, b"", now()).unwrap(), &key);
                assert_eq!(
                    claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(),
                    lives
                );
            }
            (Err(error), None) => assert_eq!(error, SignerError::Lifetime),
            _ => panic!("{seconds} s"),
        }
    }
}

#[test]
fn a_base_url_without_its_version_is_refused() {
    for base_url in [
        "https://api.noah.com",
        "https://api.noah.com/v2",
        "https://api.noah.com/v1/checkout",
    ] {
        let error = RequestSigner::new(&api_key(), None, &BaseUrl::parse(base_url).unwrap()).unwrap_err();
        assert_eq!(error, SignerError::NoVersion, "{base_url}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(64))]

    /// Whatever a query holds, the claims hold the same names and values.
    #[test]
    fn queries_are_covered_whole(pairs in proptest::collection::btree_map("[^\u{0}]{0,8}", "[^\u{0}]{0,8}", 1..5)) {
        let mut url = Url::parse("https://api.noah.com/v1/transactions").unwrap();
        url.query_pairs_mut().extend_pairs(&pairs);
        let claims = claims("https://api.noah.com/v1", Method::GET, url.as_str(), b"");
        proptest::prop_assert_eq!(&claims["queryParams"], &json!(pairs));
    }

    /// The hash is that of the body, byte for byte, by the other library's SHA-256.
    #[test]
    fn bodies_are_covered_whole(body in proptest::collection::vec(proptest::prelude::any::<u8>(), 1..200)) {
        let base = "https://api.noah.com/v1";
        let claims = claims(base, Method::POST, &format!("{base}/checkout/sell"), &body);
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &body);
        let hex: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        proptest::prop_assert_eq!(&claims["bodyHash"], &json!(hex));
    }
}
