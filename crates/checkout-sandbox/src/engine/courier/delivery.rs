//! The log: one row for each webhook, and what became of it.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use checkout_core::impl_debug;
use checkout_core::redact::Secret;
use serde::{Deserialize, Serialize};

use crate::engine::spec::Api;

/// One webhook and what became of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Delivery {
    /// Its number in the log of this sandbox, from 1.
    pub number: u64,
    /// Whose webhook it is.
    pub api: Api,
    /// What it tells about: NOAH's `EventType`, Worldline Connect's `type`.
    pub event_type: String,
    /// NOAH's `EventVersion`: Unix milliseconds, strictly increasing within one sandbox.
    pub event_version: Option<i64>,
    /// Worldline Connect's `id` of the event; NOAH's have none.
    pub event_id: Option<String>,
    /// The delivery whose bytes and signature it repeats, if [`duplicates`](super::WebhookSwitches::duplicates) made it.
    pub duplicate_of: Option<u64>,
    /// Whether it is signed by a key that is not the account's, as
    /// [`wrong_signature`](super::WebhookSwitches::wrong_signature) asks for.
    pub wrong_signature: bool,
    /// The exact bytes of the body. They hold customer data, so `Debug` leaves them out.
    #[serde(with = "crate::engine::text::text_bytes")]
    pub body: Bytes,
    /// The `Webhook-Signature` or `X-GCS-Signature` sent with every attempt; absent until the first one.
    pub signature: Option<String>,
    /// Where it stands.
    pub state: DeliveryState,
    /// Every attempt so far, in order.
    pub attempts: Vec<Attempt>,
    /// When the next attempt is due, by the sandbox's clock; absent if there is to be none.
    pub next_attempt: Option<SystemTime>,
}

/// Where a webhook stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum DeliveryState {
    /// Waiting for its turn or for its next attempt.
    Waiting,
    /// Answered with a 2xx status.
    Delivered,
    /// Every attempt failed.
    GivenUp,
    /// Not sent: the subscription leaves this event type out.
    NotSubscribed,
    /// Not sent: the sandbox was started without a webhook address for this API.
    NoAddress,
}

/// One attempt to deliver a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Attempt {
    /// When it began, by the sandbox's clock.
    pub at: SystemTime,
    /// How long it took.
    pub took: Duration,
    /// Whether somebody asked for it, rather than the schedule.
    pub resent: bool,
    /// How it ended: the receiver's status, or why there was none.
    pub outcome: Result<u16, String>,
}

impl Delivery {
    /// Whether it waits for an attempt.
    pub(super) fn waits(&self) -> bool {
        self.state == DeliveryState::Waiting
    }

    /// How many attempts of the schedule have failed so far.
    pub(super) fn tried(&self) -> usize {
        self.attempts.iter().filter(|attempt| !attempt.resent).count()
    }
}

impl Attempt {
    /// Whether the receiver took the webhook: any 2xx status.
    #[must_use]
    pub const fn is_delivered(&self) -> bool {
        matches!(self.outcome, Ok(200..=299))
    }
}

impl_debug!(Delivery: self => {
    number: self.number,
    api: self.api,
    event_type: self.event_type,
    event_version: self.event_version,
    event_id: self.event_id,
    duplicate_of: self.duplicate_of,
    wrong_signature: self.wrong_signature,
    bytes: self.body.len(),
    signature: self.signature.as_ref().map(|_| Secret),
    state: self.state,
    attempts: self.attempts,
    next_attempt: self.next_attempt,
});
