//! What is posted, signed and delivered when.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use checkout_core::clock::FixedClock;
use checkout_core::key::VerifyingKey;
use checkout_sandbox::{DeliveryState, Sandbox};
use p384::ecdsa::signature::Verifier;
use p384::pkcs8::DecodePublicKey;
use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::signer::{Signer, payin, sale, unix_now, with};

async fn open(signer: &Signer, path: &str, body: &Value) -> String {
    let answer: Value = signer.send(path, &body.to_string()).await.json().await.unwrap();
    let id = answer
        .pointer("/CheckoutSession/CheckoutSessionID")
        .or(answer.pointer("/Transaction/ID"));
    id.unwrap().as_str().unwrap().to_owned()
}

fn story(receiver: &Receiver) -> Vec<String> {
    let told = |event: Value| {
        let direction = event["Data"]["Direction"].as_str().unwrap_or_default();
        format!(
            "{} {direction} {}",
            event["EventType"].as_str().unwrap(),
            event["Data"]["Status"].as_str().unwrap()
        )
    };
    receiver
        .received()
        .iter()
        .map(|(_, body)| told(serde_json::from_slice(body).unwrap()).replace("  ", " "))
        .collect()
}

#[tokio::test]
async fn each_kind_of_session_tells_its_story() {
    for (category, settled, expected) in [
        (
            "Bank",
            true,
            vec![
                "FiatDeposit Pending",
                "FiatDeposit Settled",
                "Transaction In Pending",
                "Transaction In Settled",
            ],
        ),
        ("Bank", false, vec!["FiatDeposit Pending", "FiatDeposit Failed"]),
        (
            "Identifier",
            true,
            vec![
                "FiatDeposit Pending",
                "FiatDeposit Settled",
                "Transaction In Pending",
                "Transaction In Settled",
            ],
        ),
        (
            "Card",
            true,
            vec!["Transaction In Pending", "Transaction In Settled"],
        ),
        (
            "Card",
            false,
            vec!["Transaction In Pending", "Transaction In Failed"],
        ),
    ] {
        let receiver = Receiver::start(&[]).await;
        let sandbox = Sandbox::builder()
            .noah_webhook(&receiver.url)
            .start()
            .await
            .unwrap();
        let signer = Signer::of(&sandbox);
        let id = open(
            &signer,
            "/checkout/payin/fiat",
            &with(payin("n"), "/PaymentMethodCategory", json!(category)),
        )
        .await;
        let end = if settled {
            sandbox.noah().settle(&id)
        } else {
            sandbox.noah().fail(&id)
        };
        end.unwrap();
        sandbox.drain().await;
        let mut whole = vec!["CheckoutSession Pending"];
        whole.extend(expected);
        whole.push(if settled {
            "CheckoutSession Settled"
        } else {
            "CheckoutSession Failed"
        });
        assert_eq!(story(&receiver), whole, "{category}");
    }
}

#[tokio::test]
async fn a_sale_tells_of_its_transaction_alone() {
    let receiver = Receiver::start(&[]).await;
    let sandbox = Sandbox::builder()
        .noah_webhook(&receiver.url)
        .start()
        .await
        .unwrap();
    let signer = Signer::of(&sandbox);
    let sold = open(&signer, "/checkout/sell", &sale("a")).await;
    let declined = open(&signer, "/checkout/sell", &sale("b")).await;
    sandbox.noah().settle(&sold).unwrap();
    sandbox.noah().fail(&declined).unwrap();
    sandbox.drain().await;
    let pending = "Transaction Out Pending";
    assert_eq!(
        story(&receiver),
        [
            pending,
            pending,
            "Transaction Out Settled",
            "Transaction Out Failed"
        ]
    );
}

#[tokio::test]
async fn the_signature_covers_the_exact_body() {
    let receiver = Receiver::start(&[]).await;
    let sandbox = Sandbox::builder()
        .noah_webhook(&receiver.url)
        .start()
        .await
        .unwrap();
    let signer = Signer::of(&sandbox);
    let id = open(&signer, "/checkout/payin/fiat", &payin("n")).await;
    sandbox.noah().settle(&id).unwrap();
    sandbox.drain().await;

    let pem = sandbox.noah().report().webhook_public_key.as_str();
    let ours = VerifyingKey::from_pem(pem).unwrap();
    let theirs = p384::ecdsa::VerifyingKey::from_public_key_pem(pem).unwrap();
    let received = receiver.received();
    assert_eq!(received.len(), 6);
    for (headers, body) in received {
        assert_eq!(headers["content-type"], "application/json");
        let signature = BASE64_STANDARD
            .decode(headers["webhook-signature"].as_bytes())
            .unwrap();
        ours.verify_der(&body, &signature).unwrap();
        theirs
            .verify(
                &body,
                &p384::ecdsa::DerSignature::try_from(signature.as_slice()).unwrap(),
            )
            .unwrap();
        let other = [&body[..], b" "].concat();
        assert!(ours.verify_der(&other, &signature).is_err());
    }
}

