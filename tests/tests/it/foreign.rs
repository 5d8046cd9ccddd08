//! Our signatures under programs that are not ours, and theirs under ours.

use std::fs;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use checkout_core::encoding::base64;
use checkout_core::key::{Algorithm, SigningKey, VerifyingKey};
use checkout_core::mac::hmac_sha256;
use checkout_sandbox::Sandbox;
use checkout_transport::testing::Sent;
use hosted_checkout::noah::{SIGNATURE_HEADER, WebhookError, Webhooks};
use hosted_checkout::worldline;
use http::{HeaderMap, HeaderValue};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tests::foreign::{Tool, ask, openssl};
use tests::spec::{self, Role};

use crate::shop::{API_KEY_ID, NOW, SECRET_API_KEY, answering, connect, example, key, only, signed_pay_in};

// Tokens.

fn token(sent: &Sent) -> &str {
    sent.headers["api-signature"].to_str().unwrap()
}

/// The raw signature of a token as ASN.1 DER (X.690), written down here a second time.
fn der(raw: &[u8]) -> Vec<u8> {
    fn integer(number: &[u8]) -> Vec<u8> {
        let digits: Vec<u8> = number.iter().copied().skip_while(|byte| *byte == 0).collect();
        let sign = digits.first().is_none_or(|byte| *byte >= 0x80).then_some(0);
        let content: Vec<u8> = sign.into_iter().chain(digits).collect();
        [vec![0x02, u8::try_from(content.len()).unwrap()], content].concat()
    }
    let (r, s) = raw.split_at(raw.len() / 2);
    let content = [integer(r), integer(s)].concat();
    [vec![0x30, u8::try_from(content.len()).unwrap()], content].concat()
}

/// NOAH's own two commands: the key that they make signs, and the public half that is registered verifies.
#[tokio::test]
async fn openssl_makes_the_key_that_signs_and_verifies_its_token() {
    if !Tool::Openssl.is_here() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let run = |arguments: &[&str]| {
        let output = openssl(path, arguments);
        assert!(
            output.status.success(),
            "openssl {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        output
    };
    run(&[
        "ecparam",
        "-name",
        "secp384r1",
        "-genkey",
        "-noout",
        "-out",
        "private-key.pem",
    ]);
    run(&[
        "ec",
        "-in",
        "private-key.pem",
        "-pubout",
        "-out",
        "public-key.pem",
    ]);

    let key = SigningKey::from_file(path.join("private-key.pem")).unwrap();
    let public_key = fs::read_to_string(path.join("public-key.pem")).unwrap();
    assert_eq!(key.public_key_pem(), public_key);

    let sent = signed_pay_in(key).await;
    let (signed, signature) = token(&sent).rsplit_once('.').unwrap();
    let raw = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    assert_eq!(raw.len(), 96);
    fs::write(path.join("signature.der"), der(&raw)).unwrap();
    let verify = [
        "dgst",
        "-sha384",
        "-verify",
        "public-key.pem",
        "-signature",
        "signature.der",
        "signed.txt",
    ];
    fs::write(path.join("signed.txt"), signed).unwrap();
    assert_eq!(run(&verify).stdout, b"Verified OK\n");

    // The hash that the token names is that of the body.
    fs::write(path.join("body.json"), &sent.body).unwrap();
    let hash = run(&["dgst", "-sha256", "-r", "body.json"]).stdout;
    let claims: Value = serde_json::from_slice(
        &BASE64_URL_SAFE_NO_PAD
            .decode(signed.split_once('.').unwrap().1)
            .unwrap(),
    )
    .unwrap();
    assert_eq!(
        String::from_utf8(hash).unwrap().split(' ').next(),
        claims["bodyHash"].as_str()
    );

    fs::write(path.join("signed.txt"), format!("{signed}x")).unwrap();
    assert!(
        !openssl(path, &verify).status.success(),
        "a changed token must not hold"
    );
}

#[tokio::test]
async fn pyjwt_reads_our_token() {
    if !Tool::Python.is_here() {
        return;
    }
    for (algorithm, name) in [(Algorithm::ES384, "ES384"), (Algorithm::ES256, "ES256")] {
        let key = SigningKey::generate(algorithm).unwrap();
        let sent = signed_pay_in(key.clone()).await;
        let question = |token: &str, public_key: String| {
            ask(
                Tool::Python,
                &json!({
                    "operation": "verifyToken", "token": token, "public_key": public_key, "algorithm": name, "now": NOW,
                }),
            )
        };
        let answer = question(token(&sent), key.public_key_pem());
        assert_eq!(answer["header"], json!({"typ": "JWT", "alg": name}));
        assert_eq!(answer["in_time"], true);
        let claims = answer["claims"].as_object().unwrap();
        assert_eq!(
            claims.keys().collect::<Vec<_>>(),
            ["aud", "iat", "exp", "method", "path", "bodyHash"]
        );
        assert_eq!(claims["iat"], NOW);
        assert_eq!(claims["exp"], NOW + 300);
        assert_eq!(claims["method"], "POST");
        assert_eq!(claims["path"], "/v1/checkout/payin/fiat");

        let other = SigningKey::generate(algorithm).unwrap();
        assert_eq!(
            question(token(&sent), other.public_key_pem()),
            json!({"refused": "InvalidSignatureError"})
        );
    }
}

#[tokio::test]
async fn node_reads_our_token() {
    if !Tool::Node.is_here() {
        return;
    }
    for (algorithm, name, hash) in [
        (Algorithm::ES384, "ES384", "SHA384"),
        (Algorithm::ES256, "ES256", "SHA256"),
    ] {
        let key = SigningKey::generate(algorithm).unwrap();
        let sent = signed_pay_in(key.clone()).await;
        let question = |public_key: String| {
            ask(
                Tool::Node,
                &json!({
                    "operation": "verifyToken", "token": token(&sent), "publicKey": public_key, "hash": hash,
                }),
            )
        };
        let answer = question(key.public_key_pem());
        assert_eq!(answer["header"]["alg"], name);
        assert_eq!(answer["claims"]["aud"], "https://api.noah.com");
        let other = SigningKey::generate(algorithm).unwrap();
        assert_eq!(question(other.public_key_pem()), Value::Null);
    }
}

/// A pay-in whose token others made, sent to the sandbox: what it accepts from us it accepts from any correct client.
#[tokio::test]
async fn the_sandbox_takes_tokens_that_others_signed() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let private_key = sandbox.noah().private_key_pem().unwrap();
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let claims = |body: &[u8]| {
        json!({
            "aud": "https://api.noah.com", "iat": now, "exp": now + 300, "method": "POST",
            "path": "/v1/checkout/payin/fiat", "bodyHash": checkout_core::digest::sha256_hex(body),
        })
    };
    let private_key = private_key.expose_secret();
    let question = |tool: Tool, claims: Value| match tool {
        Tool::Python => json!({
            "operation": "signToken", "claims": claims, "private_key": private_key, "algorithm": "ES384",
        }),
        _ => json!({
            "operation": "signToken", "header": {"alg": "ES384", "typ": "JWT"}, "claims": claims,
            "privateKey": private_key, "hash": "SHA384",
        }),
    };
    let http = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    for tool in [Tool::Python, Tool::Node] {
        if !tool.is_here() {
            continue;
        }
        let mut order = example_request();
        order["Nonce"] = json!(format!("{tool:?}"));
        let body = order.to_string();
        let token = ask(tool, &question(tool, claims(body.as_bytes())));
        let send = async |body: String| {
            let request = http
                .post(format!(
                    "{}/checkout/payin/fiat",
                    sandbox.noah().report().base_url
                ))
                .header("x-api-key", &sandbox.noah().report().api_key)
                .header("api-signature", token.as_str().unwrap())
                .header("content-type", "application/json")
                .body(body);
            request.send().await.unwrap().status().as_u16()
        };
        assert_eq!(send(body.clone()).await, 200, "{tool:?}");
        assert_eq!(send(body.replace("10.10", "10.11")).await, 401, "{tool:?}");
    }
}

