//! NOAH's webhooks: their envelope and their signature.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use checkout_core::key::SigningKey;
use checkout_core::time::Timestamp;
use noah_models::EventType;
use serde::Serialize;
use serde_json::Value;

use crate::engine::courier::{Event, WebhookForm, Written};
use crate::engine::ground::Ids;
use crate::engine::spec::Api;
use crate::engine::text::{json, timestamp};

/// Which are delivered, for whom, and what signs them.
pub(crate) struct Webhooks {
    /// Those that are delivered.
    pub(crate) event_types: BTreeSet<EventType>,
    user_id: String,
    /// What they are verified with, as PEM.
    pub(crate) public_key_pem: String,
    key: SigningKey,
    /// The key of nobody, for wrong signatures; made when it is first needed.
    other: OnceLock<Box<SigningKey>>,
}

/// In the order in which NOAH writes it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope<'a> {
    event_type: &'a str,
    event_version: i64,
    occurred: Timestamp,
    data: &'a Value,
    #[serde(rename = "UserID")]
    user_id: &'a str,
}

/// An event about an object. What is for nobody in particular names no customer.
pub(crate) fn event(event_type: EventType, mut data: Value) -> Event {
    if data.get("CustomerID").is_some_and(|id| id == "")
        && let Some(members) = data.as_object_mut()
    {
        members.shift_remove("CustomerID");
    }
    Event {
        api: Api::Noah,
        event_type: event_type.as_str().to_owned(),
        data: Arc::new(data),
    }
}

impl Webhooks {
    pub(crate) fn new(event_types: BTreeSet<EventType>, user_id: String, key: SigningKey) -> Self {
        Self {
            event_types,
            user_id,
            public_key_pem: key.public_key_pem(),
            key,
            other: OnceLock::new(),
        }
    }

    fn wrong_key(&self, ids: &Ids) -> Result<&SigningKey, String> {
        if let Some(key) = self.other.get() {
            return Ok(key);
        }
        let key = ids
            .signing_key("wrong webhooks")
            .map_err(|error| error.to_string())?;
        Ok(self.other.get_or_init(|| Box::new(key)))
    }
}

impl WebhookForm for Webhooks {
    fn is_subscribed(&self, event_type: &str) -> bool {
        self.event_types.contains(&EventType::from(event_type))
    }

    fn write(
        &self,
        event: &Event,
        now: SystemTime,
        _: &Ids,
        next_version: &mut dyn FnMut() -> i64,
    ) -> Written {
        let version = next_version();
        let envelope = Envelope {
            event_type: &event.event_type,
            event_version: version,
            occurred: timestamp(now),
            data: &event.data,
            user_id: &self.user_id,
        };
        Written {
            version: Some(version),
            id: None,
            // The models' texts, numbers and lists always serialise.
            body: json::written(&envelope).unwrap_or_default(),
        }
    }

    /// ECDSA in DER.
    fn sign(&self, body: &[u8], wrong: bool, ids: &Ids) -> Result<Vec<u8>, String> {
        let key = if wrong { self.wrong_key(ids)? } else { &self.key };
        key.sign_der(body).map_err(|error| error.to_string())
    }

    fn headers<'a>(&'a self, signature: &'a str) -> Vec<(&'static str, &'a str)> {
        vec![("Webhook-Signature", signature)]
    }
}
