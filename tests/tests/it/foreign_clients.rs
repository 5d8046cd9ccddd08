//! Clients that are not ours, against the sandbox: what a correct one sends is taken, what a wrong one sends is not.

use checkout_core::key::{Algorithm, SigningKey};
use checkout_sandbox::Sandbox;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tests::foreign::{Tool, ask_script};
use tests::spec::{self, Role};

/// NOAH clients: by jsonwebtoken in Node, by PyJWT in Python.
const NOAH: [(Tool, &str); 2] = [
    (Tool::NodePackages, "noah_client.mjs"),
    (Tool::Python, "noah_client.py"),
];

/// Worldline Connect's own server SDKs.
const CONNECT: [(Tool, &str); 2] = [
    (Tool::NodePackages, "connect_sdk.mjs"),
    (Tool::PythonConnect, "connect_sdk.py"),
];

/// A program that answers one question. Off the runtime's threads, on which the sandbox runs.
async fn ask(tool: Tool, script: &'static str, question: Value) -> Value {
    tokio::task::spawn_blocking(move || ask_script(tool, script, &question))
        .await
        .unwrap()
}

fn merged(base: &Value, more: Value) -> Value {
    let mut merged = base.clone();
    let fields = merged.as_object_mut().unwrap();
    let Value::Object(more) = more else {
        panic!("fields to add")
    };
    fields.extend(more);
    merged
}

