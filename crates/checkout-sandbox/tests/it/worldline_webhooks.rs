//! Worldline Connect's webhooks, checked by another HMAC than the one that makes them; and events on demand.

use axum::http::HeaderMap;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use checkout_sandbox::{Api, DeliveryState, NoahTrigger, Sandbox, TriggerError, WorldlineTrigger};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::receiver::Receiver;
use crate::signer::{http, shown};

pub fn holds(headers: &HeaderMap, body: &[u8], secret: &str) -> bool {
    let signature = BASE64_STANDARD
        .decode(headers["x-gcs-signature"].as_bytes())
        .unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    mac.verify_slice(&signature).is_ok()
}

#[tokio::test]
async fn the_signature_covers_the_exact_body() {
    let receiver = Receiver::start(&[]).await;
    let sandbox = Sandbox::builder()
        .worldline_webhook(&receiver.url)
        .start()
        .await
        .unwrap();
    let worldline = sandbox.worldline();
    let paid = WorldlineTrigger::new("payment.paid")
        .merchant_reference("order-é")
        .amount(1050, "EUR");
    let posted = worldline.trigger(paid).unwrap();
    sandbox.drain().await;

    let received = receiver.received();
    assert_eq!(received.len(), 1);
    let (headers, body) = &received[0];
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(headers["x-gcs-keyid"], worldline.report().webhook_key_id.as_str());
    assert!(headers.get("webhook-signature").is_none());
    assert!(holds(headers, body, &worldline.report().webhook_secret));
    assert!(!holds(
        headers,
        &[&body[..], b" "].concat(),
        &worldline.report().webhook_secret
    ));

    assert_eq!(posted[0].body, body);
    let event: worldline_connect_models::WebhooksEvent = serde_json::from_slice(body).unwrap();
    assert_eq!(event.api_version.text(), Some("v1"));
    assert_eq!(event.id.value(), posted[0].event_id.as_ref());
    assert_eq!(
        event.merchant_id.text(),
        Some(worldline.report().merchant_id.as_str())
    );
    let created = event.created.text().unwrap();
    assert!(created.ends_with("+0000") && created.len() == 28, "{created}");
    let payment = event.payment.value().unwrap().to_value();
    assert_eq!(payment["status"], "PAID");
    assert_eq!(
        payment["paymentOutput"]["amountOfMoney"],
        json!({"amount": 1050, "currencyCode": "EUR"})
    );
    assert_eq!(
        payment["paymentOutput"]["references"]["merchantReference"],
        "order-é"
    );
}

#[tokio::test]
async fn each_api_has_its_own_address_and_log() {
    let (noah, worldline) = (Receiver::start(&[]).await, Receiver::start(&[500]).await);
    let sandbox = Sandbox::builder()
        .noah_webhook(&noah.url)
        .worldline_webhook(&worldline.url)
        .start()
        .await
        .unwrap();
    sandbox
        .worldline()
        .trigger(WorldlineTrigger::new("token.created"))
        .unwrap();
    sandbox.noah().trigger(NoahTrigger::new("Customer")).unwrap();
    sandbox.drain().await;
    assert_eq!((noah.received().len(), worldline.received().len()), (1, 2));
    let of = |deliveries: Vec<checkout_sandbox::Delivery>| -> Vec<(u64, Api, String)> {
        deliveries
            .into_iter()
            .map(|delivery| (delivery.number, delivery.api, delivery.event_type))
            .collect()
    };
    assert_eq!(
        of(sandbox.worldline().deliveries()),
        [(1, Api::Worldline, "token.created".to_owned())]
    );
    assert_eq!(
        of(sandbox.noah().deliveries()),
        [(2, Api::Noah, "Customer".to_owned())]
    );
    assert_eq!(sandbox.deliveries().len(), 2);

    let report = serde_json::to_value(sandbox.ready_report()).unwrap();
    assert_eq!(report["worldline"]["webhook_url"], worldline.url);
    assert_eq!(
        report["worldline"]["webhook_key_id"],
        sandbox.worldline().report().webhook_key_id.as_str()
    );
    assert_eq!(
        report["worldline"]["webhook_secret"],
        sandbox.worldline().report().webhook_secret.as_str()
    );
    assert_eq!(report["webhooks"]["schedule"], "100ms, 200ms");
}

