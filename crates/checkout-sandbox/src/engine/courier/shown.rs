//! Deliveries as they are shown.

use checkout_core::time::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::delivery::{Attempt, Delivery, DeliveryState};
use crate::engine::journal::webhook_body;
use crate::engine::spec::Api;
use crate::engine::text::timestamp;

/// A delivery without its body, which holds a customer's data.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeliveryRow<'a> {
    number: u64,
    api: Api,
    event_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_version: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none", rename = "EventID")]
    event_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duplicate_of: Option<u64>,
    wrong_signature: bool,
    /// How long the body is.
    bytes: usize,
    state: DeliveryState,
    attempts: Vec<AttemptRow<'a>>,
    /// `null` if there is to be none.
    next_attempt: Option<Timestamp>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AttemptRow<'a> {
    at: Timestamp,
    milliseconds: u128,
    resent: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

/// All of one delivery.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeliveryDetail<'a> {
    #[serde(flatten)]
    row: DeliveryRow<'a>,
    /// `null` until the first attempt.
    signature: Option<&'a str>,
    /// Masked: as JSON; otherwise the exact text that was signed.
    body: Value,
}

impl<'a> DeliveryRow<'a> {
    pub(crate) fn of(delivery: &'a Delivery) -> Self {
        Self {
            number: delivery.number,
            api: delivery.api,
            event_type: &delivery.event_type,
            event_version: delivery.event_version,
            event_id: delivery.event_id.as_deref(),
            duplicate_of: delivery.duplicate_of,
            wrong_signature: delivery.wrong_signature,
            bytes: delivery.body.len(),
            state: delivery.state,
            attempts: delivery.attempts.iter().map(AttemptRow::of).collect(),
            next_attempt: delivery.next_attempt.map(timestamp),
        }
    }
}

impl<'a> AttemptRow<'a> {
    fn of(attempt: &'a Attempt) -> Self {
        Self {
            at: timestamp(attempt.at),
            milliseconds: attempt.took.as_millis(),
            resent: attempt.resent,
            status: attempt.outcome.as_ref().ok().copied(),
            error: attempt.outcome.as_ref().err().map(String::as_str),
        }
    }
}

impl<'a> DeliveryDetail<'a> {
    pub(crate) fn of(delivery: &'a Delivery, reveal: bool) -> Self {
        Self {
            row: DeliveryRow::of(delivery),
            signature: delivery.signature.as_deref(),
            body: if reveal {
                String::from_utf8_lossy(&delivery.body).into_owned().into()
            } else {
                webhook_body(delivery.api, &delivery.body)
            },
        }
    }
}