fn example_request() -> Value {
    let examples = spec::noah().examples();
    let found = examples.into_iter().find(|example| {
        example.role == Role::Request
            && example.component == "CheckoutPayinFiatRequest"
            && example.pointer.ends_with("/Individual/value")
    });
    let mut request = found.unwrap().value;
    request["FiatAmount"] = json!("10.10");
    request["LineItems"] = json!([{"Description": "Coffee beans", "Quantity": "2", "UnitAmount": "5.05", "TotalAmount": "10.10"}]);
    request
}

// Webhooks.

fn webhook() -> String {
    let examples = spec::noah().examples();
    examples
        .into_iter()
        .find(|example| example.role == Role::Callback)
        .unwrap()
        .value
        .to_string()
}

fn headers(signature: &str) -> HeaderMap {
    HeaderMap::from_iter([(SIGNATURE_HEADER, HeaderValue::from_str(signature).unwrap())])
}

/// Accepted as signed, refused with one byte changed.
fn assert_only_the_signed_body_passes(webhooks: &Webhooks, signature: &str, body: &str) {
    let event = webhooks.verify(&headers(signature), body.as_bytes()).unwrap();
    assert_eq!(event.key_label(), "local");
    let changed = body.replacen("Settled", "settled", 1);
    assert_ne!(changed, body);
    let error = webhooks
        .verify(&headers(signature), changed.as_bytes())
        .unwrap_err();
    assert!(matches!(error, WebhookError::NoMatchingKey { .. }), "{error}");
}

