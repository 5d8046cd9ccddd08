//! What is told, and the form in which an API tells it.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use serde_json::Value;

use crate::engine::ground::Ids;
use crate::engine::spec::Api;

/// What an event says, before it has a version or an id.
#[derive(Clone)]
pub(crate) struct Event {
    pub(crate) api: Api,
    pub(crate) event_type: String,
    /// The object that it tells of.
    pub(crate) data: Arc<Value>,
}

/// An event as it is sent.
pub(crate) struct Written {
    pub(crate) version: Option<i64>,
    pub(crate) id: Option<String>,
    pub(crate) body: Bytes,
}

/// How an API writes and signs its webhooks.
pub(crate) trait WebhookForm: Send + Sync {
    /// Whether events of this type are delivered.
    fn is_subscribed(&self, event_type: &str) -> bool;

    /// The body that tells the event. `next_version` gives a number above all that it gave before.
    fn write(
        &self,
        event: &Event,
        now: SystemTime,
        ids: &Ids,
        next_version: &mut dyn FnMut() -> i64,
    ) -> Written;

    /// The signature over the exact bytes of a body, by another key than the account's if it is to be wrong. Or why there
    /// is none.
    fn sign(&self, body: &[u8], wrong: bool, ids: &Ids) -> Result<Vec<u8>, String>;

    /// The headers that carry the signature, which is in base64.
    fn headers<'a>(&'a self, signature: &'a str) -> Vec<(&'static str, &'a str)>;
}
