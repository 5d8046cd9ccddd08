//! What is told, and the body that tells it.

use checkout_core::filled;
use std::time::SystemTime;

use checkout_core::time::Timestamp;
use noah_models::EventType;
use serde::Serialize;
use serde_json::Value;
use worldline_connect_models::{WebhooksEvent, WebhooksEventType};

use crate::api::Api;
use crate::time::timestamp;

/// What an event says, before it has a version or an id.
#[derive(Clone)]
pub(crate) struct Event {
    pub(super) api: Api,
    pub(super) event_type: String,
    /// NOAH's `Data`, or the object in the field that bears its name.
    pub(super) data: Value,
}

impl Event {
    /// An event of NOAH's.
    pub(crate) fn new(event_type: EventType, data: &impl Serialize) -> Self {
        Self {
            api: Api::Noah,
            event_type: event_type.as_str().to_owned(),
            // The models' texts, numbers and lists always serialise.
            data: serde_json::to_value(data).unwrap_or_default(),
        }
    }

    /// Whether it is of this type of NOAH's.
    pub(crate) fn is_of(&self, event_type: &EventType) -> bool {
        self.api == Api::Noah && self.event_type == event_type.as_str()
    }

    /// The object that it tells of.
    pub(crate) fn into_data(self) -> Value {
        self.data
    }

    /// An event of Worldline Connect's: `object.event`, and the object.
    pub(crate) fn worldline(event_type: &WebhooksEventType, object: Value) -> Self {
        Self {
            api: Api::Worldline,
            event_type: event_type.as_str().to_owned(),
            data: object,
        }
    }
}

/// In the order in which NOAH writes it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct NoahBody<'a> {
    event_type: &'a str,
    event_version: i64,
    occurred: Timestamp,
    data: &'a Value,
    #[serde(rename = "UserID")]
    user_id: &'a str,
}

pub(super) fn noah_body<'a>(
    event: &'a Event,
    version: i64,
    now: SystemTime,
    user_id: &'a str,
) -> NoahBody<'a> {
    NoahBody {
        event_type: &event.event_type,
        event_version: version,
        occurred: timestamp(now),
        data: &event.data,
        user_id,
    }
}

pub(super) fn worldline_body(event: &Event, id: &str, now: SystemTime, merchant_id: &str) -> WebhooksEvent {
    let (object, _) = event.event_type.split_once('.').unwrap_or_default();
    let data = |name: &str| (name == object).then(|| event.data.clone());
    filled!(
        WebhooksEvent {
            api_version: "v1",
            id,
            created: with_offset(&timestamp(now)),
            merchant_id,
            type_: event.event_type.as_str()
        },
        maybe {
            payment: data("payment"),
            refund: data("refund"),
            payout: data("payout"),
            token: data("token"),
            dispute: data("dispute"),
            capture: data("capture")
        }
    )
}

/// As Worldline Connect writes moments: with an offset that lacks its colon.
fn with_offset(moment: &Timestamp) -> String {
    moment.as_str().replace('Z', "+0000")
}
