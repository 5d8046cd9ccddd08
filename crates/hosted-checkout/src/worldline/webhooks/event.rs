//! The event that a webhook delivers.

use std::fmt;
use std::ops::Deref;
use std::time::SystemTime;

use bytes::Bytes;
use checkout_core::digest::sha256_hex;
use checkout_core::impl_debug;
use checkout_core::received::{Json, Object, ReadError, ReadFault, Received, read};
use checkout_core::time::Timestamp;
use checkout_core::validate::At;
use worldline_connect_models::{WebhooksEvent, WebhooksEventType};

use super::{API_VERSION, WebhookError};
use crate::WebhookCoding;

/// One event, verified. Dereferences to the fields that the API documents; the JSON stays beside them, byte for byte.
///
/// `Debug` shows the envelope alone: the object may hold the consumer's data.
#[derive(Clone)]
pub struct Event {
    id: String,
    event_type: WebhooksEventType,
    event: WebhooksEvent,
    coding: Option<WebhookCoding>,
    unread: Vec<ReadError>,
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
    /// Reads a body whose signature holds. Another version may have another envelope, so that is said before anything else.
    pub(super) fn parse(body: &[u8]) -> Result<Self, WebhookError> {
        let json = Json::parse(body).map_err(|error| WebhookError::NotAnEvent {
            line: error.line(),
            column: error.column(),
        })?;
        let mut unread = Vec::new();
        let mut envelope = Object::open(json.raw(), &At::BODY, &mut unread)?;
        of_this_version(&envelope.optional("apiVersion"))?;
        // Without these two fields nobody could act on an event.
        let (id, event_type) = (envelope.needed("id")?, envelope.needed("type")?);
        let (event, unread) = read(&json)?;
        Ok(Self {
            id,
            event_type,
            event,
            coding: None,
            unread,
            body: Bytes::copy_from_slice(body),
        })
    }

    /// The id of the event.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What happened.
    #[must_use]
    pub const fn event_type(&self) -> &WebhooksEventType {
        &self.event_type
    }

    /// What came and could not be read, each with its place. The field that has it says so too ([`Received::Unreadable`]).
    #[must_use]
    pub fn unreadable(&self) -> &[ReadError] {
        &self.unread
    }

    /// When the event came to be. The API writes `2017-02-02T11:24:14.040+0100`, whose offset lacks the colon of
    /// RFC 3339; the text itself is the field `created`. `None` if it is missing or names no moment.
    #[must_use]
    pub fn created_at(&self) -> Option<SystemTime> {
        let created = self.event.created.value()?;
        Timestamp::from(created.as_str()).instant_iso8601().ok()
    }

    /// What the event is about, and the object itself: [`Json::decode`] reads it into a type of one's own. `None` for an object that is not known here: read
    /// [`raw`](Self::raw).
    #[must_use]
    pub fn subject(&self) -> Option<(Subject, &Json)> {
        let event = &self.event;
        let mut subjects = [
            (Subject::Payment, &event.payment),
            (Subject::Refund, &event.refund),
            (Subject::Payout, &event.payout),
            (Subject::Token, &event.token),
            (Subject::Dispute, &event.dispute),
            (Subject::Capture, &event.capture),
        ]
        .into_iter()
        .filter(|(_, json)| **json != Received::Absent);
        // The API sends at most one; should there be more, the type says which one counts. If that one cannot be read, no
        // other stands in for it.
        let named = named_subject(self.event_type.as_str());
        let (subject, json) = subjects
            .clone()
            .find(|(subject, _)| *subject == named)
            .or_else(|| subjects.next())?;
        Some((subject, json.value()?))
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
            id: self.id.clone(),
            body_sha256: sha256_hex(&self.body),
        }
    }
}

/// Whether the event is of the version that is read here.
fn of_this_version(version: &Received<String>) -> Result<(), WebhookError> {
    let found = match version {
        Received::Value(version) if version == API_VERSION => return Ok(()),
        Received::Value(version) => Some(version.clone()),
        Received::Absent => None,
        Received::Unreadable(what) => match what.error().fault() {
            ReadFault::Repeated { .. } => return Err(WebhookError::Envelope(what.error().clone())),
            _ => Some(what.json().as_str().to_owned()),
        },
    };
    Err(WebhookError::ApiVersion { found })
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

impl_debug!(Event: self => { event: self.event, body_bytes: self.body.len() });
