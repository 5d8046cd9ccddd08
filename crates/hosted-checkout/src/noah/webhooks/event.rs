//! What a verified webhook says.

use std::fmt;

use bytes::Bytes;
use checkout_core::digest::sha256;
use checkout_core::impl_debug;
use checkout_core::received::{Json, Object, ReadError, Receive};
use checkout_core::redact::Personal;
use checkout_core::time::Timestamp;
use checkout_core::validate::At;
use noah_models::{EventType, WebhookData};
use serde_json::value::RawValue;

use super::{EventIdentity, Recency, WebhookError};
use crate::WebhookCoding;

/// A webhook whose signature held: what happened to which object, when, and the bytes that say so.
///
/// `Debug` shows the envelope alone: data and bytes may hold a person's data.
#[derive(Clone)]
pub struct Event {
    identity: EventIdentity,
    occurred: Option<Timestamp>,
    user_id: Option<String>,
    data: EventData,
    key_label: String,
    coding: Option<WebhookCoding>,
    raw: Bytes,
    unread: Vec<ReadError>,
}

/// What an event is about. Nothing that was signed is ever dropped: what cannot be typed is kept as JSON.
#[derive(Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one for each event, and patterns do not reach into a box"
)]
pub enum EventData {
    /// Of a documented event type, and of its documented shape.
    Known(WebhookData),
    /// Of an event type that the spec does not list, as it came.
    Unknown(Json),
    /// Of a documented event type, and without what every such object has. It may be news about money: do not pass over
    /// it in silence. Less than that costs the field alone: see [`Event::unreadable`].
    Undecodable {
        /// As it came.
        raw: Json,
        /// What is missing or wrong, and where.
        error: ReadError,
    },
}

impl Event {
    /// Reads a body whose signature has been verified.
    pub(super) fn read(body: &[u8], key_label: &str) -> Result<Self, WebhookError> {
        let json = Json::parse(body).map_err(|error| WebhookError::NotJson {
            line: error.line(),
            column: error.column(),
        })?;
        let mut unread = Vec::new();
        let mut envelope = Object::open(json.raw(), &At::BODY, &mut unread)?;
        let event_type: EventType = envelope.needed("EventType")?;
        let Version(version) = envelope.needed("EventVersion")?;
        // What an event is does not depend on these, so their absence is no reason to refuse news about money.
        let occurred = envelope.optional("Occurred").into_value();
        let user_id = envelope.optional("UserID").into_value();
        let data: Json = envelope.needed("Data")?;
        if !data.as_str().starts_with('{') {
            return Err(ReadError::of_type(&At::BODY.field("Data"), "an object").into());
        }
        let object_id = object_id(&event_type, &data);
        Ok(Self {
            data: EventData::select(&event_type, data, &mut unread),
            identity: EventIdentity::new(event_type, object_id, version, sha256(body)),
            occurred,
            user_id,
            key_label: key_label.to_owned(),
            coding: None,
            raw: Bytes::copy_from_slice(body),
            unread,
        })
    }

    /// What kind of object it is about.
    #[must_use]
    pub const fn event_type(&self) -> &EventType {
        self.identity.event_type()
    }

    /// `EventVersion`: greater for newer states of the same object.
    #[must_use]
    pub const fn version(&self) -> i64 {
        self.identity.version()
    }

    /// When it happened, as NOAH says. Documented as always there; an event that lacks it is an event all the same.
    #[must_use]
    pub const fn occurred(&self) -> Option<&Timestamp> {
        self.occurred.as_ref()
    }

    /// NOAH's id of the business user whom the event belongs to. Documented as always there.
    #[must_use]
    pub fn user_id(&self) -> Option<&str> {
        self.user_id.as_deref()
    }

    /// The object in its new state.
    #[must_use]
    pub const fn data(&self) -> &EventData {
        &self.data
    }

    /// What of the object came and could not be read, each with its place in the body. The field that has it says so too
    /// ([`Received::Unreadable`](checkout_core::Received::Unreadable)), and the rest of the object is as it should be.
    #[must_use]
    pub fn unreadable(&self) -> &[ReadError] {
        &self.unread
    }

