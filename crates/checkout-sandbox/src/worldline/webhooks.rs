//! Worldline Connect's webhooks: their envelope and their signature.

use std::time::SystemTime;

use checkout_core::time::Timestamp;
use serde_json::{Value, json};

use super::access::Account;
use crate::engine::courier::{Event, WebhookForm, Written};
use crate::engine::ground::Ids;
use crate::engine::text::{hmac_sha256, json, timestamp};

/// Those of an account.
pub(crate) struct Webhooks(pub(crate) Account);

impl WebhookForm for Webhooks {
    fn is_subscribed(&self, _: &str) -> bool {
        true
    }

    fn write(&self, event: &Event, now: SystemTime, ids: &Ids, _: &mut dyn FnMut() -> i64) -> Written {
        let id = ids.id();
        let body = envelope(event, &id, now, &self.0.merchant_id);
        Written {
            version: None,
            id: Some(id),
            body: json::written(&body).unwrap_or_default(),
        }
    }

    /// HMAC-SHA256 under the secret as text.
    fn sign(&self, body: &[u8], wrong: bool, _: &Ids) -> Result<Vec<u8>, String> {
        let secret = &self.0.webhook_secret;
        let other = format!("not {secret}");
        let secret = if wrong { &other } else { secret };
        Ok(hmac_sha256(secret.as_bytes(), body).to_vec())
    }

    fn headers<'a>(&'a self, signature: &'a str) -> Vec<(&'static str, &'a str)> {
        vec![
            ("X-GCS-KeyId", &self.0.webhook_key_id),
            ("X-GCS-Signature", signature),
        ]
    }
}

/// The object stands under the word that the event type begins with.
fn envelope(event: &Event, id: &str, now: SystemTime, merchant_id: &str) -> Value {
    let (object, _) = event.event_type.split_once('.').unwrap_or_default();
    json!({
        "apiVersion": "v1", "created": with_offset(&timestamp(now)), "id": id, "merchantId": merchant_id,
        (object): *event.data, "type": event.event_type,
    })
}

/// As Worldline Connect writes moments: with an offset that lacks its colon.
fn with_offset(moment: &Timestamp) -> String {
    moment.as_str().replace('Z', "+0000")
}
