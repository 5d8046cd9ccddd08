//! Each oddity, as a receiver sees it.

use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use checkout_core::clock::FixedClock;
use checkout_core::key::VerifyingKey;
use checkout_sandbox::{NoahTrigger, Sandbox, WorldlineTrigger};
use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::signer::{Signer, http, payin, sale, unix_now};

async fn sandbox(receiver: &Receiver, switches: &str) -> Sandbox {
    Sandbox::builder()
        .noah_webhook(&receiver.url)
        .worldline_webhook(&receiver.url)
        .webhook_switches(switches.parse().unwrap())
        .start()
        .await
        .unwrap()
}

async fn events(sandbox: &Sandbox, receiver: &Receiver) -> Vec<Value> {
    sandbox.drain().await;
    receiver
        .received()
        .iter()
        .map(|(_, body)| serde_json::from_slice(body).unwrap())
        .collect()
}

async fn settled(sandbox: &Sandbox) {
    let answer = Signer::of(sandbox)
        .send("/checkout/payin/fiat", &payin("n").to_string())
        .await;
    let answer: Value = answer.json().await.unwrap();
    let id = answer["CheckoutSession"]["CheckoutSessionID"].as_str().unwrap();
    sandbox.noah().settle(id).unwrap();
}

#[tokio::test]
async fn duplicates_have_the_same_bytes_and_signature() {
    let receiver = Receiver::start(&[]).await;
    let sandbox = sandbox(&receiver, "duplicates=2").await;
    sandbox.noah().trigger(NoahTrigger::new("Customer")).unwrap();
    sandbox.noah().trigger(NoahTrigger::new("Transaction")).unwrap();
    sandbox.drain().await;
    let received = receiver.received();
    assert_eq!(received.len(), 6);
    for same in received.chunks(3) {
        for (headers, body) in same {
            assert_eq!(
                (&headers["webhook-signature"], body),
                (&same[0].0["webhook-signature"], &same[0].1)
            );
        }
    }
    assert_ne!(received[0].1, received[3].1);
    let copies: Vec<_> = sandbox
        .deliveries()
        .iter()
        .map(|delivery| (delivery.number, delivery.duplicate_of, delivery.attempts.len()))
        .collect();
    assert_eq!(
        copies,
        [
            (1, None, 1),
            (2, Some(1), 1),
            (3, Some(1), 1),
            (4, None, 1),
            (5, Some(4), 1),
            (6, Some(4), 1)
        ]
    );
}

#[tokio::test]
async fn reordered_webhooks_arrive_whole_and_in_another_order() {
    let receiver = Receiver::start(&[]).await;
    let sandbox = sandbox(&receiver, "reorder").await;
    settled(&sandbox).await;
    let versions: Vec<i64> = events(&sandbox, &receiver)
        .await
        .iter()
        .map(|event| event["EventVersion"].as_i64().unwrap())
        .collect();
    let mut sorted = versions.clone();
    sorted.sort_unstable();
    let posted: Vec<i64> = sandbox
        .deliveries()
        .iter()
        .map(|delivery| delivery.event_version.unwrap())
        .collect();
    assert_eq!(sorted, posted, "all of them, once");
    // Six events are a group of four and one of two.
    for (came, began) in versions.chunks(4).zip(posted.chunks(4)) {
        assert_ne!(came, began);
    }
}

#[tokio::test]
async fn the_same_seed_sends_the_same_bytes_in_the_same_order() {
    let mut runs = Vec::new();
    let now = u32::try_from(unix_now()).unwrap();
    for seed in [7, 7, 8] {
        let receiver = Receiver::start(&[]).await;
        let sandbox = Sandbox::builder()
            .noah_webhook(&receiver.url)
            .webhook_switches(
                "reorder,duplicates=1,unknown-event,wrong-signature"
                    .parse()
                    .unwrap(),
            )
            .seed(seed)
            .clock(FixedClock::at_unix(now))
            .start()
            .await
            .unwrap();
        settled(&sandbox).await;
        sandbox.drain().await;
        let signed = |(headers, body): &(axum::http::HeaderMap, bytes::Bytes)| {
            (headers["webhook-signature"].clone(), body.clone())
        };
        runs.push(receiver.received().iter().map(signed).collect::<Vec<_>>());
    }
    assert_eq!(runs[0].len(), 24);
    assert_eq!(runs[0], runs[1]);
    let order = |run: &[(_, bytes::Bytes)]| -> Vec<i64> {
        let version = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap()["EventVersion"].as_i64();
        run.iter().map(|(_, body)| version(body).unwrap()).collect()
    };
    assert_ne!(order(&runs[0]), order(&runs[2]));
}