    /// The object alone.
    #[must_use]
    pub fn into_data(self) -> EventData {
        self.data
    }

    /// Label of the key under which the signature held.
    #[must_use]
    pub fn key_label(&self) -> &str {
        &self.key_label
    }

    /// How it was compressed on its way, and which bytes were signed; `None` if it came as it is, or a server in front of
    /// this one has decompressed it.
    #[must_use]
    pub const fn coding(&self) -> Option<&WebhookCoding> {
        self.coding.as_ref()
    }

    pub(super) fn with_coding(mut self, coding: Option<WebhookCoding>) -> Self {
        self.coding = coding;
        self
    }

    /// The bytes that were signed; of a webhook that came compressed, what was in them: see [`coding`](Self::coding).
    #[must_use]
    pub const fn raw(&self) -> &Bytes {
        &self.raw
    }

    /// What tells this event from others. Remember it to recognise repeats.
    #[must_use]
    pub const fn identity(&self) -> &EventIdentity {
        &self.identity
    }

    /// Whether this is another delivery of `other`: same type, object and version, and the same bytes.
    #[must_use]
    pub fn is_duplicate_of(&self, other: &Self) -> bool {
        self.identity.is_duplicate_of(&other.identity)
    }

    /// Whether this is a newer state of the object that `other` is about.
    #[must_use]
    pub fn supersedes(&self, other: &Self) -> Recency {
        self.identity.supersedes(&other.identity)
    }
}

impl_debug!(Event: self => {
    event_type: self.event_type(),
    version: self.version(),
    occurred: self.occurred,
    key_label: self.key_label,
    body_bytes: self.raw.len(),
    ..
});

impl EventData {
    fn select(event_type: &EventType, raw: Json, unread: &mut Vec<ReadError>) -> Self {
        match WebhookData::select(event_type.as_str(), &raw, &At::BODY.field("Data"), unread) {
            Ok(WebhookData::Unknown(_)) => Self::Unknown(raw),
            Ok(data) => Self::Known(data),
            Err(error) => Self::Undecodable { raw, error },
        }
    }
}

impl fmt::Debug for EventData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(data) => f.debug_tuple("Known").field(data).finish(),
            Self::Unknown(_) => f.debug_tuple("Unknown").field(&Personal).finish(),
            Self::Undecodable { error, .. } => f
                .debug_struct("Undecodable")
                .field("raw", &Personal)
                .field("error", error)
                .finish(),
        }
    }
}

/// A number without a fraction, however it is written: `7`, `7.0`, `7e0`, `"7"`. It is read by its digits, for a double may lose one.
struct Version(i64);

impl Receive for Version {
    fn receive(json: &RawValue, at: &At<'_>, _: &mut Vec<ReadError>) -> Result<Self, ReadError> {
        let json = Json::from(json);
        let number = match json.text() {
            Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
            Some(_) => None,
            None => {
                let digits = json.as_str();
                let plain = digits.strip_suffix(".0").unwrap_or(digits).parse().ok();
                plain.or_else(|| with_exponent(&json))
            }
        };
        number
            .map(Self)
            .ok_or_else(|| ReadError::of_type(at, "a whole number of 64 bits"))
    }
}

/// `1.7e12`, as far as a double has every whole number.
fn with_exponent(json: &Json) -> Option<i64> {
    let text = json.to_value().as_number()?.to_string();
    let number: i64 = text.strip_suffix(".0")?.parse().ok()?;
    (json.as_str().contains(['e', 'E']) && number.unsigned_abs() < 1 << 53).then_some(number)
}

/// The id of the object that an event is about. A documented type has it in one place; for others the first of the
/// names that NOAH uses counts.
fn object_id(event_type: &EventType, data: &Json) -> Option<String> {
    let names: &[&str] = match event_type.as_str() {
        "Transaction" | "FiatDeposit" => &["ID"],
        "CheckoutSession" => &["CheckoutSessionID"],
        "Customer" => &["CustomerID"],
        _ => &["ID", "CheckoutSessionID", "CustomerID"],
    };
    names.iter().find_map(|name| data.get(name)?.text())
}