#[tokio::test]
async fn several_events_can_tell_of_one_payment() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let mut payments = Vec::new();
    for event_type in ["payment.created", "payment.paid"] {
        let told = sandbox
            .worldline()
            .trigger(WorldlineTrigger::new(event_type).id("payment-1"))
            .unwrap();
        assert_eq!(told[0].state, DeliveryState::NoAddress);
        let event: Value = serde_json::from_slice(&told[0].body).unwrap();
        payments.push((event["payment"]["id"].clone(), event["payment"]["status"].clone()));
    }
    assert_eq!(
        payments,
        [
            (json!("payment-1"), json!("CREATED")),
            (json!("payment-1"), json!("PAID"))
        ]
    );
}

#[tokio::test]
async fn a_customer_is_told_of_as_asked() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let declined = NoahTrigger::new("Customer").data(
        json!({"CustomerID": "customer-1", "Verification": {"Status": "Declined"}, "PrimaryResidence": null}),
    );
    assert!(!format!("{declined:?}").contains("customer-1"));
    let told = sandbox.noah().trigger(declined).unwrap();
    let event: Value = serde_json::from_slice(&told[0].body).unwrap();
    assert_eq!(event["Data"]["CustomerID"], "customer-1");
    assert_eq!(
        event["Data"]["Verification"],
        json!({"Model": "System", "Status": "Declined"})
    );
    assert_eq!(event["Data"]["FullName"]["FirstName"], "Sandbox");
    assert!(event["Data"].get("PrimaryResidence").is_none());

    let unknown = sandbox.noah().trigger(NoahTrigger::new("Refund")).unwrap_err();
    assert!(matches!(unknown, TriggerError::DataMissing(_)), "{unknown}");
    let data = json!({"Amount": "1"});
    let told = sandbox
        .noah()
        .trigger(NoahTrigger::new("Refund").data(data.clone()))
        .unwrap();
    let event: Value = serde_json::from_slice(&told[0].body).unwrap();
    assert_eq!((&event["EventType"], &event["Data"]), (&json!("Refund"), &data));
}

#[tokio::test]
async fn events_are_triggered_over_http() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let base_url = sandbox.noah().report().base_url.clone();
    let origin = base_url.strip_suffix("/v1").unwrap();
    let mut answers = Vec::new();
    for (path, body) in [
        (
            "worldline",
            json!({"type": "payment.paid", "merchantReference": "order-7", "amount": 1050, "currencyCode": "USD"}),
        ),
        ("worldline", json!({"type": "refund.refunded"})),
        ("worldline", json!({"type": "order.paid"})),
        ("worldline", json!({"type": "payment.paid", "amount": "10.50"})),
        (
            "worldline",
            json!({"type": "payment.paid", "reference": "order-7"}),
        ),
        (
            "noah",
            json!({"EventType": "Customer", "Data": {"CustomerID": "customer-1"}}),
        ),
        ("noah", json!({"EventType": "Refund"})),
        ("noah", json!({"EventType": "Customer", "Data": []})),
        ("noah", json!({"Data": {}})),
    ] {
        let url = format!("{origin}/_sandbox/{path}/webhooks");
        let mut answer = shown(http().post(&url).json(&body).send().await.unwrap()).await;
        for (pointer, redacted) in [
            ("/body/Instance", "<instance>"),
            ("/body/0/EventID", "<id>"),
            ("/body/0/EventVersion", "<ms>"),
        ] {
            if let Some(value) = answer.pointer_mut(pointer) {
                *value = redacted.into();
            }
        }
        answers.push(json!({"sent": body, "answer": answer}));
    }
    insta::assert_json_snapshot!(answers);
    let paid: Value = serde_json::from_slice(&sandbox.deliveries()[0].body).unwrap();
    assert_eq!(
        paid["payment"]["paymentOutput"]["amountOfMoney"]["currencyCode"],
        "USD"
    );
    assert_eq!(sandbox.deliveries().len(), 3, "what is refused posts nothing");
}
