//! What outlives a sandbox, and what a seed makes the same.

use std::path::Path;
use std::time::Duration;

use checkout_core::clock::FixedClock;
use checkout_sandbox::{DeliveryState, Sandbox, SandboxBuilder, StartError, StateError};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::signer::{Signer, payin, sale, shown, with, without};
use crate::worldline_signer::Merchant;

const PAYIN: &str = "/checkout/payin/fiat";

/// Dropped without a farewell, as by a kill: nothing is written at the end.
fn killed(sandbox: Sandbox) {
    drop(sandbox);
}

/// The file is free once the tasks of the one before have ended.
async fn started_again(builder: &SandboxBuilder) -> Sandbox {
    for _ in 0..500 {
        match builder.clone().start().await {
            Err(StartError::State(StateError::InUse(_))) => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            started => return started.unwrap(),
        }
    }
    panic!("the state file is still in use")
}

fn kept_in(directory: &Path) -> SandboxBuilder {
    Sandbox::builder().state(directory.join("state"))
}

fn id(answer: &Value) -> &str {
    answer["CheckoutSession"]["CheckoutSessionID"].as_str().unwrap()
}

#[tokio::test]
async fn a_restart_forgets_nothing_that_was_answered() {
    let directory = tempfile::tempdir().unwrap();
    let builder = kept_in(directory.path());

    let first = builder.clone().start().await.unwrap();
    let signer = Signer::of(&first);
    let body = payin("nonce-1").to_string();
    let paid = signer.send(PAYIN, &body).await.bytes().await.unwrap();
    let paid_id = id(&serde_json::from_slice(&paid).unwrap()).to_owned();
    first.noah().settle(&paid_id).unwrap();
    let sold: Value = signer
        .send("/checkout/sell", &sale("nonce-1").to_string())
        .await
        .json()
        .await
        .unwrap();
    let report = first.ready_report();
    let registered = first
        .noah()
        .register_public_key(&first.noah().report().webhook_public_key)
        .unwrap();
    let ledger = first.noah().ledger();
    let deliveries = first.noah().deliveries();
    let key = first.noah().private_key_pem().unwrap();
    killed(first);

    let second = started_again(&builder).await;
    let noah = second.noah();
    assert_eq!(noah.report().api_key, report.noah.api_key);
    assert_eq!(noah.report().unsigned_api_key, report.noah.unsigned_api_key);
    assert_eq!(noah.report().webhook_public_key, report.noah.webhook_public_key);
    assert_eq!(
        noah.private_key_pem().unwrap().expose_secret(),
        key.expose_secret()
    );
    assert_eq!(
        second.worldline().report().api_key_id,
        report.worldline.api_key_id
    );
    assert_eq!(noah.ledger(), ledger);
    assert_eq!(noah.deliveries(), deliveries);

    // The same Nonce is the same session, the customer is known, and the end of a session is final.
    let signer = Signer::of(&second);
    assert_eq!(signer.send(PAYIN, &body).await.bytes().await.unwrap(), paid);
    assert!(noah.fail(&paid_id).is_err());
    noah.settle(sold["Transaction"]["ID"].as_str().unwrap()).unwrap();
    let known = without(payin("nonce-2"), "/Customer");
    assert_eq!(signer.send(PAYIN, &known.to_string()).await.status(), 200);
    let other = with(payin("nonce-1"), "/FiatAmount", json!("99"));
    assert_eq!(signer.send(PAYIN, &other.to_string()).await.status(), 409);
    // A key that was registered in the first still is; this one signs with another private key.
    let stranger = Signer {
        api_key: registered,
        ..Signer::of(&second)
    };
    insta::assert_json_snapshot!(shown(stranger.send(PAYIN, &body).await).await["body"]["Detail"], @r#""token signature invalid""#);
    assert_eq!(noah.ledger().entries.len(), 2);
    // Versions go on, so that no receiver takes new news for old.
    let versions: Vec<Option<i64>> = noah
        .deliveries()
        .iter()
        .map(|delivery| delivery.event_version)
        .collect();
    assert!(
        versions.is_sorted_by(|earlier, later| earlier < later),
        "{versions:?}"
    );
}

#[tokio::test]
async fn a_restart_forgets_no_client_session_and_no_idempotence_key() {
    let directory = tempfile::tempdir().unwrap();
    let builder = kept_in(directory.path());
    let first = builder.clone().start().await.unwrap();
    let merchant = Merchant::of(&first);
    let request = {
        let mut request = merchant.post("/sessions", "{}");
        request
            .gcs
            .push(("X-GCS-Idempotence-Key".into(), "order-7".into()));
        request
    };
    let answer = merchant.send(&request).await.bytes().await.unwrap();
    killed(first);

    let second = started_again(&builder).await;
    let merchant = Merchant::of(&second);
    let again = merchant.send(&request).await;
    assert!(
        again
            .headers()
            .contains_key("x-gcs-idempotence-request-timestamp")
    );
    assert_eq!(again.bytes().await.unwrap(), answer);
    let session: Value = serde_json::from_slice(&answer).unwrap();
    let device = merchant
        .http
        .post(format!(
            "{}/client/v1/{}/products/302/sessions",
            merchant.endpoint,
            session["customerId"].as_str().unwrap()
        ))
        .header(
            "Authorization",
            format!("GCS v1Client:{}", session["clientSessionId"].as_str().unwrap()),
        )
        .header("Content-Type", "application/json")
        .body("{}");
    // Known, and told what is missing.
    assert_eq!(device.send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn webhooks_that_waited_are_delivered_after_the_restart() {
    let directory = tempfile::tempdir().unwrap();
    let nobody = "http://127.0.0.1:9/hooks";
    let first = kept_in(directory.path())
        .noah_webhook(nobody)
        .start()
        .await
        .unwrap();
    let signer = Signer::of(&first);
    signer.send(PAYIN, &payin("nonce-1").to_string()).await;
    let drafted = first.noah().deliveries();
    assert_eq!(drafted.last().unwrap().state, DeliveryState::Waiting);
    killed(first);

    let receiver = Receiver::start(&[]).await;
    let builder = kept_in(directory.path()).noah_webhook(&receiver.url);
    let second = started_again(&builder).await;
    second.drain().await;
    let delivery = second.noah().deliveries().pop().unwrap();
    assert_eq!(
        (delivery.state, &delivery.body),
        (DeliveryState::Delivered, &drafted[0].body)
    );
    assert_eq!(receiver.received()[0].1, delivery.body);
}

#[tokio::test]
async fn a_state_file_that_cannot_be_used_is_told_of() {
    let directory = tempfile::tempdir().unwrap();
    let builder = kept_in(directory.path());
    let _first = builder.clone().start().await.unwrap();
    let second = builder.start().await.unwrap_err();
    assert!(
        matches!(second, StartError::State(StateError::InUse(_))),
        "{second}"
    );

    let letter = directory.path().join("letter.txt");
    std::fs::write(&letter, "Dear reader").unwrap();
    let refused = Sandbox::builder().state(&letter).start().await.unwrap_err();
    assert!(refused.to_string().contains("cannot be opened"), "{refused}");
    assert_eq!(std::fs::read_to_string(&letter).unwrap(), "Dear reader");
}

/// Everything that two shops see of their sandboxes, save the ports.
async fn transcript(seed: u64) -> String {
    // Long ago for a real client, so these go unsigned.
    let clock = FixedClock::at_unix(1_700_000_000);
    let receiver = Receiver::start(&[]).await;
    let sandbox = Sandbox::builder()
        .seed(seed)
        .clock(clock)
        .noah_webhook(&receiver.url)
        .start()
        .await
        .unwrap();
    let mut shop = Signer::of(&sandbox);
    shop.api_key = sandbox.noah().report().unsigned_api_key.clone();
    let mut seen = vec![format!(
        "{}{}",
        sandbox.noah().report().api_key.as_str(),
        sandbox.noah().report().webhook_public_key.as_str()
    )];
    for (path, body) in [
        (PAYIN, payin("nonce-1")),
        (PAYIN, json!({"Nonce": 7})),
        ("/checkout/sell", sale("nonce-1")),
        ("/checkout/manage", json!({"CustomerID": "customer-1"})),
        (
            PAYIN,
            with(payin("nonce-2"), "/PaymentMethodCategory", json!("Card")),
        ),
    ] {
        let answer = shop.unsigned(path, &body.to_string()).send().await.unwrap();
        let text = answer.text().await.unwrap();
        if let Some(id) = serde_json::from_str(&text)
            .ok()
            .as_ref()
            .and_then(|it: &Value| it["CheckoutSession"]["CheckoutSessionID"].as_str())
        {
            sandbox.noah().settle(id).unwrap();
        }
        seen.push(text);
        sandbox.advance(1).unwrap();
    }
    let merchant = Merchant::of(&sandbox);
    seen.push(
        merchant
            .send(&merchant.post("/sessions", "{}"))
            .await
            .text()
            .await
            .unwrap(),
    );
    sandbox.drain().await;
    for delivery in sandbox.noah().deliveries() {
        seen.push(format!(
            "{:?} {}",
            delivery.signature,
            String::from_utf8_lossy(&delivery.body)
        ));
    }
    seen.join("\n")
        .replace(sandbox.noah().report().base_url.trim_end_matches("/v1"), "<noah>")
        .replace(sandbox.worldline().report().endpoint.as_str(), "<worldline>")
}

#[tokio::test]
async fn the_same_seed_is_the_same_transcript_to_the_byte() {
    let (first, second) = (transcript(7).await, transcript(7).await);
    similar_asserts(&first, &second);
    assert_ne!(first, transcript(8).await);
}

fn similar_asserts(first: &str, second: &str) {
    for (first, second) in first.lines().zip(second.lines()) {
        assert_eq!(first, second);
    }
    assert_eq!(first, second);
}

#[tokio::test]
async fn the_clock_moves_on_request_and_tokens_are_judged_by_it() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let url = sandbox.noah().report().base_url.replace("/v1", "/_sandbox/clock");
    let post = |body: &'static str| {
        let request = signer.http.post(&url).header("Content-Type", "application/json");
        async move { request.body(body).send().await.unwrap() }
    };
    let body = payin("nonce-1").to_string();
    let request = signer.request(PAYIN, &body, &signer.claims(PAYIN, &body));
    assert_eq!(request.try_clone().unwrap().send().await.unwrap().status(), 200);
    assert_eq!(post(r#"{"AdvanceSeconds":301}"#).await.status(), 200);
    let detail = shown(request.send().await.unwrap()).await["body"]["Detail"].clone();
    assert!(detail.as_str().unwrap().starts_with("token expired"), "{detail}");
    for nonsense in [r#"{"AdvanceSeconds":99999999999}"#, r#"{"Advance":1}"#, "soon"] {
        assert_eq!(post(nonsense).await.status(), 400, "{nonsense}");
    }
}