#[tokio::test]
async fn events_are_as_documented() {
    let clock = FixedClock::at_unix(u32::try_from(unix_now()).unwrap());
    let sandbox = Sandbox::builder().clock(clock).start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let paid = open(&signer, "/checkout/payin/fiat", &payin("a")).await;
    let failed = open(
        &signer,
        "/checkout/payin/fiat",
        &with(payin("b"), "/PaymentMethodCategory", json!("Identifier")),
    )
    .await;
    let sold = open(&signer, "/checkout/sell", &sale("c")).await;
    sandbox.noah().settle(&paid).unwrap();
    sandbox.noah().fail(&failed).unwrap();
    sandbox.noah().settle(&sold).unwrap();

    let deliveries = sandbox.noah().deliveries();
    let versions: Vec<i64> = deliveries
        .iter()
        .map(|delivery| delivery.event_version.unwrap())
        .collect();
    assert!(
        versions.is_sorted_by(|a, b| a < b),
        "strictly increasing though the clock stands still: {versions:?}"
    );
    let mut events = Vec::new();
    for delivery in &deliveries {
        assert_eq!(delivery.state, DeliveryState::NoAddress);
        let event: noah_models::Webhook = serde_json::from_slice(&delivery.body).unwrap();
        assert_eq!(
            (event.event_type.text(), event.event_version.value()),
            (
                Some(delivery.event_type.as_str()),
                delivery.event_version.as_ref()
            )
        );
        event.occurred.value().unwrap().instant().unwrap();
        events.push(serde_json::from_slice::<Value>(&delivery.body).unwrap());
    }
    insta::assert_json_snapshot!(events, {
        "[].EventVersion" => "<ms>",
        "[].Occurred" => "<time>",
        "[].UserID" => "<user>",
        "[].Data.ID" => "<id>",
        "[].Data.CheckoutSessionID" => "<id>",
        "[].Data.Created" => "<time>",
        "[].Data.FiatPayment.FiatDepositID" => "<id>",
        "[].Data.Refunds[].RefundID" => "<id>",
        "[].Data.Refunds[].RequestedTime" => "<time>",
    });
}

#[tokio::test]
async fn only_subscribed_types_are_delivered() {
    let receiver = Receiver::start(&[]).await;
    let sandbox = Sandbox::builder()
        .noah_webhook(&receiver.url)
        .event_types(["Transaction", "FiatDeposit"])
        .start()
        .await
        .unwrap();
    let signer = Signer::of(&sandbox);
    let id = open(&signer, "/checkout/payin/fiat", &payin("n")).await;
    sandbox.noah().settle(&id).unwrap();
    sandbox.drain().await;
    assert_eq!(receiver.received().len(), 4);
    let states: Vec<DeliveryState> = sandbox
        .noah()
        .deliveries()
        .iter()
        .map(|delivery| delivery.state)
        .collect();
    assert_eq!(
        states
            .iter()
            .filter(|state| **state == DeliveryState::NotSubscribed)
            .count(),
        2
    );
    assert_eq!(
        states
            .iter()
            .filter(|state| **state == DeliveryState::Delivered)
            .count(),
        4
    );
}

#[tokio::test]
async fn a_failed_delivery_is_tried_again_with_the_same_bytes() {
    let receiver = Receiver::start(&[500, 307]).await;
    let sandbox = Sandbox::builder()
        .noah_webhook(&receiver.url)
        .start()
        .await
        .unwrap();
    open(&Signer::of(&sandbox), "/checkout/sell", &sale("n")).await;
    sandbox.drain().await;
    let received = receiver.received();
    assert_eq!(received.len(), 3, "a redirect is not followed, it is a failure");
    assert!(received.iter().all(|(headers, body)| {
        (headers["webhook-signature"].clone(), body)
            == (received[0].0["webhook-signature"].clone(), &received[0].1)
    }));
    let delivery = &sandbox.noah().deliveries()[0];
    assert_eq!(delivery.state, DeliveryState::Delivered);
    let outcomes: Vec<_> = delivery
        .attempts
        .iter()
        .map(|attempt| attempt.outcome.clone())
        .collect();
    assert_eq!(outcomes, [Ok(500), Ok(307), Ok(200)]);
    // A log line must not hold what a customer typed.
    assert!(!format!("{delivery:?}").contains("customer-2"));
}

#[tokio::test]
async fn a_delivery_is_given_up_in_the_end_and_others_are_not() {
    let receiver = Receiver::start(&[500, 500, 500]).await;
    let sandbox = Sandbox::builder()
        .noah_webhook(&receiver.url)
        .start()
        .await
        .unwrap();
    let signer = Signer::of(&sandbox);
    open(&signer, "/checkout/sell", &sale("a")).await;
    sandbox.drain().await;
    open(&signer, "/checkout/sell", &sale("b")).await;
    sandbox.drain().await;
    let states: Vec<DeliveryState> = sandbox
        .noah()
        .deliveries()
        .iter()
        .map(|delivery| delivery.state)
        .collect();
    assert_eq!(states, [DeliveryState::GivenUp, DeliveryState::Delivered]);
}

#[tokio::test]
async fn nobody_listening_is_a_reason_in_the_log() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let sandbox = Sandbox::builder()
        .noah_webhook(format!("http://{closed}/secret-path"))
        .start()
        .await
        .unwrap();
    open(&Signer::of(&sandbox), "/checkout/sell", &sale("a")).await;
    tokio::time::timeout(Duration::from_secs(20), sandbox.drain())
        .await
        .unwrap();
    let delivery = &sandbox.noah().deliveries()[0];
    assert_eq!(
        (delivery.state, delivery.attempts.len()),
        (DeliveryState::GivenUp, 3)
    );
    assert_eq!(delivery.attempts[0].outcome, Err("no connection".to_owned()));
}

/// As in a slim container: the TLS library finds nothing to check a server by, and plain http does not need it.
#[test]
fn webhooks_go_out_from_a_machine_without_ca_certificates() {
    let nothing = tempfile::tempdir().unwrap();
    let empty = nothing.path().join("none.pem");
    std::fs::write(&empty, "").unwrap();
    // Which certificates there are is read from the environment, and that belongs to a process.
    let done = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "webhooks::the_signature_covers_the_exact_body"])
        .env("SSL_CERT_FILE", &empty)
        .env("SSL_CERT_DIR", nothing.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success() && told.contains("1 passed"), "{told}");
}