#[test]
fn openssl_signs_a_webhook_and_verifies_ours() {
    if !Tool::Openssl.is_here() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let body = webhook();
    fs::write(path.join("body.json"), &body).unwrap();
    for arguments in [
        &[
            "ecparam",
            "-name",
            "secp384r1",
            "-genkey",
            "-noout",
            "-out",
            "private-key.pem",
        ][..],
        &[
            "ec",
            "-in",
            "private-key.pem",
            "-pubout",
            "-out",
            "public-key.pem",
        ],
        &[
            "dgst",
            "-sha384",
            "-sign",
            "private-key.pem",
            "-out",
            "signature.der",
            "body.json",
        ],
    ] {
        assert!(openssl(path, arguments).status.success(), "openssl {arguments:?}");
    }
    let public_key = fs::read_to_string(path.join("public-key.pem")).unwrap();
    let webhooks = Webhooks::local(VerifyingKey::from_pem(&public_key).unwrap()).unwrap();
    let signature = BASE64_STANDARD.encode(fs::read(path.join("signature.der")).unwrap());
    assert_only_the_signed_body_passes(&webhooks, &signature, &body);

    let key = SigningKey::from_file(path.join("private-key.pem")).unwrap();
    fs::write(path.join("ours.der"), key.sign_der(body.as_bytes()).unwrap()).unwrap();
    let verify = [
        "dgst",
        "-sha384",
        "-verify",
        "public-key.pem",
        "-signature",
        "ours.der",
        "body.json",
    ];
    assert_eq!(openssl(path, &verify).stdout, b"Verified OK\n");
}

#[test]
fn node_signs_a_webhook_and_verifies_ours() {
    if !Tool::Node.is_here() {
        return;
    }
    let (key, body) = (key(), webhook());
    let private_key = key.to_pkcs8_pem().unwrap();
    let signature = ask(
        Tool::Node,
        &json!({
            "operation": "signWebhook", "body": body, "privateKey": private_key.expose_secret(),
        }),
    );
    let webhooks = Webhooks::local(key.verifying_key().clone()).unwrap();
    assert_only_the_signed_body_passes(&webhooks, signature.as_str().unwrap(), &body);

    let ours = base64(&key.sign_der(body.as_bytes()).unwrap());
    let verified = |body: &str| {
        ask(
            Tool::Node,
            &json!({
                "operation": "verifyWebhook", "body": body, "signature": ours, "publicKey": key.public_key_pem(),
            }),
        )
    };
    assert_eq!(verified(&body), true);
    assert_eq!(verified(&format!("{body} ")), false);
}

#[test]
fn node_signs_a_worldline_webhook() {
    if !Tool::Node.is_here() {
        return;
    }
    let body =
        spec::worldline_connect().document["components"]["schemas"]["WebhooksEvent"]["example"].to_string();
    let signature = ask(
        Tool::Node,
        &json!({"operation": "hmac", "text": body, "secret": SECRET_API_KEY}),
    );
    let signature = signature.as_str().unwrap();
    assert_eq!(
        signature,
        base64(&hmac_sha256(SECRET_API_KEY.as_bytes(), body.as_bytes()))
    );

    let mut headers = HeaderMap::new();
    headers.insert("x-gcs-keyid", HeaderValue::from_static("key-1"));
    headers.insert("x-gcs-signature", HeaderValue::from_str(signature).unwrap());
    let key = worldline::WebhookKey::new("key-1", SECRET_API_KEY).unwrap();
    let webhooks = worldline::Webhooks::new([key]);
    let event = webhooks.verify(&headers, body.as_bytes()).unwrap();
    assert_eq!(event.event_type().as_str(), "payment.paid");
    let error = webhooks
        .verify(&headers, body.replace("1000", "1001").as_bytes())
        .unwrap_err();
    assert!(
        matches!(error, worldline::WebhookError::Signature { .. }),
        "{error}"
    );
}

// Requests to Worldline Connect.

#[tokio::test]
async fn node_makes_the_same_authorization() {
    if !Tool::Node.is_here() {
        return;
    }
    let spec = spec::worldline_connect();
    let tested = answering(200, &example(spec, "TestConnection", "Works"));
    connect(&tested).server().test_connection().await.unwrap();
    let created = answering(200, &example(spec, "SessionResponse", "Minimal"));
    connect(&created)
        .server()
        .create_session()
        .idempotence_key("key-1")
        .send()
        .await
        .unwrap();

    for sent in [only(&tested), only(&created)] {
        let shown = |value: &HeaderValue| value.to_str().unwrap().to_owned();
        let headers: serde_json::Map<String, Value> = sent
            .headers
            .iter()
            .filter(|(name, _)| *name != "authorization")
            .map(|(name, value)| (name.to_string(), json!(shown(value))))
            .collect();
        let theirs = ask(
            Tool::Node,
            &json!({
                "operation": "authorizeConnect", "method": sent.method.as_str(), "path": sent.url.path(),
                "headers": headers, "apiKeyId": API_KEY_ID, "secret": SECRET_API_KEY,
            }),
        );
        assert_eq!(
            theirs,
            shown(&sent.headers["authorization"]),
            "{}",
            sent.url.path()
        );
    }
}