/// The body of a pay-in, as text: with a name that is not ASCII, so that length and hash go by bytes.
fn pay_in(nonce: &str) -> String {
    let examples = spec::noah().examples();
    let found = examples.into_iter().find(|example| {
        example.role == Role::Request
            && example.component == "CheckoutPayinFiatRequest"
            && example.pointer.ends_with("/Individual/value")
    });
    let mut body = found.unwrap().value;
    body["Nonce"] = json!(nonce);
    body["Customer"]["FullName"]["FirstName"] = json!("Zoë 東京");
    body.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn noah_takes_what_other_clients_sign() {
    for (tool, script) in NOAH {
        if !tool.is_here() {
            continue;
        }
        let sandbox = Sandbox::builder().start().await.unwrap();
        let noah = sandbox.noah();
        let signing_key = noah.private_key_pem().unwrap();
        let base = json!({"base": noah.report().base_url, "path": "/checkout/payin/fiat"});
        let signed = merged(
            &base,
            json!({"api_key": noah.report().api_key, "key": signing_key.expose_secret()}),
        );
        let unsigned = merged(&base, json!({"api_key": noah.report().unsigned_api_key}));
        let other_key = SigningKey::generate(Algorithm::ES384).unwrap();
        let other_key = other_key.to_pkcs8_pem().unwrap();

        let cases = [
            ("signed", merged(&signed, json!({"body": pay_in("a")})), 200, ""),
            (
                "signed, in chunks",
                merged(&signed, json!({"body": pay_in("b"), "chunked": true})),
                200,
                "",
            ),
            (
                "signed, with a query",
                merged(
                    &signed,
                    json!({"body": pay_in("c"), "query": "note=two%20words&page=2"}),
                ),
                200,
                "",
            ),
            (
                "unsigned",
                merged(&unsigned, json!({"body": pay_in("d")})),
                200,
                "",
            ),
            (
                "unsigned, in chunks",
                merged(&unsigned, json!({"body": pay_in("e"), "chunked": true})),
                200,
                "",
            ),
            (
                "another body than signed",
                merged(&signed, json!({"body": pay_in("f"), "signed": pay_in("g")})),
                401,
                "token claim bodyHash wrong",
            ),
            (
                "signed by another key",
                merged(
                    &signed,
                    json!({"body": pay_in("h"), "key": other_key.expose_secret()}),
                ),
                401,
                "token signature invalid",
            ),
            (
                "signed without a registered key",
                merged(
                    &unsigned,
                    json!({"body": pay_in("i"), "key": other_key.expose_secret()}),
                ),
                401,
                "public key not found",
            ),
            (
                "not signed with a registered key",
                merged(
                    &base,
                    json!({"api_key": noah.report().api_key, "body": pay_in("j")}),
                ),
                401,
                "token missing",
            ),
        ];
        for (case, question, status, detail) in cases {
            let answer = ask(tool, script, question).await;
            assert_eq!(answer["status"], status, "{script}, {case}: {answer}");
            if status == 200 {
                assert_eq!(
                    answer["body"]["CheckoutSession"]["Status"], "Pending",
                    "{script}, {case}"
                );
            } else {
                assert!(
                    answer["body"]["Detail"].as_str().unwrap().starts_with(detail),
                    "{script}, {case}: {answer}"
                );
            }
        }
        // A repetition in other pieces is the same request; the second session would have another id.
        let first = ask(tool, script, merged(&signed, json!({"body": pay_in("a")}))).await;
        let again = ask(
            tool,
            script,
            merged(&signed, json!({"body": pay_in("a"), "chunked": true})),
        )
        .await;
        assert_eq!(first, again, "{script}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn worldlines_own_sdks_find_their_server() {
    for (tool, script) in CONNECT {
        if !tool.is_here() {
            continue;
        }
        let sandbox = Sandbox::builder().start().await.unwrap();
        let worldline = sandbox.worldline();
        let merchant = json!({
            "endpoint": worldline.report().endpoint, "merchant": worldline.report().merchant_id,
            "key": worldline.report().api_key_id, "secret": worldline.report().secret_api_key,
        });
        let call = async |question: Value| ask(tool, script, merged(&merchant, question)).await;

        // Node's sends a Content-Type with this GET, and signs it.
        let tested = call(json!({"operation": "testconnection"})).await;
        assert_eq!(
            tested,
            json!({"status": 200, "body": {"result": "OK"}, "first": null}),
            "{script}"
        );

        let open =
            json!({"operation": "createSession", "body": {"tokens": ["token-1"]}, "idempotence": "order-7"});
        let opened = call(open.clone()).await;
        assert_eq!(opened["status"], 200, "{script}: {opened}");
        assert_eq!(opened["body"]["invalidTokens"], json!(["token-1"]), "{script}");
        assert_eq!(
            opened["body"]["clientApiUrl"],
            format!("{}/client", worldline.report().endpoint),
            "{script}"
        );
        assert_eq!(opened["first"], Value::Null, "{script}");
        let again = call(open).await;
        assert_eq!(again["body"], opened["body"], "{script}");
        assert!(again["first"].is_i64(), "{script}: {again}");

        let apple = json!({"paymentProductSession302SpecificInput": {
            "displayName": "Café Müller 東京", "domainName": "shop.example",
            "validationUrl": "https://apple-pay-gateway.apple.com/paymentservices/startSession",
        }});
        let session = call(json!({"operation": "productSession", "product": 302, "body": apple})).await;
        let output = &session["body"]["paymentProductSession302SpecificOutput"]["sessionObject"];
        let merchant_session: Value = serde_json::from_str(output.as_str().unwrap()).unwrap();
        assert_eq!(merchant_session["displayName"], "Café Müller 東京", "{script}");

        let other = call(json!({"operation": "productSession", "product": 1, "body": {}})).await;
        assert_eq!(other["status"], 404, "{script}");
        assert_eq!(other["body"]["errors"][0]["code"], "1426", "{script}");

        for stranger in [json!({"secret": "wrong"}), json!({"key": "unknown"})] {
            let refused = call(merged(&stranger, json!({"operation": "testconnection"}))).await;
            assert_eq!(refused["status"], 401, "{script}");
            assert_eq!(refused["body"]["errors"][0]["code"], "9002", "{script}");
        }
        let elsewhere = call(json!({"operation": "testconnection", "merchant": "1234"})).await;
        assert_eq!(elsewhere["status"], 403, "{script}");
    }
}