#[tokio::test]
async fn delayed_webhooks_wait_and_say_so() {
    let receiver = Receiver::start(&[]).await;
    let sandbox = sandbox(&receiver, "delay=150ms").await;
    let began = Instant::now();
    let posted = sandbox.noah().trigger(NoahTrigger::new("Customer")).unwrap();
    assert!(posted[0].next_attempt.is_some());
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(receiver.received().is_empty());
    sandbox.drain().await;
    assert!(began.elapsed() >= Duration::from_millis(150));
    assert_eq!(receiver.received().len(), 1);
}

#[tokio::test]
async fn wrong_signatures_have_the_right_form() {
    let receiver = Receiver::start(&[]).await;
    let sandbox = sandbox(&receiver, "wrong-signature").await;
    let forged = sandbox.noah().trigger(NoahTrigger::new("Customer")).unwrap();
    assert!(forged[0].wrong_signature);
    sandbox.drain().await;
    let paid = WorldlineTrigger::new("payment.paid");
    sandbox.worldline().trigger(paid.clone()).unwrap();
    sandbox.drain().await;
    sandbox.switch_webhooks("extra-fields".parse().unwrap());
    sandbox.worldline().trigger(paid).unwrap();
    sandbox.drain().await;

    let received = receiver.received();
    let key = VerifyingKey::from_pem(&sandbox.noah().report().webhook_public_key).unwrap();
    let (headers, body) = &received[0];
    let signature = BASE64_STANDARD
        .decode(headers["webhook-signature"].as_bytes())
        .unwrap();
    p384::ecdsa::DerSignature::try_from(signature.as_slice()).unwrap();
    key.verify_der(body, &signature).unwrap_err();

    let secret = sandbox.worldline().report().webhook_secret.as_str();
    let holds: Vec<bool> = received[1..]
        .iter()
        .map(|(headers, body)| crate::worldline_webhooks::holds(headers, body, secret))
        .collect();
    assert_eq!(holds, [false, true], "the second one after it was switched off");
}

#[tokio::test]
async fn an_unknown_event_comes_before_each_one() {
    let receiver = Receiver::start(&[]).await;
    let sandbox = sandbox(&receiver, "unknown-event").await;
    Signer::of(&sandbox)
        .send("/checkout/sell", &sale("n").to_string())
        .await;
    sandbox.drain().await;
    sandbox
        .worldline()
        .trigger(WorldlineTrigger::new("refund.refunded"))
        .unwrap();
    let events = events(&sandbox, &receiver).await;
    let types: Vec<_> = events
        .iter()
        .map(|event| event.get("EventType").unwrap_or(&event["type"]))
        .collect();
    assert_eq!(
        types,
        [
            "SandboxUnknownEvent",
            "Transaction",
            "refund.sandbox_unknown",
            "refund.refunded"
        ]
    );
    assert_eq!(events[0]["Data"], events[1]["Data"]);
    assert_eq!(events[2]["refund"], events[3]["refund"]);
    assert_ne!(events[2]["id"], events[3]["id"]);
}

#[tokio::test]
async fn an_unknown_event_follows_the_subscription_of_its_event() {
    let receiver = Receiver::start(&[]).await;
    let sandbox = Sandbox::builder()
        .noah_webhook(&receiver.url)
        .event_types(["Customer"])
        .webhook_switches("unknown-event".parse().unwrap())
        .start()
        .await
        .unwrap();
    sandbox.noah().trigger(NoahTrigger::new("Transaction")).unwrap();
    sandbox.noah().trigger(NoahTrigger::new("Customer")).unwrap();
    let types: Vec<Value> = events(&sandbox, &receiver)
        .await
        .iter()
        .map(|event| event["EventType"].clone())
        .collect();
    assert_eq!(types, ["SandboxUnknownEvent", "Customer"]);
}

