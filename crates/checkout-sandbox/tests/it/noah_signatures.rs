//! Every way in which NOAH refuses to know who asks, each with its own Detail.

use std::time::Duration;

use checkout_core::clock::FixedClock;
use checkout_core::key::{self, SigningKey};
use checkout_sandbox::Sandbox;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use crate::signer::{Signer, payin, shown, unix_now, with, without};

const PATH: &str = "/checkout/payin/fiat";

fn key_pair(algorithm: key::Algorithm) -> (EncodingKey, String) {
    let key = SigningKey::generate(algorithm).unwrap();
    let private = EncodingKey::from_ec_pem(key.to_pkcs8_pem().unwrap().expose_secret().as_bytes()).unwrap();
    (private, key.public_key_pem())
}

#[tokio::test]
async fn every_refusal_has_its_own_detail() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let body = payin("nonce-1").to_string();
    let good = signer.claims(PATH, &body);
    let (stranger, _) = key_pair(key::Algorithm::ES384);
    let raw = |token: &str| signer.unsigned(PATH, &body).header("Api-Signature", token);
    let keyed = |api_key: &str| {
        signer
            .http
            .post(format!("{}{PATH}", signer.base_url))
            .header("X-Api-Key", api_key)
            .body(body.clone())
    };
    let claimed = |claims: Value| signer.request(PATH, &body, &claims);
    let token = signer.token(&good);
    let (head, signature) = token.rsplit_once('.').unwrap();
    let flipped = format!(
        "{head}.{}{}",
        if signature.starts_with('A') { 'B' } else { 'A' },
        &signature[1..]
    );
    let now = unix_now();

    let cases = [
        (
            "api key missing",
            signer
                .http
                .post(format!("{}{PATH}", signer.base_url))
                .body(body.clone()),
        ),
        (
            "api key twice",
            keyed(&signer.api_key).header("X-Api-Key", "again"),
        ),
        (
            "api key from a browser",
            keyed(&signer.api_key).header("Origin", "https://shop.example"),
        ),
        ("api key unknown", keyed("apikey_sandbox_0000")),
        ("api key of production", keyed("apikey_prod_12345abcdef")),
        ("api key malformed", keyed("secret")),
        ("token missing", signer.unsigned(PATH, &body)),
        ("token twice", raw(&token).header("Api-Signature", "again")),
        (
            "token for a key without public key",
            keyed(&sandbox.noah().report().unsigned_api_key).header("Api-Signature", &token),
        ),
        ("token of two parts", raw("a.b")),
        ("token with a header that is no JSON", raw("AAAA.AAAA.AAAA")),
        ("token without algorithm", raw("e30.e30.AAAA")),
        ("algorithm none", raw("eyJhbGciOiJub25lIn0.e30.")),
        (
            "algorithm HS256",
            raw(&encode(
                &Header::new(Algorithm::HS256),
                &good,
                &EncodingKey::from_secret(b"x"),
            )
            .unwrap()),
        ),
        ("algorithm of another curve", raw("eyJhbGciOiJFUzI1NiJ9.e30.AAAA")),
        (
            "signature of another key",
            raw(&encode(&Header::new(Algorithm::ES384), &good, &stranger).unwrap()),
        ),
        ("signature flipped", raw(&flipped)),
        ("signature empty", raw(&format!("{head}."))),
        ("signature padded", raw(&format!("{token}="))),
        ("claims that are no object", claimed(json!(["aud"]))),
        ("aud missing", claimed(without(good.clone(), "/aud"))),
        (
            "aud of the sandbox host",
            claimed(with(good.clone(), "/aud", json!("https://api.sandbox.noah.com"))),
        ),
        (
            "aud with /v1",
            claimed(with(good.clone(), "/aud", json!("https://api.noah.com/v1"))),
        ),
        (
            "aud a list",
            claimed(with(good.clone(), "/aud", json!(["https://api.noah.com"]))),
        ),
        ("method missing", claimed(without(good.clone(), "/method"))),
        (
            "method in lower case",
            claimed(with(good.clone(), "/method", json!("post"))),
        ),
        ("path missing", claimed(without(good.clone(), "/path"))),
        (
            "path without /v1",
            claimed(with(good.clone(), "/path", json!(PATH))),
        ),
        (
            "queryParams without a query",
            claimed(with(good.clone(), "/queryParams", json!({"a": "b"}))),
        ),
        ("bodyHash missing", claimed(without(good.clone(), "/bodyHash"))),
        (
            "bodyHash of another body",
            claimed(with(good.clone(), "/bodyHash", json!("00"))),
        ),
        ("bodyHash in upper case", {
            let upper = good["bodyHash"].as_str().unwrap().to_uppercase();
            claimed(with(good.clone(), "/bodyHash", json!(upper)))
        }),
        ("iat missing", claimed(without(good.clone(), "/iat"))),
        (
            "iat a text",
            claimed(with(good.clone(), "/iat", json!("1700000000"))),
        ),
        ("exp missing", claimed(without(good.clone(), "/exp"))),
        (
            "exp before iat",
            claimed(with(good.clone(), "/exp", json!(now - 400))),
        ),
    ];
    let mut answers = Map::new();
    for (case, request) in cases {
        let answer = shown(request.send().await.unwrap()).await;
        assert_eq!(answer["status"], 401, "{case}");
        answers.insert(case.to_owned(), answer["body"].clone());
    }
    insta::assert_json_snapshot!(answers);

    // Nothing of all that was done, and the good request still is.
    assert!(sandbox.noah().deliveries().is_empty());
    assert_eq!(claimed(good).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn times_go_by_the_sandbox_clock() {
    let clock = FixedClock::at_unix(1_700_000_000);
    let sandbox = Sandbox::builder().clock(clock.clone()).start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let body = payin("nonce-1").to_string();
    let at = |iat: Value, exp: Value| {
        let claims = with(with(signer.claims(PATH, &body), "/iat", iat), "/exp", exp);
        signer.request(PATH, &body, &claims)
    };
    let t = 1_700_000_000_i64;
    let mut answers = Map::new();
    for (case, request) in [
        ("six seconds ahead", at(json!(t + 6), json!(t + 300))),
        ("fifteen minutes and a second", at(json!(t), json!(t + 901))),
        ("expired this second", at(json!(t - 300), json!(t))),
        ("expired long ago", at(json!(t - 3600), json!(t - 3300))),
        ("beyond all numbers", at(json!(0), json!(9e300))),
    ] {
        answers.insert(
            case.to_owned(),
            shown(request.send().await.unwrap()).await["body"]["Detail"].clone(),
        );
    }
    insta::assert_json_snapshot!(answers);

    for (case, request) in [
        ("five seconds ahead", at(json!(t + 5), json!(t + 300))),
        ("fifteen minutes", at(json!(t), json!(t + 900))),
        ("one second left", at(json!(t - 299), json!(t + 1))),
        ("fractions", at(json!(1_699_999_999.75), json!(1_700_000_100.5))),
    ] {
        assert_eq!(request.send().await.unwrap().status(), 200, "{case}");
    }
    clock.advance(Duration::from_secs(301));
    let late = at(json!(t), json!(t + 300)).send().await.unwrap();
    assert_eq!(
        shown(late).await["body"]["Detail"],
        "token expired: 1 s ago by the sandbox's clock"
    );
}

#[tokio::test]
async fn a_query_must_be_claimed_whole() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let body = payin("nonce-1").to_string();
    let good = signer.claims(PATH, &body);
    let asked = |query: &str, claimed: Option<Value>| {
        let claims = match claimed {
            Some(params) => with(good.clone(), "/queryParams", params),
            None => good.clone(),
        };
        signer.request(&format!("{PATH}?{query}"), &body, &claims)
    };
    for (query, claimed) in [
        ("Country=BR&PageSize=50", json!({"Country": "BR", "PageSize": 50})),
        ("q=na%20me", json!({"q": "na me"})),
        ("q=na%20me", json!({"q": "na%20me"})),
        ("a=1&a=2", json!({"a": "2"})),
        ("flag", json!({"flag": ""})),
    ] {
        assert_eq!(
            asked(query, Some(claimed)).send().await.unwrap().status(),
            200,
            "{query}"
        );
    }
    for (query, claimed) in [
        ("a=1&b=2", Some(json!({"a": "1"}))),
        ("a=1", Some(json!({"a": "1", "b": "2"}))),
        ("a=1", Some(json!({"a": "2"}))),
        ("a=1", Some(json!({"a": ["1"]}))),
        ("a=1", Some(json!("a=1"))),
        ("a=1", None),
    ] {
        let answer = shown(asked(query, claimed).send().await.unwrap()).await;
        assert_eq!(answer["status"], 401, "{query}");
        assert!(
            answer["body"]["Detail"]
                .as_str()
                .unwrap()
                .starts_with("token claim queryParams "),
            "{answer}"
        );
    }
    // A bare question mark is no query.
    assert_eq!(asked("", None).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn an_own_key_pair_can_be_registered() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let body = payin("nonce-1").to_string();

    let (private, public) = key_pair(key::Algorithm::ES384);
    let mut signer = Signer::of(&sandbox);
    signer.key = private;
    assert_eq!(signer.send(PATH, &body).await.status(), 401);
    signer.api_key = sandbox.noah().register_public_key(&public).unwrap();
    assert_eq!(signer.send(PATH, &body).await.status(), 200);

    // A key on P-256 signs ES256, and only that.
    let (private, public) = key_pair(key::Algorithm::ES256);
    signer.key = private;
    signer.algorithm = Algorithm::ES256;
    signer.api_key = sandbox.noah().register_public_key(&public).unwrap();
    assert_eq!(signer.send(PATH, &body).await.status(), 200);

    assert!(
        sandbox
            .noah()
            .register_public_key("-----BEGIN NONSENSE-----")
            .is_err()
    );
}

#[tokio::test]
async fn an_unsigned_key_needs_no_token() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let mut signer = Signer::of(&sandbox);
    signer.api_key = sandbox.noah().report().unsigned_api_key.clone();
    let answer = signer
        .unsigned(PATH, &payin("nonce-1").to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
}
