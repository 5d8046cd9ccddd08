//! What the sandbox delivers, at its oddest, is verified and read by the webhooks of both APIs.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use checkout_sandbox::{NoahTrigger, Sandbox, WorldlineTrigger};
use hosted_checkout::key::VerifyingKey;
use hosted_checkout::noah::{self, EventData, EventType};
use hosted_checkout::worldline::models::WebhooksEventType;
use hosted_checkout::worldline::{self, WebhookKey};
use http::HeaderMap;

/// A shop's endpoint that takes everything.
#[derive(Clone, Default)]
struct Inbox(Arc<Mutex<Vec<(HeaderMap, Bytes)>>>);

impl Inbox {
    async fn open(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let take = async |State(inbox): State<Self>, headers: HeaderMap, body: Bytes| {
            inbox.0.lock().unwrap().push((headers, body));
        };
        let router = Router::new().route("/", post(take)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        url
    }

    fn received(&self) -> Vec<(HeaderMap, Bytes)> {
        self.0.lock().unwrap().clone()
    }
}

async fn sandbox(inbox: &Inbox, switches: &str) -> Sandbox {
    let url = inbox.open().await;
    Sandbox::builder()
        .noah_webhook(&url)
        .worldline_webhook(&url)
        .webhook_switches(switches.parse().unwrap())
        .start()
        .await
        .unwrap()
}

fn worldline_webhooks(sandbox: &Sandbox) -> worldline::Webhooks {
    let worldline = sandbox.worldline();
    let key = WebhookKey::new(
        worldline.report().webhook_key_id.as_str(),
        worldline.report().webhook_secret.as_str(),
    )
    .unwrap();
    worldline::Webhooks::new([key])
}

fn noah_webhooks(sandbox: &Sandbox) -> noah::Webhooks {
    let key = VerifyingKey::from_pem(&sandbox.noah().report().webhook_public_key).unwrap();
    noah::Webhooks::local(key).unwrap()
}

#[tokio::test]
async fn every_event_of_worldline_is_read() {
    let inbox = Inbox::default();
    let sandbox = sandbox(&inbox, "extra-fields").await;
    let webhooks = worldline_webhooks(&sandbox);
    for event_type in WebhooksEventType::KNOWN {
        let event = WorldlineTrigger::new(event_type.clone());
        sandbox.worldline().trigger(event).unwrap();
    }
    sandbox.drain().await;
    let received = inbox.received();
    assert_eq!(received.len(), WebhooksEventType::KNOWN.len());
    for ((headers, body), event_type) in received.iter().zip(WebhooksEventType::KNOWN) {
        let event = webhooks.verify(headers, body).unwrap();
        assert_eq!(event.event_type(), event_type);
        let (subject, object) = event.subject().unwrap();
        assert!(event_type.as_str().starts_with(subject.as_str()));
        assert!(object.get("id").unwrap().text().is_some());
        assert!(event.created_at().is_some());
        assert_eq!(
            event.merchant_id.text(),
            Some(sandbox.worldline().report().merchant_id.as_str())
        );
    }
}

#[tokio::test]
async fn every_event_of_noah_is_read() {
    let inbox = Inbox::default();
    let sandbox = sandbox(&inbox, "extra-fields").await;
    let webhooks = noah_webhooks(&sandbox);
    for event_type in EventType::KNOWN {
        let event = NoahTrigger::new(event_type.clone());
        sandbox.noah().trigger(event).unwrap();
    }
    sandbox.drain().await;
    let received = inbox.received();
    assert_eq!(received.len(), EventType::KNOWN.len());
    for ((headers, body), event_type) in received.iter().zip(EventType::KNOWN) {
        let event = webhooks.verify(headers, body).unwrap();
        assert_eq!(event.event_type(), event_type);
        assert!(matches!(event.data(), EventData::Known(_)), "{event:?}");
    }
}

#[tokio::test]
async fn odd_events_are_told_apart_and_forged_ones_refused() {
    let inbox = Inbox::default();
    let sandbox = sandbox(&inbox, "duplicates=1,unknown-event,unknown-value").await;
    sandbox.noah().trigger(NoahTrigger::new("Transaction")).unwrap();
    sandbox.drain().await;
    sandbox
        .worldline()
        .trigger(WorldlineTrigger::new("payment.paid"))
        .unwrap();
    sandbox.drain().await;
    sandbox.switch_webhooks("wrong-signature".parse().unwrap());
    sandbox.noah().trigger(NoahTrigger::new("Transaction")).unwrap();
    sandbox.drain().await;
    sandbox
        .worldline()
        .trigger(WorldlineTrigger::new("payment.paid"))
        .unwrap();
    sandbox.drain().await;

    let received = inbox.received();
    let (true_ones, forged) = received.split_at(12);
    let (of_noah, of_worldline) = true_ones.split_at(6);
    let webhooks = noah_webhooks(&sandbox);
    let told: Vec<_> = of_noah
        .iter()
        .map(|(headers, body)| webhooks.verify(headers, body).unwrap())
        .collect();
    assert!(matches!(told[0].data(), EventData::Unknown(_)));
    assert!(matches!(told[4].data(), EventData::Known(_)));
    for pair in told.chunks(2) {
        assert!(pair[0].is_duplicate_of(&pair[1]));
    }
    assert_eq!(told[4].supersedes(&told[2]), noah::Recency::Newer);
    webhooks.verify(&forged[0].0, &forged[0].1).unwrap_err();

    let webhooks = worldline_webhooks(&sandbox);
    let told: Vec<_> = of_worldline
        .iter()
        .map(|(headers, body)| webhooks.verify(headers, body).unwrap())
        .collect();
    assert_eq!(told[0].event_type().as_str(), "payment.sandbox_unknown");
    assert_eq!(
        told[2].payment.value().unwrap().to_value()["status"],
        "SANDBOX_UNKNOWN_VALUE"
    );
    assert_eq!(told[4].payment.value().unwrap().to_value()["status"], "PAID");
    for pair in told.chunks(2) {
        assert_eq!(pair[0].dedupe_key(), pair[1].dedupe_key());
    }
    webhooks.verify(&forged[1].0, &forged[1].1).unwrap_err();
}