#[tokio::test]
async fn an_unknown_status_comes_before_each_known_one() {
    let receiver = Receiver::start(&[]).await;
    let sandbox = sandbox(&receiver, "unknown-value").await;
    sandbox.noah().trigger(NoahTrigger::new("Customer")).unwrap();
    sandbox.noah().trigger(NoahTrigger::new("FiatDeposit")).unwrap();
    sandbox.drain().await;
    sandbox
        .worldline()
        .trigger(WorldlineTrigger::new("payment.paid"))
        .unwrap();
    sandbox
        .worldline()
        .trigger(WorldlineTrigger::new("token.created"))
        .unwrap();
    let events = events(&sandbox, &receiver).await;
    let status = |event: &Value| {
        let known = ["/Data/Status", "/Data/Verification/Status", "/payment/status"];
        known.iter().find_map(|pointer| event.pointer(pointer).cloned())
    };
    let statuses: Vec<Option<Value>> = events.iter().map(status).collect();
    let text = |text: &str| Some(json!(text));
    assert_eq!(
        statuses,
        [
            text("SandboxUnknownValue"),
            text("Approved"),
            text("SandboxUnknownValue"),
            text("Settled"),
            text("SANDBOX_UNKNOWN_VALUE"),
            text("PAID"),
            None,
        ]
    );
    assert!(events[0]["EventVersion"].as_i64() < events[1]["EventVersion"].as_i64());
    assert_eq!(events[0]["Data"]["CustomerID"], events[1]["Data"]["CustomerID"]);
}

#[tokio::test]
async fn extra_fields_are_in_every_object_and_do_no_harm() {
    let receiver = Receiver::start(&[]).await;
    let sandbox = sandbox(&receiver, "extra-fields").await;
    settled(&sandbox).await;
    let metadata = json!({"Metadata": {"shop": "one"}});
    sandbox
        .noah()
        .trigger(NoahTrigger::new("Customer").data(metadata))
        .unwrap();
    sandbox.drain().await;
    sandbox
        .worldline()
        .trigger(WorldlineTrigger::new("payment.paid"))
        .unwrap();
    let events = events(&sandbox, &receiver).await;
    let (payment, told) = events.split_last().unwrap();
    for event in told {
        let objects = objects(event);
        assert!(
            objects.iter().all(|object| object.get("SandboxExtra").is_some()),
            "{event}"
        );
        let event: noah_models::Webhook = serde_json::from_value(event.clone()).unwrap();
        let (event_type, data) = (event.event_type.text().unwrap(), event.data.value().unwrap());
        let mut unread = Vec::new();
        let at = &checkout_core::validate::At::BODY;
        noah_models::WebhookData::select(event_type, data, at, &mut unread).unwrap();
        assert!(unread.is_empty(), "{unread:?}");
    }
    let objects = objects(payment);
    assert_eq!(objects.len(), 6);
    assert!(
        objects.iter().all(|object| object.get("sandboxExtra").is_some()),
        "{payment}"
    );
}

fn objects(value: &Value) -> Vec<&Value> {
    let inner: Vec<&Value> = match value {
        Value::Object(members) => members.values().flat_map(objects).collect(),
        Value::Array(items) => items.iter().flat_map(objects).collect(),
        _ => Vec::new(),
    };
    let own = value.is_object().then_some(value);
    own.into_iter().chain(inner).collect()
}

#[tokio::test]
async fn switches_are_changed_over_http() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let base_url = sandbox.noah().report().base_url.clone();
    let url = format!("{}/_sandbox/webhooks", base_url.strip_suffix("/v1").unwrap());
    let get = async || {
        http()
            .get(&url)
            .send()
            .await
            .unwrap()
            .json::<Value>()
            .await
            .unwrap()
    };
    let put = async |body: &str| {
        let answer = http().put(&url).body(body.to_owned()).send().await.unwrap();
        crate::signer::shown(answer).await
    };
    let off = get().await;
    let on = put(r#"{"duplicates": 1, "delay": "2s"}"#).await["body"].clone();
    assert_eq!(on, get().await);
    assert_eq!(sandbox.webhook_switches().to_string(), "duplicates=1, delay=2s");
    let mut refused = Vec::new();
    for body in [
        r#"{"reordering": true}"#,
        r#"{"delay": "48h"}"#,
        r#"{"reorder": "#,
        "",
    ] {
        let mut answer = put(body).await;
        answer["body"]["Instance"] = "<instance>".into();
        refused.push(answer);
    }
    assert_eq!(on, get().await, "a refusal changes nothing");
    assert_eq!(put("{}").await["body"], off);
    insta::assert_json_snapshot!(json!({ "off": off, "on": on, "refused": refused }));
}
