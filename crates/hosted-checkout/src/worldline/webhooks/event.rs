//! The event that a webhook delivers.

use std::fmt;
use std::ops::Deref;

use bytes::Bytes;
use checkout_core::digest::sha256_hex;
use checkout_core::time::Timestamp;
use checkout_core::utf8::without_mark;
use serde::Deserialize;
use serde_json::{Map, Value};
use worldline_connect_models::WebhooksEvent;

use super::{API_VERSION, WebhookError};
use crate::WebhookCoding;

/// One event, verified. Dereferences to the fields that the API documents; the JSON stays beside them, byte for byte.
///
/// `Debug` shows the envelope alone: the object may hold the consumer's data.
#[derive(Clone)]
pub struct Event {
    event: WebhooksEvent,
    coding: Option<WebhookCoding>,
    body: Bytes,
}

checkout_core::open_enum! {
    /// What an event is about, by the name of its property in the envelope and the first part of the event's type.
    pub enum Subject: extensible {
        /// A payment.
        Payment = "payment",
        /// A refund.
        Refund = "refund",
        /// A payout.
        Payout = "payout",
        /// A token that stands for a card or an account.
        Token = "token",
        /// A dispute with the consumer.
        Dispute = "dispute",
        /// A capture of a payment.
        Capture = "capture",
    }
}

/// Recognises a delivery: a repeat has the same event id and the same body.
///
/// Two deliveries with one id and different bodies are not repeats of one another; handle both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct DedupeKey {
    /// The event's id.
    pub id: String,
    /// SHA-256 of the raw body, as 64 hexadecimal digits.
    pub body_sha256: String,
}

impl fmt::Display for DedupeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.id, self.body_sha256)
    }
}

impl Event {
    /// Reads a body whose signature holds. The version comes first: another version may have another envelope.
    pub(super) fn parse(signed: &[u8]) -> Result<Self, WebhookError> {
        let body = without_mark(signed);
        let not_an_event = |error: serde_json::Error| WebhookError::NotAnEvent {
            line: error.line(),
            column: error.column(),
        };

        // A map on purpose: an array would pass for a struct.
        let fields: Map<String, Value> = serde_json::from_slice(body).map_err(not_an_event)?;
        let found = fields.get("apiVersion").map(|version| match version {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        if found.as_deref() != Some(API_VERSION) {
            return Err(WebhookError::ApiVersion { found });
        }
        let event = serde_json::from_slice(body)
            .or_else(|error| without_oddities(fields).ok_or(error))
            .map_err(not_an_event)?;
        Ok(Self {
            event,
            coding: None,
            body: Bytes::copy_from_slice(signed),
        })
    }

    /// When the event came to be. The API writes `2017-02-02T11:24:14.040+0100`, whose offset lacks the colon of
    /// RFC 3339; the text itself is the field `created`. `None` if it is missing or names no moment.
    #[must_use]
    pub fn created_at(&self) -> Option<jiff::Timestamp> {
        let created = self.event.created.as_deref()?;
        Timestamp::from(created).instant_iso8601().ok()
    }

    /// What the event is about, and the object itself. `None` for an object that is not known here: read
    /// [`raw`](Self::raw).
    #[must_use]
    pub fn subject(&self) -> Option<(Subject, &Value)> {
        let event = &self.event;
        let mut subjects = [
            (Subject::Payment, event.payment.as_ref()),
            (Subject::Refund, event.refund.as_ref()),
            (Subject::Payout, event.payout.as_ref()),
            (Subject::Token, event.token.as_ref()),
            (Subject::Dispute, event.dispute.as_ref()),
            (Subject::Capture, event.capture.as_ref()),
        ]
        .into_iter()
        .filter_map(|(subject, json)| Some((subject, json?)));
        // The API sends at most one; should there be more, the type says which one counts.
        let named = named_subject(event.type_.as_str());
        subjects
            .clone()
            .find(|(subject, _)| *subject == named)
            .or_else(|| subjects.next())
    }

    /// Reads the object that the event carries into a type of one's own. `None` if it carries none.
    ///
    /// ```
    /// # fn settle(event: &hosted_checkout::worldline::Event) -> Result<(), serde_json::Error> {
    /// #[derive(serde::Deserialize)]
    /// struct Payment {
    ///     id: String,
    ///     status: String,
    /// }
    /// if let Some(payment) = event.decode_subject::<Payment>() {
    ///     let Payment { id, status } = payment?;
    ///     println!("{id} is {status}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn decode_subject<'a, T: Deserialize<'a>>(&'a self) -> Option<Result<T, serde_json::Error>> {
        self.subject().map(|(_, json)| T::deserialize(json))
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

    /// The body, byte for byte as it was signed; of a webhook that came compressed, what was in it: see
    /// [`coding`](Self::coding).
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        &self.body
    }

    /// What to remember, to recognise a repeated delivery.
    #[must_use]
    pub fn dedupe_key(&self) -> DedupeKey {
        DedupeKey {
            id: self.event.id.clone(),
            body_sha256: sha256_hex(&self.body),
        }
    }
}

/// The envelope without the texts that are none and that no event needs: how they are written is no reason to refuse
/// news about money, and the raw body keeps them.
fn without_oddities(mut fields: Map<String, Value>) -> Option<WebhooksEvent> {
    for name in ["created", "merchantId"] {
        if !fields.get(name).is_some_and(Value::is_string) {
            fields.remove(name);
        }
    }
    serde_json::from_value(Value::Object(fields)).ok()
}

/// The first part of a type, `object.event`.
fn named_subject(event_type: &str) -> Subject {
    Subject::from(
        event_type
            .split_once('.')
            .map_or(event_type, |(subject, _)| subject),
    )
}

impl Deref for Event {
    type Target = WebhooksEvent;

    fn deref(&self) -> &WebhooksEvent {
        &self.event
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("event", &self.event)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}
